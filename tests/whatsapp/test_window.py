"""The 24 hours: by whose clock, what leaves after them, and what waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels.base import Refused, Retry, Sent, Status
from channels.whatsapp import Templates
from tests.whatsapp.kit import PHOTO, TEMPLATES, at_work, choices, sent


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
