// Shows the conversation. Everything a person wrote goes in as text, never as markup.

import { bubble, element } from "./bubble.js";

const NEAR = 80; // pixels from the end that still count as reading along
const ANSWER = 12_000; // the dots vanish when no answer came: then nobody is writing

export class View {
  #words;
  #bot;
  #log = document.getElementById("log");
  #scroll = document.getElementById("scroll");
  #typing = document.getElementById("typing");
  #choices = document.getElementById("choices");
  #jump = document.getElementById("jump");
  #older = document.getElementById("older");
  #line = document.getElementById("line");
  #welcome = document.querySelector(".welcome");
  #pending = new Map(); // client id -> node of a message that has no number yet
  #settled = new Set(); // client ids that already have one
  #expected = new Set(); // confirmed messages whose answer may still come
  #typingTimer = 0;
  #last = null; // the last item shown
  #first = 0; // the lowest number shown
  #unread = 0;
  #following = false;
  #title = document.title;
  #days;
  #clock;

  constructor({ words, bot, language }) {
    this.#words = words;
    this.#bot = bot;
    const locale = language === "en" ? "en-GB" : "id-ID";
    this.#days = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
    this.#clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
    this.#typing.querySelector(".typing-text").textContent = words.typing.replace("{bot}", bot);
    this.#jump.textContent = words.new;
    this.#jump.addEventListener("click", () => this.#toEnd(true));
    this.#older.addEventListener("click", () => this.#showOlder());
    this.#scroll.addEventListener(
      "scroll",
      () => {
        this.#following = this.#atEnd();
        if (this.#following) this.#read();
      },
      { passive: true },
    );
    document.addEventListener("visibilitychange", () => !document.hidden && this.#atEnd() && this.#read());
    this.#choices.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      event.preventDefault();
      const [seq, value, ...label] = button.value.split("|");
      this.onChoice({ value, label: label.join("|") }, seq);
    });
    // the keyboard of a phone takes room from the page: keep the end in sight
    const follow = () => {
      const atEnd = this.#atEnd();
      document.documentElement.style.setProperty("--height", `${Math.round(visualViewport.height)}px`);
      document.documentElement.style.setProperty("--top", `${Math.round(visualViewport.offsetTop)}px`);
      if (atEnd) this.#toEnd();
    };
    globalThis.visualViewport?.addEventListener("resize", follow);
    globalThis.visualViewport?.addEventListener("scroll", follow);
    globalThis.visualViewport && follow();
    // a line more to write, a row of buttons, a notice: who was reading along still is
    new ResizeObserver(() => this.#following && this.#toEnd()).observe(this.#scroll);
  }

