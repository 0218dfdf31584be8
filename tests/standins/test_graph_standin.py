"""Graph's stand-in against an independent client, pywa, and against what the facts say of Meta."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pywa.errors import (
    ExpiredAccessToken,
    InvalidParameter,
    TemplateNotExists,
    TooManyMessages,
    WhatsAppError,
)
from pywa_async import WhatsApp, types

from .faults import Fails, Lost
from .graph import JPEG, Graph, Ladder, signature
from .webhooks import Receiver


class ToTheStandIn(httpx.AsyncHTTPTransport):
    """pywa's base URL is hard-coded: its calls are led to the stand-in here."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(verify=False)
        self._port = graph.port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return await super().handle_async_request(request)


@asynccontextmanager
async def at_work(**given: Any) -> AsyncIterator[tuple[Graph, Receiver]]:
    async with Graph(scale=0.001, **given) as graph, Receiver(graph.verify_token) as ours:
        await graph.subscribe(ours.url)
        yield graph, ours


@asynccontextmanager
async def pywa(graph: Graph) -> AsyncIterator[WhatsApp]:
    async with httpx.AsyncClient(transport=ToTheStandIn(graph)) as session:
        yield WhatsApp(
            phone_id=graph.number.id,
            token=graph.token,
            session=session,
            server=None,
            api_version=23.0,
            waba_id=graph.waba,
        )


def values(ours: Receiver) -> list[dict[str, Any]]:
    return [change["value"] for post in ours.posts for e in post.json()["entry"] for change in e["changes"]]


def statuses(ours: Receiver, wamid: str) -> list[str]:
    told = [s for value in values(ours) for s in value.get("statuses", ())]
    return [s["status"] for s in told if s["id"] == wamid]


async def test_a_talk_with_buttons_and_a_list_through_pywa() -> None:
    async with at_work() as (graph, ours), pywa(graph) as wa:
        budi = graph.person("Budi Santoso")
        said = budi.says("Siang, minyaknya bocor é 👍")
        await graph.hook.idle()
        update = types.Message.from_update(wa, ours.posts[0].json())
        assert (update.text, update.id, update.from_user.wa_id) == (
            "Siang, minyaknya bocor é 👍",
            said,
            budi.phone,
        )
        assert update.from_user.bsuid == budi.user_id
        buttons = [types.Button("Ya, betul", "m:yes"), types.Button("Bukan", "m:no")]
        sent = await wa.send_message(budi.phone, "Betul bocor?", buttons=buttons, tracker="outbox-7")
        asked = await budi.hears("bocor")
        assert asked.labels == ["Ya, betul", "Bukan"]
        budi.presses(asked, "Ya, betul")
        budi.reads()
        await graph.hook.idle()
        pressed = types.CallbackButton.from_update(wa, ours.posts[-2].json())
        assert (pressed.data, pressed.title) == ("m:yes", "Ya, betul")
        assert statuses(ours, sent.id) == ["sent", "delivered", "read"]
        read = types.MessageStatus.from_update(wa, ours.posts[-1].json())
        assert (read.id, read.tracker) == (sent.id, "outbox-7")
        rows = [types.SectionRow("Barang rusak", "m:rusak"), types.SectionRow("Barang kurang", "m:kurang")]
        menu = types.SectionList("Pilih", [types.Section("Keluhan", rows)])
        await wa.send_message(budi.phone, "Soal apa?", buttons=menu)
        budi.picks(await budi.hears("Soal apa?"), "Barang kurang")
        await graph.hook.idle()
        assert types.CallbackSelection.from_update(wa, ours.posts[-1].json()).data == "m:kurang"
        await wa.mark_message_as_read(said)
        assert graph.business.read == [said]


async def test_media_goes_both_ways_and_its_url_dies_after_five_minutes() -> None:
    async with at_work() as (graph, ours), pywa(graph) as wa:
        budi = graph.person("Budi")
        budi.sends_photo(JPEG + b"1", "rusak")
        await graph.hook.idle()
        told = values(ours)[0]["messages"][0]["image"]
        assert base64.b64decode(told["sha256"]) == hashlib.sha256(JPEG + b"1").digest()
        found = await wa.get_media_url(told["id"])
        assert found.sha256 == hashlib.sha256(JPEG + b"1").hexdigest()
        assert await wa.get_media_bytes(found.url) == JPEG + b"1"
        async with httpx.AsyncClient(verify=False) as nobody:
            assert (await nobody.get(found.url)).status_code == 401
        graph.clock.advance(seconds=301)
        with pytest.raises((WhatsAppError, httpx.HTTPStatusError, ValueError)):
            await wa.get_media_bytes(found.url)
        assert (await wa.get_media_url(told["id"])).url != found.url, "a fresh one can be had"
        graph.clock.advance(hours=24 * 7)
        with pytest.raises(WhatsAppError):
            await wa.get_media_url(told["id"])
        budi.says("masih ada?")
        await wa.send_image(budi.phone, JPEG + b"2", mime_type="image/jpeg", caption="Contoh")
        got = await budi.hears("Contoh")
        assert (got.kind, got.file) == ("image", JPEG + b"2")


