"""The contract of the dialogue: what goes into `decide`, and what comes out of it.

An input is anything a customer, a clock, an agent or a look-up does. A turn is all that follows from one
input: events are facts in the past tense, replies are phrases with values, effects are wishes in the
imperative that the turn-taker carries out in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from bot.understanding.heard import Heard

if TYPE_CHECKING:
    from bot.dialogue.events import Event
    from bot.dialogue.talk import Talk

# -------------------------------------------------------------------------------------------------- inputs


class File(Struct, frozen=True):
    """An attachment that is stored: `digest` is the SHA-256 of its bytes, `size` in bytes."""

    digest: str
    name: str
    media_type: str
    size: int


class Coming(Struct, frozen=True):
    """A file that was sent and still lies with the provider: `FileCame` or `FileLost` follows. `input` is the
    inbox row of its message; `media_type` what the sender claims, "" when not told."""

    input: int
    name: str = ""
    media_type: str = ""


class FileCame(Struct, frozen=True, tag=True):
    """A file of an earlier message was fetched; `input` is the inbox row of that message."""

    file: File
    input: int = 0


class FileLost(Struct, frozen=True, tag=True):
    """A file of an earlier message can not be fetched, for good; `reason` is for the record; `too_large`:
    nobody takes so large a one."""

    name: str = ""
    input: int = 0
    reason: str = ""
    too_large: bool = False


class Part(Struct, frozen=True):
    """Files of the album `group`, whose first part was answered in an earlier turn."""

    group: str
    files: tuple[File, ...] = ()
    coming: tuple[Coming, ...] = ()


class Aside(Struct, frozen=True):
    """Something sent that is no words and no file: its `kind` (sticker, location, contact, poll ...), and
    what the channel says of it (a place, a name with a number; "" for nothing)."""

    kind: str
    text: str = ""


class Said(Struct, frozen=True, tag=True):
    """What the customer did: one message, or a burst that is answered together, in order.

    `heard` are the words of each message, and of a button that answers what is asked now; `inputs` are the
    ids of the inbox rows; `files` came along, `coming` are on their way, `lost` will not come; `subject` is
    an email's. `asides` are no words; `command` is a command of the channel (start, help). `albums` are
    begun here, `parts` came after their album was answered. `pressed` names the button that was pressed
    last, as keyboard and value ("3:yes"); `stale`: one was pressed that does not belong to what is asked
    now. `proven` is what the channel itself made sure of, by field (phone, email).
    """

    heard: tuple[Heard, ...]
    files: tuple[File, ...] = ()
    inputs: tuple[int, ...] = ()
    subject: str = ""
    coming: tuple[Coming, ...] = ()
    lost: tuple[FileLost, ...] = ()
    asides: tuple[Aside, ...] = ()
    command: str = ""
    albums: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    pressed: str = ""
    stale: bool = False
    proven: Mapping[str, str] = {}

    @property
    def only_on_record(self) -> bool:
        """Whether nothing is to be answered: later parts of an album, words that were taken back."""
        said = self.heard or self.files or self.coming or self.lost or self.asides
        return not (said or self.command or self.stale)


class Due(Struct, frozen=True, tag=True):
    """A timer came due: `remind`, `close`."""

    timer: str


class TookOver(Struct, frozen=True, tag=True):
    """An agent took the conversation over; from now on the bot is silent."""

    agent: str
    name: str


class Wrote(Struct, frozen=True, tag=True):
    """A person of ours wrote to the customer past Sapa, and has the conversation by that."""

    agent: str
    name: str
    text: str
    files: tuple[File, ...] = ()


class HandedBack(Struct, frozen=True, tag=True):
    """An agent gave the conversation back to the bot."""

    agent: str
    name: str


class CameBack(Struct, frozen=True, tag=True):
    """A letter of this conversation came back. `to` did not get it; `cause` is what that means for the
    address (hard, soft, quota, policy, ""), `reason` what the mail system said; `department`: it was the
    letter to a department, which was therefore not told."""

    to: str
    cause: str
    reason: str
    department: bool = False


class TicketFacts(Struct, frozen=True):
    """What may be told of a ticket once identity is proven. `email`, `phone` are the customer's on record;
    `proven` is true when the asking thread is the one that made the ticket, the same person asks
    elsewhere, or answers go only to whom the number or address on record belongs."""

    number: str
    state: str
    department: str
    label: str
    opened_at: datetime
    due_at: datetime | None
    email: str = ""
    phone: str = ""
    proven: bool = False


class Found(Struct, frozen=True, tag=True):
    """The answer to `LookUp`: the ticket, or None when there is no such number. A stranger must not be able
    to tell the two apart by what Sapa says. `number` is "" when the last ticket was asked for and there is
    none."""

    number: str
    ticket: TicketFacts | None


class CodeChecked(Struct, frozen=True, tag=True):
    """The answer to `CheckCode`: the ticket when the code was right, None when not; `left` tries remain."""

    ticket: TicketFacts | None
    left: int


Input: TypeAlias = (
    Said | Due | TookOver | Wrote | HandedBack | CameBack | FileCame | FileLost | Found | CodeChecked
)

# ------------------------------------------------------------------------------------------------- replies


class Option(Struct, frozen=True):
    """A choice offered with a reply; the label is at most 20 characters in the talk's language."""

    value: str
    label: str


