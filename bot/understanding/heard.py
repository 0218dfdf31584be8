"""What was understood of a message, each thing with its evidence: made by `understand`, read by `decide`."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cached_property

from msgspec import Struct


class Evidence(Struct, frozen=True):
    """Why: the rule that spoke and the words it spoke on (`start`, `end` index the raw text)."""

    rule: str
    text: str
    start: int = -1
    end: int = -1


class Act(StrEnum):
    """What a message does in a conversation, besides saying something about a matter."""

    GREETING = "greeting"
    THANKS = "thanks"
    BYE = "bye"
    YES = "yes"
    NO = "no"
    CORRECTION = "correction"  # "bukan, yang kurang gula", "nomor hp salah, yang benar 0812..."
    UNKNOWN = "unknown"  # "tidak tahu", "lupa"
    DECLINE = "decline"  # "tidak punya", "tidak ada", "skip" as the answer to what was asked
    PERSON = "person"  # wants a person
    STATUS = "status"  # asks how far a ticket is
    CANCEL = "cancel"
    RESTART = "restart"
    LANGUAGE = "language"  # asks for another language; `Heard.wants_language`
    ROBOT = "robot"  # asks whether this is a robot
    WAIT = "wait"  # "sebentar", "tunggu ya"
    REPEAT = "repeat"  # "maksudnya?", "gimana?"
    QUESTION = "question"  # has the form of a question
    ANOTHER = "another"  # "satu lagi", "another thing": what follows is another matter
    DONE = "done"  # "sudah", "itu saja", "cukup"


class Urgent(StrEnum):
    """Facts that go ahead of the queue; never guessed from a mood."""

    HEALTH = "health"
    WAITING = "waiting"  # a driver waits at the gate
    PUBLIC = "public"  # "saya viralkan", YLKI, BPSK, BPOM, media, lawyers


class Mood(StrEnum):
    """How it is said. A hint for tone, never a reason to escalate by itself; abuse is answered calmly."""

    CALM = "calm"
    UPSET = "upset"
    ANGRY = "angry"
    ABUSIVE = "abusive"


class Guess(Struct, frozen=True):
    """An id (of a kind, class, FAQ entry ...) with a score from 0 to 1 and the evidence for it."""

    id: str
    score: float
    evidence: tuple[Evidence, ...] = ()


class ActHeard(Struct, frozen=True):
    """An act with a score from 0 to 1. Below `SURE` it is a hint only."""

    act: Act
    score: float
    evidence: tuple[Evidence, ...] = ()


class Quantity(Struct, frozen=True):
    """A count and the id of its unit ("" when none was said)."""

    count: float
    unit: str = ""


class Goods(Struct, frozen=True):
    """One line of goods: the product (id of the pack, or "" and the customer's own `text`) and how many
    were ordered, received, and concerned (missing, too many, broken). `among`: ids of the products that
    `text` may mean, best first, while it does not tell which ("susu": three kinds are sold). `each`: the
    counts of a line without a name hold for each of the goods named before ("masing-masing 1 dus")."""

    product: str = ""
    text: str = ""
    ordered: Quantity | None = None
    received: Quantity | None = None
    affected: Quantity | None = None
    batch: str = ""
    expiry: str = ""
    among: tuple[str, ...] = ()
    each: bool = False


class Slot(Struct, frozen=True):
    """A value for a field of the pack.

    `value` is canonical: phone E.164, email lower-case domain, date ISO, order number upper-case with
    hyphens, product id, name without honorific. `text` is as written. `score` from 0 to 1: below `SURE` the
    dialogue asks. `problem` says why a value that was clearly meant cannot be right ("short", "long",
    "checksum", "future"), the value then being what was written.
    """

    field: str
    value: str
    text: str = ""
    score: float = 1.0
    start: int = -1
    end: int = -1
    problem: str = ""


class Heard(Struct, frozen=True, dict=True):
    """All that was understood of one text. Everything may be empty; nothing is guessed below its threshold.

    `language` is None where the text does not tell ("ok", "0812..."): keep the conversation's. `classes` and
    `kinds` are ranked, best first. `chosen` is the value of an offered choice (pressed, or typed as number
    or label). `keywords` are the customer's own words for what is wrong, fit for restating. `salam` is
    islam, christian, hindu, buddhist or "" for the religious greeting used. `honorific` is what customers
    call themselves (Pak, Bu, Mas, Mbak, Koh, Ci, Pak Haji), "" when they do not. `meaningless`: no word of
    it carries meaning ("asdfgh", "...."). `lacks` are the fields of which the message says itself that there
    is none or none yet ("fotonya nanti", "lupa nomor fakturnya").
    """

    text: str
    language: str | None = None
    wants_language: str = ""
    acts: tuple[ActHeard, ...] = ()
    kinds: tuple[Guess, ...] = ()
    classes: tuple[Guess, ...] = ()
    slots: tuple[Slot, ...] = ()
    goods: tuple[Goods, ...] = ()
    faq: tuple[Guess, ...] = ()
    urgent: tuple[Guess, ...] = ()
    mood: Mood = Mood.CALM
    salam: str = ""
    honorific: str = ""
    keywords: str = ""
    chosen: str = ""
    departments: tuple[Guess, ...] = ()
    tickets: tuple[str, ...] = ()
    code: str = ""
    meaningless: bool = False
    lacks: tuple[str, ...] = ()

    @cached_property
    def sure(self) -> frozenset[Act]:
        """The acts that were heard surely enough to go by."""
        return frozenset([heard.act for heard in self.acts if heard.score >= SURE])

    def does(self, act: Act) -> bool:
        """Whether `act` was heard surely enough to go by."""
        return act in self.sure

    def slot(self, field: str) -> Slot | None:
        """The first value heard for `field`."""
        return next((slot for slot in self.slots if slot.field == field), None)


SURE = 0.6
"""From this score on a guess is acted on; below it Sapa asks with choices."""


class Expecting(Struct, frozen=True):
    """What the conversation was waiting for when the message came: flow state comes first.

    `field` is the field asked for, "" when none; `yes_no` whether a yes or no was asked; `choices` are
    (value, label) pairs offered; `language` the conversation's; `today` the customer's local date, for
    "kemarin"; `code` whether an identity code was asked; `open` are the products that goods already named
    may be ("susu": three of the pack's), so that "yang 1 liter" tells which, asked or not.
    """

    today: date
    language: str = "id"
    field: str = ""
    yes_no: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    code: bool = False
    medium: str = "chat"
    open: tuple[str, ...] = ()
