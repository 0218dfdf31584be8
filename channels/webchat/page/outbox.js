// What the visitor has written and the server has not yet confirmed. It lives in localStorage, one key per
// message, until the server answers 2xx; files lie in IndexedDB. The id never changes, so sending twice is safe.

import { dropFiles, keepFiles, keptFiles } from "./files.js";
import { backoff } from "./line.js";

const PREFIX = "sapa.out.";
const FORGET = 10 * 60_000; // confirmed, but its echo never came: do not show it for ever

export class Outbox {
  #words;
  #entries = new Map(); // when storage is refused, memory has to do
  #timer = 0;
  #failures = 0;
  #busy = false;
  #again = false;

  constructor({ words, onChange, onGone, onAcknowledged }) {
    this.#words = words;
    this.onChange = onChange;
    this.onGone = onGone;
    this.onAcknowledged = onAcknowledged;
  }

  async start() {
    for (const [key, value] of stored()) {
      const entry = JSON.parse(value);
      if (entry.acknowledged && Date.now() - entry.at > FORGET) {
        localStorage.removeItem(key);
        continue;
      }
      this.#entries.set(entry.id, entry);
      this.onChange(entry, entry.files.length ? ((await keptFiles(entry.id)) ?? []) : []);
    }
    addEventListener("storage", async (event) => {
      if (!event.key?.startsWith(PREFIX)) return;
      if (event.newValue) {
        const entry = JSON.parse(event.newValue);
        const known = this.#entries.has(entry.id);
        this.#entries.set(entry.id, entry);
        this.onChange(entry, known || !entry.files.length ? [] : ((await keptFiles(entry.id)) ?? []));
      } else if (event.oldValue) {
        const entry = JSON.parse(event.oldValue);
        this.#entries.delete(entry.id);
        if (!entry.acknowledged) this.onGone(entry.id);
      }
    });
    this.kick();
  }

  async add(entry, files) {
    if (files.length) await keepFiles(entry.id, files);
    this.#put(entry, files);
    this.kick();
  }

  // The echo came down the line: from now on the item itself is shown.
  echoed(id) {
    if (this.#entries.has(id)) this.#drop(id);
  }

  // Take back a message that was refused.
  take(id) {
    const entry = this.#entries.get(id);
    this.#drop(id);
    this.onGone(id);
    return entry;
  }

  kick() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#flush();
  }

  #put(entry, files = []) {
    this.#entries.set(entry.id, entry);
    try {
      localStorage.setItem(key(entry), JSON.stringify(entry));
    } catch {
      // storage is full or refused: it is still in memory and on its way
    }
    this.onChange(entry, files);
  }

  #drop(id) {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    try {
      localStorage.removeItem(key(entry));
    } catch {
      // it was never there
    }
    if (entry.files.length) dropFiles(id);
  }

  async #flush() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      do {
        this.#again = false;
        // one tab at a time, so that messages keep their order; without locks the ids still keep it from doubling
        if (navigator.locks) await navigator.locks.request("sapa.outbox", () => this.#sendAll());
        else await this.#sendAll();
      } while (this.#again);
    } finally {
      this.#busy = false;
    }
  }

  async #sendAll() {
    const waiting = [...this.#entries.values()].sort((a, b) => a.at - b.at || a.no - b.no);
    for (const { id } of waiting) {
      const entry = this.#entries.get(id);
      if (!entry || entry.acknowledged || entry.failed) continue;
      const wait = await this.#send(entry);
      if (wait === null) continue;
      this.#failures += 1;
      this.#timer = setTimeout(() => this.kick(), wait || backoff(this.#failures));
      return;
    }
    this.#failures = 0;
  }

  // null: settled, one way or the other. A number: not now; milliseconds to wait, 0 for our own growing pause.
  async #send(entry) {
    let answer;
    try {
      answer = entry.files.length ? await this.#upload(entry) : await post(entry);
    } catch (error) {
      if (error.name === "LostFile") {
        this.#put({ ...entry, failed: this.#words.message.lost_file });
        return null;
      }
      if (this.#entries.has(entry.id)) this.#put({ ...entry, tried: true });
      return 0;
    }
    if (!this.#entries.has(entry.id)) return null; // its echo was faster
    if (answer.status >= 200 && answer.status < 300) {
      this.#put({ ...entry, acknowledged: true });
      this.onAcknowledged(entry);
      return null;
    }
    if (answer.status === 401 && !entry.asked) {
      this.#put({ ...entry, asked: true }); // the answer brought a cookie: once more
      return 1;
    }
    if (answer.status >= 400 && answer.status < 500 && ![408, 425, 429].includes(answer.status)) {
      this.#put({ ...entry, failed: answer.words || this.#words.refused.malformed });
      return null;
    }
    this.#put({ ...entry, tried: true });
    return answer.after * 1000 * (0.5 + Math.random());
  }

  async #upload(entry) {
    const files = await keptFiles(entry.id);
    if (!files) throw Object.assign(new Error("the file is gone"), { name: "LostFile" });
    const form = new FormData();
    form.set("client_msg_id", entry.id);
    form.set("text", entry.text);
    for (const file of files) form.append("files", file, file.name);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      let watch = 0;
      const watchStall = () => {
        clearTimeout(watch);
        watch = setTimeout(() => request.abort(), 45_000);
      };
      request.open("POST", "/chat/messages");
      request.upload.addEventListener("progress", (event) => {
        watchStall();
        if (event.lengthComputable) {
          this.onChange({ ...entry, percent: Math.floor((100 * event.loaded) / event.total) }, []);
        }
      });
      request.addEventListener("loadend", () => {
        clearTimeout(watch);
        if (!request.status) return reject(new Error("the line dropped"));
        let body = {};
        try {
          body = JSON.parse(request.responseText);
        } catch {
          // an answer of something in between; its status says enough
        }
        return resolve({
          status: request.status,
          words: body.words,
          after: Number(request.getResponseHeader("Retry-After")) || 0,
        });
      });
      watchStall();
      request.send(form);
    });
  }
}

async function post(entry) {
  const body = { client_msg_id: entry.id, text: entry.text, value: entry.value, label: entry.label, of: entry.of };
  const answer = await fetch("/chat/messages", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  const said = await answer.json().catch(() => ({}));
  return { status: answer.status, words: said.words, after: Number(answer.headers.get("Retry-After")) || 0 };
}

function key(entry) {
  return PREFIX + entry.id;
}

function stored() {
  try {
    return Object.entries(localStorage)
      .filter(([name]) => name.startsWith(PREFIX))
      .sort((a, b) => {
        const [one, two] = [JSON.parse(a[1]), JSON.parse(b[1])];
        return one.at - two.at || one.no - two.no;
      });
  } catch {
    return [];
  }
}
