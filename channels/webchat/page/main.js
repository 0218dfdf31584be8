// Puts the parts of the chat page together. No state of its own beyond what the parts hold.

import { Composer } from "./composer.js";
import { Line } from "./line.js";
import { Outbox } from "./outbox.js";
import { View } from "./view.js";

const app = document.getElementById("app");
const config = JSON.parse(app.dataset.config);
const language = document.documentElement.lang;

const view = new View({ words: config.words.message, bot: config.bot, language });
const outbox = new Outbox({
  words: config.words,
  onChange: (entry, files) => view.pending(entry, files),
  onGone: (id) => view.forget(id),
  onAcknowledged: (entry) => view.expectAnswer(entry.id),
});
const composer = new Composer({
  words: config.words,
  limits: config.limits,
  onSend: (entry, files) => outbox.add(entry, files),
});
const line = new Line({
  onItem: (item) => {
    if (item.client_id) outbox.echoed(item.client_id);
    view.show(item);
    view.offerChoices();
  },
  onReset: () => view.clear(),
  onState: (state) => view.line(state, config.words.line),
});

view.onChoice = (choice, seq) => composer.choose(choice, seq);
view.onEdit = (id) => composer.edit(outbox.take(id));
view.onDelete = (id) => outbox.take(id);
view.onOlder = (before) => line.older(before);

composer.start();
await line.start(outbox, view);
