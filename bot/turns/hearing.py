"""What the rows of a turn say: messages and pressed buttons as one `Said`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import structs

from bot.dialogue import Aside, Coming, File, FileLost, Part, Said, Talk
from bot.dialogue.asides import VOICES
from bot.letters.reflow import joined
from bot.sop.model import Sop
from bot.store.inbox import WaitingInput
from bot.store.inputs import MessageIn, PressedIn
from bot.turns import marks
from bot.turns.marks import Mark
from bot.turns.shelf import Book
from bot.understanding.heard import Act, ActHeard, Expecting, Heard

STICKER = "sticker"
WORDS = frozenset({"order", "form", "image", "video", "document", "audio", "voice"})
"""Kinds whose text is the customer's own: what was put into a shopping basket or a form, the words under a
file that the provider lost."""
ORDER = "mau pesan:"
_PLACES = {"venue": "location", "live_location": "location"}


@dataclass(frozen=True, slots=True)
class Button:
    """A pressed button: `value` is the choice when it answers what is asked now, "" when it does not;
    `name` is what the talk remembers it by ("3:yes"), "" for what no keyboard of ours brought; `again`: it is
    the very button that the customer's last message was."""

    value: str = ""
    name: str = ""
    again: bool = False


def read_button(
    body: PressedIn, conversation: int | None, talk: Talk | None, choices: Sequence[tuple[str, str]]
) -> Button:
    """What a press on a channel with marks means. `choices` are those of the question that is open; `talk`
    is the conversation's, open or closed. What cannot be a button of the open question has no value."""
    mark, value = marks.parse(body.value)
    if mark is None or talk is None or mark.conversation != conversation:
        return Button()
    name = f"{mark.keyboard}:{value}"
    if name == talk.pressed:
        return Button(name=name, again=True)
    if talk.closed or mark.keyboard != talk.keyboards:
        return Button(name=name)
    meant = (each for each, _ in choices if marks.same(body.value, Mark(conversation, mark.keyboard), each))
    return Button(next(meant, ""), name)


def later_part(body: MessageIn, talk: Talk) -> bool:
    """Whether this is a part, without words, of an album whose first part was answered."""
    return bool(body.group) and not body.text and any(body.group == group for group, _ in talk.albums)


@dataclass(slots=True)
class Hearing:
    """Gathers what a burst says. `talk` is the talk before it (a new one for a new conversation)."""

    book: Book
    waits_for: Expecting
    talk: Talk
    heard: list[Heard] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    coming: list[Coming] = field(default_factory=list)
    lost: list[FileLost] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    command: str = ""
    albums: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    pressed: str = ""
    stale: bool = False
    proven: dict[str, str] = field(default_factory=dict)

    def press(self, body: PressedIn, button: Button | None) -> None:
        """A button. `button` is None on a channel whose buttons have no marks: there a value that is not
        offered now is taken for the words on it."""
        choices = self.waits_for.choices
        value = button.value if button is not None else body.value
        label = next((label for offered, label in choices if offered == value), None)
        if label is not None:
            heard = self.book.understands.understand(label, self.waits_for)
            self.heard.append(structs.replace(heard, chosen=value))
            self.pressed = button.name if button is not None else ""
        elif button is not None and (button.name or body.value != body.label):
            self.stale = True
        else:
            self.heard.append(self.book.understands.understand(body.label or body.value, self.waits_for))

    def message(self, row: WaitingInput, body: MessageIn, *, by_another: bool) -> None:
        """A message: its words, files, and what is neither."""
        if body.deleted:
            return  # taken back before anybody read it
        coming = [Coming(row.id, each.name, each.media_type) for each in body.unfetched if not each.lost]
        kind = _PLACES.get(body.placeholder, body.placeholder)
        for proof in body.proven if not by_another else ():
            value = {"phone": body.phone, "email": body.email}.get(proof, "")
            if value:
                self.proven[proof] = value
        if body.group and any(body.group == group for group, _ in self.talk.albums):
            self.parts.append(Part(body.group, body.files, tuple(coming)))
            if body.text:  # the words under an album may come with any of its parts
                self._words(body, by_another=by_another)
            return
        if body.group and body.group not in self.albums:
            self.albums.append(body.group)
        if body.command in ("start", "help"):
            self._command(body)
            return
        if kind and (kind not in WORDS or kind in VOICES):
            self.asides.append(Aside(kind, body.text))
        if kind == STICKER:
            return  # neither its picture nor its emoji says anything about a matter
        self.files += body.files
        self.coming += coming
        self.lost += [
            FileLost(each.name, row.id, each.lost, each.too_large) for each in body.unfetched if each.lost
        ]
        if not kind or (body.text and kind in WORDS):
            self._words(body, by_another=by_another)

    def _words(self, body: MessageIn, *, by_another: bool) -> None:
        """Who else writes in a thread may tell of the matter, but not change whose it is."""
        text = f"{body.note}\n\n{body.passed}".strip() if body.passed else body.text
        text = f"{body.command} {text}".strip() if body.command else text
        text = f"{ORDER} {text}" if body.placeholder == "order" else text
        if not text and (body.files or body.unfetched):
            return
        text = joined(text) if self.waits_for.medium == "email" else text
        understand = self.book.understands.understand
        heard = understand(text, self.waits_for)
        sop = self.book.sop
        if body.note and body.reporter:
            heard = _with_note(heard, understand(body.note, self.waits_for), sop)
        if by_another:
            kept = tuple(
                v for v in heard.slots if not (v.field in sop.fields and sop.fields[v.field].identity)
            )
            heard = structs.replace(heard, slots=kept, code="", tickets=())
        self.heard.append(heard)

    def _command(self, body: MessageIn) -> None:
        """/help, and /start: what follows it is a ticket's number that is asked about, or on record only."""
        self.command = body.command
        if body.command != "start" or not body.text.strip():
            return
        asks = self.book.understands.understand(body.text, self.waits_for)
        if asks.tickets:
            status = ActHeard(Act.STATUS, 1.0)
            self.heard.append(Heard(text=body.text, acts=(status,), tickets=asks.tickets))

    def said(self, rows: Sequence[WaitingInput], subject: str) -> Said:
        """All of it."""
        return Said(
            heard=tuple(self.heard),
            files=tuple(self.files),
            inputs=tuple(row.id for row in rows),
            subject=subject,
            coming=tuple(self.coming),
            lost=tuple(self.lost),
            asides=tuple(self.asides),
            command=self.command,
            albums=tuple(self.albums),
            parts=tuple(self.parts),
            pressed=self.pressed,
            stale=self.stale,
            proven=self.proven,
        )


def _with_note(heard: Heard, note: Heard, sop: Sop) -> Heard:
    """What the customer said, with the numbers and dates that only the colleague's note has."""
    have = {slot.field for slot in heard.slots}
    more = tuple(
        slot
        for slot in note.slots
        if slot.field not in have and slot.field in sop.fields and not sop.fields[slot.field].identity
    )
    return structs.replace(heard, slots=(*heard.slots, *more)) if more else heard
