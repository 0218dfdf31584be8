"""The SOP as data: what a pack of YAML files says, typed and frozen.

A pack is written by a head of customer service, not by a programmer. Every word a customer reads stands in
it, every step the bot takes is a step here. `bot.sop.check` turns files into a `Sop`; nothing else makes one.
Durations are working minutes unless a name says otherwise; times of day are local to `About.timezone`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, time
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Language = Literal["id", "en"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Part(BaseModel):
    """Base of everything in a pack: frozen, and an unknown key is a fault, not a silent nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Bilingual(Part):
    """The same words in Indonesian and English."""

    id: Words
    en: Words

    def in_(self, language: str) -> str:
        """The words in `language`; Indonesian for anything that is not English."""
        return self.en if language == "en" else self.id


# ------------------------------------------------------------------------------------------ the document


class Company(Part):
    """Who speaks. `emergency` is the number given when health is at risk (119 in Indonesia)."""

    name: Words
    site: Words
    phone: Words
    email: Words
    address: Words
    emergency: Words = "119"


class Address(Part):
    """How a customer is addressed in Indonesian before more is known; in English by nothing."""

    chat: str = "Kak"
    email: str = "Bapak/Ibu"
    sms: str = "Kak"


class Revision(Part):
    """One revision of the pack, for the controlled document (W5)."""

    number: int
    on: date
    by: Words
    what: Words


class About(Part):
    """The cover of the controlled document and what the whole pack shares."""

    id: Id
    number: Words
    title: Bilingual
    purpose: Bilingual
    scope: Bilingual
    definitions: Mapping[str, Bilingual]
    references: tuple[str, ...] = ()
    revisions: tuple[Revision, ...]
    approved_by: Words
    review_by: date
    distribution: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    company: Company
    bot_name: Words = "Sapa"
    timezone: Words = "Asia/Jakarta"
    languages: tuple[Language, ...] = ("id", "en")
    address: Address = Address()
    ticket_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,4}$")] = "SP"


class Role(Part):
    """Who answers for a step."""

    id: Id
    title: Bilingual


# ------------------------------------------------------------------------------------------- procedures


class Does(StrEnum):
    """What a step of a conversation does; the dialogue has one function for each."""

    GREET = "greet"
    LISTEN = "listen"
    RESTATE = "restate"
    COLLECT = "collect"
    SUMMARISE = "summarise"
    TICKET = "ticket"
    FORWARD = "forward"
    ANSWER = "answer"
    MORE = "more"
    CLOSE = "close"
    PERSON = "person"  # a person's step after the conversation (propose, approve, carry out): shown, timed


class Step(Part):
    """One step: what is done, by whom, in how long, with which document, and what comes next.

    `minutes` is the allotted time (W3). `fields` are asked at this step besides what the class asks for.
    `next` is a step id of the same procedure; the last step has none. `moved` names older ids of this step,
    so that talks standing there find it again.
    """

    id: Id
    does: Does
    title: Bilingual
    role: Id
    minutes: int = Field(ge=0, le=100_000)
    fields: tuple[Id, ...] = ()
    documents: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    next: Id | None = None
    moved: tuple[Id, ...] = ()


class Procedure(Part):
    """A procedure: for which kinds of matter, its steps in order."""

    id: Id
    title: Bilingual
    purpose: Bilingual
    clauses: tuple[str, ...] = ()
    kinds: tuple[Id, ...]
    steps: tuple[Step, ...] = Field(min_length=1)


# ------------------------------------------------------------------------------------------- what is it about


class Kind(Part):
    """A kind of matter: complaint, criticism, suggestion, question, order."""

    id: Id
    label: Bilingual
    ticket: bool = True
    fields: tuple[Id, ...] = ()
    optional: tuple[Id, ...] = ()


class Class(Part):
    """A class of complaint (K3). `group` is service, quality or mismatch.

    `fields` are asked one by one, in this order, after the identity; `optional` are asked once and may be
    declined ("tidak ada"). `label` completes a restating sentence; `button` is at most 20 characters.
    `urgent` classes go ahead of the queue; `minutes` is the working time until the first answer (W4).
    """

    id: Id
    group: Literal["service", "quality", "mismatch"]
    label: Bilingual
    button: Bilingual
    fields: tuple[Id, ...] = ()
    optional: tuple[Id, ...] = ()
    minutes: int = Field(gt=0)
    urgent: bool = False
    clauses: tuple[str, ...] = ()


class Reader(StrEnum):
    """Which slot reader of `bot.understanding` reads a field."""

    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    ORDER = "order"
    DELIVERY = "delivery"
    DATE = "date"
    PRODUCT = "product"
    QUANTITY = "quantity"
    BATCH = "batch"
    EXPIRY = "expiry"
    PHOTO = "photo"
    TEXT = "text"


class FieldSpec(Part):
    """A thing that is asked for: how it is read, named and exemplified.

    The question itself is the phrase `ask_<id>`; its example stands in that phrase. `alternatives`: one of
    these fields does as well (contact: email or address). `identity` fields belong to the person and are
    kept for the next matter.
    """

    id: Id
    reader: Reader
    label: Bilingual
    identity: bool = False
    alternatives: tuple[Id, ...] = ()
    pattern: str | None = None


# ---------------------------------------------------------------------------------------- where it goes


class Department(Part):
    """A department: its mailbox, its head, and what it is called in front of customers."""

    id: Id
    name: Bilingual
    email: Words
    head: Words


