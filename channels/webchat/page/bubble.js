// One message as nodes: text with safe links and ticket numbers that can be copied, pictures, files.

const LINK = /https:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;

export function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

export function bubble(item, who, words) {
  const node = element("div", { className: "bubble" }, element("span", { className: "vh" }, `${who}: `));
  if (item.text) {
    const text = element("p", { className: "text", dir: "auto" });
    if (item.author === "customer") text.textContent = item.text;
    else text.append(...parts(item.text, item.numbers ?? [], words));
    node.append(text);
  }
  for (const file of item.files ?? []) node.append(attachment(file, words));
  return node;
}

// What we say ourselves may hold addresses of official pages and ticket numbers.
function parts(text, numbers, words) {
  const found = [...text.matchAll(LINK)].map((match) => ({ at: match.index, text: match[0], link: true }));
  for (const number of numbers) {
    for (let at = text.indexOf(number); at >= 0; at = text.indexOf(number, at + number.length)) {
      found.push({ at, text: number, link: false });
    }
  }
  found.sort((a, b) => a.at - b.at);
  const nodes = [];
  let done = 0;
  for (const part of found) {
    if (part.at < done) continue;
    nodes.push(text.slice(done, part.at), part.link ? link(part.text) : ticket(part.text, words));
    done = part.at + part.text.length;
  }
  nodes.push(text.slice(done));
  return nodes;
}

function link(address) {
  try {
    if (new URL(address).protocol !== "https:") return address;
  } catch {
    return address;
  }
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, address);
}

function ticket(number, words) {
  const button = element("button", { type: "button", className: "copy" }, words.copy);
  button.setAttribute("aria-label", words.copy_label.replace("{number}", number));
  button.addEventListener("click", async () => {
    await copy(number);
    button.textContent = words.copied;
    button.setAttribute("aria-label", words.copied);
    setTimeout(() => {
      button.textContent = words.copy;
      button.setAttribute("aria-label", words.copy_label.replace("{number}", number));
    }, 2500);
  });
  return element("span", { className: "ticket" }, element("strong", {}, number), " ", button);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // no clipboard without https: the old way
    const area = element("textarea", { value: text, className: "vh" });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function attachment(file, words) {
  const label = file.image ? words.photo : words.file;
  const name = label.replace("{name}", file.name).replace("{size}", size(file.size));
  if (file.image && file.url) {
    const image = element("img", { src: file.url, alt: name, loading: "lazy", decoding: "async" });
    if (file.local) return element("span", { className: "photo" }, image);
    return element("a", { className: "photo", href: file.url, target: "_blank", rel: "noopener" }, image);
  }
  const body = [element("span", { className: "file-name" }, file.name), " ", element("span", { className: "file-size" }, size(file.size))];
  if (file.local) return element("span", { className: "file" }, ...body);
  return element("a", { className: "file", href: file.url, download: file.name }, ...body);
}

export function size(bytes) {
  const units = ["B", "KB", "MB"];
  let i = 0;
  for (; bytes >= 1000 && i < 2; i += 1) bytes /= 1000;
  return `${new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: i ? 1 : 0 }).format(bytes)} ${units[i]}`;
}
