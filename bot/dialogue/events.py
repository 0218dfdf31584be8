"""What happened in a conversation: facts in the past tense, from which the talk is folded.

An event is written once and never changed. `v` is the schema version of its shape: a reader of old records
upgrades by it. `matter` numbers count from 1; 0 means the person, not a matter. Times are aware.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypeAlias

from msgspec import Struct

from bot.dialogue.turn import File, Option
from bot.understanding.heard import Evidence, Goods

SCHEMA = 1


class Fact(Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Base of all events."""

    v: int = SCHEMA


class Opened(Fact, frozen=True, kw_only=True, tag="opened"):
    """A conversation began, standing on `step` of `procedure` in the pack with hash `pack`. `ticket` is the
    last one that earlier conversations of the same thread made."""

    at: datetime
    channel: str
    medium: str
    language: str
    pack: str
    procedure: str
    step: str
    identity: Mapping[str, str] = {}
    ticket: str = ""


class Linked(Fact, frozen=True, kw_only=True, tag="linked"):
    """The conversation began beside another one: the customer brought a new matter there (`why`: subject),
    came back to it long after it was closed (later), or a stranger answered in it (stranger). `numbers` are
    that one's tickets; nothing of it is told to a stranger."""

    why: str
    numbers: tuple[str, ...] = ()


class Reported(Fact, frozen=True, kw_only=True, tag="reported"):
    """A colleague passed the matter on (S2). `known`: the customer wrote it and is answered; otherwise it is
    talked over with the colleague, who is asked who the customer is."""

    by: str
    name: str = ""
    known: bool = False


class PackChanged(Fact, frozen=True, kw_only=True, tag="pack_changed"):
    """A newer pack came into use; the conversation found its step again there."""

    pack: str
    procedure: str
    step: str


class CustomerSaid(Fact, frozen=True, kw_only=True, tag="customer_said"):
    """The customer wrote one message or a burst (E7): the words as they came, the files, the inbox rows, the
    kinds of what was no words, the command, the button pressed (`stale`: it did not belong to what was
    asked)."""

    at: datetime
    texts: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    inputs: tuple[int, ...] = ()
    subject: str = ""
    kinds: tuple[str, ...] = ()
    command: str = ""
    pressed: str = ""
    stale: bool = False


class AlbumBegun(Fact, frozen=True, kw_only=True, tag="album_begun"):
    """The first part of an album came, and was put to `matter`; what comes later of it belongs there too."""

    group: str
    matter: int


class NoteAdded(Fact, frozen=True, kw_only=True, tag="note_added"):
    """A place or a contact card was sent, and put to a matter as words (0: kept until there is one)."""

    matter: int
    kind: str
    text: str


class NotesAdopted(Fact, frozen=True, kw_only=True, tag="notes_adopted"):
    """Notes that were kept belong to this matter."""

    matter: int


class LanguageChanged(Fact, frozen=True, kw_only=True, tag="language_changed"):
    """The conversation goes on in another language; `wished` when the customer asked for it."""

    language: str
    wished: bool = False


class HonorificLearned(Fact, frozen=True, kw_only=True, tag="honorific_learned"):
    """How the customer calls themselves (Pak, Bu, Koh, Pak Haji)."""

    honorific: str


class Greeted(Fact, frozen=True, kw_only=True, tag="greeted"):
    """We greeted, on this local day; `salam` is the religious greeting that was answered in kind."""

    on: date
    salam: str = ""


class MoodHeard(Fact, frozen=True, kw_only=True, tag="mood_heard"):
    """How the customer sounds: a hint for the tone of the next words."""

    mood: str


class MatterOpened(Fact, frozen=True, kw_only=True, tag="matter_opened"):
    """A matter was brought up. `waiting`: it is taken up after the one in hand."""

    matter: int
    kind: str = ""
    class_: str = ""
    waiting: bool = False


class MatterTaken(Fact, frozen=True, kw_only=True, tag="matter_taken"):
    """A waiting matter is in hand now."""

    matter: int


class Classified(Fact, frozen=True, kw_only=True, tag="classified"):
    """Kind and class of a matter were settled (K3), with the evidence for them."""

    matter: int
    kind: str
    class_: str = ""
    score: float = 1.0
    evidence: tuple[Evidence, ...] = ()


