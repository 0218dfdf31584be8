"""The SMS gateway's stand-in, by hand: what it takes, what it tells, in each of its dialects."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from .faults import Fails, Lost
from .sms import Gateway, parts_of
from .webhooks import Post, Receiver

LONG = "Minyak goreng dus kedua bocor semua, kardusnya basah. " * 5


async def asked(
    sms: Gateway, to: str, text: str, reference: str = "outbox-1", key: str = ""
) -> httpx.Response:
    """Asks it as the settings say, filled in by hand."""
    key = key or sms.key
    async with httpx.AsyncClient(verify=False, base_url=sms.url) as client:
        if sms.dialect.name == "json":
            one = {"to": to, "text": text, "from": sms.number, "client_ref": reference}
            return await client.post(
                "/send", json={"messages": [one]}, headers={"Authorization": f"Bearer {key}"}
            )
        if sms.dialect.name == "old":
            query = {"kunci": key, "tujuan": "0" + to[3:], "pesan": text, "ref": reference}
            return await client.get("/send", params=query)
        form = {"to": to, "text": text, "from": sms.number, "client_ref": reference}
        return await client.post("/send", data=form, headers={"X-Api-Key": key})


def told(post: Post) -> list[dict[str, str]]:
    if post.headers.get("content-type") == "application/json":
        return list(post.json()["events"])
    return [dict(parse_qsl(post.body.decode() or post.query))]


@pytest.mark.parametrize("dialect", ["forms", "json", "old"])
async def test_a_message_goes_out_and_is_reported(dialect: str) -> None:
    async with Gateway(dialect=dialect, scale=0.001) as sms, Receiver() as ours:
        sms.hook = ours.url
        budi = sms.person("Budi")
        answer = await asked(sms, budi.phone, LONG)
        assert answer.is_success
        assert (await budi.hears("bocor")).text == LONG
        assert sms.billed == len(parts_of(LONG)) == 2
        await sms.idle()
        events = [event for post in ours.posts for event in told(post)]
        assert [(e["status"], e["client_ref"]) for e in events] == [
            ("sent", "outbox-1"),
            ("delivered", "outbox-1"),
        ]
        assert events[0]["id"] in answer.text
        assert (await asked(sms, budi.phone, "asing", key="salah")).status_code == 401
        budi.goes_offline()
        sms.credit = 1
        assert "credit" in (await asked(sms, budi.phone, LONG)).text.casefold()
        await asked(sms, budi.phone, "pendek")
        assert len(budi.got) == 1
        budi.comes_online()
        assert budi.texts[-1] == "pendek"


@pytest.mark.parametrize("dialect", ["forms", "json", "old"])
async def test_parts_come_in_disorder_and_again_until_they_are_taken(dialect: str) -> None:
    async with Gateway(dialect=dialect, scale=0.001) as sms, Receiver() as ours:
        sms.hook, sms.chance, sms.batch = ours.url, random.Random(2), 10
        ours.answers = [503]
        sms.unseen = 1
        ids = sms.person("Budi").says(LONG * 3)
        await sms.idle()
        assert len(ids) == len(parts_of(LONG * 3)) > 3
        parts: dict[str, dict[str, str]] = {}
        for post in ours.posts:
            assert _is_ours(sms, post)
            parts |= {event["id"]: event for event in told(post)}
        assert list(parts) != ids
        assert "".join(parts[id_]["text"] for id_ in ids) == LONG * 3
        assert len(ours.posts) > (1 if sms.dialect.batches else len(ids))
        last = parts[ids[-1]]
        if dialect == "old":
            assert last["udh"][-4:] == f"{len(ids):02X}{len(ids):02X}"
        else:
            assert int(last["part"]) == int(last["parts"]) == len(ids)


def _is_ours(sms: Gateway, post: Post) -> bool:
    """Whether the webhook showed the secret, or signed."""
    match sms.dialect.name:
        case "json":
            signed = post.headers["x-timestamp"].encode() + b"." + post.body
            mac = hmac.new(sms.secret.encode(), signed, hashlib.sha256).hexdigest()
            return post.headers["x-signature"] == f"v1={mac}"
        case "old":
            return dict(parse_qsl(post.query))["rahasia"] == sms.secret
    return post.headers["x-sapa-secret"] == sms.secret


async def test_faults_and_strangers() -> None:
    async with Gateway(scale=0.001) as sms:
        budi = sms.person("Budi")
        sms.faults.next("send", Fails(429, retry_after=7))
        slow = await asked(sms, budi.phone, "satu")
        assert (slow.status_code, slow.headers["retry-after"]) == (429, "7")
        sms.faults.next("send", Lost())
        with pytest.raises(httpx.RemoteProtocolError):
            await asked(sms, budi.phone, "dua")
        sms.dedupes = True
        assert (await asked(sms, budi.phone, "dua")).json()["message_id"] == budi.got[0].id
        assert budi.texts == ["dua"]
        assert (await asked(sms, "+620000", "tiga")).status_code == 400
        budi.unreachable = "expired"
        assert json.loads((await asked(sms, budi.phone, "empat", "o-4")).content)["status"] == "ok"
        assert budi.texts == ["dua"]
        assert urlsplit(sms.settings()["out"]["url"]).port == sms.port


def test_a_text_is_cut_as_a_network_cuts_it() -> None:
    assert [len(p) for p in parts_of("x" * 160)] == [160]
    assert [len(p) for p in parts_of("x" * 161)] == [153, 8]
    assert [len(p) for p in parts_of("€" * 81)] == [76, 5]
    assert [len(p) for p in parts_of("é" * 160)] == [160]
    assert [len(p) for p in parts_of("ạ" * 71)] == [67, 4]
    assert [len(p) for p in parts_of("👍" * 36)] == [33, 3]
