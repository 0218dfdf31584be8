"""The few calls of Meta's Graph API that Sapa makes, with every way they can end as a value.

The token stands in one header and nowhere else: in no address, no log, no error.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

import msgspec

from channels.bodies import gathered
from channels.headers import time_told, wait_told
from channels.whatsapp.errors import Trouble, trouble
from channels.whatsapp.values import NOTHING, Json, mapping

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

OUR_HOSTS = (".facebook.com", ".fbsbx.com", ".whatsapp.net")
"""Where Meta keeps files; the token is shown nowhere else."""
CONNECTIONS, KEPT = 64, 5.0
"""Connections at a time, and seconds that an idle one is kept."""
LONGEST_ANSWER = 2 * 1024 * 1024
"""Bytes of an answer in JSON."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Meta did what it was asked. `date` is the time by its clock, None when it does not say."""

    body: Json
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unreached:
    """The call did not get there: surely nothing happened."""

    words: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The call may have got there; its answer did not come back."""

    words: str


Outcome: TypeAlias = Answer | Trouble | Unreached | Lost


@dataclass(frozen=True, slots=True)
class Bytes:
    """A file that was downloaded."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class TooLarge:
    """More bytes than were allowed."""


class Graph:
    """A client of one version of the API with one token. `timeout` in seconds for a whole call; files get as
    long as they keep coming. Nothing is opened before the first call, and httpx is imported then."""

    def __init__(self, base_url: str, version: str, token: str, *, timeout: float = 30.0) -> None:
        self._base = base_url.rstrip("/")
        self._version = version
        self._token = token
        self._timeout = timeout
        self._client: httpx.AsyncClient | None = None

    async def get(self, path: str, **params: str) -> Outcome:
        """GET an object, as JSON."""
        return await self._call("GET", path, params=params)

    async def post(self, path: str, body: Json) -> Outcome:
        """POST a JSON object."""
        headers = {"Content-Type": "application/json"}
        return await self._call("POST", path, content=msgspec.json.encode(body), headers=headers)

    async def upload(self, path: str, content: bytes, name: str, media_type: str) -> Outcome:
        """POST a file as a form, the way that Meta takes media."""
        fields = {"messaging_product": "whatsapp", "type": media_type}
        files = {"file": (name, content, media_type)}
        return await self._call("POST", path, data=fields, files=files, patience=self._timeout * 4)

    async def download(self, url: str, most: int) -> Bytes | TooLarge | Trouble | Unreached | Lost:
        """The file at an address that Meta gave, up to `most` bytes. The token is shown to Meta's own hosts
        only, and no redirect is followed."""
        if not self.is_metas(url):
            return Trouble(0, words=f"the file is said to lie at {urlsplit(url).hostname or 'no host'}, "
                           "which is not Meta's: it is not fetched")  # fmt: skip
        try:
            async with self._open("GET", url) as answer:
                if answer.status_code != 200:
                    return await _trouble(answer)
                content = await gathered(answer.aiter_bytes(), most)
                kind = answer.headers.get("content-type", "").partition(";")[0].strip()
                return TooLarge() if content is None else Bytes(content, kind)
        except Exception as error:
            return _failed(error)

    def is_metas(self, url: str) -> bool:
        """Whether the token may be shown there: one of Meta's hosts by https, or our base."""
        try:
            parts, base = urlsplit(url), urlsplit(self._base)
            same = (parts.scheme, parts.hostname, parts.port) == (base.scheme, base.hostname, base.port)
        except ValueError:
            return False
        if parts.username is not None or parts.password is not None or not parts.hostname:
            return False
        theirs = parts.scheme == "https" and f".{parts.hostname}".endswith(OUR_HOSTS)
        return same or (theirs and parts.port in (None, 443))

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    # ------------------------------------------------------------------------------------------ one call

    async def _call(self, method: str, path: str, *, patience: float | None = None, **given: Any) -> Outcome:
        url = f"{self._base}/{self._version}/{path}"
        try:
            async with asyncio.timeout(patience or self._timeout), self._open(method, url, **given) as answer:
                if not 200 <= answer.status_code < 300:
                    return await _trouble(answer)
                return Answer(await _read(answer), time_told(answer.headers))
        except TimeoutError:
            return Lost("no answer in time")
        except Exception as error:
            return _failed(error)

    @asynccontextmanager
    async def _open(self, method: str, url: str, **given: Any) -> AsyncIterator[httpx.Response]:
        headers = {"Authorization": f"Bearer {self._token}", **given.pop("headers", {})}
        async with self._http().stream(method, url, headers=headers, **given) as answer:
            yield answer

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            import httpx  # only who has WhatsApp pays for it

            from channels.lines import lines

            quick = min(10.0, self._timeout / 2)
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(self._timeout, connect=quick, pool=quick),  # sooner than the whole call
                transport=lines(True, CONNECTIONS, KEPT),
                limits=httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEPT),
                headers={"User-Agent": "sapa", "Accept-Encoding": "identity"},
                follow_redirects=False,
            )
        return self._client


async def _read(answer: httpx.Response) -> Json:
    """The object in an answer; an empty one where there is none, or more than anybody reads."""
    try:
        return mapping(msgspec.json.decode(await gathered(answer.aiter_bytes(), LONGEST_ANSWER) or b""))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return NOTHING


async def _trouble(answer: httpx.Response) -> Trouble:
    error = mapping((await _read(answer)).get("error"))
    return trouble(answer.status_code, error, wait_told(answer.headers, datetime.now(UTC)))


def _failed(error: Exception) -> Unreached | Lost:
    """What became of a call that raised: only a connection that was never made is sure."""
    import httpx

    name = type(error).__name__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return Unreached(f"Meta cannot be reached ({name})")
    if not isinstance(error, httpx.TransportError):
        log.error("whatsapp_call_failed", extra={"error": name})
    return Lost(f"the connection broke before the answer came ({name})")