class WordsHeard(Fact, frozen=True, kw_only=True, tag="words_heard"):
    """The customer's own words for the matter, fit for restating."""

    matter: int
    words: str


class GoodsHeard(Fact, frozen=True, kw_only=True, tag="goods_heard"):
    """The goods the matter is about, all lines as they stand now; `corrected` when they replace others."""

    matter: int
    goods: tuple[Goods, ...]
    corrected: bool = False


class FieldFilled(Fact, frozen=True, kw_only=True, tag="field_filled"):
    """A field got its value; `was` is the value it replaced."""

    matter: int
    field: str
    value: str
    text: str = ""
    was: str = ""


class FieldDeclined(Fact, frozen=True, kw_only=True, tag="field_declined"):
    """The customer has no answer to a field (`why`: declined, unknown) or it was given up (failed)."""

    matter: int
    field: str
    why: str = "declined"


class FieldReopened(Fact, frozen=True, kw_only=True, tag="field_reopened"):
    """The customer called a field wrong without saying the right value: it is asked again."""

    matter: int
    field: str


class FilesAdded(Fact, frozen=True, kw_only=True, tag="files_added"):
    """Files were put to a matter (0: kept until there is one). `adopted`: those that were kept, and with them
    what is still on its way; `of` is the inbox row of the message whose file had to be fetched first."""

    matter: int
    files: tuple[File, ...] = ()
    adopted: bool = False
    of: int = 0


class FilesExpected(Fact, frozen=True, kw_only=True, tag="files_expected"):
    """Files were sent that still lie with the provider: one of the message `inputs` names each time."""

    matter: int
    inputs: tuple[int, ...]


class FileMissed(Fact, frozen=True, kw_only=True, tag="file_missed"):
    """A file that was on its way will not come."""

    matter: int
    of: int
    name: str = ""
    reason: str = ""


class UrgencyHeard(Fact, frozen=True, kw_only=True, tag="urgency_heard"):
    """A fact that goes ahead of the queue: health, waiting, public."""

    matter: int
    urgent: str
    evidence: tuple[Evidence, ...] = ()


class Empathised(Fact, frozen=True, kw_only=True, tag="empathised"):
    """Compassion was shown for a matter (E6): once is enough."""

    matter: int


class Restated(Fact, frozen=True, kw_only=True, tag="restated"):
    """A matter was said back to the customer (E3)."""

    matter: int


class Confirmed(Fact, frozen=True, kw_only=True, tag="confirmed"):
    """The customer said it is right (`what`: restating, summary)."""

    matter: int
    what: str


class Unconfirmed(Fact, frozen=True, kw_only=True, tag="unconfirmed"):
    """Something changed after it was confirmed: it is shown again (`what`: restating, summary)."""

    matter: int
    what: str


class StepReached(Fact, frozen=True, kw_only=True, tag="step_reached"):
    """The conversation stands on this step of the SOP now."""

    procedure: str
    step: str


class AskedFor(Fact, frozen=True, kw_only=True, tag="asked_for"):
    """Something was asked; `tries` counts the failed answers before."""

    what: str
    field: str = ""
    choices: tuple[Option, ...] = ()
    tries: int = 0


class Answered(Fact, frozen=True, kw_only=True, tag="answered"):
    """What was asked is settled; nothing is asked now."""


class Misunderstood(Fact, frozen=True, kw_only=True, tag="misunderstood"):
    """A message could not be understood; `times` in a row."""

    times: int


class Understood(Fact, frozen=True, kw_only=True, tag="understood"):
    """The customer could be understood again."""


class FaqAnswered(Fact, frozen=True, kw_only=True, tag="faq_answered"):
    """A question was answered from the pack (E4, E5)."""

    faq: str
    page: str = ""


class QuestionNoted(Fact, frozen=True, kw_only=True, tag="question_noted"):
    """A question that the pack has no answer to was put down for the department, in the customer's words."""

    matter: int
    text: str


class PersonCalled(Fact, frozen=True, kw_only=True, tag="person_called"):
    """A person was called; `released`: nobody owns the conversation until one comes."""

    reason: str
    released: bool = False


