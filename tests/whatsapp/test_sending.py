"""Messages out: each once, in order, as what fits; every failure is a value that says what to do."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Attachment, Choice, Refused, Retry, Sent, Status, Unknown
from channels.whatsapp import Templates
from channels.whatsapp.parts import in_parts
from channels.whatsapp.templates import one_line
from tests.standins.faults import Dropped, Fails, Garbage, Lost
from tests.standins.graph import JPEG
from tests.whatsapp.kit import TEMPLATES, Place, at_work, choices

PHOTO = Attachment("foto.jpg", "image/jpeg", 0, JPEG)


async def sent(place: Place, *args: Any, **more: Any) -> Sent:
    result = await place.channel.send(place.out(*args, **more))
    assert isinstance(result, Sent), result
    return result


# ----------------------------------------------------------------------------------------------- what is sent


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
        assert {call["biz_opaque_callback_data"] for call in place.sent()} == {"7/3/1"}


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


# ------------------------------------------------------------------------------------------- read and typing


async def test_what_is_answered_is_marked_read_once_with_the_typing_sign() -> None:
    async with at_work() as place:
        wamid = place.budi.says("Siang")
        await sent(place, answers=f"m:{wamid}")
        await sent(place, id_="2", answers=f"m:{wamid}")
        assert (place.graph.business.read, place.graph.business.typing) == ([wamid], [wamid])
        assert [call.method for call in place.graph.calls] == ["read", "messages", "messages"]


@pytest.mark.parametrize("fault", [Fails(500), Dropped(), Lost(), Garbage()])
async def test_a_read_mark_that_fails_stops_nothing(fault: Any) -> None:
    async with at_work() as place:
        place.graph.faults.next("read", fault)
        await sent(place, answers="m:wamid.x")


async def test_a_read_mark_that_hangs_delays_nothing() -> None:
    async with at_work() as place:
        held = place.graph.faults.hold("read")
        await sent(place, answers="m:wamid.x")
        await asyncio.wait_for(held.reached.wait(), 5)
        held.release()


async def test_presses_and_calls_are_no_messages_to_mark() -> None:
    async with at_work() as place:
        await sent(place, answers="call:wacid.1")
        assert place.graph.calls.of("read") == []


# ------------------------------------------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fails(429, code=130429), Retry, "130429"),
        (Fails(400, code=80007), Retry, "80007"),
        (Fails(500, code=131000), Retry, "131000"),
        (Fails(503, code=131016), Retry, "131016"),
        (Fails(500), Retry, "131000"),
        (Garbage(), Retry, "502"),
        (Garbage(503, b"{"), Retry, "503"),
        (Garbage(504), Unknown, "lost"),
        (Garbage(200, b"<html>"), Unknown, "without naming"),
        (Dropped(), Unknown, "broke"),
        (Lost(), Unknown, "broke"),
        (Fails(400, code=131026), Refused, "not on WhatsApp"),
        (Fails(400, code=131049), Refused, "wait a day"),
        (Fails(400, code=999999), Refused, "999999"),
    ],
)
async def test_each_failure_says_what_it_means(fault: Any, kind: type, words: str) -> None:
    async with at_work() as place:
        place.graph.faults.next("messages", fault)
        result = await place.channel.send(place.out())
        assert isinstance(result, kind), result
        assert words in result.reason  # type: ignore[attr-defined]
        assert not getattr(result, "stop_channel", False)
        assert place.graph.token not in str(result)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, 190), (401, 0), (403, 10), (403, 200), (403, 368), (400, 131042), (403, 131031)],
)
async def test_what_concerns_the_account_stops_the_channel(status: int, code: int) -> None:
    async with at_work() as place:
        place.graph.faults.next("messages", Fails(status, code=code))
        result = await place.channel.send(place.out())
        assert isinstance(result, Refused)
        assert result.stop_channel


async def test_a_server_that_is_not_there_got_nothing() -> None:
    async with at_work() as place:
        await place.graph.stop()
        assert isinstance(await place.channel.send(place.out()), Retry)


async def test_an_answer_that_does_not_come_is_unknown() -> None:
    async with at_work(timeout=0.2) as place:
        held = place.graph.faults.hold("messages", done=True)
        assert isinstance(await place.channel.send(place.out()), Unknown)
        assert held.reached.is_set()
        held.release()


async def test_a_lost_answer_is_told_by_the_status_with_our_own_id() -> None:
    async with at_work() as place:
        place.graph.faults.next("messages", Lost())
        assert isinstance(await place.channel.send(place.out()), Unknown)
        await place.graph.hook.idle()
        assert {each.echo for each in place.desk.kept if isinstance(each, Status)} == {"7/3/1"}


async def test_who_got_too_much_is_left_alone_longer_each_time() -> None:
    async with at_work() as place:
        place.graph.faults.next("messages", Fails(400, code=131056), times=3)
        results = [await place.channel.send(place.out()) for _ in range(4)]
        assert [r.after for r in results if isinstance(r, Retry) and r.alone] == [
            timedelta(seconds=6), timedelta(seconds=24), timedelta(seconds=96),
        ]  # fmt: skip
        assert isinstance(results[3], Sent)


async def test_a_message_in_parts_goes_on_where_it_stopped() -> None:
    async with at_work() as place:
        outbound = place.out("Dua foto", attachments=(PHOTO, PHOTO))
        second = Fails(503, code=131016)
        place.graph.faults.next("messages", second, when=lambda _: len(place.sent()) == 1)
        first = await place.channel.send(outbound)
        assert isinstance(first, Retry)
        assert first.reason.startswith("1 of 2")
        assert isinstance(await place.channel.send(outbound), Sent)
        assert len(place.budi.got) == 2
        assert len(place.graph.calls.of("media.upload")) == 2


# --------------------------------------------------------------------------------------------------- in order


async def test_the_next_message_waits_for_the_status_of_the_one_before() -> None:
    async with at_work(settles=60) as place:
        place.budi.goes_offline()
        place.graph.ladder.sent = False  # no status at all, until he is there
        await sent(place, "satu")
        second = asyncio.create_task(place.channel.send(place.out("dua", "2")))
        other = place.graph.person("Siti")
        other.heard_at[place.graph.number.id] = place.graph.clock.now()
        await place.channel.send(place.out("lain", "3", to=f"+{other.phone}"))  # nobody else waits
        assert [call["text"]["body"] for call in place.sent()] == ["satu", "lain"]
        assert not second.done()
        place.budi.comes_online()
        await asyncio.wait_for(second, 5)
        assert place.budi.texts == ["satu", "dua"]


async def test_without_a_status_the_next_message_leaves_after_a_moment() -> None:
    async with at_work(settles=0.05) as place:
        place.graph.ladder.sent = place.graph.ladder.delivered = False
        await sent(place, "satu")
        await asyncio.wait_for(sent(place, "dua", "2"), 5)


# ------------------------------------------------------------------------------------------------- the window


async def test_when_a_day_has_passed_the_text_leaves_in_a_template_on_one_line() -> None:
    async with at_work() as place:
        result = await place.channel.send(place.late("Nomor tiket:\nLDR-1\n\nKami  kabari\tbesok"))
        assert isinstance(result, Sent)
        assert "sapa_kabar" in result.remark
        assert "Nomor tiket: LDR-1; Kami kabari besok Balas" in (await place.budi.hears()).text
        [call] = place.sent()
        assert (call["type"], call["template"]["language"]) == ("template", {"code": "id"})


async def test_the_window_is_counted_by_what_the_provider_said() -> None:
    async with at_work() as place:
        nearly = place.now - timedelta(hours=23, minutes=54)
        await sent(place, heard_at=nearly)
        await sent(place, id_="2", heard_at=nearly - timedelta(minutes=2))
        assert [call["type"] for call in place.sent()] == ["text", "template"]


async def test_a_template_in_the_customers_language_else_in_ours() -> None:
    async with at_work() as place:
        await place.channel.send(place.late("News.", language="en"))
        await place.channel.send(place.late("Nouvelles.", "2", language="fr"))
        assert [call["template"]["language"]["code"] for call in place.sent()] == ["en", "id"]


@pytest.mark.parametrize(
    "more", [{"choices": choices("Ya", "Tidak")}, {"text": "panjang " * 200}, {"attachments": (PHOTO,)}]
)
async def test_what_fits_in_no_template_waits_for_the_customer_asked_once(
    more: dict[str, Any],
) -> None:
    async with at_work() as place:
        late = place.late(**{"text": "Setuju?", **more})
        result = await place.channel.send(late)
        assert isinstance(result, Retry)
        assert (result.alone, result.until_heard) == (True, True)
        assert "Balas pesan ini" in (await place.budi.hears()).text
        assert place.sent()[0]["biz_opaque_callback_data"] != late.id  # its fate is not the message's
        again = await place.channel.send(place.late(**{"text": "Setuju?", **more, "asked": True}))
        assert isinstance(again, Retry)
        assert again.until_heard
        assert len(place.budi.got) == 1
        place.budi.says("ya, apa?")
        free = place.out(**{"text": "Setuju?", **more, "asked": True})
        assert isinstance(await place.channel.send(free), Sent)


async def test_a_ticket_has_a_template_of_its_own_when_its_text_does_not_fit() -> None:
    async with at_work() as place:
        await place.channel.send(place.late("panjang " * 200, ticket="LDR-2611-0001", name="Budi"))
        assert "Halo Budi, laporan Anda sudah kami catat dengan nomor LDR-2611-0001" in place.budi.texts[0]


async def test_without_templates_a_person_is_told_what_to_set() -> None:
    async with at_work(templates=Templates()) as place:
        result = await place.channel.send(place.late())
        assert isinstance(result, Refused)
        assert "[whatsapp.templates]" in result.reason
        assert not result.stop_channel


async def test_with_one_template_only_choices_are_numbered_in_it() -> None:
    only = Templates({"update": TEMPLATES.by_role["update"]})
    async with at_work(templates=only) as place:
        await place.channel.send(place.late("Setuju?", choices=choices("Ya", "Tidak")))
        assert "Setuju? 1. Ya; 2. Tidak" in place.budi.texts[0]


async def test_when_meta_says_closed_the_template_leaves_at_once_and_next_time_at_once() -> None:
    """Meta's clock decides: 131047 comes although ours says that there is time."""
    async with at_work(window_says="answer") as place:
        place.graph.clock.advance(hours=25)
        heard = place.now - timedelta(minutes=1)
        for n in ("1", "2"):
            assert isinstance(await place.channel.send(place.out(id_=n, heard_at=heard)), Sent)
        assert [call.args["type"] for call in place.graph.calls] == ["text", "template", "template"]
        place.budi.says("halo")
        await sent(place, id_="3", heard_at=place.now)
        assert place.graph.calls[-1].args["type"] == "text"


