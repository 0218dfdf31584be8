"""Texts leave by the gateway that the settings describe; what its answers mean, and what is never guessed."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import Attachment, Outbound, Refused, Retry, SendResult, Sent, Unknown
from channels.sms import Out, Sms
from channels.sms.calling import Call, call, judged
from tests.sms.kit import CUSTOMER, FORM, OURS, SECRET, Answer, Request, Server, answering, gateway, serving

KEY = "k3y-0f-ours"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def message(text: str = "Baik, Kak.", **more: Any) -> Outbound:
    return Outbound(id="12/3/1", channel="sms", account=OURS, to=CUSTOMER, text=text, **more)


async def send(out: dict[str, Any], answer: Answer | None = None, **more: Any) -> tuple[SendResult, Server]:
    """Send one message to a gateway that answers so."""
    async with serving(answer) as server:
        shape = {"fields": FORM, **out}
        channel = Sms(gateway(out=Out(url=shape.pop("url", server.url), **shape)), secret=SECRET, key=KEY)
        try:
            return await channel.send(more.pop("message", message())), server
        finally:
            await channel.close()


async def test_a_form() -> None:
    result, server = await send({"id": "sms.0.id"}, lambda _: answering(body='{"sms": [{"id": "g7"}]}'))
    assert result == Sent("g7")
    (asked,) = server.asked
    assert dict(parse_qsl(asked.body.decode())) == {
        "to": CUSTOMER,
        "text": "Baik, Kak.",
        "ref": "12/3/1",
        "from": OURS,
    }


async def test_json_with_tables_and_lists_and_a_bearer() -> None:
    out = {
        "body": "json",
        "auth": "bearer",
        "fields": {
            "messages": [{"to": "{to_digits}", "text": "{text}", "flash": False, "n": 3}],
            "ref": "id {id}",
        },
    }
    result, server = await send(out, lambda _: answering(202), message=message('Kata "ya", {to} \\ 1\nbaris'))
    assert result == Sent("12/3/1"), "not named by the gateway: it goes by our id"
    (asked,) = server.asked
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["content-type"] == "application/json"
    assert json.loads(asked.body) == {
        "messages": [{"to": "6281234567890", "text": 'Kata "ya", {to} \\ 1\nbaris', "flash": False, "n": 3}],
        "ref": "id 12/3/1",
    }


async def test_get_with_basic_login_and_a_plain_answer() -> None:
    out = {
        "method": "GET",
        "fields": {},
        "auth": "basic",
        "user": "sapa",
        "id_pattern": r"ID: (\w+)",
        "query": {"hp": "{to_national}", "msg": "{text}", "k": "{key}"},
    }
    result, server = await send(out, lambda _: answering(body="OK ID: g9"), message=message("a&b=c #1"))
    assert result == Sent("g9")
    (asked,) = server.asked
    query = parse_qs(urlsplit(asked.line.split()[1]).query)
    assert query == {"hp": ["081234567890"], "msg": ["a&b=c #1"], "k": [KEY]}
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(f"sapa:{KEY}".encode()).decode()
    assert asked.body == b""


HOSTILE = st.text(st.characters(exclude_categories=["Cs"]), max_size=80) | st.sampled_from(
    ['"}', "{text}", "{key}", "a&to=+1", "\r\nX-Evil: 1", "%0d%0a", "../../", "'; --", "\\", "\u2028", "{}"]
)


@settings(max_examples=200)
@given(text=HOSTILE, to=HOSTILE)
def test_no_text_breaks_out_of_its_place(text: str, to: str) -> None:
    """Neither a quote, a bracket, an ampersand nor a line end changes what is asked of the gateway."""

    def made(out: Out) -> Call:
        said = Outbound(id="1", channel="sms", account=OURS, to=to, text=text)
        return call(gateway(out=out), said, text, key="k", callback_url="")

    told = made(Out(url="https://g.example/{id}", body="json", fields={"a": ["{text}"], "b": "{to} {text}"}))
    assert told.json is not None
    assert json.loads(told.json) == {"a": [text], "b": f"{to} {text}"}
    path = made(Out(url="https://g.example/x/{text}/y?to={to}")).url
    assert path.startswith("https://g.example/x/")
    assert path.count("/") == 5
    assert "\n" not in path
    assert dict(parse_qsl(urlsplit(path).query, keep_blank_values=True)) == {"to": to}
    form = made(Out(url="https://g.example", fields={"to": "{to}", "text": "{text}"})).form
    assert form == {"to": to, "text": text}


async def test_a_header_never_ends_early() -> None:
    out = {"headers": {"X-Text": "{text}", "X-To": "{to}"}}
    result, server = await send(out, message=message("satu\r\nX-Evil: 1"))
    assert isinstance(result, Refused)
    assert server.asked == []


# -------------------------------------------------------------------------------------- what answers mean


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Sent),
        (202, Sent),
        (400, Refused),
        (413, Refused),
        (422, Refused),
        (429, Retry),
        (500, Unknown),
        (502, Unknown),
        (503, Retry),
        (504, Unknown),
        (408, Retry),
    ],
)
async def test_what_a_status_means(status: int, verdict: type) -> None:
    result, _ = await send({}, lambda _: answering(status, "some words"))
    assert type(result) is verdict
    if isinstance(result, Refused):
        assert not result.stop_channel
    if not isinstance(result, Sent):
        assert "some words" in result.reason


@pytest.mark.parametrize("status", [401, 402, 403, 404, 301])
async def test_what_stops_the_channel_costs_no_message(status: int) -> None:
    """A wrong key, no credit or a wrong address is not the message's fault: it waits until it is mended."""
    result, server = await send({}, lambda _: answering(status, headers="Location: /elsewhere\r\n"))
    assert isinstance(result, Refused)
    assert result.stop_channel
    assert len(server.asked) == 1, "redirects are not followed with a customer's words"


