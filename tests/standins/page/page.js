// Sends without leaving the page, and shows what has changed without losing the place.
const query = new URLSearchParams(location.search);
const problem = document.getElementById("problem");
const phones = [...document.querySelectorAll("[data-phone]")];
const tabs = [...document.querySelectorAll("[data-tab]")];
document.documentElement.classList.add("script");

function open(name) {
  for (const phone of phones) phone.classList.toggle("open", phone.id === name);
  for (const tab of tabs) {
    const on = tab.dataset.tab === name;
    if (on) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
    if (on) tab.classList.remove("news");
  }
  toEnd(document.getElementById(name));
}

function toEnd(phone) {
  const log = phone.querySelector("[data-part=log]");
  log.scrollTop = log.scrollHeight;
}

for (const tab of tabs) {
  tab.addEventListener("click", (event) => {
    event.preventDefault();
    history.replaceState(null, "", `#${tab.dataset.tab}`);
    open(tab.dataset.tab);
  });
}
const wanted = location.hash.slice(1);
open(phones.some((phone) => phone.id === wanted) ? wanted : phones[0].id);
phones.forEach(toEnd);
document.getElementById("as").addEventListener("change", (event) => event.target.form.submit());

async function refresh(name) {
  const phone = document.getElementById(name);
  const answer = await fetch(`/phone/${name}?${query}`);
  const fresh = document.createElement("div");
  fresh.innerHTML = await answer.text();
  const log = phone.querySelector("[data-part=log]");
  const low = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const lines = [...fresh.querySelector("[data-part=log]").children];
  const kept = new Set(lines.map((line) => line.id));
  for (const old of [...log.children]) if (!kept.has(old.id)) old.remove();
  let grown = false;
  for (const line of lines) {
    const old = line.id && document.getElementById(line.id);
    if (!old) {
      log.append(line);
      grown = true;
    } else if (old.innerHTML !== line.innerHTML) {
      const focused = old.contains(document.activeElement);
      const list = old.querySelector("details");
      if (list?.open) line.querySelector("details")?.setAttribute("open", "");
      if (old.innerHTML === line.innerHTML) continue;
      old.innerHTML = line.innerHTML;
      if (focused) phone.querySelector("textarea").focus();
    }
  }
  const state = phone.querySelector("[data-part=state]");
  const told = fresh.querySelector("[data-part=state]");
  if (state.outerHTML !== told.outerHTML) state.replaceWith(told);
  for (const one of fresh.querySelectorAll("[name=knob]")) {
    const mine = phone.querySelector(`[name=knob][value=${one.value}]`);
    if (one.hasAttribute("aria-checked")) mine.setAttribute("aria-checked", one.getAttribute("aria-checked"));
    else if (mine.innerHTML !== one.innerHTML) mine.innerHTML = one.innerHTML;
  }
  if (grown && low) toEnd(phone);
  if (grown && !phone.classList.contains("open")) {
    tabs.find((tab) => tab.dataset.tab === name).classList.add("news");
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const phone = form.closest("[data-phone]");
  const body = new FormData(form, event.submitter);
  const text = phone.querySelector("textarea");
  if (event.submitter?.value === "edit") body.set("text", text.value);
  problem.hidden = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Script": "1" } });
    if (!answer.ok) throw new Error(await answer.text());
    if (form.classList.contains("say") || event.submitter?.value === "edit") text.value = "";
    form.querySelector("input[type=file]")?.form?.reset();
    await refresh(phone.id);
    if (form.classList.contains("say")) toEnd(phone);
  } catch (error) {
    problem.textContent = error.message || "The stand-ins do not answer. Are they still running?";
    problem.hidden = false;
  }
});

document.addEventListener("toggle", (event) => {
  const phone = event.target.closest("[data-phone]");
  if (!phone) return;
  if (event.target.closest(".tools")) toEnd(phone);
  else if (event.target.open) event.target.closest(".line").scrollIntoView({ block: "end" });
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.target.tagName !== "TEXTAREA") return;
  event.preventDefault();
  if (event.target.value.trim()) event.target.form.requestSubmit();
});

const events = new EventSource(`/events?${query}`);
events.onmessage = (event) => refresh(JSON.parse(event.data));
events.onopen = () => phones.forEach((phone) => refresh(phone.id));
