"""Events to talk. Reads no SOP, decides nothing: one small function for each kind of event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from bot.dialogue import events as e
from bot.dialogue.talk import BOT, NOBODY, Asked, Matter, Talk

KEPT_ALBUMS = 5
"""How many albums a talk remembers, to know their later parts: those come seconds after the first."""
KEPT_TEXTS = 2
"""How many of our own last texts a talk remembers, so that it never says the same twice in a row."""


def fold(talk: Talk | None, events: Iterable[e.Event]) -> Talk:
    """The talk after `events`. `talk` is None only when the first of them is `Opened`.

    Raises `ValueError` when there is nothing to fold from.
    """
    for event in events:
        if talk is not None and (step := FOLDS.get(type(event))) is not None:
            talk = step(talk, event)
        elif isinstance(event, e.Opened):
            talk = _opened(event)
        else:
            raise ValueError("a conversation starts with the event `opened`")
    if talk is None:
        raise ValueError("no events to fold")
    return talk


def _opened(event: e.Opened) -> Talk:
    return Talk(
        channel=event.channel,
        medium=event.medium,
        language=event.language,
        pack=event.pack,
        procedure=event.procedure,
        step=event.step,
        identity=dict(event.identity),
        before=event.ticket,
        opened_at=event.at,
        last_at=event.at,
    )


def _with(mapping: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {**mapping, key: value}


def _without(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in mapping.items() if k != key}


def _matter(talk: Talk, no: int, **changes: Any) -> Talk:
    """`talk` with its matter `no` changed."""
    matters = list(talk.matters)
    matters[no - 1] = replace(matters[no - 1], **changes)
    return replace(talk, matters=tuple(matters))


def _of(talk: Talk, no: int) -> Matter:
    return talk.matters[no - 1]


def _customer_said(talk: Talk, event: e.CustomerSaid) -> Talk:
    only = "sticker" in event.kinds and not event.texts and not event.files
    return replace(
        talk,
        last_at=event.at,
        reminded=False,
        pressed=event.pressed,
        wordless=talk.wordless + 1 if only else 0,
    )


def _note_added(talk: Talk, event: e.NoteAdded) -> Talk:
    note = (event.kind, event.text)
    if event.matter == 0:
        return replace(talk, notes=(*talk.notes, note))
    return _matter(talk, event.matter, notes=(*_of(talk, event.matter).notes, note))


def _matter_opened(talk: Talk, event: e.MatterOpened) -> Talk:
    matter = Matter(
        no=event.matter,
        kind=event.kind,
        class_=event.class_,
        state="waiting" if event.waiting else "open",
    )
    current = talk.current if event.waiting else event.matter
    return replace(talk, matters=(*talk.matters, matter), current=current)


def _matter_taken(talk: Talk, event: e.MatterTaken) -> Talk:
    return replace(_matter(talk, event.matter, state="open"), current=event.matter)


def _classified(talk: Talk, event: e.Classified) -> Talk:
    return _matter(talk, event.matter, kind=event.kind, class_=event.class_, score=event.score)


def _goods_heard(talk: Talk, event: e.GoodsHeard) -> Talk:
    return _matter(talk, event.matter, goods=event.goods)


def _field_filled(talk: Talk, event: e.FieldFilled) -> Talk:
    if event.matter == 0:
        return replace(
            talk,
            identity=_with(talk.identity, event.field, event.value),
            missing=_without(talk.missing, event.field),
        )
    matter = _of(talk, event.matter)
    return _matter(
        talk,
        event.matter,
        values=_with(matter.values, event.field, event.value),
        missing=_without(matter.missing, event.field),
    )


def _field_declined(talk: Talk, event: e.FieldDeclined) -> Talk:
    if event.matter == 0:
        return replace(talk, missing=_with(talk.missing, event.field, event.why))
    matter = _of(talk, event.matter)
    return _matter(talk, event.matter, missing=_with(matter.missing, event.field, event.why))


def _field_reopened(talk: Talk, event: e.FieldReopened) -> Talk:
    if event.matter == 0:
        return replace(
            talk,
            identity=_without(talk.identity, event.field),
            missing=_without(talk.missing, event.field),
        )
    matter = _of(talk, event.matter)
    return _matter(
        talk,
        event.matter,
        values=_without(matter.values, event.field),
        missing=_without(matter.missing, event.field),
    )


def _files_added(talk: Talk, event: e.FilesAdded) -> Talk:
    if event.of:
        talk = _arrived(talk, event.matter, event.of)
    if event.matter == 0:
        return replace(talk, files=talk.files + event.files)
    matter = _of(talk, event.matter)
    if not event.adopted:
        return _matter(talk, event.matter, files=matter.files + event.files)
    talk = _matter(talk, event.matter, files=matter.files + event.files, coming=matter.coming + talk.coming)
    return replace(talk, files=(), coming=())


def _files_expected(talk: Talk, event: e.FilesExpected) -> Talk:
    if event.matter == 0:
        return replace(talk, coming=talk.coming + event.inputs)
    return _matter(talk, event.matter, coming=_of(talk, event.matter).coming + event.inputs)


def _arrived(talk: Talk, no: int, input_: int) -> Talk:
    """One file of the message `input_` is not on its way any more."""
    coming = list(_of(talk, no).coming if no else talk.coming)
    if input_ in coming:
        coming.remove(input_)
    return _matter(talk, no, coming=tuple(coming)) if no else replace(talk, coming=tuple(coming))


def _urgency_heard(talk: Talk, event: e.UrgencyHeard) -> Talk:
    return _matter(talk, event.matter, urgent=(*_of(talk, event.matter).urgent, event.urgent))


def _confirmed(talk: Talk, event: e.Confirmed | e.Unconfirmed) -> Talk:
    yes = isinstance(event, e.Confirmed)
    if event.what == "summary":
        return _matter(talk, event.matter, summed_up=yes)
    return _matter(talk, event.matter, confirmed=yes)


def _matter_dropped(talk: Talk, event: e.MatterDropped) -> Talk:
    current = 0 if talk.current == event.matter else talk.current
    return replace(_matter(talk, event.matter, state="dropped"), current=current)


def _ticket_requested(talk: Talk, event: e.TicketRequested) -> Talk:
    return _matter(
        talk,
        event.matter,
        state="ticketed",
        ref=event.ref,
        department=event.department,
        due_at=event.due_at,
    )


def _ticket_numbered(talk: Talk, event: e.TicketNumbered) -> Talk:
    for matter in talk.matters:
        if matter.ref == event.ref:
            talk = _matter(talk, matter.no, number=event.number)
    return talk


def _person_called(talk: Talk, event: e.PersonCalled) -> Talk:
    return replace(
        talk,
        flag=talk.flag or event.reason,
        owner=NOBODY if event.released else talk.owner,
        called=talk.called if event.reason in talk.called else (*talk.called, event.reason),
    )


def _linked(talk: Talk, event: e.Linked) -> Talk:
    if event.why == "stranger":
        return replace(talk, preface="stranger")
    return replace(talk, preface="linked" if event.numbers else "", related=event.numbers)


def _replied(talk: Talk, event: e.Replied) -> Talk:
    uses = dict(talk.uses)
    for phrase in event.phrases:
        uses[phrase] = uses.get(phrase, 0) + 1
    if talk.preface in event.phrases:
        talk = replace(talk, preface="")
    return replace(
        talk,
        uses=uses,
        last_texts=(*talk.last_texts, event.text)[-KEPT_TEXTS:],
        keyboards=talk.keyboards + bool(event.choices),
    )


FOLDS: Mapping[type, Callable[[Talk, Any], Talk]] = {
    e.Linked: _linked,
    e.Reported: lambda t, v: t if v.known else replace(t, preface="whose"),
    e.PackChanged: lambda t, v: replace(t, pack=v.pack, procedure=v.procedure, step=v.step),
    e.CustomerSaid: _customer_said,
    e.AlbumBegun: lambda t, v: replace(t, albums=(*t.albums, (v.group, v.matter))[-KEPT_ALBUMS:]),
    e.NoteAdded: _note_added,
    e.NotesAdopted: lambda t, v: replace(
        _matter(t, v.matter, notes=_of(t, v.matter).notes + t.notes), notes=()
    ),
    e.LanguageChanged: lambda t, v: replace(
        t, language=v.language, language_wished=t.language_wished or v.wished
    ),
    e.HonorificLearned: lambda t, v: replace(t, honorific=v.honorific),
    e.Greeted: lambda t, v: replace(t, greeted_on=v.on, salam=v.salam or t.salam),
    e.MoodHeard: lambda t, v: replace(t, mood=v.mood),
    e.MatterOpened: _matter_opened,
    e.MatterTaken: _matter_taken,
    e.Classified: _classified,
    e.WordsHeard: lambda t, v: _matter(t, v.matter, words=v.words),
    e.GoodsHeard: _goods_heard,
    e.FieldFilled: _field_filled,
    e.FieldDeclined: _field_declined,
    e.FieldReopened: _field_reopened,
    e.FilesAdded: _files_added,
    e.FilesExpected: _files_expected,
    e.FileMissed: lambda t, v: _arrived(t, v.matter, v.of),
    e.UrgencyHeard: _urgency_heard,
    e.Empathised: lambda t, v: _matter(t, v.matter, empathised=True),
    e.Restated: lambda t, v: _matter(t, v.matter, restated=True),
    e.Confirmed: _confirmed,
    e.Unconfirmed: _confirmed,
    e.StepReached: lambda t, v: replace(t, procedure=v.procedure, step=v.step),
    e.AskedFor: lambda t, v: replace(t, asked=Asked(v.what, v.field, v.choices, v.tries)),
    e.Answered: lambda t, v: replace(t, asked=None),
    e.Misunderstood: lambda t, v: replace(t, misunderstood=v.times),
    e.Understood: lambda t, v: replace(t, misunderstood=0),
    e.FaqAnswered: lambda t, v: t,
    e.QuestionNoted: lambda t, v: _matter(t, v.matter, questions=(*_of(t, v.matter).questions, v.text)),
    e.PersonCalled: _person_called,
    e.TakenOver: lambda t, v: replace(t, owner=f"agent:{v.agent}", awaiting=False),
    e.PersonSaid: lambda t, v: replace(t, last_at=v.at, reminded=False, awaiting=False),
    e.PersonAwaited: lambda t, v: replace(t, awaiting=True),
    e.LetterCameBack: lambda t, v: replace(t, flag=t.flag or ("untold" if v.department else "undelivered")),
    e.GivenBack: lambda t, v: replace(t, owner=BOT, awaiting=False),
    e.StatusAsked: lambda t, v: replace(t, status_number=v.number, status_asked=t.status_asked + 1),
    e.CodeAsked: lambda t, v: replace(t, status_number=v.number),
    e.CodeTried: lambda t, v: replace(t, code_tries=t.code_tries + 1),
    e.StatusTold: lambda t, v: replace(
        t, status_number="", proven=t.proven if v.number in t.proven else (*t.proven, v.number)
    ),
    e.StatusLeft: lambda t, v: replace(t, status_number=""),
    e.MatterDropped: _matter_dropped,
    e.MatterFinished: lambda t, v: replace(
        _matter(t, v.matter, state="done"), current=0 if t.current == v.matter else t.current
    ),
    e.TicketRequested: _ticket_requested,
    e.TicketNumbered: _ticket_numbered,
    e.Reminded: lambda t, v: replace(t, reminded=True),
    e.Closed: lambda t, v: replace(t, closed=True, asked=None),
    e.Replied: _replied,
}