class Route(Part):
    """A routing rule: the first that matches wins. Empty lists match everything. `also` gets a copy (C4)."""

    kinds: tuple[Id, ...] = ()
    classes: tuple[Id, ...] = ()
    principals: tuple[Id, ...] = ()
    urgent: bool | None = None
    to: Id
    also: tuple[Id, ...] = ()
    clauses: tuple[str, ...] = ()

    def matches(self, kind: str, class_: str, principals: Collection[str], urgent: bool) -> bool:
        """Whether this rule speaks on a matter; `class_` is "" where there is none."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.classes or class_ in self.classes)
            and (not self.principals or any(principal in self.principals for principal in principals))
            and (self.urgent is None or self.urgent == urgent)
        )


class Span(Part):
    """Opening hours of one day, `from` before `to`."""

    from_: time = Field(alias="from")
    to: time


class SpecialHours(Part):
    """Other hours for a while (Ramadan, stock-taking). Replaces the week's spans from `first` to `last`."""

    first: date
    last: date
    label: Bilingual
    week: Mapping[Day, tuple[Span, ...]]


class Hours(Part):
    """Working hours: `week` maps mon..sun to spans; a day without spans is closed.

    `country` picks public holidays and collective leave (cuti bersama); `closed` adds the company's own.
    """

    week: Mapping[Day, tuple[Span, ...]]
    country: str = "ID"
    closed: Mapping[date, Bilingual] = {}
    special: tuple[SpecialHours, ...] = ()


class Standards(Part):
    """Time standards of a conversation, in clock minutes, not working minutes.

    A silent customer is reminded once, `remind_after` the last message and only between `remind_from` and
    `remind_to`; the conversation closes `close_after` the reminder.
    """

    remind_after: int = Field(60, gt=0)
    close_after: int = Field(120, gt=0)
    email_remind_after: int = Field(2880, gt=0)
    email_close_after: int = Field(10080, gt=0)
    remind_from: time = time(8)
    remind_to: time = time(17)
    misunderstood_before_person: int = Field(2, ge=1)


# ------------------------------------------------------------------------------------------- the goods


class Principal(Part):
    """Whose goods we distribute, with the agreement that governs quality claims (C2)."""

    id: Id
    name: Words
    agreement: Words
    criteria: Bilingual


class Unit(Part):
    """A unit customers count in: dus, karton, lusin, sak, krat, renteng ... with its spellings."""

    id: Id
    label: Bilingual
    spellings: tuple[str, ...] = ()
    pieces: int | None = None


class Product(Part):
    """A product with everything customers call it. `contents` gives pieces per unit id."""

    id: Id
    name: Words
    principal: Id
    category: Bilingual
    aliases: tuple[str, ...] = ()
    contents: Mapping[str, int] = {}


class Faq(Part):
    """A question customers ask, the answer, and the official page (E5). `ask` are examples of asking it,
    `cues` are patterns as in `Cue.patterns`."""

    id: Id
    ask: Mapping[Language, tuple[str, ...]]
    cues: tuple[str, ...] = ()
    answer: Bilingual
    page: Words
    technical: bool = False


# ------------------------------------------------------------------------------------------- the words


class Cue(Part):
    """Patterns that are evidence for a kind, a class, an urgency or an act, with a weight.

    A pattern is plain words; `*` stands for any one word, `(a|b)` for either, a trailing `~` allows a typo,
    `...` for up to four words between. `bot.understanding.patterns` has the whole grammar, and the check of a
    pack asks it.
    """

    patterns: tuple[str, ...]
    weight: float = 1.0


class Cues(Part):
    """What words point to: `kinds`, `classes`, `urgent` (health, waiting, public), keyed by their ids."""

    kinds: Mapping[str, tuple[Cue, ...]] = {}
    classes: Mapping[str, tuple[Cue, ...]] = {}
    urgent: Mapping[str, tuple[Cue, ...]] = {}
    slang: Mapping[str, str] = {}


class Phrase(Part):
    """One thing Sapa says: two or three variants for chat, and what email and SMS say instead, if they do.

    Variants are chosen steadily, by the count of earlier uses in the talk. `{name}` marks a value.
    """

    chat: tuple[Words, ...] = Field(min_length=1)
    email: tuple[Words, ...] = ()
    sms: tuple[Words, ...] = ()

    def variants(self, medium: str) -> tuple[str, ...]:
        """The variants for `medium`, those of chat where it has none of its own."""
        if medium == "email" and self.email:
            return self.email
        if medium == "sms" and self.sms:
            return self.sms
        return self.chat


class Sop(BaseModel):
    """A whole pack, checked. `hash` is the SHA-256 over its files' names and texts; `files` the texts."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    hash: str
    files: Mapping[str, str]
    about: About
    roles: Mapping[str, Role]
    procedures: Mapping[str, Procedure]
    kinds: Mapping[str, Kind]
    classes: Mapping[str, Class]
    fields: Mapping[str, FieldSpec]
    departments: Mapping[str, Department]
    routing: tuple[Route, ...]
    hours: Hours
    standards: Standards
    principals: Mapping[str, Principal]
    units: Mapping[str, Unit]
    products: Mapping[str, Product]
    faq: Mapping[str, Faq]
    cues: Cues
    wording: Mapping[Language, Mapping[str, Phrase]]

    def __hash__(self) -> int:
        """By the files: what follows from a pack alone can be kept for it (`functools.lru_cache`)."""
        return hash(self.hash)

    def procedure_for(self, kind: str) -> Procedure:
        """The procedure that handles matters of `kind`; the check makes sure that there is exactly one."""
        return self._handling[kind]

    @cached_property
    def _handling(self) -> Mapping[str, Procedure]:
        return {kind: procedure for procedure in self.procedures.values() for kind in procedure.kinds}
