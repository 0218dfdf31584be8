"""Calls to the Bot API, for one bot. The library behind them is loaded by the first one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from channels.telegram.faults import Fault, Lost

if TYPE_CHECKING:
    from channels.telegram.line import Opened

UPLOAD_PATIENCE = 120.0
"""Seconds for the answer to a file that was sent."""

for _name in ("httpx", "httpcore", "telegram"):
    # they write whole addresses, and the token stands in each; whoever wants to read them must say so here
    logging.getLogger(_name).setLevel(logging.WARNING)


class Calls:
    """One bot at one server. Every method raises `Fault` (`Declined`, `Lost`), whose text holds no secret."""

    def __init__(self, token: str, base_url: str = "https://api.telegram.org") -> None:
        self._token = token
        self._base_url = base_url.rstrip("/")
        self._opened: Opened | None = None
        self._opening = asyncio.Lock()

    @property
    def bot_id(self) -> str:
        """The bot's own id: what stands before the colon is no secret, and stays when the token changes."""
        return self._token.partition(":")[0]

    @property
    def server_time(self) -> datetime | None:
        """The server's clock at its last answer, None when it told none."""
        return self._opened.line.server_time if self._opened else None

    async def call(self, method: str, *, patience: float | None = None, **parameters: Any) -> Any:
        """Call a method of the Bot API; what stands under `result`. `patience`: seconds for the answer."""
        return await self._request(method, {k: v for k, v in parameters.items() if v is not None}, patience)

    async def upload(
        self, method: str, field: str, content: bytes, name: str, media_type: str, **parameters: Any
    ) -> Any:
        """Call a method with a file of ours in `field`."""
        await self._open()
        from telegram import InputFile

        file = InputFile(content, filename=name or "file", attach=False)
        if media_type:
            file.mimetype = media_type
        given = {k: v for k, v in parameters.items() if v is not None}
        return await self._request(method, {**given, field: file}, UPLOAD_PATIENCE)

    async def updates(
        self, offset: int, *, limit: int, wait: int, allowed: Sequence[str]
    ) -> list[bytes] | bytes:
        """Updates from `offset` on (0: from the oldest), each as its bytes; the bytes of the whole answer
        when they cannot be taken apart. Waits up to `wait` seconds for one. A higher offset tells the
        server that all before it are ours."""
        asked: dict[str, Any] = {"limit": limit, "timeout": wait, "allowed_updates": list(allowed)}
        if offset:
            asked["offset"] = offset
        found: list[bytes] | bytes = await self._request("getUpdates", asked, wait + 10.0)
        return found

    async def download(self, file_path: str, most: int) -> bytes:
        """A file's bytes, by the path that getFile gave. Raises `TooLarge`, too."""
        line = (await self._open()).line
        return await line.file(f"{self._base_url}/file/bot{self._token}/{quote(file_path)}", most)

    async def close(self) -> None:
        """Close the connections; a later call opens them again."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.client.aclose()

    async def _open(self) -> Opened:
        async with self._opening:
            if self._opened is None:  # libraries and certificates: a third of a second, not on the loop
                self._opened = await asyncio.to_thread(self._build)
            return self._opened

    def _build(self) -> Opened:
        from channels.telegram.line import opened

        return opened(self._token, self._base_url)

    async def _request(self, method: str, parameters: dict[str, Any], patience: float | None) -> Any:
        bot = (await self._open()).bot
        from telegram.error import TelegramError

        waits: dict[str, Any] = {} if patience is None else {"read_timeout": patience}
        if patience == UPLOAD_PATIENCE:
            waits["write_timeout"] = patience
        try:
            # the underscore is cut off again; without it the library warns that it has a method of its own,
            # which would parse the answer, and raise for one that is odd
            return await bot.do_api_request(f"{method}_", parameters, **waits)
        except Fault:
            raise
        except TelegramError as error:  # the library wraps what our line raises
            if isinstance(error.__cause__, Fault):
                raise error.__cause__ from None
            raise Lost(f"{method} failed ({type(error).__name__})", sent=True) from None