@pytest.mark.parametrize("status", [400, 401, 503])
async def test_a_gateway_that_repeats_our_key_does_not_get_it_on_record(status: int) -> None:
    result, _ = await send({}, lambda _: answering(status, f"wrong key: {KEY} (secret {SECRET})"))
    assert not isinstance(result, Sent)
    assert "wrong key" in result.reason
    assert KEY not in result.reason
    assert SECRET not in result.reason


@pytest.mark.parametrize(
    ("asked", "after"),
    [
        ("17", 17),
        ("Sun, 22 Nov 2026 09:01:00 GMT", 60),
        ("99999999999", 86400),
        ("soon", 30),
        ("", 30),
        ("-5", 30),
        ("Sun, 22 Nov 2020 09:01:00 GMT", 30),
    ],
)
def test_retry_after_is_obeyed(asked: str, after: int) -> None:
    result = judged(Out(url="https://g.example", fields=FORM), "1", 429, {"retry-after": asked}, b"", NOW)
    assert isinstance(result, Retry)
    assert result.after == timedelta(seconds=after)


VERDICT: dict[str, Any] = {
    "verdict": "messages.0.status",
    "accepted": ("0",),
    "again": ("1",),
    "stop": ("4", "9"),
    "reason": "messages.0.error-text",
    "id": "messages.0.message-id",
}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("0", Sent("g1")),
        ("1", Retry("the gateway said '1': why")),
        ("4", Refused("the gateway said '4': why; check the login and the credit", stop_channel=True)),
        ("6", Refused("the gateway said '6': why")),
    ],
)
async def test_a_verdict_in_the_answer(word: str, expected: SendResult) -> None:
    """Many gateways say 200 to everything and mean something else."""
    body = json.dumps({"messages": [{"status": word, "message-id": "g1", "error-text": "why"}]})
    result, _ = await send(VERDICT, lambda _: answering(200, body))
    assert result == expected


@pytest.mark.parametrize("body", ["", "<html>", "[]", "{}", '{"messages": []}', "[" * 5000])
async def test_an_answer_without_its_verdict_may_have_been_sent(body: str) -> None:
    result, _ = await send(VERDICT, lambda _: answering(200, body))
    assert isinstance(result, Unknown)


async def test_a_verdict_in_plain_words() -> None:
    out = {
        "verdict_pattern": r"^(\w+)",
        "accepted": ("1701",),
        "stop": ("1025",),
        "id_pattern": r"\|([^|]+)$",
    }
    assert (await send(out, lambda _: answering(body="1701|6281234567890|g3")))[0] == Sent("g3")
    result, _ = await send(out, lambda _: answering(body="1025"))
    assert isinstance(result, Refused)
    assert result.stop_channel


async def test_a_lost_answer_is_unknown_and_not_tried_again_by_guess() -> None:
    def hang_up(_request: Request) -> bytes | None:
        return None

    result, server = await send({}, hang_up)
    assert isinstance(result, Unknown)
    assert len(server.asked) == 1


