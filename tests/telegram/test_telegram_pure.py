"""Pace, cuts and the plan of calls: pure, so tried with whatever may come."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Choice, Refused, Retry, Unknown
from channels.telegram.faults import Declined, Lost
from channels.telegram.line import Line, Updates, _declined
from channels.telegram.pacing import Pace
from channels.telegram.verdicts import verdict
from channels.telegram.writing import CAPTION, TEXT, steps
from channels.texts import split, units
from tests.telegram.kit import answer, photo


@given(st.text(alphabet="ab .\n😀", max_size=400), st.integers(2, 40))
def test_parts_are_short_enough_and_nothing_but_white_space_is_lost(text: str, most: int) -> None:
    parts = split(text, most)
    assert all(0 < units(part) <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_text_is_cut_where_a_reader_would() -> None:
    text = "Satu dua tiga. Empat lima!\n\nEnam tujuh delapan sembilan."
    assert split(text, 40) == ["Satu dua tiga. Empat lima!", "Enam tujuh delapan sembilan."]
    assert split("Satu dua tiga. Empat lima enam.", 25) == ["Satu dua tiga.", "Empat lima enam."]
    assert units("👍a") == 3


@given(
    st.text(max_size=3000).map(lambda text: text * 3),
    st.lists(st.tuples(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=20)), max_size=9),
    st.lists(st.sampled_from(["image/jpeg", "video/mp4", "application/pdf"]), max_size=3),
)
def test_a_plan_never_breaks_a_limit_and_keeps_every_word(
    text: str, choices: list[tuple[str, str]], files: list[str]
) -> None:
    files_out = tuple(photo(b"x", "a", kind) for kind in files)
    made = steps(answer(1, text, choices=choices, attachments=files_out))
    assert len([step for step in made if step.file]) == len(files)
    shown = ""
    for step in made:
        words = step.parameters.get("text", "") + step.parameters.get("caption", "")
        assert units(words) <= (CAPTION if step.file else TEXT)
        shown += words
        for row in step.parameters.get("reply_markup", {}).get("inline_keyboard", []):
            shown += "".join(button["text"] for button in row)
            assert all(0 < len(button["callback_data"].encode()) <= 64 for button in row)
    for _, label in choices:
        if made:
            assert "".join(label.split()) in "".join(shown.split())
    assert "".join(text.split()) in "".join(shown.split())


def test_buttons_are_in_the_order_of_the_choices() -> None:
    choices = [
        Choice("a", "Ya"),
        Choice("b", "Bukan"),
        Choice("c", "Bicara dengan petugas"),
        Choice("d", "Nanti"),
    ]
    (step,) = steps(answer(1, "?", choices=[(c.value, c.label) for c in choices]))
    rows = step.parameters["reply_markup"]["inline_keyboard"]
    assert [[button["callback_data"] for button in row] for row in rows] == [["a", "b"], ["c"], ["d"]]


def test_a_chat_takes_a_burst_and_then_one_a_second() -> None:
    pace, now = Pace(), 1000.0
    assert [pace.wait("a", now) for _ in range(3)] == [0, 0, 0]
    assert pace.wait("a", now) == 1.0
    assert pace.wait("a", now) == 1.0  # who has to wait takes no place
    assert pace.wait("b", now) == 0
    assert pace.wait("a", now + 1.0) == 0
    assert pace.wait("a", now + 1.0) == 1.0
    assert [pace.wait("a", now + 60) for _ in range(4)] == [0, 0, 0, 1.0]


def test_long_messages_count_twice() -> None:
    pace = Pace()
    assert pace.wait("a", 0.0, weight=2) == 0
    assert pace.wait("a", 0.0) == 0
    assert pace.wait("a", 0.0) == 1.0


def test_several_chats_that_are_told_to_wait_mean_all() -> None:
    pace = Pace()
    pace.told_to_wait("a", 5, 0.0)
    pace.told_to_wait("a", 5, 1.0)
    assert (pace.held("z", 1.0), pace.wait("a", 1.0), pace.wait("z", 1.0)) == (0, 5.0, 0)
    pace.told_to_wait("b", 5, 2.0)
    pace.told_to_wait("c", 9, 3.0)
    assert (pace.held("y", 3.0), pace.wait("y", 3.0)) == (9.0, 9.0)
    assert pace.wait("y", 12.0) == 0
    late = Pace()
    for number, chat in enumerate("abc"):
        late.told_to_wait(chat, 1, number * 20.0)
    assert late.held("z", 40.0) == 0


def test_places_among_all_are_given_out_one_after_the_other() -> None:
    pace = Pace(overall=0.5)
    assert [pace.slot(10.0) for _ in range(3)] == [0.0, 0.5, 1.0]
    assert pace.slot(100.0) == 0.0


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 3)), max_size=80))
def test_no_chat_ever_gets_more_than_its_pace(sends: list[tuple[str, float]]) -> None:
    pace, now, went = Pace(), 0.0, dict[str, list[float]]()
    for chat, later in sends:
        now += later
        if pace.wait(chat, now) == 0:
            went.setdefault(chat, []).append(now)
    for times in went.values():
        for first, fourth in zip(times, times[3:], strict=False):
            assert fourth - first >= 1.0 - 1e-9


ANSWERS = st.binary(max_size=40) | st.sampled_from([
    b'{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":3}}',
    b'{"ok":false,"description":5,"parameters":{"retry_after":"soon","migrate_to_chat_id":"x"}}',
    b'{"ok":false,"parameters":{"retry_after":-1}}', b'{"ok":true}', b'{"ok":true,"result":null}',
    b'{"ok":true,"result":{"update_id":1}}', b'{"ok":true,"result":[{"update_id":1}]}', b"[" * 4000,
])  # fmt: skip


@given(st.integers(300, 599), ANSWERS, st.sampled_from(["", "3", "x", "99999999999999"]))
def test_any_answer_that_is_no_yes_means_something(status: int, body: bytes, after: str) -> None:
    fault = _declined(status, body, after)
    found = verdict(fault)
    assert isinstance(found, Retry | Refused | Unknown)
    assert found.reason
    if isinstance(found, Retry) and found.after is not None:
        assert timedelta(0) < found.after <= timedelta(days=7)
    if not isinstance(found, Refused | Unknown):
        assert status in (429, 503) or not fault.own


@given(ANSWERS)
def test_any_yes_is_taken_apart_or_counts_as_lost(body: bytes) -> None:
    for line in (Line, Updates):
        try:
            found = line.parse_json_payload(body)
        except Lost:
            continue
        assert "result" in found


def test_updates_stay_the_bytes_they_came_as() -> None:
    first, second = b'{"update_id":1, "message":{"text":"\\u00e9 \xc3\xa9"}}', b'{"update_id":2}'
    assert Updates.parse_json_payload(b'{"ok":true,"result":[%s ,%s]}' % (first, second)) == {
        "result": [first, second]
    }


def test_lone_surrogates_cost_only_the_exactness_of_the_bytes() -> None:
    (raw,) = Updates.parse_json_payload(b'{"ok":true,"result":[{"update_id":1,"x":"\\ud83d"}]}')["result"]
    assert json.loads(raw) == {"update_id": 1, "x": "\ud83d"}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Lost("no answer", sent=True), Unknown),
        (Lost("no connection", sent=False), Retry),
        (Declined(404, "Not Found"), Refused),
        (Declined(404, "by a proxy", own=False), Retry),
        (Declined(413, "nginx", own=False), Refused),
        (Declined(504, "Gateway Timeout", own=False), Unknown),
    ],
    ids=repr,
)
def test_what_is_certain_decides(fault: Declined | Lost, kind: type) -> None:
    assert type(verdict(fault)) is kind


def test_the_library_is_loaded_by_the_first_call_and_not_before() -> None:
    """It costs a tenth of a second and fifteen megabytes with httpx."""
    made = "from channels.telegram.provider import Telegram; Telegram('1:a', None)"
    told = f"{made}; import sys; print([m for m in ('telegram', 'httpx') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
