"""The door: what is not Meta's is turned away cheaply, what is Meta's is acknowledged when it is stored."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette

from channels import signature
from channels.base import Accepted, Cursor, Inbound, Message, NotStored, Unreadable
from channels.whatsapp import Graph, WhatsApp, read
from tests.whatsapp.bodies import NUMBER, body, message, said, value
from tests.whatsapp.kit import at_work, sent

SECRET = b"0123456789abcdef"
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
HOOK = "http://sapa.example/hooks/whatsapp"


class Door:
    """The hook behind its address; `stored` is what was accepted, `read` the bytes of bodies it took in."""

    def __init__(self, **given: object) -> None:
        self.stored: list[Inbound | Unreadable] = []
        self.full = False
        self.now = NOW
        self.read = 0
        self.channel = WhatsApp(
            Graph("http://127.0.0.1:9", "v26.0", "token"),
            **{
                "secrets": [SECRET],
                "verify_token": "kata-kunci",
                "numbers": [NUMBER],
                "clock": lambda: self.now,
                **given,
            },  # type: ignore[arg-type]
        )

    async def accept(
        self, batch: Sequence[Inbound | Unreadable], cursor: Cursor | None = None
    ) -> list[Accepted]:
        if self.full:
            raise NotStored("disk full")
        self.stored += batch
        return [Accepted.NEW] * len(batch)

    async def post(self, raw: bytes, signed: str | None = None, **headers: str) -> httpx.Response:
        if signed is None:
            signed = "sha256=" + hmac.new(SECRET, raw, hashlib.sha256).hexdigest()

        async def counted() -> AsyncIterator[bytes]:
            for at in range(0, len(raw), 65_536):
                self.read += len(raw[at : at + 65_536])
                yield raw[at : at + 65_536]

        sent = {"X-Hub-Signature-256": signed} if signed else {}
        async with self.client() as client:
            return await client.post(HOOK, content=counted(), headers={**sent, **headers})

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        app = Starlette(routes=list(self.channel.routes(self.accept)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            yield client


async def test_the_address_proves_itself_to_who_knows_the_word() -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": "kata-kunci", "hub.challenge": "1158201444"}
    async with Door().client() as client:
        right = await client.get(HOOK, params=asked)
        assert (right.status_code, right.text) == (200, "1158201444")
        assert right.headers["content-type"].startswith("text/plain")
        assert right.headers["x-content-type-options"] == "nosniff"
        for wrong in (
            {"hub.verify_token": "kata-kunc"},
            {"hub.verify_token": "kätä"},
            {"hub.mode": "unsubscribe"},
        ):
            assert (await client.get(HOOK, params={**asked, **wrong})).status_code == 403
        assert (await client.get(HOOK)).status_code == 403


def test_metas_own_example_is_signed_as_meta_signs() -> None:
    """Secreto31126/whatsapp-api-js#290: only the escaped bytes, as they are on the wire, are right."""
    words = (
        "Let's pretend this body is equal to the message object and can handle unicode characters like "
        "みどりいろ and J'ai mangé des pâtes"
    )
    escaped = json.dumps(words)[1:-1].encode()
    digest = bytes.fromhex("0363007aabdf1ab579f35936651a460fb5fa1aaf40df98b1264446b72cc96688")
    assert signature.is_right(escaped, digest, [b"YOUR_APP_SECRET"])
    assert not signature.is_right(words.encode(), digest, [b"YOUR_APP_SECRET"])


@pytest.mark.parametrize("given", [{"secrets": []}, {"secrets": [b""]}, {"verify_token": ""}])
def test_without_a_secret_there_is_no_door(given: dict[str, object]) -> None:
    """zeptoclaw#317, chatwoot PR#14280: a missing secret meant that everything was believed."""
    with pytest.raises(ValueError, match="secret"):
        Door(**given)


async def test_what_is_signed_is_stored_and_only_then_acknowledged() -> None:
    door = Door()
    assert (await door.post(said("text"))).status_code == 200
    assert [type(each) for each in door.stored] == [Message]
    door.full = True
    refused = await door.post(said("text"))
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
    assert len(door.stored) == 1


async def test_a_changed_secret_is_believed_beside_the_old_one() -> None:
    door = Door(secrets=[b"new", SECRET])
    assert (await door.post(said("text"))).status_code == 200
    digest = hmac.new(b"new", said("text"), hashlib.sha256).hexdigest()
    assert (await door.post(said("text"), f"sha256={digest}")).status_code == 200


@pytest.mark.parametrize(
    "signed", ["", "sha256=", "sha1=00", "sha256=" + "g" * 64, "sha256=" + "0" * 63, "0" * 64]
)
async def test_what_is_not_signed_is_turned_away_unread(signed: str) -> None:
    door = Door()
    assert (await door.post(said("text"), signed)).status_code == 401
    assert (door.stored, door.read) == ([], 0)


WRONG = "sha256=" + "0" * 64


