"""Headers that no provider should send: what an answer says of the message stands, whatever they say."""

from __future__ import annotations

import httpx
import pytest

from channels.telegram.line import Line
from channels.whatsapp.graph import Answer, Graph

DATES = [
    "",
    "soon",
    "Sun, 22 Nov 99999999999 08:59:01 GMT",
    "Sun, 22 Nov 2026 08:59:01 -0000",
    "Mon, 1 Jan 0001 00:00:00 +2359",
    "Sun, 99 Nov 2026 25:61:61 GMT",
]


def answering(status: int, headers: dict[str, str], body: bytes) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _request: httpx.Response(status, headers=headers, content=body))
    )


@pytest.mark.parametrize("date", DATES)
async def test_an_odd_date_makes_no_doubt_of_a_yes(date: str) -> None:
    async with answering(200, {"date": date}, b'{"ok": true, "result": {"message_id": 1}}') as client:
        assert (await Line(client).do_request("https://api.example/bot", "POST"))[0] == 200
    graph = Graph("https://graph.example", "v26.0", "t")
    graph._client = answering(200, {"date": date}, b'{"messages": [{"id": "wamid.1"}]}')
    answer = await graph.post("1/messages", {})
    assert isinstance(answer, Answer)
    assert answer.body == {"messages": [{"id": "wamid.1"}]}
    await graph.close()


@pytest.mark.parametrize("wait", ["9" * 5000, "-1", "soon", "1e9"])
async def test_an_odd_wait_is_still_a_no(wait: str) -> None:
    graph = Graph("https://graph.example", "v26.0", "t")
    body = b'{"error": {"code": 130429, "message": "slow"}}'
    graph._client = answering(429, {"retry-after": wait}, body)
    outcome = await graph.post("1/messages", {})
    assert getattr(outcome, "code", None) == 130429, outcome
    await graph.close()