class TakenOver(Fact, frozen=True, kw_only=True, tag="taken_over"):
    """An agent took the conversation over."""

    agent: str
    name: str


class PersonSaid(Fact, frozen=True, kw_only=True, tag="person_said"):
    """A person of ours wrote this to the customer."""

    at: datetime
    agent: str
    text: str
    files: tuple[File, ...] = ()


class PersonAwaited(Fact, frozen=True, kw_only=True, tag="person_awaited"):
    """The customer wrote to the person who has the conversation, and waits for an answer."""

    at: datetime


class LetterCameBack(Fact, frozen=True, kw_only=True, tag="letter_came_back"):
    """A letter did not reach `to`: the customer was not answered, or a department not told."""

    to: str
    cause: str
    reason: str
    department: bool = False


class GivenBack(Fact, frozen=True, kw_only=True, tag="given_back"):
    """The bot owns the conversation again (`why`: agent, wished, overdue)."""

    why: str
    agent: str = ""
    name: str = ""


class StatusAsked(Fact, frozen=True, kw_only=True, tag="status_asked"):
    """The customer asked how far a ticket is."""

    number: str


class CodeAsked(Fact, frozen=True, kw_only=True, tag="code_asked"):
    """Identity was to be shown by a code before anything is told of the ticket `number`."""

    number: str


class CodeTried(Fact, frozen=True, kw_only=True, tag="code_tried"):
    """A code was typed for the ticket `number`."""

    number: str
    right: bool = False


class StatusTold(Fact, frozen=True, kw_only=True, tag="status_told"):
    """The status of a ticket was told to its customer."""

    number: str


class StatusLeft(Fact, frozen=True, kw_only=True, tag="status_left"):
    """The question for a ticket's status was left without an answer."""


class MatterDropped(Fact, frozen=True, kw_only=True, tag="matter_dropped"):
    """A matter is not pursued (`why`: cancelled, restarted, abandoned)."""

    matter: int
    why: str


class MatterFinished(Fact, frozen=True, kw_only=True, tag="matter_finished"):
    """Everything was done for a matter that this conversation can do."""

    matter: int


class TicketRequested(Fact, frozen=True, kw_only=True, tag="ticket_requested"):
    """A ticket was to be made for a matter and forwarded (K4, K5)."""

    matter: int
    ref: str
    department: str
    due_at: datetime
    also: tuple[str, ...] = ()
    clause: str = ""


class TicketNumbered(Fact, frozen=True, kw_only=True, tag="ticket_numbered"):
    """The ticket got its number."""

    ref: str
    number: str


class Reminded(Fact, frozen=True, kw_only=True, tag="reminded"):
    """The silent customer was reminded (E10); it closes at `closes_at`."""

    at: datetime
    closes_at: datetime


class Closed(Fact, frozen=True, kw_only=True, tag="closed"):
    """The conversation ended (`why`: done, silence)."""

    at: datetime
    why: str = "done"


class Replied(Fact, frozen=True, kw_only=True, tag="replied"):
    """We said this: the final text, the phrases it was made of, the choices shown with it."""

    text: str
    phrases: tuple[str, ...] = ()
    choices: tuple[Option, ...] = ()


Event: TypeAlias = (
    Opened | Linked | Reported | PackChanged | CustomerSaid | AlbumBegun | NoteAdded | NotesAdopted |
    LanguageChanged | HonorificLearned |
    Greeted | MoodHeard |
    MatterOpened | MatterTaken | Classified | WordsHeard | GoodsHeard | FieldFilled | FieldDeclined |
    FieldReopened | FilesAdded | FilesExpected | FileMissed | UrgencyHeard | Empathised | Restated |
    Confirmed | Unconfirmed |
    StepReached | AskedFor | Answered | Misunderstood | Understood | FaqAnswered | QuestionNoted |
    PersonCalled | TakenOver | PersonSaid | PersonAwaited | GivenBack | LetterCameBack |
    StatusAsked | CodeAsked | CodeTried | StatusTold | StatusLeft |
    MatterDropped | MatterFinished | TicketRequested | TicketNumbered | Reminded | Closed | Replied
)  # fmt: skip