async def test_a_wrong_app_secret_is_seen_until_a_webhook_is_rightly_signed() -> None:
    """Meta sends what was refused again and again: the third for a number of ours says whose fault it is."""
    door = Door()
    for _ in range(3):
        assert door.channel.health().ok
        assert (await door.post(said("text"), WRONG)).status_code == 401
    assert door.stored == []
    health = door.channel.health()
    assert not health.ok
    assert "app_secret" in health.detail
    assert health.since == NOW
    await door.post(said("text"))
    assert door.channel.health().ok


async def test_a_secret_that_changes_at_meta_is_seen_after_rightly_signed_webhooks_too() -> None:
    door = Door()
    await door.post(said("text"))
    for _ in range(3):
        await door.post(said("text"), WRONG)
    assert not door.channel.health().ok
    door.now += timedelta(hours=7)  # nothing came since: it says nothing any more
    assert door.channel.health().ok


@pytest.mark.parametrize("before", [0, 1])
async def test_a_stranger_who_signs_wrongly_turns_nothing_red(before: int) -> None:
    """Anybody may POST; the ids of our numbers are known to Meta and to us alone."""
    door = Door()
    for _ in range(before):
        await door.post(said("text"))
    for guess in (b"{}", said("text").replace(NUMBER.encode(), b"15550001111"), b"x" * 1000) * 5:
        assert (await door.post(guess, WRONG)).status_code == 401
    health = door.channel.health()
    assert health.ok
    assert health.figures["refused"] == 15
    if not before:
        assert "15 calls that Meta did not sign" in health.detail


async def test_giants_are_turned_away_unread_or_half_read() -> None:
    giant = b" " * (9 * 1024 * 1024)
    door = Door()
    assert (await door.post(giant, **{"Content-Length": str(len(giant))})).status_code == 413
    assert door.read == 0
    assert (await door.post(giant)).status_code == 413  # in chunks, its length untold
    assert door.read < 5 * 1024 * 1024
    assert (await door.post(b"x", **{"Content-Length": "many"})).status_code == 413
    assert door.stored == []


async def test_three_megabytes_are_taken() -> None:
    door = Door()
    raw = body(*(value(messages=[message(n, "text", {"body": "x" * 3000})]) for n in range(1000)))
    assert len(raw) > 3 * 1024 * 1024
    assert (await door.post(raw)).status_code == 200
    assert len(door.stored) == 1000
    assert sum(len(each.raw) for each in door.stored) < 2 * len(raw)


async def test_what_is_signed_and_no_webhook_is_kept_and_acknowledged() -> None:
    """Retries would never help."""
    door = Door()
    assert (await door.post(b"<xml/>")).status_code == 200
    [kept] = door.stored
    assert isinstance(kept, Unreadable)
    assert (kept.raw, kept.sent_at) == (b"<xml/>", NOW)
    assert (await door.post(b"{}")).status_code == 200
    assert len(door.stored) == 1


async def test_trouble_of_the_account_is_red_until_a_day_has_passed() -> None:
    door = Door()
    assert door.channel.health().detail == "no webhook since the start"
    await door.post(body(value(errors=[{"code": 131031, "title": "Account locked"}])))
    health = door.channel.health()
    assert (health.ok, "locked" in health.detail, health.since) == (False, True, NOW)
    door.now += timedelta(hours=25)
    assert door.channel.health().ok


async def test_what_meta_warns_of_stays_to_be_seen_while_messages_leave() -> None:
    """A paused template was red until the next answer left: on a busy number nobody ever saw it."""
    async with at_work() as place:
        webhook = read(body(value(errors=[{"code": 131031, "title": "Account locked"}])))
        paused = {"event": "PAUSED", "message_template_name": "sapa_kabar", "message_template_language": "id"}
        warning = read(body(value(**paused), field="message_template_status_update"))
        place.channel._wellbeing.came([*webhook, *warning], place.now)
        assert "locked" in place.channel.health().detail
        await sent(place, "Baik")
        told = place.channel.health()
        assert (told.ok, "sapa_kabar" in told.detail, "locked" in told.detail) == (False, True, False)


async def test_a_number_that_the_settings_do_not_name_is_answered_and_seen() -> None:
    door = Door()
    other = {**value(messages=[message(1)]), "metadata": {"phone_number_id": "999"}}
    await door.post(body(other))
    assert door.stored[0].account == "999"
    assert "999" in door.channel.health().detail


async def test_a_token_that_was_revoked_is_seen_before_anybody_waits() -> None:
    async with at_work() as place:
        await place.channel.look()
        assert place.channel.health().ok
        place.graph.token, right = "another", place.graph.token
        await place.channel.look()
        assert "permanent one" in place.channel.health().detail
        await place.graph.stop()
        await place.channel.look()  # that Meta cannot be reached says nothing new
        assert not place.channel.health().ok
        await place.graph.start()
        place.graph.token = right
        await place.channel.look()
        assert place.channel.health().ok