async def test_when_meta_says_closed_by_a_status_it_is_sent_again_by_a_template() -> None:
    async with at_work() as place:
        place.graph.clock.advance(hours=25)
        heard = place.now - timedelta(minutes=1)
        await sent(place, heard_at=heard)
        await place.graph.hook.idle()
        [status] = [each for each in place.desk.kept if isinstance(each, Status)]
        assert (status.again, status.echo) == (True, "7/3/1")
        await sent(place, heard_at=heard)
        assert [call["type"] for call in place.sent()] == ["text", "template"]


async def test_who_was_never_heard_is_tried_and_meta_decides() -> None:
    async with at_work(window_says="answer") as place:
        place.budi.heard_at.clear()
        await sent(place, heard_at=None)
        assert [call.args["type"] for call in place.graph.calls] == ["text", "template"]


async def test_who_may_send_directly_tries_that_first() -> None:
    async with at_work(direct=True) as place:
        await place.channel.send(place.late("Kabar."))
        await place.channel.send(place.late("Setuju?", "2", choices=choices("Ya", "Tidak")))
        first, second = place.sent()
        assert (first["type"], first["category"]) == ("text", "utility")
        assert (second["type"], "category" in second) == ("template", False)
    async with at_work(direct=True, window_says="answer") as place:
        place.graph.clock.advance(hours=25)
        assert isinstance(await place.channel.send(place.late("Kabar.")), Sent)
        assert [call.args["type"] for call in place.graph.calls] == ["text", "template"]


# ------------------------------------------------------------------------------------- whatever is to be said

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
