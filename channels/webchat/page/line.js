// The line down: items in their order, none twice, none left out, over drops, reloads and restarts.
// A stream where it works, a long poll where something in between holds streams back.

const STALE = 35_000; // nothing at all, not even a heartbeat: the line is dead
const FIRST_BYTE = 8_000; // a proxy that buffers streams never lets the first byte through
const HIDDEN = 20_000; // a hidden tab gives its connection back and looks now and then
const LOOK = 30_000;

export class Line {
  #last = 0;
  #polling = false;
  #heard = 0;
  #sleeping = null;
  #abort = null;
  #hiddenSince = document.hidden ? performance.now() : 0;
  #offlineTimer = 0;
  #outbox = null;

  constructor({ onItem, onReset, onState }) {
    this.onItem = onItem;
    this.onReset = onReset;
    this.onState = onState;
  }

  async start(outbox, view) {
    this.#outbox = outbox;
    this.#state("connecting");
    addEventListener("online", () => this.nudge());
    addEventListener("pageshow", () => this.nudge());
    addEventListener("offline", () => {
      this.#abort?.abort();
      this.#state("offline");
    });
    document.addEventListener("visibilitychange", () => {
      this.#hiddenSince = document.hidden ? performance.now() : 0;
      if (!document.hidden) this.nudge();
    });
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#begin(view);
        break;
      } catch {
        this.#state("offline");
        await this.#pause(backoff(tries));
      }
    }
    outbox.start();
    await this.#run();
  }

  // Look at once: the network, the tab or the page is back.
  nudge() {
    this.#sleeping?.();
    if (this.#abort && performance.now() - this.#heard > 20_000) this.#abort.abort();
    this.#outbox?.kick();
  }

  async older(before) {
    return (await this.#get(`before=${before}`)).items;
  }

  async #begin(view) {
    const page = await this.#get("last=1");
    this.#last = 0;
    view.begin(page.items);
    this.#last = page.last;
    for (const item of page.items) if (item.client_id) this.#outbox.echoed(item.client_id);
    this.#state("online");
  }

  async #run() {
    for (let failures = 0; ; ) {
      try {
        if (this.#hiddenSince && performance.now() - this.#hiddenSince > HIDDEN) await this.#look();
        else if (!(await oneOfFew(() => (this.#polling ? this.#poll() : this.#stream())))) await this.#look(LOOK / 8);
        failures = 0;
        await this.#pause(Math.random() * 300);
      } catch (error) {
        failures += 1;
        if (failures > 1 || error.name !== "AbortError") this.#state("offline");
        await this.#pause(error.after ?? backoff(failures));
      }
    }
  }

  async #stream() {
    const abort = (this.#abort = new AbortController());
    let watch = setTimeout(() => {
      this.#polling = true; // opened perhaps, but silent: streams are held back on the way
      abort.abort();
    }, FIRST_BYTE);
    const hide = setInterval(() => {
      if (this.#hiddenSince && performance.now() - this.#hiddenSince > HIDDEN) abort.abort();
    }, 5_000);
    try {
      const answer = await fetch(`/chat/events?after=${this.#last}`, {
        headers: { Accept: "text/event-stream" },
        cache: "no-store",
        signal: abort.signal,
      });
      await this.#sound(answer);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ; ) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(watch);
        watch = setTimeout(() => abort.abort(), STALE);
        this.#heard = performance.now();
        this.#state("online");
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) await this.#event(block);
      }
    } finally {
      clearTimeout(watch);
      clearInterval(hide);
      this.#abort = null;
    }
  }

  async #event(block) {
    let data = "";
    let event = "";
    for (const row of block.split("\n")) {
      if (row.startsWith("data: ")) data += row.slice(6);
      else if (row.startsWith("event: ")) event = row.slice(7);
    }
    if (event === "reset") this.#reset();
    else if (data) await this.#apply([JSON.parse(data)]);
  }

  async #poll() {
    const abort = (this.#abort = new AbortController());
    const watch = setTimeout(() => abort.abort(), STALE);
    try {
      await this.#take(await this.#get(`after=${this.#last}&wait=25`, abort.signal));
    } finally {
      clearTimeout(watch);
      this.#abort = null;
    }
  }

  // A hidden tab: one short question, then a rest that ends when the tab is looked at.
  async #look(rest = LOOK) {
    await this.#take(await this.#get(`after=${this.#last}`));
    await this.#pause(rest * (0.8 + 0.4 * Math.random()));
  }

  async #take(page) {
    this.#heard = performance.now();
    this.#state("online");
    if (page.reset) this.#reset();
    else await this.#apply(page.items);
  }

  // Only the next number is shown; a smaller one was seen; a larger one means that some are missing.
  async #apply(items) {
    for (const item of items) {
      if (item.seq > this.#last + 1) {
        const page = await this.#get(`after=${this.#last}`);
        if (page.items.length && page.items[0].seq === this.#last + 1) await this.#apply(page.items);
      }
      if (item.seq === this.#last + 1) {
        this.#last = item.seq;
        this.onItem(item);
      }
    }
  }

  // The server's store is another one than before: show what it has.
  #reset() {
    this.#last = 0;
    this.onReset();
  }

  async #get(query, signal = AbortSignal.timeout(STALE)) {
    const answer = await fetch(`/chat/items?${query}`, { cache: "no-store", signal });
    await this.#sound(answer);
    return answer.json();
  }

  async #sound(answer) {
    if (answer.ok) return;
    if (answer.status === 401) await fetch("/chat/items?after=0", { cache: "no-store" }); // gives a new cookie
    const after = Number(answer.headers.get("Retry-After"));
    throw Object.assign(new Error(`HTTP ${answer.status}`), after ? { after: after * 1000 * (0.5 + Math.random()) } : {});
  }

  // A short drop is nobody's business; one that lasts is said, calmly.
  #state(state) {
    if (state === "online") {
      clearTimeout(this.#offlineTimer);
      this.#offlineTimer = 0;
      this.onState(state);
    } else if (state === "connecting") {
      this.onState(state);
    } else {
      this.#offlineTimer ||= setTimeout(() => this.onState(state), navigator.onLine ? 1_500 : 0);
    }
  }

  #pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#sleeping = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

// A browser opens six connections to a server and no more: with many windows open, three hold a line and the
// others look now and then, so that there is always one left to send with. False: all three are taken.
async function oneOfFew(hold) {
  if (!navigator.locks) return (await hold(), true);
  for (const name of ["sapa.line.1", "sapa.line.2", "sapa.line.3"]) {
    const held = await navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
      if (!lock) return false;
      await hold();
      return true;
    });
    if (held) return true;
  }
  return false;
}

// Full jitter, from a second to half a minute, so that a thousand browsers do not come back at once.
export function backoff(tries) {
  return 200 + Math.random() * Math.min(30_000, 1000 * 2 ** (tries - 1));
}
