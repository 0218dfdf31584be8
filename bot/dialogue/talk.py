"""The state of a conversation: everything `decide` needs to know of what happened before.

A talk is never changed by hand: it is the fold of its events. It stands on a step id of a pack, named by the
pack's hash, never on a position in a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct

from bot.dialogue.turn import File, Option
from bot.understanding.heard import Goods

BOT = "bot"
NOBODY = "nobody"


class Asked(Struct, frozen=True):
    """What the customer was asked last and has not answered yet.

    `what`: help, group, class, restating, correction, field, meant, letter, stuck, summary, which, more,
    person, number, code, stay. `field` is the field asked for (field, stuck). `tries` counts failed answers.
    """

    what: str
    field: str = ""
    choices: tuple[Option, ...] = ()
    tries: int = 0


class Matter(Struct, frozen=True, omit_defaults=True):
    """One thing the customer brought up: a complaint, a question, an order ...

    `state`: open, waiting (its turn comes later), ticketed, done, dropped. `values` are canonical values by
    field id; `missing` says of a field why it will not be asked again (declined, unknown, failed).
    `coming` are the messages (inbox rows) whose files are on their way, once for each file;
    `notes` are places and contact cards, as (kind, words).
    `questions` are those asked beside it that the department has to answer.
    """

    no: int
    state: str = "open"
    kind: str = ""
    class_: str = ""
    score: float = 0.0
    words: str = ""
    goods: tuple[Goods, ...] = ()
    values: Mapping[str, str] = {}
    missing: Mapping[str, str] = {}
    files: tuple[File, ...] = ()
    coming: tuple[int, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    questions: tuple[str, ...] = ()
    urgent: tuple[str, ...] = ()
    empathised: bool = False
    restated: bool = False
    confirmed: bool = False
    summed_up: bool = False
    ref: str = ""
    number: str = ""
    department: str = ""
    due_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is still being talked about or waits for its turn."""
        return self.state in ("open", "waiting")


class Talk(Struct, frozen=True, omit_defaults=True):
    """A conversation as it stands.

    `owner` is `bot`, `nobody` (a person is wanted) or `agent:<id>`; only with `bot` does Sapa speak. `flag`
    says why a person is wanted. `uses` counts how often each phrase was said, which picks its next variant.
    `identity` are the person's fields, kept from matter to matter. `current` is the number of the matter in
    hand, 0 when none; `before` the last ticket of earlier conversations in this thread. `preface` is a phrase
    that our first answer begins with; `awaiting`: the customer has written to the person who has the
    conversation and got no answer yet. `related` are the numbers of the tickets that the conversation goes
    on from. `albums` are the last ones sent, with the matter each belongs to; `keyboards` counts the messages
    with buttons, `pressed` is the button that the customer's last message was ("3:yes"), `wordless` how
    many messages in a row were nothing but stickers and the like.
    """

    channel: str
    medium: str
    language: str
    pack: str
    procedure: str
    step: str
    opened_at: datetime
    last_at: datetime
    owner: str = BOT
    flag: str = ""
    closed: bool = False
    identity: Mapping[str, str] = {}
    missing: Mapping[str, str] = {}
    honorific: str = ""
    matters: tuple[Matter, ...] = ()
    current: int = 0
    files: tuple[File, ...] = ()
    coming: tuple[int, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    albums: tuple[tuple[str, int], ...] = ()
    keyboards: int = 0
    pressed: str = ""
    wordless: int = 0
    asked: Asked | None = None
    greeted_on: date | None = None
    salam: str = ""
    language_wished: bool = False
    mood: str = "calm"
    misunderstood: int = 0
    before: str = ""
    status_number: str = ""
    status_asked: int = 0
    code_tries: int = 0
    proven: tuple[str, ...] = ()
    reminded: bool = False
    called: tuple[str, ...] = ()
    uses: Mapping[str, int] = {}
    last_texts: tuple[str, ...] = ()
    preface: str = ""
    related: tuple[str, ...] = ()
    awaiting: bool = False

    @property
    def matter(self) -> Matter | None:
        """The matter in hand."""
        return self.matters[self.current - 1] if self.current else None

    @property
    def waiting(self) -> Matter | None:
        """The next matter whose turn has not come."""
        return next((matter for matter in self.matters if matter.state == "waiting"), None)

    @property
    def ticketed(self) -> Matter | None:
        """The last matter that has its number."""
        return next((matter for matter in reversed(self.matters) if matter.number), None)

    @property
    def last_ticket(self) -> str:
        """The number of the last ticket made in this thread, "" for none."""
        return self.ticketed.number if self.ticketed is not None else self.before

    @property
    def late(self) -> Matter | None:
        """The matter that has its ticket, while no other is in hand: what is added now may be about it."""
        return None if self.matter is not None and self.matter.is_open else self.ticketed
