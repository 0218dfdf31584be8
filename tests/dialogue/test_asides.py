"""Stickers, places, cards, voices, albums and commands: none is taken for an answer, none is lost."""

from __future__ import annotations

import pytest

from bot.dialogue import CallPerson, File, FileCame, FileLost
from bot.store.inputs import MessageIn, Unfetched
from tests.dialogue.phone import Phone

STORY = "minyak goreng 1 liter bocor 2 dus, INV-2611-0900"
ME = ", Tini, 081234567890, tini@toko.example"


def _photo(n: int) -> File:
    return File(f"{n:064x}", f"foto{n}.jpg", "image/jpeg", 9)


# ------------------------------------------------------------------------------------------- no answers


def test_a_sticker_is_no_yes() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.send(MessageIn(text="👍", placeholder="sticker"))
    assert phone.phrases[0] == "kind_sticker"
    assert phone.asked == "restating"
    assert phone.talk.matter is not None
    assert not phone.talk.matter.confirmed


def test_a_sticker_is_a_greeting_like_any_other() -> None:
    phone = Phone()
    said = phone.send(MessageIn(placeholder="sticker"))
    assert phone.phrases == ("greet_morning", "help")
    assert said


def test_a_second_sticker_in_a_row_is_left_alone() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.send(MessageIn(placeholder="sticker"))
    assert phone.send(MessageIn(placeholder="sticker")) == ""
    phone.say("ya")
    assert phone.asked == "name"
    phone.send(MessageIn(placeholder="sticker"))
    assert phone.phrases[0] == "kind_sticker"


def test_what_follows_a_sticker_is_answered() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.send(MessageIn(placeholder="sticker"))
    phone.send(MessageIn(placeholder="location", text="-6.2, 106.8"))
    assert phone.phrases[0] == "kind_location"
    phone.send(MessageIn(placeholder="call"))
    assert phone.phrases[0] == "kind_call"


def test_the_picture_of_a_sticker_is_no_photo_of_the_goods() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.send(MessageIn(placeholder="sticker", files=(_photo(1),)))
    assert phone.talk.matter is not None
    assert phone.talk.matter.files == ()


@pytest.mark.parametrize("kind", ["poll", "unsupported", "dice", "story", "something_of_next_year"])
def test_what_cannot_be_read_is_said_so_and_what_was_asked_is_asked_again(kind: str) -> None:
    phone = Phone()
    phone.say(STORY)
    phone.send(MessageIn(placeholder=kind, text="Pilih yang mana?\n- ya\n- tidak"))
    assert phone.phrases[0] == "kind_other"
    assert phone.asked == "restating"


def test_words_beside_a_sticker_are_taken() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.send(MessageIn(text="ya betul"), MessageIn(placeholder="sticker"))
    assert phone.asked == "name"


@pytest.mark.parametrize(
    ("before", "asked"), [("status tiket saya dong", "number"), ("SP-2611-0001-3 sampai mana?", "code")]
)
def test_a_sticker_does_not_make_a_status_question_forgotten(before: str, asked: str) -> None:
    phone = Phone()
    phone.say("halo")
    phone.say(before)
    assert phone.asked == asked
    phone.send(MessageIn(placeholder="sticker"))
    assert phone.asked == asked


# ------------------------------------------------------------------------------- voices and missed calls


@pytest.mark.parametrize("body", [
    MessageIn(files=(File("a" * 64, "voice.ogg", "audio/ogg", 9),)),
    MessageIn(unfetched=(Unfetched(0, "voice.ogg", "audio/ogg"),)),
    MessageIn(placeholder="voice"),
])  # fmt: skip
def test_a_voice_message_reaches_a_person_and_the_customer_is_asked_to_type(body: MessageIn) -> None:
    phone = Phone()
    phone.say(STORY)
    phone.send(body)
    assert phone.phrases[0] == "got_voice"
    assert phone.asked == "restating"
    assert phone.plan is not None
    assert CallPerson("misunderstood") in phone.plan.turn.effects


def test_a_voice_message_is_no_photo() -> None:
    phone = Phone()
    phone.say(STORY + ME)
    phone.press("yes")
    for answer in ("B2611A07", "kemarin", "tidak ada", "tidak ada"):
        if phone.asked != "photo":
            phone.say(answer)
    assert phone.asked == "photo"
    phone.send(MessageIn(files=(File("a" * 64, "voice.ogg", "audio/ogg", 9),)))
    assert phone.asked == "photo"


def test_a_missed_call_reaches_a_person() -> None:
    phone = Phone()
    phone.send(MessageIn(placeholder="call"))
    assert "kind_call" in phone.phrases
    assert phone.plan is not None
    assert CallPerson("wanted") in phone.plan.turn.effects


# ------------------------------------------------------------------------------------- places and cards