async def test_the_limits_are_meta_s() -> None:
    async with at_work() as (graph, _), httpx.AsyncClient(verify=False) as client:
        budi = graph.person("Budi")
        budi.says("halo")

        async def send(**body: Any) -> httpx.Response:
            return await client.post(
                f"{graph.url}/v26.0/{graph.number.id}/messages",
                json={"messaging_product": "whatsapp", "to": budi.phone, **body},
                headers={"Authorization": f"Bearer {graph.token}"},
            )

        def buttons(*titles: str) -> dict[str, Any]:
            replies = [{"type": "reply", "reply": {"id": f"m:{n}", "title": t}} for n, t in enumerate(titles)]
            interactive = {"type": "button", "body": {"text": "?"}, "action": {"buttons": replies}}
            return {"type": "interactive", "interactive": interactive}

        def rows(count: int, title: str = "Baris", body: str = "?") -> dict[str, Any]:
            each = [{"id": f"m:{n}", "title": title, "description": "x" * 72} for n in range(count)]
            action = {"button": "Pilih", "sections": [{"rows": each}]}
            interactive = {"type": "list", "body": {"text": body}, "action": action}
            return {"type": "interactive", "interactive": interactive}

        good: list[dict[str, Any]] = [
            {"type": "text", "text": {"body": "x" * 4096}},
            buttons("a" * 20, "b", "c"),
            rows(10, "t" * 24, "b" * 1024),
        ]
        for body in good:
            assert (await send(**body)).status_code == 200, body
        bad: list[dict[str, Any]] = [
            {"type": "text", "text": {"body": "x" * 4097}},
            {"type": "text"},
            {"type": "hologram", "hologram": {}},
            buttons("a" * 21),
            buttons("a", "b", "c", "d"),
            buttons("a", "a"),
            rows(11),
            rows(1, "t" * 25),
            rows(1, body="b" * 1025),
        ]
        for body in bad:
            refused = await send(**body)
            assert refused.status_code == 400, body
            error = refused.json()["error"]
            assert error["code"] in (131008, 131009)
            assert error["error_data"]["details"]
        gone = await send(to="", recipient=budi.user_id, type="text", text={"body": "lewat BSUID"})
        assert gone.json()["contacts"] == [{"input": budi.user_id, "user_id": budi.user_id}]
        assert budi.texts[-1] == "lewat BSUID"


async def test_a_closed_window_lets_templates_through_only() -> None:
    async with at_work() as (graph, ours), pywa(graph) as wa:
        budi = graph.person("Budi")
        budi.says("halo")
        graph.clock.advance(hours=26)
        late = await wa.send_message(budi.phone, "masih di sana?")
        await graph.hook.idle()
        assert statuses(ours, late.id) == ["failed"]
        failed = [s for value in values(ours) for s in value.get("statuses", ())][-1]
        assert failed["errors"][0]["code"] == 131047
        graph.window_says = "answer"
        with pytest.raises(WhatsAppError, match="131047") as refused:
            await wa.send_message(budi.phone, "masih di sana?")
        assert refused.value.code == 131047
        update = types.templates.TemplateLanguage.INDONESIAN
        with pytest.raises(TemplateNotExists):
            await wa.send_template(budi.phone, "kabar_tiket", update, [])
        graph.template("kabar_tiket", "Halo Kak, ada kabar: {{1}}")
        said = types.templates.BodyText("Halo Kak, ada kabar: {{1}}", "x").params("sedang dicek")
        await wa.send_template(budi.phone, "kabar_tiket", update, [said])
        assert (await budi.hears("kabar")).text == "Halo Kak, ada kabar: sedang dicek"
        assert [t.name for t in await wa.get_templates()] == ["kabar_tiket"]
        budi.says("oh, ya")
        await wa.send_message(budi.phone, "terima kasih")
        assert budi.texts[-1] == "terima kasih"


async def test_faults_come_in_meta_s_shape_and_a_lost_answer_was_sent() -> None:
    async with at_work(pair_seconds=6, pair_burst=4) as (graph, ours), pywa(graph) as wa:
        budi = graph.person("Budi")
        budi.says("halo")
        graph.faults.next("messages", Fails(400, code=131026))
        graph.faults.next("messages", Fails(503))
        for _ in range(2):
            with pytest.raises(WhatsAppError):
                await wa.send_message(budi.phone, "gagal")
        graph.faults.next("messages", Lost())
        with pytest.raises(httpx.HTTPError):
            await wa.send_message(budi.phone, "hilang", tracker="outbox-9")
        await graph.hook.idle()
        told = [s for value in values(ours) for s in value.get("statuses", ())]
        assert {s["biz_opaque_callback_data"] for s in told} == {"outbox-9"}
        for _ in range(3):
            await wa.send_message(budi.phone, "lagi")
        with pytest.raises(TooManyMessages):
            await wa.send_message(budi.phone, "lagi")
        budi.unreachable = 131026
        with pytest.raises(InvalidParameter):
            await wa.send_message(budi.phone, "x" * 4097)
        graph.token = "another"
        with pytest.raises(ExpiredAccessToken):
            await wa.send_message(budi.phone, "x")