class Say(Struct, frozen=True):
    """One thing to say: a phrase of the pack and its values, and the choices that answer it.

    A value `{ticket:REF}` stands for the number of the ticket that `IssueTicket(ref=REF)` asks for.
    """

    phrase: str
    values: Mapping[str, str] = {}
    choices: tuple[Option, ...] = ()


class Reply(Struct, frozen=True):
    """One message: its parts are said in one breath. An email joins all replies of a turn in one letter."""

    parts: tuple[Say, ...]


# ------------------------------------------------------------------------------------------------- effects


class IssueTicket(Struct, frozen=True, tag=True):
    """Make a ticket and forward it to `department` (and a copy to `also`). `ref` is unique in the talk.

    `particulars` are (label, value) pairs in the pack's first language, in the order a form has them.
    """

    ref: str
    matter: int
    kind: str
    class_: str
    department: str
    also: tuple[str, ...]
    due_at: datetime
    urgent: bool
    title: str
    particulars: tuple[tuple[str, str], ...]
    identity: Mapping[str, str]
    files: tuple[File, ...] = ()


class SetTimer(Struct, frozen=True, tag=True):
    """Wake this conversation at `at` with `Due(name)`; replaces an earlier timer of that name."""

    name: str
    at: datetime


class ClearTimer(Struct, frozen=True, tag=True):
    """Forget the timer `name`, if it is set."""

    name: str


class LookUp(Struct, frozen=True, tag=True):
    """Find a ticket by its number, or the person's last one ("" for its number); `Found` follows as the next
    input of the same turn."""

    number: str


class SendCode(Struct, frozen=True, tag=True):
    """Send an identity code for ticket `number` to the email address on record there; words from the pack's
    phrase `code_letter`. Silent when the ticket or an address is not there."""

    number: str


class CheckCode(Struct, frozen=True, tag=True):
    """Check a code that the customer typed; `CodeChecked` follows as the next input of the same turn."""

    number: str
    code: str


class CallPerson(Struct, frozen=True, tag=True):
    """A person is wanted or needed here: flag the conversation with the reason (an id: wanted, health,
    waiting, public, misunderstood, unreachable) and set its owner to nobody when `release` is true."""

    reason: str
    release: bool = False


Effect: TypeAlias = IssueTicket | SetTimer | ClearTimer | LookUp | SendCode | CheckCode | CallPerson


class Turn(Struct, frozen=True):
    """All that follows from one input. `talk` is the talk after the events, where it is at hand."""

    events: tuple[Event, ...] = ()
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()
    talk: Talk | None = None


class Carrying(Struct, frozen=True):
    """What the channel can carry, as far as wording depends on it (see `channels.base.Capabilities`).
    `marked`: its buttons name the keyboard they belong to, so that an old one is known."""

    medium: str = "chat"
    max_text: int = 4096
    buttons: int = 0
    list_rows: int = 0
    max_with_choices: int = 4096
    label: int = 20
    marked: bool = False


class Worded(Struct, frozen=True):
    """A message ready to leave: final text, the choices shown as buttons (those of a numbered list stand in
    the text), and the phrases it was made of."""

    text: str
    choices: tuple[Option, ...] = ()
    phrases: tuple[str, ...] = ()


class Finished(Struct, frozen=True):
    """A turn with its ticket numbers bound and its replies worded: what is committed.

    `events` end with one `Replied` per message; `talk` is the fold of all events so far.
    """

    talk: Talk
    events: tuple[Event, ...]
    messages: tuple[Worded, ...]
    effects: tuple[Effect, ...]
