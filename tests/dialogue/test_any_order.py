"""Whatever comes in whatever order: the engine never raises, folds to its own state, moves on or waits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue import (
    Aside,
    Carrying,
    CheckCode,
    CodeChecked,
    Coming,
    Due,
    File,
    FileCame,
    FileLost,
    Found,
    HandedBack,
    Input,
    IssueTicket,
    LookUp,
    Opening,
    Part,
    Said,
    Talk,
    TicketFacts,
    TookOver,
    begin,
    decide,
    decode_talk,
    encode_talk,
    expecting,
    finish,
    fold,
)
from bot.dialogue import events as e
from bot.packs import load
from bot.understanding.heard import (
    Act,
    ActHeard,
    Goods,
    Guess,
    Heard,
    Mood,
    Quantity,
    Slot,
    Urgent,
)

SOP = load()
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
VALUES = {
    "name": "Budi Santoso",
    "phone": "+6281233445566",
    "email": "budi@toko.example",
    "address": "Jl. Melati 12",
    "order": "INV-2611-0457",
    "delivery": "DO-2611-0001",
    "date": "2026-11-22",
    "batch": "B2611A07",
    "expiry": "2027-01-12",
    "detail": "sopir datang sore",
    "quantity": "2 dus",
    "product": "gula_1kg",
}
CHOSEN = ["", "yes", "no", "wrong", "none", "skip", "person", "go_on", "bot", "no_more", "yes_more", "other"]
score = st.sampled_from([0.3, 0.6, 0.95])
guesses = lambda ids: st.lists(st.builds(Guess, st.sampled_from(sorted(ids)), score), max_size=2).map(tuple)  # noqa: E731
slots = st.lists(
    st.builds(
        lambda field, score, problem: Slot(field, VALUES[field], VALUES[field], score, problem=problem),
        st.sampled_from(sorted(VALUES)),
        score,
        st.sampled_from(["", "", "", "short", "future"]),
    ),
    max_size=3,
).map(tuple)
quantity = st.none() | st.builds(
    Quantity, st.sampled_from([1.0, 2.5, 1000.0]), st.sampled_from(["", "dus", "peti"])
)
line = st.builds(
    Goods,
    st.sampled_from(["", "gula_1kg", "minyak_1l", "unknown"]),
    st.sampled_from(["", "gula", "{x}"]),
    quantity,
    quantity,
    quantity,
)
goods = st.lists(line, max_size=2).map(tuple)
heard = st.builds(
    Heard,
    text=st.sampled_from(
        ["", "ya", "...", "gula saya kurang satu dus kemarin sore", "{s} {ticket:m1} ${7*7}", "a b"]
    ),
    language=st.sampled_from([None, "id", "en"]),
    wants_language=st.sampled_from(["", "", "en", "xx"]),
    acts=st.lists(st.builds(ActHeard, st.sampled_from(list(Act)), score), max_size=2).map(tuple),
    kinds=guesses([*SOP.kinds, "unknown"]),
    classes=guesses([*SOP.classes, "unknown"]),
    slots=slots,
    goods=goods,
    faq=guesses(list(SOP.faq)[:3]),
    urgent=guesses(list(Urgent)) | st.just(()),
    mood=st.sampled_from(list(Mood)),
    salam=st.sampled_from(["", "", "islam", "hindu", "other"]),
    honorific=st.sampled_from(["", "", "Pak", "Koh"]),
    keywords=st.sampled_from(["", "yang kurang gula", 'kata "{x}"']),
    chosen=st.sampled_from([*CHOSEN, "order_shortage", "service", "phone", "product"]),
    tickets=st.sampled_from([(), (), ("SP-2611-0042-7",)]),
    code=st.sampled_from(["", "123456"]),
    meaningless=st.booleans(),
)
file = st.builds(
    File, st.just("0" * 64), st.just("a.jpg"), st.sampled_from(["image/jpeg", "audio/ogg"]), st.just(3)
)
kinds = ["sticker", "location", "contact", "voice", "call", "poll", "of_next_year"]
beside = st.builds(
    Said,
    heard=st.lists(heard, max_size=1).map(tuple),
    files=st.lists(file, max_size=1).map(tuple),
    coming=st.lists(st.builds(Coming, st.just(7), st.just("a.jpg")), max_size=2).map(tuple),
    lost=st.lists(st.builds(FileLost, st.just("a.jpg"), st.just(7)), max_size=1).map(tuple),
    asides=st.lists(
        st.builds(Aside, st.sampled_from(kinds), st.sampled_from(["", "Jl. Melati 5", "{s}"])), max_size=2
    ).map(tuple),
    command=st.sampled_from(["", "", "start", "help"]),
    albums=st.sampled_from([(), ("A",), ("A", "B")]),
    parts=st.lists(
        st.builds(Part, st.sampled_from(["A", "C"]), st.lists(file, max_size=1).map(tuple)), max_size=1
    ).map(tuple),
    pressed=st.sampled_from(["", "3:yes"]),
    stale=st.booleans(),
    proven=st.sampled_from([{}, {"phone": "+6281233445566"}, {"of_next_year": "x"}]),
)
inputs = st.one_of(
    beside,
    beside,
    st.builds(FileCame, file, st.sampled_from([0, 7])),
    st.builds(FileLost, st.just("a.jpg"), st.sampled_from([0, 7])),
    st.builds(
        Said, st.lists(heard, min_size=1, max_size=3).map(tuple), st.lists(file, max_size=1).map(tuple)
    ),
    st.builds(Said, st.lists(heard, min_size=1, max_size=1).map(tuple)),
    st.builds(Said, st.lists(heard, min_size=1, max_size=1).map(tuple)),
    st.builds(Due, st.sampled_from(["remind", "close", "unknown"])),
    st.just(TookOver("1", "Rina")),
    st.just(HandedBack("1", "Rina")),
)
TICKET = TicketFacts("SP-2611-0042-7", "open", "warehouse", "kurang", NOW, NOW + timedelta(hours=3))


def _turn(
    talk: Talk, input_: Input, now: datetime, carrying: Carrying, *, known: bool
) -> tuple[list[e.Event], Talk, list[str]]:
    """One turn as the turn-taker does it: look-ups answered, numbers bound, words found."""
    turn = decide(talk, input_, now, SOP)
    for effect in turn.effects:
        if isinstance(effect, LookUp):
            more: Input = Found(effect.number, TICKET if known else None)
        elif isinstance(effect, CheckCode):
            more = CodeChecked(TICKET if known else None, 2)
        else:
            continue
        after = decide(fold(talk, turn.events), more, now, SOP)
        turn = type(turn)(
            turn.events + after.events, turn.replies + after.replies, turn.effects + after.effects
        )
    refs = [effect.ref for effect in turn.effects if isinstance(effect, IssueTicket)]
    done = finish(talk, turn, {ref: f"SP-{ref}" for ref in refs}, SOP, carrying)
    assert fold(talk, done.events) == done.talk
    return list(done.events), done.talk, [m.text for m in done.messages]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(inputs, st.integers(1, 2000)), max_size=14),
    st.sampled_from(
        [Carrying("chat", 4096, 3, 10, max_with_choices=200), Carrying("email", 9999), Carrying("sms", 160)]
    ),
    st.booleans(),
)
def test_any_sequence_of_inputs_is_survived(
    steps: list[tuple[Input, int]], carrying: Carrying, known: bool
) -> None:
    now = NOW
    events: list[e.Event] = list(begin(Opening("test", carrying.medium, {}, now), SOP))
    talk = fold(None, events)
    for input_, minutes in steps:
        now += timedelta(minutes=minutes)
        if talk.closed:
            break
        owner, asked = talk.owner, talk.asked
        new, talk, texts = _turn(talk, input_, now, carrying, known=known)
        events += new
        expected = expecting(talk, now, SOP)
        assert isinstance(expected.today, date)
        if owner.startswith("agent:") and not isinstance(input_, HandedBack):
            assert not texts, "the bot never talks over a person"
        silent = isinstance(input_, Said) and (input_.only_on_record or talk.wordless > 1)
        if owner == "bot" and isinstance(input_, Said) and not texts and not silent:
            waits = talk.asked is not None or "misunderstood" in talk.called
            assert waits, f"no answer, and nothing is waited for: {input_} {asked}"
        for text in texts:
            assert text.strip()
            assert len(text) <= carrying.max_text
            assert "{label}" not in text
    assert fold(None, events) == talk
    assert decode_talk(encode_talk(talk)) == talk
    requested = [event.matter for event in events if isinstance(event, e.TicketRequested)]
    assert len(requested) == len(set(requested))
