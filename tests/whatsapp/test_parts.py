"""What is sent: as buttons, as a list, numbered, in parts, with files - and never cut."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Attachment, Choice, Refused
from channels.whatsapp.parts import in_parts
from channels.whatsapp.templates import one_line
from tests.standins.graph import JPEG
from tests.whatsapp.kit import PHOTO, at_work, choices, sent


async def test_a_text_leaves_with_our_own_id() -> None:
    async with at_work() as place:
        result = await sent(place, "Siang, Kak 👋 *tebal* <b>")
        [call] = place.sent()
        assert call["text"] == {"body": "Siang, Kak 👋 *tebal* <b>", "preview_url": False}
        assert (call["to"], call["biz_opaque_callback_data"]) == (place.budi.phone, "7/3/1")
        assert "recipient" not in call
        assert (await place.budi.hears()).id == result.external_id


async def test_who_has_no_phone_is_written_to_by_user_id() -> None:
    async with at_work() as place:
        place.budi.shows_phone = False
        await sent(place, to=place.budi.user_id)
        [call] = place.sent()
        assert (call["recipient"], "to" in call) == (place.budi.user_id, False)


async def test_up_to_three_short_choices_are_buttons_up_to_ten_a_list() -> None:
    async with at_work() as place:
        await sent(place, "Betul?", choices=choices("Ya, betul", "Bukan"))
        got = await place.budi.hears("Betul?")
        assert [(b.label, b.value) for b in got.buttons] == [("Ya, betul", "k3x.7:1"), ("Bukan", "k3x.7:2")]
        await sent(place, "Yang mana?", "2", choices=choices(*"ABCDEFGHIJ"), menu="Pilih")
        got = await place.budi.hears("Yang mana?")
        assert (got.labels, got.menu) == (list("ABCDEFGHIJ"), "Pilih")
        assert all(b.row for b in got.buttons)


@pytest.mark.parametrize(
    ("labels", "menu"),
    [
        (["Ya", "Bukan, yang lainnya saja, tolong"], "Pilih"),  # longer than a row
        (list("ABCDEFGHIJK"), "Pilih"),  # eleven
        (list("ABCD"), ""),  # no word for the menu
        (list("ABCD"), "Pilih salah satu dari ini"),  # a word too long
        (["Ya", "ya"], "Pilih"),  # alike on the phone
    ],
)
async def test_choices_that_do_not_fit_are_numbered_and_never_cut(labels: list[str], menu: str) -> None:
    async with at_work() as place:
        await sent(place, "Yang mana?", choices=choices(*labels), menu=menu)
        lines = [f"{n}. {label}" for n, label in enumerate(labels, 1)]
        assert (await place.budi.hears()).text.split("\n") == ["Yang mana?", *lines]


async def test_a_label_of_twenty_one_is_a_row_where_there_is_a_menu() -> None:
    async with at_work() as place:
        await sent(place, "Yang mana?", choices=choices("Minyak Sari Murni 2 L", "Lainnya"), menu="Pilih")
        assert (await place.budi.hears()).labels == ["Minyak Sari Murni 2 L", "Lainnya"]


async def test_a_long_text_with_choices_goes_ahead_and_the_question_carries_them() -> None:
    async with at_work() as place:
        text = "\n\n".join(["Ini penjelasan yang panjang sekali. " * 40, "Apakah Kakak setuju?"])
        await sent(place, text, choices=choices("Setuju", "Tidak setuju"))
        first, last = await place.budi.hears(), await place.budi.hears()
        assert (first.buttons, last.labels) == ([], ["Setuju", "Tidak setuju"])
        assert last.text.endswith("Apakah Kakak setuju?")
        assert re.sub(r"\s+", " ", f"{first.text} {last.text}") == re.sub(r"\s+", " ", text)
        assert [call["biz_opaque_callback_data"] for call in place.sent()] == ["7/3/1/part", "7/3/1"]


async def test_a_text_too_long_for_one_message_is_parted_and_complete() -> None:
    async with at_work() as place:
        words = " ".join(f"kata{n}." for n in range(1500))
        await sent(place, words)
        assert " ".join(place.budi.texts) == words
        before = len(place.budi.got)
        await sent(place, "x" * 5000, "2")
        assert [len(text) for text in place.budi.texts[before:]] == [4096, 904]


async def test_files_are_uploaded_and_sent_by_id_with_the_text_below() -> None:
    """chatwoot#15702: a link is fetched by Meta, or not."""
    async with at_work() as place:
        paper = Attachment("nota.pdf", "application/pdf", 0, b"%PDF")
        await sent(place, "Ini notanya", attachments=(PHOTO, paper))
        first, second = await place.budi.hears(), await place.budi.hears()
        assert (first.kind, first.text, first.file) == ("image", "Ini notanya", JPEG)
        assert (second.kind, second.file, second.file_name) == ("document", b"%PDF", "nota.pdf")


async def test_a_file_too_large_for_whatsapp_says_so() -> None:
    async with at_work() as place:
        for media_type, most in (("image/png", 5), ("video/mp4", 16), ("application/pdf", 100)):
            huge = Attachment("berkas", media_type, most * 1024 * 1024 + 1)
            result = await place.channel.send(place.out("", attachments=(huge,)))
            assert isinstance(result, Refused)
            assert f"{most} MB" in result.reason
        assert place.graph.calls == []


async def test_nothing_is_refused() -> None:
    async with at_work() as place:
        assert isinstance(await place.channel.send(place.out("  ")), Refused)


_words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60).map(str.strip)
_texts = st.lists(_words | st.sampled_from(["", "Baik, Kak.", "a" * 3000]), max_size=12).map("\n".join)
_choices = st.lists(st.tuples(st.text(max_size=30), st.text(min_size=1, max_size=30)), max_size=12)


@given(_texts, _choices, st.sampled_from(["", "Pilih", "Pilih salah satu yang cocok"]))
def test_nothing_that_is_to_be_said_is_lost_or_too_long(
    text: str, offered: list[tuple[str, str]], menu: str
) -> None:
    parts = in_parts(text, [Choice(value, label) for value, label in offered], menu)
    said = "".join(part.body["body"] if part.kind == "text" else part.body["body"]["text"] for part in parts)
    for part in parts:
        body = part.body["body"] if part.kind == "text" else part.body["body"]["text"]
        assert 0 < len(body) <= (4096 if part.kind == "text" else 1024)
        labels = [reply["reply"]["title"] for reply in part.body.get("action", {}).get("buttons", ())]
        labels += [row["title"] for s in part.body.get("action", {}).get("sections", ()) for row in s["rows"]]
        said += "".join(labels)
    left = Counter("".join(said.split())) - Counter("…")
    wanted = "".join((text + "".join(label for _value, label in offered)).split())
    assert not Counter(wanted) - left - Counter("…")


@given(_texts)
def test_a_variable_of_a_template_is_as_meta_wants_it(text: str) -> None:
    line = one_line(text)
    assert line == line.strip()
    assert not re.search(r"[\n\t\r\v\f\u2028]|\s\s", line)
    assert "".join(line.replace(";", "").split()) == "".join(text.replace(";", "").split())
