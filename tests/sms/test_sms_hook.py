"""The hook: only the gateway comes in, cheaply; what it brings is stored before it hears so."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers

from channels.base import Message, Unreadable
from channels.sms import Fields, Hook, Sms
from channels.sms.door import Door
from tests.sms.kit import OURS, SECRET, Store, gateway, hooked

SAID = {"from": "081234567890", "to": OURS, "text": "halo", "id": "m1"}
SHOWN = {"X-Sapa-Secret": SECRET}


def sms(hook: Hook | None = None, **more: Any) -> Sms:
    return Sms(gateway(hook=hook, **more), secret=SECRET, key="k", url="https://sapa.example/hooks/sms")


async def test_a_message_is_stored_before_the_gateway_hears_so() -> None:
    store = Store()
    async with hooked(sms(Hook(answer="OK", answer_type="text/xml", answer_status=202)), store) as client:
        answer = await client.post("/hooks/sms", data=SAID, headers=SHOWN)
    assert (answer.status_code, answer.text) == (202, "OK")
    assert answer.headers["content-type"].startswith("text/xml")
    (kept,) = store.kept
    assert isinstance(kept, Message)
    assert kept.text == "halo"


async def test_a_gateway_that_calls_by_get() -> None:
    store = Store()
    async with hooked(sms(), store) as client:
        assert (await client.get("/hooks/sms", params=SAID, headers=SHOWN)).status_code == 200
    (kept,) = store.kept
    assert kept.raw == b"?" + urlencode(SAID).encode()


async def test_what_could_not_be_stored_is_tried_again() -> None:
    store = Store(broken=True)
    async with hooked(sms(), store) as client:
        answer = await client.post("/hooks/sms", data=SAID, headers=SHOWN)
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
        store.broken = False
        assert (await client.post("/hooks/sms", data=SAID, headers=SHOWN)).status_code == 200
        assert (await client.post("/hooks/sms", data=SAID, headers=SHOWN)).status_code == 200
    assert len(store.kept) == 1


async def test_what_nobody_can_read_is_taken_and_put_aside() -> None:
    """The gateway would repeat it for days, and it would be as unreadable then."""
    store = Store()
    async with hooked(sms(), store) as client:
        answer = await client.post("/hooks/sms", content=b'{"from": ', headers=SHOWN)
    assert answer.status_code == 200
    assert isinstance(store.kept[0], Unreadable)
    assert store.kept[0].raw == b'{"from": '


async def test_a_try_without_words_stores_nothing() -> None:
    store = Store()
    async with hooked(sms(), store) as client:
        assert (await client.get("/hooks/sms", headers=SHOWN)).status_code == 200
        assert (await client.post("/hooks/sms", json=[], headers=SHOWN)).status_code == 200
        assert (await client.head("/hooks/sms", params=SAID, headers=SHOWN)).status_code == 405
    assert store.calls == 0


# ------------------------------------------------------------------------------------------ the secret shown


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Sapa-Secret": ""},
        {"X-Sapa-Secret": SECRET + "x"},
        {"X-Sapa-Secret": SECRET[:-1]},
        {"X-Sapa-Secret": "é"},
        {"Authorization": f"Bearer {SECRET}"},
    ],
    ids=["none", "empty", "longer", "shorter", "not ascii", "elsewhere"],
)
async def test_without_the_secret_nobody_comes_in(headers: dict[str, str]) -> None:
    store, channel = Store(), sms()
    sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    async with hooked(channel, store) as client:
        for answer in (
            await client.post("/hooks/sms", data=SAID, headers=sent),
            await client.get("/hooks/sms", params={**SAID, "X-Sapa-Secret": SECRET}, headers=sent),
        ):
            assert answer.status_code == 401
            assert SECRET not in answer.text
    assert store.calls == 0
    assert "turned away" in channel.health().detail
    assert channel.health().ok, "whoever knocks turns nothing red"


async def test_two_secrets_are_none() -> None:
    async with hooked(sms(), Store()) as client:
        twice = [(b"X-Sapa-Secret", SECRET.encode()), (b"X-Sapa-Secret", b"other")]
        assert (await client.post("/hooks/sms", data=SAID, headers=twice)).status_code == 401


async def test_a_secret_in_the_query_is_not_kept() -> None:
    store = Store()
    async with hooked(sms(Hook(proof="query", name="token")), store) as client:
        right = {**SAID, "token": SECRET}
        assert (await client.get("/hooks/sms", params=right)).status_code == 200
        assert (await client.post("/hooks/sms", data=SAID, params={"token": SECRET})).status_code == 200
        assert (await client.get("/hooks/sms", params={**SAID, "token": "wrong"})).status_code == 401
        assert (await client.get(f"/hooks/sms?token={SECRET}&token=x", params=None)).status_code == 401
        assert (await client.post("/hooks/sms", data=right)).status_code == 401, (
            "in the body it is not looked for"
        )
    assert len(store.kept) == 1
    assert SECRET.encode() not in store.kept[0].raw
    assert b"text=halo" in store.kept[0].raw


async def test_basic_login() -> None:
    login = "gateway:open-sesame-now"
    channel = Sms(gateway(hook=Hook(proof="basic")), secret=login)
    async with hooked(channel, Store()) as client:
        right = "Basic " + base64.b64encode(login.encode()).decode()
        assert (
            await client.post("/hooks/sms", data=SAID, headers={"Authorization": right})
        ).status_code == 200
        for wrong in (
            "Basic !!!",
            "Basic",
            "Bearer " + right[6:],
            "Basic " + base64.b64encode(b"gateway:x").decode(),
        ):
            answer = await client.post("/hooks/sms", data=SAID, headers={"Authorization": wrong})
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic")


# --------------------------------------------------------------------------------------------- signatures

SIGNED = Hook(
    proof="signature", name="X-Signature", prefix="sha256=", timestamp="X-Time", signed="{timestamp}.{body}"
)


def signed(body: bytes, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    words = stamp.encode() + b"." + body
    return {
        "X-Time": stamp,
        "X-Signature": "sha256=" + hmac.new(secret.encode(), words, hashlib.sha256).hexdigest(),
        "Content-Type": "application/x-www-form-urlencoded",
    }


async def test_only_what_is_signed_and_fresh_comes_in() -> None:
    store = Store()
    body = urlencode(SAID).encode()
    good = signed(body)
    async with hooked(sms(SIGNED), store) as client:

        async def said(headers: dict[str, str], content: bytes = body) -> int:
            return (await client.post("/hooks/sms", content=content, headers=headers)).status_code

        assert await said(good) == 200
        assert store.calls == 1
        assert await said(good, body + b" ") == 401
        assert await said({**good, "X-Signature": "sha256=" + "0" * 64}) == 401
        assert await said({**good, "X-Signature": good["X-Signature"].removeprefix("sha256=")}) == 401
        assert await said({"X-Time": good["X-Time"]}) == 401
        assert await said(signed(body, secret="another secret!")) == 401
        assert await said(signed(body, time.time() - 301)) == 401, "an old call, played again"
        assert await said(signed(body, time.time() + 301)) == 401
        assert await said({**good, "X-Time": str(int(good["X-Time"]) + 1)}) == 401
        assert await said({**good, "X-Time": "soon"}) == 401
        assert await said({name: each for name, each in good.items() if name != "X-Time"}) == 401
    assert store.calls == 1


async def test_a_query_under_a_signature_of_the_body_alone_is_not_believed() -> None:
    """The signature of an empty body is always the same: with it anybody could write anything."""
    store = Store()
    async with hooked(sms(SIGNED), store) as client:
        answer = await client.get("/hooks/sms", params=SAID, headers=signed(b""))
        assert answer.status_code == 400
    assert store.calls == 0


def test_a_signature_over_address_and_fields() -> None:
    """A vector that others have published for this way of signing."""
    hook = Hook(proof="signature", name="X-S", algorithm="sha1", encoding="base64", signed="{url}{form}")
    door = Door(hook, "12345", "https://mycompany.com/myapp.php")
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "From": "+12349013030",
        "To": "+18005551212",
        "Caller": "+12349013030",
        "Digits": "1234",
    }
    body, query = urlencode(fields).encode(), b"foo=1&bar=2"
    headers = Headers({"X-S": "0/KCTR6DLpKmkAf8muzZqo1nDgQ="})
    assert door.shows(headers, query)
    assert door.signed(headers, query, body, time.time())
    assert not door.signed(headers, b"foo=1", body, time.time())
    assert not door.signed(headers, query, body + b"&Digits=5", time.time())
    assert not door.signed(Headers({"X-S": "0/KCTR6DLpKmkAf8muzZqo1nDgQ"}), query, body, time.time())


@settings(max_examples=150)
@given(
    headers=st.dictionaries(
        st.sampled_from(["X-Signature", "X-Time", "Authorization", "X-Sapa-Secret"]),
        st.text(st.characters(max_codepoint=255, exclude_characters="\0"), max_size=60),
    ),
    query=st.binary(max_size=60),
    body=st.binary(max_size=60),
    hook=st.sampled_from(
        [
            SIGNED,
            Hook(),
            Hook(proof="query", name="t"),
            Hook(proof="basic"),
            Hook(proof="signature", name="X-Signature", encoding="base64", signed="{url}{form}"),
        ]
    ),
)
def test_no_bytes_open_the_door_or_break_it(
    headers: dict[str, str], query: bytes, body: bytes, hook: Hook
) -> None:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    door = Door(hook, SECRET, "https://sapa.example/hooks/sms")
    told = Headers(raw=raw)
    assert not (door.shows(told, query) and (not door.signs or door.signed(told, query, body, time.time())))


def test_there_is_no_door_without_a_secret() -> None:
    with pytest.raises(ValueError, match="everybody"):
        Door(Hook(), "")


# ------------------------------------------------------------------------------------------------- giants


async def test_a_giant_is_refused_before_it_is_read() -> None:
    store = Store()
    read = 0

    async def giant() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(10_000):
            read += 1024
            yield b"x" * 1024

    async with hooked(sms(Hook(max_body=4096)), store) as client:
        told = await client.post("/hooks/sms", content=b"", headers={**SHOWN, "Content-Length": "9" * 30})
        assert told.status_code == 413
        assert (await client.post("/hooks/sms", content=b"x" * 5000, headers=SHOWN)).status_code == 413
        assert (await client.post("/hooks/sms", content=giant(), headers=SHOWN)).status_code == 413
        unknown = await client.post("/hooks/sms", content=giant(), headers={"X-Sapa-Secret": "wrong"})
        assert unknown.status_code == 401
    assert store.calls == 0


async def test_one_call_counts_in_the_figures() -> None:
    channel = sms(fields=Fields(items="all", time="time"))
    async with hooked(channel, Store()) as client:
        batch = {"all": [SAID, {**SAID, "id": "m2"}, {"id": "g", "status": "delivered"}, {"nothing": 1}]}
        await client.post("/hooks/sms", json=batch, headers=SHOWN)
    told = channel.health().figures
    assert (told["received"], told["reports"], told["not_understood"]) == (2, 1, 1)