async def test_webhooks_are_signed_over_the_escaped_bytes_and_come_until_200() -> None:
    words = "Let's pretend this body is equal to the message object and can handle unicode characters like "
    words += "みどりいろ and J'ai mangé des pâtes"
    vector = json.dumps(words)[1:-1].encode()
    expected = "0363007aabdf1ab579f35936651a460fb5fa1aaf40df98b1264446b72cc96688"
    assert signature("YOUR_APP_SECRET", vector) == f"sha256={expected}"
    async with at_work() as (graph, ours):
        ours.answers = [503, 204, 200]
        graph.hook.unseen = 1
        graph.person("Budi").says("café @ 100%/hari")
        await graph.hook.idle()
        assert len({post.body for post in ours.posts}) == 1
        assert [status for status, _ in graph.hook.pushed] == [503, 204, 200, 200]
        body = ours.posts[0].body
        assert rb"caf\u00e9 \u0040 100%\/hari" in body
        theirs = ours.posts[0].headers["x-hub-signature-256"]
        mac = hmac.new(graph.app_secret.encode(), body, hashlib.sha256).hexdigest()
        assert theirs == f"sha256={mac}"
        graph.hook.secret = ""
        graph.hook.tell_raw(b"{")
        await graph.hook.idle()
        assert "x-hub-signature-256" not in ours.posts[-1].headers


async def test_batches_mix_everything_and_lose_nothing() -> None:
    async with at_work() as (graph, ours):
        budi, sri = graph.person("Budi"), graph.person("Sri", number=graph.add_number("77", "62215077"))
        graph.hook.batch, graph.hook.chance = 7, random.Random(4)
        with graph.hook.together():
            said = [each.says(f"{each.name} {n}") for n in range(10) for each in (budi, sri)]
            budi.changes_user_id()
            graph.echoes(sri, "Kami telepon, ya")
            graph.tells_account_error()
        await graph.hook.idle()
        assert len(ours.posts) == 1
        entries = ours.posts[0].json()["entry"]
        assert len(entries) > 1
        assert any(len(e["changes"]) > 1 for e in entries)
        found = values(ours)
        assert any(len(v.get("messages", ())) > 1 for v in found)
        ids = [m["id"] for v in found for m in v.get("messages", ()) if m["type"] == "text"]
        assert sorted(ids) == sorted(said)
        for value in found:
            for message in value.get("messages", ()):
                if message["type"] == "text":
                    sender = budi if value["metadata"]["phone_number_id"] == graph.number.id else sri
                    assert message["text"]["body"].startswith(sender.name)
        assert sum(len(v.get("errors", ())) + len(v.get("message_echoes", ())) for v in found) == 2


async def test_who_somebody_is_changes_and_the_phone_may_be_missing() -> None:
    async with at_work() as (graph, ours):
        budi = graph.person("Budi")
        budi.shows_phone = False
        budi.says("tanpa nomor")
        await graph.hook.idle()
        value = values(ours)[0]
        assert "from" not in value["messages"][0]
        assert value["messages"][0]["from_user_id"] == value["contacts"][0]["user_id"] == budi.user_id
        old_phone, old_id = budi.phone, budi.user_id
        budi.shows_phone = True
        budi.changes_number("6281299990000")
        await graph.hook.idle()
        told = values(ours)[-1]
        assert "contacts" not in told
        system, new_id = told["messages"][0], budi.user_id
        assert (system["from"], system["from_user_id"]) == (old_phone, old_id)
        graph.tells_user_id_update = True
        budi.changes_user_id()
        await graph.hook.idle()
        (update,) = values(ours)[-1]["user_id_update"]
        assert update["user_id"]["current"] == budi.user_id
        assert (system["system"]["wa_id"], system["system"]["user_id"]) == ("6281299990000", new_id)


async def test_the_ladder_may_skip_a_step_or_come_in_disorder() -> None:
    async with at_work() as (graph, ours), pywa(graph) as wa:
        budi = graph.person("Budi")
        budi.says("halo")
        budi.reads_at_once = True
        graph.ladder = Ladder(skips_delivered=True)
        sent = await wa.send_message(budi.phone, "satu")
        await graph.hook.idle()
        assert statuses(ours, sent.id) == ["sent", "read"]
        graph.ladder = Ladder(disorder=random.Random(1))
        sent = await wa.send_message(budi.phone, "dua")
        await graph.hook.idle()
        told = statuses(ours, sent.id)
        assert sorted(told) == ["delivered", "read", "sent"]
        assert told[0] != "sent"
        budi.goes_offline()
        sent = await wa.send_message(budi.phone, "tiga")
        await graph.hook.idle()
        assert statuses(ours, sent.id) == ["sent"]
        budi.comes_online()
        await graph.hook.idle()
        assert statuses(ours, sent.id)[-1] == "read"