def test_a_place_is_the_address_that_was_asked_for() -> None:
    phone = Phone()
    phone.say("mau pesan minyak goreng 1 liter 5 dus")
    for answer in ("ya", "Tini", "081234567890", "tini@toko.example", "besok"):
        if phone.asked != "address":
            phone.say(answer)
    assert phone.asked == "address"
    phone.send(MessageIn(placeholder="venue", text="Toko Tini\nJl. Melati 5, Bekasi\n-6.234500, 107.001000"))
    assert phone.talk.identity["address"].startswith("Toko Tini")
    assert phone.asked != "address"


def test_a_place_that_nobody_asked_for_stands_in_the_ticket() -> None:
    phone = Phone()
    phone.send(MessageIn(placeholder="location", text="-6.234500, 107.001000"))
    phone.say(STORY + ME)
    phone.say("ya")
    for _ in range(9):
        if phone.issued:
            break
        phone.say("ya" if phone.asked == "summary" else "kemarin" if phone.asked == "date" else "tidak ada")
    (ticket,) = phone.issued
    assert ("Lokasi", "-6.234500, 107.001000") in ticket.particulars


def test_an_own_card_is_the_phone_number() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.say("ya")
    phone.say("Tini")
    assert phone.asked == "phone"
    phone.send(
        MessageIn(
            placeholder="contact", text="Tini\n+6281234567890", phone="+6281234567890", proven=("phone",)
        )
    )
    assert phone.talk.identity["phone"] == "+6281234567890"
    assert phone.asked == "email"
    assert phone.phrases[0] == "noted"


def test_the_card_of_somebody_else_is_only_a_note() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.say("ya")
    phone.say("Tini")
    phone.send(MessageIn(placeholder="contact", text="Pak Sopir\n+6281399998888"))
    assert phone.phrases[0] == "kind_contact"
    assert phone.asked == "phone"
    assert "phone" not in phone.talk.identity
    assert phone.talk.matter is not None
    assert phone.talk.matter.notes == (("contact", "Pak Sopir\n+6281399998888"),)


@pytest.mark.sop("K2b", "O2", "O4")
def test_number_and_name_of_the_channel_are_not_asked_but_confirmed_in_the_summary() -> None:
    phone = Phone(name="budi santoso 🌸", phone="+6281234567890", proven=("phone",))
    said = phone.say(STORY)
    assert "Kak Budi" in said
    phone.say("ya")
    assert phone.asked not in ("name", "phone")
    for _ in range(9):
        if phone.asked == "summary":
            break
        said = phone.say("tidak ada" if phone.asked != "date" else "kemarin")
    assert "Nama: Budi Santoso" in said
    assert "0812-3456-7890" in said
    said = phone.say("nomor hp salah, yang benar 081399990000")
    assert phone.talk.identity["phone"] == "+6281399990000"
    phone.say("ya")
    assert phone.talk.identity["phone"] == "+6281399990000", "the channel's number does not come back"


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Budi | Toko Jaya 99", "Budi"),
        ("SITI RAHAYU 🌸", "Siti Rahayu"),
        ("M. Ali", "M. Ali"),
        ("Al-Amin", "Al-Amin"),
    ],
)
def test_a_profile_is_a_name_without_its_ornaments(name: str, called: str) -> None:
    phone = Phone(name=name)
    phone.say("halo")
    assert phone.talk.identity["name"] == called


@pytest.mark.parametrize(
    "name", ["~Sultan99~", ".", "🔥🔥", "jangan lupa bayar ya gaes", "Hamba Allah", "+62 812"]
)
def test_an_ornament_is_no_name(name: str) -> None:
    phone = Phone(name=name)
    phone.say(STORY)
    phone.say("ya")
    assert phone.asked == "name"


# ------------------------------------------------------------------------------------------------ albums


def test_an_album_in_one_go_is_one_answer() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.press("yes")
    phone.send(*(MessageIn(files=(_photo(n),), group="A") for n in range(4)))
    assert phone.phrases.count("got_files") == 1
    assert phone.talk.matter is not None
    assert len(phone.talk.matter.files) == 4


def test_later_parts_of_an_album_are_added_in_silence() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.press("yes")
    phone.send(MessageIn(files=(_photo(1),), group="A"))
    asked = phone.talk.asked
    assert phone.send(MessageIn(files=(_photo(2),), group="A")) == ""
    assert phone.plan is not None
    assert phone.plan.turn.effects == ()
    assert phone.talk.asked == asked
    assert phone.talk.matter is not None
    assert [file.name for file in phone.talk.matter.files] == ["foto1.jpg", "foto2.jpg"]
    assert phone.send(MessageIn(files=(_photo(3),), group="B")), "another album is answered"


def test_an_album_before_any_word_waits_for_its_matter() -> None:
    phone = Phone()
    phone.send(MessageIn(files=(_photo(1),), group="A"))
    assert "help_files" in phone.phrases
    phone.say("ini minyaknya bocor")
    assert phone.send(MessageIn(files=(_photo(2),), group="A")) == ""
    assert phone.talk.matter is not None
    assert len(phone.talk.matter.files) == 2


def test_the_words_under_a_later_part_are_heard() -> None:
    phone = Phone()
    phone.send(MessageIn(files=(_photo(1),), group="A"))
    phone.send(MessageIn(files=(_photo(2),), group="A", text="minyak goreng 1 liter bocor 2 dus"))
    assert phone.asked == "restating"
    assert "got_files" not in phone.phrases
    assert phone.talk.matter is not None
    assert len(phone.talk.matter.files) == 2


