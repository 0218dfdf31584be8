"""The engine's promises: purity, steps found again in a newer pack, one owner, a readable record."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from bot.dialogue import (
    CallPerson,
    Carrying,
    CodeChecked,
    Due,
    Found,
    HandedBack,
    IssueTicket,
    LookUp,
    Opening,
    Said,
    SendCode,
    SetTimer,
    Talk,
    TicketFacts,
    TookOver,
    begin,
    decide,
    decode_event,
    encode_event,
    event_type,
    expecting,
    finish,
    fold,
)
from bot.dialogue import events as e
from bot.dialogue.etiquette import audit
from bot.packs import load
from bot.understanding.heard import Act, ActHeard, Guess, Heard, Slot

SOP = load()
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
STRANGER = TicketFacts("SP-2611-0042-7", "open", "warehouse", "kurang", NOW, NOW + timedelta(hours=3))


def _begun(medium: str = "chat", **identity: str) -> Talk:
    return fold(None, begin(Opening("test", medium, identity, NOW), SOP))


def _say(talk: Talk, now: datetime = NOW, **heard: object) -> tuple[Talk, tuple[object, ...], list[str]]:
    said = Said((Heard(**{"text": "x y z", **heard}),))  # type: ignore[arg-type]
    turn = decide(talk, said, now, SOP)
    refs = {effect.ref: "SP-1" for effect in turn.effects if isinstance(effect, IssueTicket)}
    done = finish(talk, turn, refs, SOP, Carrying())
    return done.talk, turn.effects, [message.text for message in done.messages]


def _acts(*acts: Act) -> tuple[ActHeard, ...]:
    return tuple(ActHeard(act, 1.0) for act in acts)


def test_no_clock_no_chance_no_io_in_here() -> None:
    """A decision that cannot be replayed cannot be checked."""
    room = Path(__file__).parents[2] / "bot" / "dialogue"
    forbidden = {
        "random",
        "secrets",
        "asyncio",
        "socket",
        "pathlib",
        "os",
        "time",
        "uuid",
        "logging",
        "structlog",
    }
    for path in room.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert not forbidden & {alias.name.split(".")[0] for alias in node.names}, path
            if isinstance(node, ast.ImportFrom) and node.module:
                assert node.module.split(".")[0] not in forbidden, path
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("now", "utcnow", "today") or isinstance(node.value, ast.Name), path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in ("now", "utcnow"), path


def test_a_talk_finds_its_step_in_a_newer_pack() -> None:
    procedure = SOP.procedures["complaint"]
    steps = tuple(
        step.model_copy(update={"id": "gather", "moved": ("collect",)}) if step.id == "collect"
        else step.model_copy(update={"next": "gather"}) if step.next == "collect" else step
        for step in procedure.steps
    )  # fmt: skip
    newer = SOP.model_copy(
        update={
            "hash": "newer",
            "procedures": {**SOP.procedures, "complaint": procedure.model_copy(update={"steps": steps})},
        }
    )
    talk = fold(_begun(), [e.StepReached(procedure="complaint", step="collect")])
    turn = decide(talk, TookOver("1", "Rina"), NOW, newer)
    after = fold(talk, turn.events)
    assert (after.pack, after.step) == ("newer", "gather")


def test_the_order_of_the_steps_comes_from_the_pack() -> None:
    """A pack without restating asks the first field at once."""
    procedure = SOP.procedures["complaint"]
    steps = tuple(
        s.model_copy(update={"next": "collect"}) if s.id == "listen" else s
        for s in procedure.steps
        if s.id != "restate"
    )
    other = SOP.model_copy(
        update={
            "hash": "other",
            "procedures": {**SOP.procedures, "complaint": procedure.model_copy(update={"steps": steps})},
        }
    )
    talk = fold(None, begin(Opening("test", "chat", {}, NOW), other))
    heard = Heard(text="gula kurang", classes=(Guess("order_shortage", 0.9),))
    turn = decide(talk, Said((heard,)), NOW, other)
    asked = fold(talk, turn.events).asked
    assert asked is not None
    assert (asked.what, asked.field) == ("field", "name")


@pytest.mark.sop("E7")
def test_the_bot_is_silent_while_an_agent_has_it_and_keeps_what_is_said() -> None:
    talk = _begun()
    turn = decide(talk, TookOver("7", "Rina"), NOW, SOP)
    talk = fold(talk, turn.events)
    assert talk.owner == "agent:7"
    talk, effects, texts = _say(talk, slots=(Slot("phone", "+6281233445566"),))
    assert texts == []
    assert effects == ()
    assert talk.identity["phone"] == "+6281233445566"
    for timer in ("remind", "close"):
        assert decide(talk, Due(timer), NOW, SOP).replies == ()
    turn = decide(talk, HandedBack("7", "Rina"), NOW, SOP)
    assert fold(talk, turn.events).owner == "bot"
    assert turn.replies[0].parts[0].phrase == "handed_back"


@pytest.mark.sop("K4")
@pytest.mark.parametrize("ticket", [None, STRANGER])
def test_a_stranger_cannot_tell_whether_a_ticket_exists(ticket: TicketFacts | None) -> None:
    talk = _begun()
    ask = Said((Heard(text="status SP-2611-0042-7", acts=_acts(Act.STATUS), tickets=("SP-2611-0042-7",)),))
    turn = decide(talk, ask, NOW, SOP)
    assert LookUp("SP-2611-0042-7") in turn.effects
    talk = fold(talk, turn.events)
    unknown = decide(talk, Found("SP-2611-0042-7", None), NOW, SOP)
    answer = decide(talk, Found("SP-2611-0042-7", ticket), NOW, SOP)
    assert answer == unknown
    assert SendCode("SP-2611-0042-7") in answer.effects
    after = fold(talk, answer.events)
    wrong = Said((Heard(text="111111", code="111111"),))
    for left in (4, 3, 2):
        turn = decide(after, wrong, NOW, SOP)
        after = fold(after, turn.events)
        same = decide(after, CodeChecked(None, left), NOW, SOP)
        assert same == decide(after, CodeChecked(None, 0), NOW, SOP)
        after = fold(after, same.events)
    assert "code_over" in [part.phrase for reply in same.replies for part in reply.parts]


def test_look_ups_are_limited() -> None:
    talk = _begun()
    ask = Said((Heard(text="status", acts=_acts(Act.STATUS), tickets=("SP-2611-0042-7",)),))
    looked = 0
    for _ in range(8):
        turn = decide(talk, ask, NOW, SOP)
        looked += sum(isinstance(effect, LookUp) for effect in turn.effects)
        talk = fold(talk, turn.events)
    assert looked == 5


def test_a_closed_talk_takes_no_more_words() -> None:
    talk = fold(_begun(), [e.Closed(at=NOW)])
    with pytest.raises(ValueError, match="closed"):
        decide(talk, Said((Heard(text="halo"),)), NOW, SOP)
    assert decide(talk, Due("remind"), NOW, SOP) == decide(talk, TookOver("1", "x"), NOW, SOP)


@pytest.mark.sop("E10")
def test_a_reminder_is_set_for_the_day_and_only_once() -> None:
    evening = datetime.fromisoformat("2026-11-23T17:30:00+07:00")
    talk, effects, _ = _say(_begun(), evening, classes=(Guess("order_shortage", 0.9),))
    timer = next(effect for effect in effects if isinstance(effect, SetTimer))
    assert (timer.name, timer.at.isoformat()) == ("remind", "2026-11-24T08:00:00+07:00")
    turn = decide(talk, Due("remind"), timer.at, SOP)
    after = fold(talk, turn.events)
    assert decide(after, Due("remind"), timer.at, SOP).replies == ()


@pytest.mark.sop("E6")
def test_health_goes_before_everything_and_calls_a_person_once() -> None:
    urgent = (Guess("health", 1.0),)
    talk, effects, texts = _say(_begun(), urgent=urgent)
    assert CallPerson("health") in effects
    assert "119" in texts[1]
    _, effects, _ = _say(talk, urgent=urgent)
    assert CallPerson("health") not in effects


def test_the_department_of_an_urgent_matter_is_the_urgent_one() -> None:
    talk = _begun("email", name="Budi", phone="+6281233445566", email="b@x.id")
    values = (
        Slot("order", "INV-2611-0001"),
        Slot("date", "2026-11-22"),
        Slot("quantity", "2 dus"),
        Slot("product", "gula_1kg"),
    )
    _, effects, _ = _say(
        talk, classes=(Guess("order_shortage", 0.9),), urgent=(Guess("waiting", 1.0),), slots=values
    )
    issued = next(effect for effect in effects if isinstance(effect, IssueTicket))
    assert issued.urgent
    assert "supervisor" in issued.also
    assert CallPerson("waiting") in effects


def test_expecting_names_the_field_and_the_choices() -> None:
    talk = fold(_begun(), [e.AskedFor(what="field", field="phone")])
    assert expecting(talk, NOW, SOP).field == "phone"
    talk = fold(_begun(), [e.AskedFor(what="code")])
    assert expecting(talk, NOW, SOP).code


def test_an_event_of_today_can_be_read_by_a_newer_reader() -> None:
    """Unknown fields of a newer writer are ignored; a type nobody knows is refused aloud."""
    data = encode_event(e.Restated(matter=1))
    assert event_type(decode_event(data)) == "restated"
    assert decode_event(data[:-1] + b',"later":true}') == e.Restated(matter=1)
    with pytest.raises(msgspec.DecodeError):
        decode_event(b'{"type":"no_such_thing"}')


def test_nothing_folds_before_it_opened() -> None:
    with pytest.raises(ValueError, match="opened"):
        fold(None, [e.Restated(matter=1)])


@pytest.mark.parametrize(
    ("clause", "events"),
    [
        ("E2", [e.Greeted(on=NOW.date()), e.Greeted(on=NOW.date())]),
        ("E3", [e.TicketRequested(matter=1, ref="m1", department="warehouse", due_at=NOW)]),
        ("E4", [e.Replied(text="Siapa? Kapan?", phrases=("greet_night",))]),
        ("E5", [e.FaqAnswered(faq="halal", page="https://x.example")]),
        ("E6", [e.MatterOpened(matter=1), e.AskedFor(what="field", field="name")]),
        ("E8", [e.Restated(matter=1), e.TicketRequested(matter=1, ref="m1", department="w", due_at=NOW)]),
        ("E10", [e.Closed(at=NOW, why="silence")]),
    ],
)
def test_the_audit_finds_what_was_not_kept(clause: str, events: list[e.Event]) -> None:
    record = [*begin(Opening("test", "chat", {}, NOW), SOP), *events]
    assert clause in {finding.clause for finding in audit(record)}
