"""Files that lie with the provider when their message comes: nothing is asked twice, nothing told wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.dialogue import (
    Carrying,
    Coming,
    File,
    FileCame,
    FileLost,
    Input,
    IssueTicket,
    Opening,
    Said,
    Talk,
    TookOver,
    Turn,
    begin,
    decide,
    expecting,
    finish,
    fold,
)
from bot.dialogue.additions import Addition, additions
from bot.packs import load
from bot.understanding import Understander

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 09.00 in Jakarta
SOP = load()
UNDERSTANDER = Understander(SOP)
PHOTO = File("ab" * 32, "foto.jpg", "image/jpeg", 9)


class Desk:
    """A talk that is taken turn by turn, each a minute after the one before."""

    def __init__(self) -> None:
        opening = Opening(channel="telegram", medium="chat", identity={}, now=NOW)
        self.talk: Talk = fold(None, begin(opening, SOP))
        self.now = NOW
        self.phrases: tuple[str, ...] = ()
        self.turn = Turn()

    def say(self, *texts: str, **more: Any) -> None:
        waits_for = expecting(self.talk, self.now, SOP)
        self.take(Said(tuple(UNDERSTANDER.understand(text, waits_for) for text in texts), **more))

    def take(self, input_: Input) -> None:
        self.now += timedelta(minutes=1)
        self.turn = decide(self.talk, input_, self.now, SOP)
        issued = {e.ref: "SP-2611-0001-9" for e in self.turn.effects if isinstance(e, IssueTicket)}
        done = finish(self.talk, self.turn, issued, SOP, Carrying())
        self.talk = done.talk
        self.phrases = tuple(phrase for message in done.messages for phrase in message.phrases)


def _to_the_photo() -> Desk:
    desk = Desk()
    desk.say("minyak goreng 1 liter bocor 2 dus, INV-2611-0900, Tini, 081234567890, tini@toko.example")
    desk.say("ya")
    answers = {"batch": "B2611A07", "date": "kemarin"}
    for _ in range(9):
        field = desk.talk.asked.field if desk.talk.asked is not None else ""
        if field == "photo":
            return desk
        desk.say(answers.get(field, "tidak ada"))
    raise AssertionError(f"nobody asked for a photo: {desk.talk.asked}")


def test_a_photo_on_its_way_is_not_asked_for_again_and_comes_to_its_matter_in_silence() -> None:
    desk = _to_the_photo()
    desk.say(coming=(Coming(7, "foto.jpg", "image/jpeg"),), inputs=(7,))
    assert desk.talk.asked is not None
    assert desk.talk.asked.what == "summary"
    desk.take(FileCame(PHOTO, 7))
    assert desk.talk.matter is not None
    assert (desk.talk.matter.files, desk.talk.matter.coming) == ((PHOTO,), ())
    assert desk.phrases == ()
    assert desk.turn.effects == ()
    desk.say("ya")
    (ticket,) = (effect for effect in desk.turn.effects if isinstance(effect, IssueTicket))
    assert ticket.files == (PHOTO,)


def test_a_photo_that_comes_after_the_ticket_is_an_addition_to_it() -> None:
    desk = _to_the_photo()
    desk.say(coming=(Coming(7, "foto.jpg"),), inputs=(7,))
    desk.say("ya")
    assert "ticket" in desk.phrases
    before = desk.talk
    desk.take(FileCame(PHOTO, 7))
    assert desk.phrases == ()
    assert desk.turn.effects == (), "nobody has to carry it there"
    (added,) = additions(before, desk.talk, desk.turn.events, SOP)
    assert added == Addition("SP-2611-0001-9", desk.talk.matters[0].department, files=(PHOTO,))


def test_a_photo_that_never_comes_after_the_ticket_is_told_to_the_department_that_waits_for_it() -> None:
    desk = _to_the_photo()
    desk.say(coming=(Coming(7, "foto.jpg"),), inputs=(7,))
    desk.say("ya")
    before = desk.talk
    desk.take(FileLost("foto.jpg", 7, "gone"))
    (added,) = additions(before, desk.talk, desk.turn.events, SOP)
    assert added.lost == ("foto.jpg",)
    assert added.files == ()


def test_what_is_said_after_the_ticket_is_an_addition_with_what_it_replaces() -> None:
    desk = _to_the_photo()
    desk.say("tidak ada")
    desk.say("ya")
    before = desk.talk
    assert before.matters[0].number
    assert list(additions(before, before, (), SOP)) == []
    desk.say("faktur salah, yang benar INV-2611-0999")
    (added,) = additions(before, desk.talk, desk.turn.events, SOP)
    assert [row[1:] for row in added.rows] == [("INV-2611-0999", "INV-2611-0900")]
    assert list(additions(desk.talk, desk.talk, (), SOP)) == []


def test_who_sent_a_file_that_nobody_could_fetch_is_asked_to_send_it_again() -> None:
    desk = _to_the_photo()
    desk.say(coming=(Coming(7, "foto.jpg"),), inputs=(7,))
    asked = desk.talk.asked
    desk.take(FileLost("foto.jpg", 7, "expired"))
    assert desk.phrases == ("file_lost",)
    assert desk.talk.asked == asked
    assert desk.talk.matter is not None
    assert desk.talk.matter.coming == ()
    desk.say(files=(PHOTO,))
    assert desk.talk.matter is not None
    assert desk.talk.matter.files == (PHOTO,)


def test_a_lost_file_is_no_word_of_the_bot_while_a_person_has_the_conversation() -> None:
    desk = Desk()
    desk.say(coming=(Coming(3, "foto.jpg"),), inputs=(3,))
    desk.take(TookOver("1", "Rina"))
    desk.take(FileLost("foto.jpg", 3, "expired"))
    assert desk.phrases == ()
    assert desk.talk.coming == ()


def test_a_file_that_comes_after_the_close_is_on_record() -> None:
    desk = Desk()
    desk.say("minyak goreng bocor", coming=(Coming(3, "foto.jpg"),), inputs=(3,))
    desk.say("batal")
    desk.say("tidak, cukup")
    assert desk.talk.closed
    desk.take(FileCame(PHOTO, 3))
    assert desk.talk.matters[0].files == (PHOTO,)
    assert desk.phrases == ()


def test_a_file_before_there_is_a_matter_waits_for_it_with_what_is_on_its_way() -> None:
    desk = Desk()
    desk.say(coming=(Coming(3, "a.jpg"), Coming(3, "b.jpg")), inputs=(3,))
    assert "help_files" in desk.phrases
    desk.take(FileCame(PHOTO, 3))
    assert desk.talk.files == (PHOTO,)
    desk.say("minyak gorengnya bocor")
    assert desk.talk.matter is not None
    assert (desk.talk.matter.files, desk.talk.matter.coming) == ((PHOTO,), (3,))
    desk.take(FileCame(PHOTO, 3))
    assert desk.talk.matter is not None
    assert len(desk.talk.matter.files) == 2
