// The writing field: text, files, and what the keyboard does.

import { element, size } from "./bubble.js";

const DRAFT = "sapa.draft";

export class Composer {
  #words;
  #limits;
  #files = [];
  #no = 0;
  #form = document.getElementById("composer");
  #text = document.getElementById("text");
  #input = document.getElementById("files");
  #chips = document.getElementById("chips");
  #notice = document.getElementById("notice");

  constructor({ words, limits, onSend }) {
    this.#words = words;
    this.#limits = limits;
    this.onSend = onSend;
  }

  start() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#text.addEventListener("input", () => {
      this.#fit();
      this.#keep();
      this.#say("");
    });
    this.#text.addEventListener("keydown", (event) => {
      const touch = matchMedia("(pointer: coarse)").matches;
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !touch) {
        event.preventDefault();
        this.#send();
      }
    });
    this.#text.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length) {
        event.preventDefault();
        this.#attach(event.clipboardData.files);
      }
    });
    this.#input.addEventListener("change", () => {
      this.#attach(this.#input.files);
      this.#input.value = "";
    });
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      this.#attach(event.dataTransfer.files);
    });
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.#text.focus();
    });
    try {
      this.#text.value ||= sessionStorage.getItem(DRAFT) ?? "";
    } catch {
      // no storage: no draft
    }
    this.#fit();
    if (!matchMedia("(pointer: coarse)").matches) this.#text.focus({ preventScroll: true });
  }

  // A pressed button. The page's own ways to begin (0) are words like any others.
  choose({ value, label }, seq) {
    this.#out(seq === "0" ? { text: label } : { value, label, of: seq }, []);
    this.#text.focus({ preventScroll: true });
  }

  // Back into the field: a message that was refused.
  edit(entry) {
    if (entry) this.#text.value = entry.label || entry.text;
    this.#fit();
    this.#keep();
    this.#text.focus();
  }

  #send() {
    const text = clean(this.#text.value).trim();
    if (text.length > this.#limits.text) return this.#say(this.#words.refused.too_long);
    if (!text && !this.#files.length) return this.#text.focus();
    this.#out({ text }, this.#files);
    this.#files = [];
    this.#text.value = "";
    this.#fit();
    this.#keep();
    this.#say("");
    this.#showChips();
    return this.#text.focus({ preventScroll: true });
  }

  #out(said, files) {
    this.#no += 1;
    const entry = { id: uuid(), at: Date.now(), no: this.#no, text: "", value: "", label: "", of: "", ...said };
    entry.files = files.map(({ name, size: bytes, type }) => ({ name, size: bytes, type }));
    this.onSend(entry, files);
  }

  #attach(list) {
    for (const file of list) {
      if (this.#files.length >= this.#limits.files) return this.#say(this.#words.refused.too_many);
      const together = this.#files.reduce((sum, other) => sum + other.size, file.size);
      if (file.size > this.#limits.file || together > this.#limits.total) {
        this.#say(this.#words.refused.too_big);
        continue;
      }
      this.#files.push(file);
      this.#say("");
    }
    this.#showChips();
    return this.#text.focus({ preventScroll: true });
  }

  #showChips() {
    for (const image of this.#chips.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    this.#chips.replaceChildren(
      ...this.#files.map((file, i) => {
        const remove = element("button", { type: "button" }, "×");
        remove.setAttribute("aria-label", this.#words.message.remove.replace("{name}", file.name));
        remove.addEventListener("click", () => {
          this.#files.splice(i, 1);
          this.#showChips();
          this.#text.focus();
        });
        const picture = /^image\/(jpeg|png|gif|webp)$/.test(file.type)
          ? [element("img", { src: URL.createObjectURL(file), alt: "" })]
          : [];
        const name = element("span", { className: "chip-name" }, file.name);
        return element("li", {}, ...picture, name, element("span", { className: "chip-size" }, size(file.size)), remove);
      }),
    );
    this.#chips.hidden = !this.#files.length;
  }

  #say(words) {
    this.#notice.textContent = words;
    this.#notice.hidden = !words;
  }

  #keep() {
    try {
      sessionStorage.setItem(DRAFT, this.#text.value);
    } catch {
      // no storage: no draft
    }
  }

  // As tall as what is written, up to a third of the screen.
  #fit() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${Math.min(this.#text.scrollHeight + 2, Math.max(96, innerHeight / 3))}px`;
  }
}

// A pasted half of an emoji is no character and would not survive the way.
function clean(text) {
  return text.toWellFormed ? text.toWellFormed() : text.replace(/[\ud800-\udfff](?![\udc00-\udfff])/gu, "\ufffd");
}

// randomUUID exists on https and localhost only; the random numbers are there everywhere.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
