"""Decides one conversation's next turn, in memory: no database, no waiting, the same for the same inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile

from msgspec import structs

from bot.dialogue import (
    Carrying,
    CheckCode,
    Event,
    FileCame,
    FileLost,
    Finished,
    Input,
    IssueTicket,
    Linked,
    LookUp,
    Opening,
    Reported,
    SendCode,
    Talk,
    Turn,
    Wrote,
    begin,
    decide,
    decode_talk,
    expecting,
    finish,
    fold,
    is_afterword,
)
from bot.dialogue.profiles import of_profile
from bot.dialogue.wording import titled
from bot.letters import MailThread
from bot.sop.model import Sop
from bot.store import amending, people
from bot.store.acquaintance import Asker, Known
from bot.store.conversations import Standing
from bot.store.inbox import WaitingInput
from bot.store.inputs import Act, EchoedIn, MessageIn, PressedIn, decode
from bot.turns.hearing import Button, Hearing, later_part, read_button
from bot.turns.pieces import joined as joined_pieces
from bot.turns.shelf import Book
from bot.turns.spoken import Person, Spoken, spoken
from channels.base import Capabilities, MailFacts

BOT = "bot"
_SPOKEN = ("message", "pressed")
STRANGER = Known()
MOST_IN_BURST = 50
"""Messages that are answered together; more wait for the next turn."""


@dataclass(slots=True)
class Plan:
    """A turn on its way: what was decided before the transaction, finished where nothing of it is missing.

    `before` is the talk before the turn (None: a new conversation begins with `first`). `ignored` gives the
    cause when the input changes nothing. `finished` is None while a look-up or a ticket number is missing.
    `late` are files of a conversation after which another one began.
    """

    thread: Standing
    rows: tuple[WaitingInput, ...]
    sop: Sop
    now: datetime
    carrying: Carrying
    ignored: str = ""
    spoken: tuple[Spoken, ...] = ()
    memory: MailThread | None = None
    before: Talk | None = None
    first: tuple[Event, ...] = ()
    turn: Turn = field(default_factory=Turn)
    finished: Finished | None = None
    late: tuple[tuple[WaitingInput, FileCame | FileLost], ...] = ()
    known: Known = STRANGER

    @property
    def base(self) -> Talk:
        """The talk the turn was decided on."""
        return fold(self.before, self.first) if self.first or self.before is None else self.before

    @property
    def wants_tickets(self) -> bool:
        """Whether ticket numbers are to be bound."""
        return any(isinstance(effect, IssueTicket) for effect in self.turn.effects)

    @property
    def needs_store(self) -> bool:
        """Whether something must be looked up or bound in the transaction before the turn is whole."""
        return any(isinstance(e, IssueTicket | LookUp | CheckCode | SendCode) for e in self.turn.effects)


def carrying_of(capabilities: Capabilities) -> Carrying:
    """What wording depends on, of what a channel can carry."""
    return Carrying(
        medium=capabilities.medium,
        max_text=capabilities.max_text,
        buttons=capabilities.buttons,
        list_rows=capabilities.list_rows,
        max_with_choices=capabilities.max_with_choices,
        label=capabilities.label,
        marked=not capabilities.stored,
    )


def segment(rows: Sequence[WaitingInput], *, alone: bool = False) -> tuple[WaitingInput, ...]:
    """The rows of the next turn: a burst of messages is answered together, and so are the late files of one
    conversation; everything else by itself."""
    first = rows[0]
    if not alone and first.kind in _SPOKEN:
        return tuple(takewhile(lambda row: row.kind in _SPOKEN, rows[:MOST_IN_BURST]))
    if not alone and first.kind == amending.SOURCE:
        same = (amending.SOURCE, first.conversation_id)
        return tuple(takewhile(lambda row: (row.kind, row.conversation_id) == same, rows[:MOST_IN_BURST]))
    return (first,)


def plan(
    thread: Standing,
    rows: tuple[WaitingInput, ...],
    book: Book,
    now: datetime,
    carrying: Carrying,
    known: Known = STRANGER,
) -> Plan:
    """Decide the turn that `rows` (a `segment`) make in `thread`. Raises whatever a poison input raises.

    `known` is what the person gave before, where a conversation begins.
    """
    made = Plan(thread, rows, book.sop, now, carrying, memory=memory_of(thread, carrying), known=known)
    bodies = [decode(row.body) for row in rows]
    going_on = decode_talk(thread.talk) if thread.open and thread.talk is not None else None
    if isinstance(bodies[0], Act):
        if isinstance(bodies[0].input, FileCame | FileLost) and thread.talk is not None:
            going_on = decode_talk(thread.talk)  # also a closed one has its file on record
        inputs = [body.input for body in bodies if isinstance(body, Act)]
        if going_on is None or rows[0].conversation_id != thread.conversation_id:
            made.ignored = f"{rows[0].kind}: its conversation is closed"
            of_files = (i for i in inputs if isinstance(i, FileCame | FileLost))
            made.late = tuple(zip(rows, of_files, strict=False))
            return made
        made.before = going_on
        _take(made, *inputs)
        return made
    if isinstance(bodies[0], EchoedIn):
        _echoed(made, rows[0], bodies[0], going_on)
        return made
    said = [
        (row, body) for row, body in zip(rows, bodies, strict=True) if isinstance(body, MessageIn | PressedIn)
    ]
    if len(said) != len(rows):
        made.ignored = f"{rows[0].kind}: nothing to answer"
        return made
    last = going_on or (decode_talk(thread.talk) if thread.talk is not None else None)
    buttons = _buttons(made, said, last) if carrying.marked else {}
    said = [(row, body) for row, body in said if row.id not in buttons or not buttons[row.id].again]
    if not said:
        made.ignored = "pressed: the same button again"
        return made
    said = joined_pieces(said)
    whose = made.memory.whose if made.memory is not None else ""
    made.spoken = tuple(spoken(row, body, whose) for row, body in said)
    if going_on is None and last is not None and all(_belongs(body, last) for _, body in said):
        going_on = last  # the last photos of an album, after the conversation was closed
    if going_on is None and last is not None and last.closed:
        after = _hear(made, said, buttons, last, book)
        if is_afterword(last, after.said(rows, ""), now):
            made.before = last  # thanks for it: nothing begins with that
            _take(made, after.said(rows, ""))
            return made
    made.before = going_on
    if going_on is None:
        made.first = begin(_opening(made, [body for _, body in said]), book.sop)
    base = made.base
    for row, body in said:
        if isinstance(body, MessageIn) and made.memory is not None:
            made.memory = heard_mail(made.memory, row, body)
    hearing = _hear(made, said, buttons, base, book)
    subject = next((s.subject for s in made.spoken if s.subject), "")
    says = any(h.kinds or h.classes or h.faq or h.tickets for h in hearing.heard)
    if going_on is None and subject and not says:
        # nothing written says what the matter is: the subject does ("Komplain mi rusak", and a photo)
        said_above = book.understands.understand(subject, hearing.waits_for)
        if said_above.kinds or said_above.classes:
            hearing.heard.insert(0, said_above)
    _take(made, hearing.said(rows, subject))
    return made


def _hear(
    made: Plan,
    said: Sequence[tuple[WaitingInput, MessageIn | PressedIn]],
    buttons: Mapping[int, Button],
    talk: Talk,
    book: Book,
) -> Hearing:
    """What the messages and buttons say in `talk`."""
    hearing = Hearing(book, expecting(talk, made.now, book.sop), talk)
    for (row, body), one in zip(said, made.spoken, strict=True):
        if isinstance(body, PressedIn):
            hearing.press(body, buttons.get(row.id))
        else:
            hearing.message(row, body, by_another=one.by is not None)
    return hearing


def _echoed(made: Plan, row: WaitingInput, body: EchoedIn, going_on: Talk | None) -> None:
    """Somebody of ours wrote past Sapa; where no conversation is under way, one begins with that."""
    text = body.text or (f"[{body.placeholder}]" if body.placeholder else "")
    made.before = going_on
    if going_on is None:
        made.first = begin(_opening(made, []), made.sop)
    by = Person("", body.name) if body.name else None
    author = f"agent:{body.agent}"
    made.spoken = (Spoken(row, text, body.files, by=by, unfetched=body.unfetched, author=author),)
    _take(made, Wrote(body.agent, body.name, text, body.files))


def _buttons(
    made: Plan, said: Sequence[tuple[WaitingInput, MessageIn | PressedIn]], last: Talk | None
) -> dict[int, Button]:
    """The pressed buttons by row; of one that was pressed twice in a burst the second is `again`."""
    conversation = made.thread.conversation_id
    asked = last.asked if last is not None and not last.closed else None
    choices = tuple((choice.value, choice.label) for choice in asked.choices) if asked is not None else ()
    found: dict[int, Button] = {}
    for row, body in said:
        if isinstance(body, PressedIn):
            button = read_button(body, conversation, last, choices)
            again = bool(button.name) and any(button.name == other.name for other in found.values())
            found[row.id] = replace(button, again=again or button.again)
    return found


def _belongs(body: MessageIn | PressedIn, talk: Talk) -> bool:
    """Whether this is a later part of an album of this talk."""
    return isinstance(body, MessageIn) and later_part(body, talk)


def _take(made: Plan, input_: Input, *more: Input) -> None:
    base = made.base
    made.turn = _silent(base, decide(base, input_, made.now, made.sop))
    for another in more:
        _add(made, another)
    if not made.needs_store:
        made.finished = complete(made, {})


def go_on(made: Plan, input_: Input) -> None:
    """Add what follows from the answer to a look-up, which is thereby answered."""
    effects = list(made.turn.effects)
    effects.remove(next(effect for effect in effects if isinstance(effect, LookUp | CheckCode)))
    made.turn = structs.replace(made.turn, effects=tuple(effects))
    _add(made, input_)


def _add(made: Plan, input_: Input) -> None:
    """One input more in the same turn; what was said in it already is not said again."""
    talk = fold(made.base, made.turn.events)
    more = _silent(talk, decide(talk, input_, made.now, made.sop))
    made.turn = Turn(
        (*made.turn.events, *more.events),
        (*made.turn.replies, *(reply for reply in more.replies if reply not in made.turn.replies)),
        (*made.turn.effects, *more.effects),
        more.talk,
    )


def complete(made: Plan, numbers: Mapping[str, str]) -> Finished:
    """The turn with its numbers, worded. Its events begin with those that opened the conversation."""
    finished = finish(made.base, made.turn, numbers, made.sop, made.carrying)
    return structs.replace(finished, events=(*made.first, *finished.events)) if made.first else finished


def _silent(talk: Talk, turn: Turn) -> Turn:
    """The bot never talks over a person: where it does not own the conversation, it says nothing."""
    if talk.owner == BOT or not turn.replies:
        return turn
    if fold(talk, turn.events).owner == BOT:
        return turn
    return structs.replace(turn, replies=())


def _opening(made: Plan, bodies: Sequence[MessageIn | PressedIn]) -> Opening:
    """What is known of the person: from the last talk in this thread, else from the channel itself, else from
    what the same person confirmed elsewhere. A colleague who reports for others is none of them."""
    thread = made.thread
    last = decode_talk(thread.talk) if thread.talk else None
    identity = dict(last.identity) if last else {}
    linked, reported, honorific = None, None, ""
    if made.memory is not None and made.memory.link and last is None:
        linked = Linked(why=made.memory.link, numbers=made.memory.related)
    for body, one in zip(bodies, made.spoken, strict=True):
        if isinstance(body, MessageIn) and one.by is None:
            if body.reporter and reported is None:
                reported = Reported(by=body.reporter, name=body.reporter_name, known=bool(body.email))
            if made.carrying.medium == "email" and body.name:
                title, name = titled(body.name)
                identity.setdefault("name", name)
                honorific = honorific or title
            elif made.carrying.medium == "chat" and (profile := of_profile(body.name)):
                title, name = titled(profile)
                identity.setdefault("name", name)  # the summary asks whether it is right
                honorific = honorific or title
            if body.email:
                identity.setdefault("email", body.email)
            if body.phone:
                identity.setdefault("phone", body.phone)
    if reported is None:
        identity = {**made.known.identity, **identity}
    return Opening(
        channel=thread.channel,
        medium=made.carrying.medium,
        identity=identity,
        now=made.now,
        language=last.language if last else "id",
        ticket=made.known.ticket or (last.last_ticket if last else ""),
        linked=linked,
        reported=reported,
        honorific=honorific,
    )


def asker_of(thread: Standing, carrying: Carrying) -> Asker | None:
    """Whose word counts for what is asked in the thread; None where the answer goes to another address than
    the sender's: a mail's From can be anybody's."""
    memory = memory_of(thread, carrying)
    if memory is None:
        return Asker(thread.contact_id)
    mailbox = people.email(memory.whose)
    return Asker(thread.contact_id, mailbox) if mailbox and mailbox == people.email(thread.address) else None


def memory_of(thread: Standing, carrying: Carrying) -> MailThread | None:
    """What is remembered of a mail thread; None on a chat."""
    return MailThread.load(thread.body) if carrying.medium == "email" else None


def heard_mail(memory: MailThread, row: WaitingInput, body: MessageIn) -> MailThread:
    """The memory once this mail was heard."""
    facts = MailFacts(
        message_id=body.message_id,
        in_reply_to=body.in_reply_to,
        references=body.references,
        subject=body.subject,
    )
    name = body.name or body.reporter_name
    memory = memory.heard(facts, name=name, text=body.text, at=row.sent_at)
    memory = structs.replace(memory, verdicts=body.verdicts)
    if body.reporter and memory.whose in (body.email, body.reporter):
        memory = structs.replace(memory, reporter=body.reporter, reporter_name=body.reporter_name)
    return memory