def _ticketed() -> Phone:
    phone = Phone()
    phone.say(STORY + ME)
    phone.say("ya")
    for _ in range(9):
        if phone.asked == "photo":
            phone.send(MessageIn(files=(_photo(1),), group="A"))
        elif phone.asked == "more":
            return phone
        else:
            phone.say({"summary": "ya", "date": "kemarin"}.get(phone.asked, "tidak ada"))
    raise AssertionError(phone.asked)


def test_a_part_that_comes_after_the_ticket_is_silently_its_matters() -> None:
    phone = _ticketed()
    assert phone.send(MessageIn(files=(_photo(2),), group="A")) == ""
    assert len(phone.talk.matters[0].files) == 2


def test_a_part_that_comes_after_the_close_opens_nothing() -> None:
    phone = _ticketed()
    phone.press("no_more")
    assert phone.talk.closed
    assert phone.send(MessageIn(files=(_photo(2),), group="A")) == ""
    assert phone.talk.closed
    assert len(phone.talk.matters[0].files) == 2


def test_an_album_whose_files_are_fetched_later_is_whole_in_the_end() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.press("yes")
    coming = MessageIn(unfetched=(Unfetched(0, "a.jpg", "image/jpeg"),), group="A")
    phone.send(coming)
    first = phone.rows
    phone.send(coming)
    assert phone.act(FileCame(_photo(2), phone.rows)) == ""
    assert phone.act(FileCame(_photo(1), first)) == ""
    assert phone.talk.matter is not None
    assert len(phone.talk.matter.files) == 2
    assert phone.talk.matter.coming == ()


# ----------------------------------------------------------------------------------- files that never come


def test_a_file_that_was_lost_before_its_message_was_read_is_asked_for_once() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.press("yes")
    said = phone.send(MessageIn(unfetched=(Unfetched(0, "a.jpg", "image/jpeg", lost="too old"),)))
    assert phone.phrases[0] == "file_lost"
    assert said.count("?") == 1, "what was asked before"
    assert phone.asked == "name"


def test_a_lost_file_is_told_to_who_still_talks() -> None:
    phone = Phone()
    phone.send(MessageIn(text="minyak bocor", unfetched=(Unfetched(0, "a.jpg"),)))
    phone.act(FileLost("a.jpg", 1, "gone"))
    assert phone.phrases == ("file_lost",)


def test_a_file_that_is_too_large_is_not_asked_for_again_but_for_a_smaller_one() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.press("yes")
    film = Unfetched(0, "a.mp4", "video/mp4", lost="too large: 90 MB", too_large=True)
    phone.send(MessageIn(unfetched=(film,)))
    assert phone.phrases[0] == "file_too_large"
    assert "file_lost" not in phone.phrases
    phone.act(FileLost("b.mp4", 1, "too large", too_large=True))
    assert phone.phrases == ("file_too_large",)


def test_a_message_that_was_taken_back_before_it_was_read_is_not_answered() -> None:
    phone = Phone()
    phone.say(STORY)
    asked = phone.asked
    assert phone.send(MessageIn(text="rahasia", deleted=True)) == ""
    assert phone.asked == asked


# ---------------------------------------------------------------------------------------------- commands


def test_start_greets() -> None:
    phone = Phone()
    phone.send(MessageIn(command="start"))
    assert phone.phrases == ("greet_morning", "help")


def test_start_with_a_ticket_number_asks_for_its_status() -> None:
    phone = Phone()
    phone.send(MessageIn(command="start", text="SP-2611-0001-3"))
    assert phone.plan is not None
    assert phone.plan.needs_store, "the number is looked up"


def test_start_with_anything_else_greets_and_is_on_record() -> None:
    phone = Phone()
    phone.send(MessageIn(command="start", text="iklan_november"))
    assert phone.phrases == ("greet_morning", "help")
    assert phone.plan is not None
    assert phone.plan.spoken[0].text == "/start iklan_november"


def test_start_in_the_middle_goes_on_where_it_was() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.say("ya")
    phone.send(MessageIn(command="start"))
    assert phone.phrases[0] == "here"
    assert phone.asked == "name"


def test_help_says_what_can_be_done_and_goes_on() -> None:
    phone = Phone()
    phone.send(MessageIn(command="help"))
    assert "what_i_do" in phone.phrases
    assert phone.asked == "help"
    phone.say(STORY)
    phone.send(MessageIn(command="help"))
    assert phone.asked == "restating"


def test_a_command_that_is_none_of_ours_is_read_as_words() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.send(MessageIn(command="batal"))
    assert "cancelled" in phone.phrases


def test_a_shopping_basket_is_an_order() -> None:
    phone = Phone()
    phone.send(MessageIn(placeholder="order", text="2 x minyak goreng 1 liter"))
    assert phone.talk.matter is not None
    assert phone.talk.matter.kind == "order"