  // The conversation so far, in one go and without reading it all out.
  begin(items) {
    this.#log.setAttribute("aria-live", "off");
    this.#log.replaceChildren(...this.#rows(items));
    this.#last = items.at(-1) ?? null;
    this.#first = items[0]?.seq ?? 0;
    this.#older.hidden = this.#first <= 1;
    for (const item of items) if (item.client_id) this.#settled.add(item.client_id);
    this.offerChoices();
    if (items.length) this.#toEnd();
    else this.#scroll.scrollTop = 0;
    setTimeout(() => this.#log.setAttribute("aria-live", "polite"), 200);
  }

  clear() {
    this.#settled.clear();
    this.begin([]);
  }

  show(item) {
    const reading = this.#atEnd();
    const waiting = this.#pending.get(item.client_id);
    this.#settled.add(item.client_id);
    if (waiting) {
      this.#pending.delete(item.client_id);
      this.#settle(waiting, item);
    } else {
      this.#place(this.#row(item), item);
    }
    this.#last = item;
    this.#first ||= item.seq;
    if (item.author !== "customer") {
      this.#expected.clear();
      this.#dots();
      if (document.hidden || !reading) this.#count();
    }
    if (reading || waiting) this.#toEnd();
    else this.#jump.hidden = false;
  }

  // A message of this visitor that is on its way, with how far it is.
  pending(entry, files) {
    if (this.#settled.has(entry.id)) return;
    let node = this.#pending.get(entry.id);
    if (!node) {
      node = this.#sent(entry, files);
      this.#pending.set(entry.id, node);
      this.#log.append(...this.#dayBefore(new Date(entry.at)), node);
      this.#welcomeAway();
      this.offerChoices();
      this.#toEnd();
    }
    const w = this.#words;
    const state = entry.failed ? "failed" : entry.acknowledged ? "sent" : entry.tried ? "waiting" : "sending";
    node.classList.toggle("failed", state === "failed");
    node.querySelector(".state").textContent =
      state === "sending" && entry.percent !== undefined && entry.percent < 100
        ? w.uploading.replace("{percent}", entry.percent)
        : w[state];
    const bar = node.querySelector("progress");
    if (bar) {
      bar.hidden = state !== "sending" || entry.percent === undefined;
      bar.value = entry.percent ?? 0;
    }
    if (entry.failed && !node.querySelector(".failure")) node.append(this.#failure(entry));
  }

  forget(id) {
    this.#pending.get(id)?.remove();
    this.#pending.delete(id);
    this.offerChoices();
  }

  // The message is stored: the bot will answer in a moment. If it does not, nobody is writing.
  expectAnswer(id) {
    if (this.#settled.has(id)) return;
    this.#expected.add(id);
    this.#dots();
  }

  // Buttons for the last message only, and only while it is unanswered. Typing an answer always works as well.
  offerChoices() {
    if (!this.#last && !this.#pending.size) return; // the page's own ways to begin stay
    const item = this.#last;
    const open = item?.author !== "customer" && !this.#pending.size ? (item?.choices ?? []) : [];
    const had = this.#choices.contains(document.activeElement);
    const wanted = open.map(({ value, label }) => `${item.seq}|${value}|${label}`);
    const shown = [...this.#choices.children].map((button) => button.value);
    if (wanted.join("\n") !== shown.join("\n")) {
      this.#choices.replaceChildren(
        ...open.map((choice, i) => {
          const button = element("button", { type: "button" }, choice.label);
          button.value = wanted[i];
          return button;
        }),
      );
    }
    this.#choices.hidden = !open.length;
    if (had && !this.#choices.contains(document.activeElement)) document.getElementById("text").focus();
    if (open.length && this.#atEnd()) this.#toEnd();
  }

  line(state, words) {
    this.#line.className = `line ${state}`;
    if (this.#line.textContent !== words[state]) this.#line.textContent = words[state];
    document.body.classList.toggle("is-online", state === "online");
  }

  async #showOlder() {
    const items = await this.onOlder(this.#first).catch(() => null);
    if (!items) return;
    const height = this.#scroll.scrollHeight;
    this.#log.setAttribute("aria-live", "off");
    this.#log.prepend(...this.#rows(items));
    this.#scroll.scrollTop += this.#scroll.scrollHeight - height;
    this.#first = items[0]?.seq ?? 1;
    this.#older.hidden = this.#first <= 1;
    setTimeout(() => this.#log.setAttribute("aria-live", "polite"), 200);
  }

  #rows(items) {
    const nodes = [];
    let day = "";
    for (const item of items) {
      const words = this.#day(new Date(item.at));
      if (words !== day) nodes.push(element("p", { className: "day" }, words));
      day = words;
      nodes.push(this.#row(item));
    }
    if (nodes.length) this.#welcomeAway();
    return nodes;
  }

  #row(item) {
    const mine = item.author === "customer";
    const who = mine ? this.#words.you : item.name || this.#bot;
    const node = element("div", { className: `msg ${mine ? "me" : "bot"}` });
    node.dataset.seq = item.seq;
    const at = new Date(item.at);
    const time = element("time", { dateTime: item.at }, this.#clock.format(at));
    node.append(bubble(item, who, this.#words), element("p", { className: "meta" }, time));
    return node;
  }

  #sent(entry, files) {
    const node = element("div", { className: "msg me pending" });
    node.dataset.client = entry.id;
    const shown = entry.files.map((file, i) => ({
      name: file.name,
      size: file.size,
      image: Boolean(files[i]?.type.match(/^image\/(jpeg|png|gif|webp)$/)),
      url: files[i] ? URL.createObjectURL(files[i]) : "",
      local: true,
    }));
    const body = bubble({ author: "customer", text: entry.label || entry.text, files: shown }, this.#words.you, this.#words);
    if (entry.files.length) body.append(element("progress", { max: 100, hidden: true, ariaLabel: this.#words.sending }));
    const time = element("time", {}, this.#clock.format(new Date(entry.at)));
    node.append(body, element("p", { className: "meta" }, time, " ", element("span", { className: "state" })));
    return node;
  }

  // The pending bubble becomes the item itself, in place, so that it is not read out a second time.
  #settle(node, item) {
    const fresh = this.#row(item);
    const next = [...this.#pending.values()].find((other) => other.compareDocumentPosition(node) & 4);
    for (const link of node.querySelectorAll("[src^='blob:'], [href^='blob:']")) URL.revokeObjectURL(link.src || link.href);
    if (item.files?.length) node.replaceChildren(...fresh.childNodes);
    else node.querySelector(".meta").replaceWith(fresh.querySelector(".meta"));
    node.className = fresh.className;
    node.dataset.seq = item.seq;
    delete node.dataset.client;
    if (next) next.before(node); // numbers decide the order, not the moment of writing
  }

  #place(node, item) {
    const next = this.#pending.values().next().value;
    const nodes = [...this.#dayBefore(new Date(item.at)), node];
    if (next?.isConnected) next.before(...nodes);
    else this.#log.append(...nodes);
    this.#welcomeAway();
  }

  #failure(entry) {
    const edit = element("button", { type: "button" }, this.#words.edit);
    const remove = element("button", { type: "button" }, this.#words.delete);
    edit.addEventListener("click", () => this.onEdit(entry.id));
    remove.addEventListener("click", () => {
      this.onDelete(entry.id);
      document.getElementById("text").focus();
    });
    return element("p", { className: "failure" }, `${entry.failed} `, edit, " ", remove);
  }

  #dayBefore(at) {
    const days = this.#log.querySelectorAll(".day");
    const words = this.#day(at);
    return days.length && days[days.length - 1].textContent === words ? [] : [element("p", { className: "day" }, words)];
  }

  #day(at) {
    const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
    const ago = Math.round((midnight(new Date()) - midnight(at)) / 86_400_000);
    if (ago === 0) return this.#words.today;
    return ago === 1 ? this.#words.yesterday : this.#days.format(at);
  }

  #dots() {
    clearTimeout(this.#typingTimer);
    const reading = this.#atEnd();
    this.#typing.hidden = !this.#expected.size;
    if (!this.#expected.size) return;
    if (reading) this.#toEnd();
    this.#typingTimer = setTimeout(() => {
      this.#expected.clear();
      this.#typing.hidden = true;
    }, ANSWER);
  }

  #welcomeAway() {
    this.#welcome.hidden = true;
  }

  #atEnd() {
    return this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < NEAR;
  }

  #toEnd(smooth = false) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#following = true;
    this.#scroll.scrollTo({ top: this.#scroll.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
    if (!document.hidden) this.#read();
  }

  #count() {
    this.#unread += 1;
    document.title = `(${this.#unread > 99 ? "99+" : this.#unread}) ${this.#title}`;
  }

  #read() {
    this.#unread = 0;
    this.#jump.hidden = true;
    if (document.title !== this.#title) document.title = this.#title;
  }
}

