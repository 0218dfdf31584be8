"""The line to the Bot API below python-telegram-bot's `Bot`: httpx, with faults that say what is certain.

Imported with the first call: it loads python-telegram-bot and httpx.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import msgspec
from telegram import Bot
from telegram.request import BaseRequest, RequestData

from channels.bodies import gathered
from channels.headers import time_told
from channels.lines import lines
from channels.telegram.faults import Declined, Lost, TooLarge

CONNECTIONS = 40
KEPT = 15.0
"""Seconds that an idle connection is kept."""
LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes of JSON that are read of an answer: a hundred updates are far below."""
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Faults that came before anything of the request left this machine."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What one bot is called over."""

    client: httpx.AsyncClient
    bot: Bot
    line: Line


def opened(token: str, base_url: str) -> Opened:
    """The library's client on our line. It is never initialised: that would only call getMe, and put the
    token into the error when it is refused. Idle connections are given up early: a message that is sent over
    one which the other side has just closed leaves in doubt whether it arrived."""
    verify = base_url.startswith("https:")  # loading certificates takes time: not for a server near by
    client = httpx.AsyncClient(
        transport=lines(verify, CONNECTIONS, KEPT),
        verify=verify,
        limits=httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEPT),
        timeout=httpx.Timeout(30.0, connect=10.0, pool=30.0),
        follow_redirects=False,
    )
    line = Line(client)
    bot = Bot(
        token,
        base_url=f"{base_url}/bot",
        base_file_url=f"{base_url}/file/bot",
        request=line,
        get_updates_request=Updates(client),
    )
    return Opened(client, bot, line)


class Line(BaseRequest):
    """Requests over one client. Raises `Declined` and `Lost`, which name no address."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.server_time: datetime | None = None
        """The server's clock at its last answer, aware."""

    @property
    def read_timeout(self) -> float | None:
        """Seconds to wait for an answer."""
        return self._client.timeout.read

    async def initialize(self) -> None:
        """The client is open."""

    async def shutdown(self) -> None:
        """The client is closed by whoever opened it."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer's object; its `result` is there."""
        try:
            found = json.loads(payload)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or "result" not in found:
            raise _odd()
        return found

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """One request; status and body of an answer that is a yes."""
        given = self._client.timeout
        timeout = httpx.Timeout(
            connect=_or(connect_timeout, given.connect),
            read=_or(read_timeout, given.read),
            write=_or(write_timeout, given.write),
            pool=_or(pool_timeout, given.pool),
        )
        data = request_data.json_parameters if request_data else None
        files = request_data.multipart_data if request_data else None
        return await self._exchange(
            method, url, LARGEST_ANSWER, timeout=timeout, data=data, files=files or None
        )

    async def file(self, url: str, most: int) -> bytes:
        """A file's bytes. Raises `TooLarge` as soon as there are more than `most`."""
        timeout = httpx.Timeout(60.0, connect=10.0, pool=30.0)
        _, content = await self._exchange("GET", url, most, timeout=timeout)
        return content

    async def _exchange(self, method: str, url: str, most: int, **given: Any) -> tuple[int, bytes]:
        try:
            async with self._client.stream(method, url, **given) as answer:
                self.server_time = time_told(answer.headers)
                body = await gathered(answer.aiter_bytes(), most)
                status = answer.status_code
                after = answer.headers.get("retry-after", "")
        except _NOT_SENT as error:
            raise Lost(f"no connection ({type(error).__name__})", sent=False) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise Lost(f"no answer ({type(error).__name__})", sent=True) from None
        if body is None:
            raise TooLarge(f"more than {most / 1024**2:.0f} MB")
        if not 200 <= status <= 299:
            raise _declined(status, body, after)
        return status, body


class _Batch(msgspec.Struct):
    result: list[msgspec.Raw]


class Updates(Line):
    """The line for getUpdates: each update of the answer stays the bytes it came as."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """`result` is a list of the updates' bytes - or, when an answer with updates cannot be taken apart,
        the bytes of the whole."""
        try:
            return {"result": [bytes(each) for each in msgspec.json.decode(payload, type=_Batch).result]}
        except (msgspec.MsgspecError, RecursionError):
            pass
        try:  # escapes of lone surrogates, NaN: what the strict parser refuses and the lenient one takes
            found = json.loads(payload)
        except (ValueError, RecursionError):
            found = None
        listed = found.get("result") if isinstance(found, dict) else None
        if isinstance(listed, list):
            return {"result": [json.dumps(each).encode() for each in listed]}
        if found is not None or b'"update_id"' not in payload:
            raise _odd()
        return {"result": payload}


def _declined(status: int, body: bytes, after: str) -> Declined:
    """What an answer says that is not a yes. Only what Telegram words itself is told on: a proxy's page says
    nothing to anybody."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("ok") is not False:
        return Declined(status, "by something before the Bot API", own=False, retry_after=_seconds(after))
    parameters = told.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    moved = parameters.get("migrate_to_chat_id")
    return Declined(
        status,
        str(told.get("description", ""))[:300],
        retry_after=_seconds(parameters.get("retry_after")) or _seconds(after),
        migrate_to=moved if isinstance(moved, int) else None,
    )


def _seconds(told: object) -> float | None:
    if isinstance(told, str):
        told = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None
    if isinstance(told, int | float) and not isinstance(told, bool) and told > 0:
        return min(float(told), 7 * 86_400.0)
    return None


def _odd() -> Lost:
    return Lost("the answer is not what the Bot API says", sent=True)


def _or(given: Any, default: float | None) -> float | None:
    return default if given is BaseRequest.DEFAULT_NONE else given
