"""The web chat over HTTP, against a real server: what is taken, refused, shown, and to whom."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from channels.base import Message, Pressed
from channels.webchat import Rate, Rates, page
from tests.web.double import Memory, Server, serving

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as running:
        yield running


@pytest.fixture
async def browser(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, headers=OWN, timeout=10) as client:
        await client.get("/chat")
        yield client


async def send(client: httpx.AsyncClient, text: str, client_id: str = "", **more: Any) -> httpx.Response:
    body = {"client_msg_id": client_id or str(uuid.uuid4()), "text": text, **more}
    return await client.post("/chat/messages", json=body)


async def test_page_runs_nothing_inline_and_nothing_from_elsewhere(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/chat")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert re.findall(r"<script(?![^>]*\ssrc=)", answer.text) == []
    assert "<style" not in answer.text
    assert re.findall(r'\s(?:style|on\w+)="', answer.text) == []
    assert re.findall(r'(?:src|href|action)="(?!/|#)', answer.text) == []


async def test_cookie_is_a_long_secret_no_script_can_read(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        first = (await client.get("/chat")).headers["set-cookie"]
        client.cookies.clear()
        second = (await client.get("/chat")).headers["set-cookie"]
    secret = re.match(r"sapa_visitor=([\w-]{43});", first)
    assert secret
    assert "httponly" in first.lower()
    assert "samesite=lax" in first.lower()
    assert secret[1] not in second


async def test_thread_key_is_not_the_secret(server: Server, browser: httpx.AsyncClient) -> None:
    await send(browser, "halo")
    (inbound,) = server.memory.inbound
    assert browser.cookies["sapa_visitor"] not in repr(inbound)
    assert re.fullmatch(r"[0-9a-f]{64}", inbound.thread)


async def test_message_is_stored_before_it_is_acknowledged(
    server: Server, browser: httpx.AsyncClient
) -> None:
    client_id = str(uuid.uuid4())
    answer = await send(browser, "  2 dus kurang\r\nINV-2611-0457 ", client_id)
    assert (answer.status_code, answer.json()) == (200, {"client_msg_id": client_id})
    (inbound,) = server.memory.inbound
    assert isinstance(inbound, Message)
    assert inbound.text == "2 dus kurang\nINV-2611-0457"
    assert inbound.external_id == f"{inbound.thread}/{client_id}"
    assert json.loads(inbound.raw)["client_msg_id"] == client_id


async def test_repeat_is_acknowledged_again_and_stored_once(
    server: Server, browser: httpx.AsyncClient
) -> None:
    client_id = str(uuid.uuid4())
    for _ in range(3):
        assert (await send(browser, "halo", client_id)).status_code == 200
    assert len(server.memory.inbound) == 1


async def test_not_stored_is_not_acknowledged(server: Server, browser: httpx.AsyncClient) -> None:
    server.memory.failing = 1
    client_id = str(uuid.uuid4())
    refused = await send(browser, "halo", client_id)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert (await send(browser, "halo", client_id)).status_code == 200
    assert len(server.memory.inbound) == 1


async def test_lost_acknowledgement_does_not_double_the_message(
    server: Server, browser: httpx.AsyncClient
) -> None:
    server.memory.lost = 1
    client_id = str(uuid.uuid4())
    assert (await send(browser, "halo", client_id)).status_code == 503
    assert (await send(browser, "halo", client_id)).status_code == 200
    assert len(server.memory.inbound) == 1


async def test_nobody_can_spend_another_visitors_id(server: Server, browser: httpx.AsyncClient) -> None:
    client_id = str(uuid.uuid4())
    async with httpx.AsyncClient(base_url=server.url) as other:
        await other.get("/chat")
        await send(other, "milik orang lain", client_id)
    await send(browser, "milik saya", client_id)
    assert [one.text for one in server.memory.inbound if isinstance(one, Message)] == [
        "milik orang lain",
        "milik saya",
    ]


async def test_button_is_a_press_and_not_words(server: Server, browser: httpx.AsyncClient) -> None:
    await send(browser, "", value="yes", label="Ya, betul", of="2")
    (inbound,) = server.memory.inbound
    assert isinstance(inbound, Pressed)
    assert (inbound.value, inbound.label, inbound.of) == ("yes", "Ya, betul", "2")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://jahat.example"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
async def test_post_from_another_site_is_refused(server: Server, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        await client.get("/chat")
        body = {"client_msg_id": str(uuid.uuid4()), "text": "x"}
        answer = await client.post("/chat/messages", json=body, headers=headers)
        form = await client.post("/chat", files={"text": (None, "x")}, headers=headers)
    assert answer.status_code == 403
    assert form.status_code == 403
    assert server.memory.inbound == []


async def test_without_a_cookie_nothing_is_stored_and_one_is_given(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        first = await send(client, "halo")
        assert first.status_code == 401
        assert "sapa_visitor" in first.headers["set-cookie"]
        assert server.memory.inbound == []
        assert (await send(client, "halo")).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed"),
        (b"[]", "malformed"),
        (b'{"text": 1}', "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"text": "x"}', "bad_id"),
        (b'{"client_msg_id": "1", "text": "x"}', "bad_id"),
        (b'{"client_msg_id": "6f1c2f9e-7a53-4c6e-9a70-0f6b8a1d2c3e", "text": " "}', "empty"),
        (b'{"client_msg_id": "6f1c2f9e-7a53-4c6e-9a70-0f6b8a1d2c3e", "text": "\\ud83d"}', "malformed"),
    ],
)
async def test_body_that_is_none_is_refused_with_a_word(
    server: Server, browser: httpx.AsyncClient, body: bytes, code: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await browser.post("/chat/messages", content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"] == code
    assert answer.json()["words"]
    assert server.memory.inbound == []


async def test_ten_thousand_characters_are_taken_and_one_more_is_not(
    server: Server, browser: httpx.AsyncClient
) -> None:
    assert (await send(browser, "😀" * 10_000)).status_code == 200
    refused = await send(browser, "x" * 10_001)
    assert (refused.status_code, refused.json()["error"]) == (413, "too_long")
    assert "10.000" in refused.json()["words"]


@pytest.mark.parametrize("as_form", [False, True])
async def test_ten_megabytes_of_text_are_refused_with_a_clear_word(
    server: Server, browser: httpx.AsyncClient, as_form: bool
) -> None:
    text = "x" * 10_000_000
    if as_form:
        parts = {"client_msg_id": (None, str(uuid.uuid4())), "text": (None, text)}
        refused = await browser.post("/chat/messages", files=parts)
    else:
        refused = await send(browser, text)
    assert (refused.status_code, refused.json()["error"]) == (413, "too_long")
    assert server.memory.inbound == []
    assert (await send(browser, "masih hidup")).status_code == 200


async def upload(client: httpx.AsyncClient, *files: tuple[str, bytes], text: str = "") -> httpx.Response:
    parts: list[tuple[str, Any]] = [
        ("client_msg_id", (None, str(uuid.uuid4()))),
        ("text", (None, text)),
        *(("files", (name, content, "image/jpeg")) for name, content in files),
    ]
    return await client.post("/chat/messages", files=parts)


async def test_photo_comes_back_only_to_the_one_who_sent_it(
    server: Server, browser: httpx.AsyncClient
) -> None:
    assert (await upload(browser, ("../../kardus.jpg", PNG), text="fotonya")).status_code == 200
    (item, *_) = (await browser.get("/chat/items?after=0")).json()["items"]
    (file,) = item["files"]
    assert file["name"] == "kardus.png"
    assert file["image"] is True
    mine = await browser.get(file["url"])
    assert mine.content == PNG
    assert mine.headers["content-type"] == "image/png"
    assert mine.headers["content-disposition"].startswith("inline")
    assert mine.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in mine.headers["content-security-policy"]
    async with httpx.AsyncClient(base_url=server.url) as other:
        assert (await other.get(file["url"])).status_code == 404
        await other.get("/chat")
        assert (await other.get(file["url"])).status_code == 404


async def test_document_is_never_opened_in_the_page(server: Server, browser: httpx.AsyncClient) -> None:
    await upload(browser, ("nota.txt", b"dua dus minyak"))
    (item, *_) = (await browser.get("/chat/items?after=0")).json()["items"]
    served = await browser.get(item["files"][0]["url"])
    assert served.headers["content-type"] == "application/octet-stream"
    assert served.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("foto.jpg", b"<!doctype html><script>alert(1)</script>"),
        ("foto.jpg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("foto.jpg", b"MZ\x90\0\x03\0\0\0"),
        ("foto.jpg", b"PK\x03\x04 not an archive"),
        ("foto.jpg", b"#!/bin/sh\0rm"),
    ],
)
async def test_file_is_known_by_its_content_not_its_name(
    server: Server, browser: httpx.AsyncClient, name: str, content: bytes
) -> None:
    refused = await upload(browser, (name, content))
    assert (refused.status_code, refused.json()["error"]) == (415, "unknown_kind")
    assert name in refused.json()["words"]
    assert server.memory.inbound == []


async def test_file_limits_say_what_they_are(server: Server, browser: httpx.AsyncClient) -> None:
    big = await upload(browser, ("besar.png", PNG + b"\0" * (10 * 1024 * 1024)))
    assert (big.status_code, big.json()["error"]) == (413, "too_big")
    assert "10 MB" in big.json()["words"]
    many = await upload(browser, *[(f"{n}.png", PNG) for n in range(6)])
    assert (many.status_code, many.json()["error"]) == (413, "too_many")
    thousand = await upload(browser, *[(f"{n}.png", PNG) for n in range(1000)])
    assert (thousand.status_code, thousand.json()["error"]) == (413, "too_many")
    together = await upload(browser, *[(f"{n}.png", PNG + b"\0" * 9_900_000) for n in range(3)])
    assert (together.status_code, together.json()["error"]) == (413, "too_big")
    assert server.memory.inbound == []


async def test_form_body_that_is_none(server: Server, browser: httpx.AsyncClient) -> None:
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x", "text/plain", ""):
        answer = await browser.post("/chat/messages", content=b"--y\r\n\r\n", headers={"Content-Type": kind})
        assert 400 <= answer.status_code < 500


async def test_who_writes_too_fast_is_told_when_to_go_on() -> None:
    few = Rates(visitor=Rate(2, 0.01))
    async with serving(rates=few) as server, httpx.AsyncClient(base_url=server.url) as client:
        await client.get("/chat")
        answers = [await send(client, "x") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 101


async def test_items_are_paged_from_the_end_and_backwards(server: Server, browser: httpx.AsyncClient) -> None:
    await send(browser, "halo")
    (key,) = {one.thread for one in server.memory.inbound}
    for n in range(118):
        await server.memory.say(key, f"pesan {n}")
    newest = (await browser.get("/chat/items?last=1")).json()
    assert newest["last"] == 120
    assert [item["seq"] for item in newest["items"]] == list(range(71, 121))
    older = (await browser.get("/chat/items?before=71")).json()["items"]
    assert [item["seq"] for item in older] == list(range(21, 71))
    oldest = (await browser.get("/chat/items?before=21")).json()["items"]
    assert [item["seq"] for item in oldest] == list(range(1, 21))
    assert (await browser.get("/chat/items?before=1")).json()["items"] == []
    assert len((await browser.get("/chat/items?after=0")).json()["items"]) == 100


async def test_items_of_nobody_are_none_and_another_visitor_sees_nothing(
    server: Server, browser: httpx.AsyncClient
) -> None:
    await send(browser, "rahasia")
    async with httpx.AsyncClient(base_url=server.url) as other:
        assert (await other.get("/chat/items?after=0")).json()["items"] == []
        assert (await other.get("/chat/items?after=0")).json()["items"] == []
        assert "rahasia" not in (await other.get("/chat")).text


async def test_long_poll_waits_for_what_comes(server: Server, browser: httpx.AsyncClient) -> None:
    waiting = asyncio.create_task(browser.get("/chat/items?after=0&wait=20"))
    while not server.chat.open_streams:  # type: ignore[union-attr]
        await asyncio.sleep(0.01)
    await send(browser, "halo")
    items = (await waiting).json()["items"]
    assert items[0]["text"] == "halo"


async def test_ticket_number_is_named_only_where_we_said_it(
    server: Server, browser: httpx.AsyncClient
) -> None:
    await send(browser, "tiket saya SP-2611-0042-7 gimana")
    await send(browser, "ya")
    items = (await browser.get("/chat/items?after=0")).json()["items"]
    assert [item.get("numbers") for item in items if item["author"] == "customer"] == [None, None]
    assert items[-1]["numbers"] == ["SP-2611-0042-7"]


def test_words_say_the_same_things_in_both_languages() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(inner) for key, inner in value.items()}
        return re.findall(r"\{\w+\}", value) if isinstance(value, str) else len(value)

    assert shape(page.words("id")) == shape(page.words("en"))


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("id-ID,id;q=0.9,en;q=0.8", "id"),
        ("en-GB,en;q=0.9", "en"),
        ("fr,en;q=0.5,id;q=0.7", "id"),
        ("in", "id"),
        ("", "id"),
        ("*;q=x, ,;;", "id"),
    ],
)
async def test_page_speaks_the_browsers_language(server: Server, header: str, language: str) -> None:
    async with httpx.AsyncClient(base_url=server.url, headers={"Accept-Language": header}) as client:
        assert f'<html lang="{language}">' in (await client.get("/chat")).text
        other = "en" if language == "id" else "id"
        await client.get(f"/chat?lang={other}")
        assert f'<html lang="{other}">' in (await client.get("/chat")).text


async def test_assets_are_kept_for_ever_only_under_their_own_version(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        fresh = await client.get(f"/chat/assets/{page.version()}/main.js")
        assert "immutable" in fresh.headers["cache-control"]
        assert fresh.headers["content-type"].startswith("text/javascript")
        assert (await client.get("/chat/assets/old/main.js")).headers["cache-control"] == "no-store"
        for name in ("words.yaml", "chat.html", "__init__.py", "..%2f__init__.py"):
            assert (await client.get(f"/chat/assets/{page.version()}/{name}")).status_code == 404


async def test_a_failing_store_is_a_503_and_not_a_lie() -> None:
    class Broken(Memory):
        async def accept(self, batch: Any, cursor: Any = None) -> Any:
            raise RuntimeError("disk full")

    async with serving(Broken()) as server, httpx.AsyncClient(base_url=server.url) as client:
        await client.get("/chat")
        answer = await send(client, "halo")
    assert answer.status_code == 503
    assert "disk" not in answer.text