async def test_a_slow_answer_is_unknown() -> None:
    async with serving(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n") as server:
        channel = Sms(gateway(out=Out(url=server.url, fields=FORM, timeout=1.0)), secret=SECRET)
        assert isinstance(await channel.send(message()), Unknown)
        await channel.close()


async def test_a_gateway_that_is_not_there_gets_it_later() -> None:
    async with serving() as server:
        url = server.url
    result, _ = await send({"url": url})
    assert isinstance(result, Retry)


async def test_a_giant_answer_is_not_swallowed() -> None:
    result, _ = await send({"id": "id"}, lambda _: answering(body="x" * 3_000_000))
    assert result == Sent("12/3/1")


@settings(max_examples=200)
@given(
    status=st.integers(100, 599),
    body=st.binary(max_size=80) | st.text(max_size=40).map(str.encode),
    wait=st.text(st.characters(max_codepoint=255), max_size=40),
    shape=st.sampled_from([{}, VERDICT]),
)
def test_every_answer_has_a_meaning(status: int, body: bytes, wait: str, shape: dict[str, Any]) -> None:
    out = Out(url="https://g.example", fields=FORM, **shape)
    result = judged(out, "1", status, {"retry-after": wait}, body, NOW)
    assert isinstance(result, SendResult)
    if isinstance(result, Sent):
        assert result.external_id
        assert 200 <= status < 300
    else:
        assert result.reason


# --------------------------------------------------------------------------------------------- what leaves


async def test_one_stray_quote_does_not_double_the_price() -> None:
    result, server = await send({}, message=message("Baik, “Kak” Budi…"))
    assert isinstance(result, Sent)
    assert dict(parse_qsl(server.asked[0].body.decode()))["text"] == 'Baik, "Kak" Budi...'


async def test_nothing_and_files_are_refused_with_a_reason() -> None:
    blank, _ = await send({}, message=message(" \n "))
    assert isinstance(blank, Refused)
    file = Attachment("a.jpg", "image/jpeg", 1, b"x")
    result, server = await send({}, message=message("lihat ini", attachments=(file,)))
    assert isinstance(result, Refused), "a customer who reads `see this` and sees nothing is misled"
    assert server.asked == []


async def test_parts_and_cost_are_counted() -> None:
    async with serving() as server:
        made = gateway(out=Out(url=server.url, fields=FORM), price=350.0)
        channel = Sms(made, secret=SECRET)
        long, short = await channel.send(message("a" * 200)), await channel.send(message("ok"))
        dear = await channel.send(message("👍" * 40))
        assert [one.remark for one in (long, short, dear) if isinstance(one, Sent)] == [
            "in 2 parts", "", "in 2 parts, for characters outside the GSM alphabet"
        ]  # fmt: skip
        server.answer = lambda _: answering(400)
        await channel.send(message("not taken, not paid"))
        figures = channel.health().figures
        await channel.close()
    assert (figures["sent"], figures["parts_sent"], figures["cost"]) == (3, 5, 1750.0)


async def test_the_pace_is_kept_and_says_when_to_come_back() -> None:
    async with serving() as server:
        channel = Sms(gateway(out=Out(url=server.url, fields=FORM), per_minute=0.5), secret=SECRET)
        results = [
            await channel.send(Outbound(id=str(n), channel="sms", account=OURS, to=CUSTOMER, text="a"))
            for n in range(8)
        ]
        await channel.close()
    assert all(isinstance(each, Sent) for each in results[:5])
    late = results[-1]
    assert isinstance(late, Retry)
    assert late.alone, "nothing is wrong with the channel"
    assert late.after is not None
    assert late.after > timedelta(minutes=2)


async def test_what_the_channel_can_carry() -> None:
    told = Sms(gateway(max_parts=3), secret=SECRET).capabilities
    assert (told.medium, told.max_text, told.buttons) == ("sms", 459, 0)
    assert not told.idempotent
    dedupes = Out(url="https://g.example", fields=FORM, dedupes=True)
    assert Sms(gateway(out=dedupes), secret=SECRET).capabilities.idempotent


async def test_the_callback_address_shows_the_secret_only_where_the_hook_wants_it() -> None:
    from channels.sms import Hook

    async def callback(hook: Hook) -> str:
        async with serving() as server:
            out = Out(url=server.url, fields={**FORM, "cb": "{callback_url}"})
            channel = Sms(
                gateway(hook=hook, out=out), secret="s&cret=1 2345", url="https://sapa.example/hooks/sms"
            )
            await channel.send(message())
            await channel.close()
            return dict(parse_qsl(server.asked[0].body.decode(), keep_blank_values=True))["cb"]

    assert await callback(Hook()) == "https://sapa.example/hooks/sms"
    assert (
        await callback(Hook(proof="query", name="t"))
        == "https://sapa.example/hooks/sms?t=s%26cret%3D1%202345"
    )


async def test_run_waits_until_it_is_cancelled() -> None:
    running = asyncio.create_task(Sms(gateway(), secret=SECRET).run(None))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
