"""Files that customers sent: asked of Meta by their id, fetched from the address it gives, checked."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from channels.base import Attachment, Fetched, FetchResult, Refused, Retry
from channels.whatsapp.errors import Trouble, Verdict
from channels.whatsapp.graph import Answer, Bytes, Graph, Lost, TooLarge, Unreached
from channels.whatsapp.values import Json, sha256_hex, word

LARGEST = 100 * 1024 * 1024
MOST_FAILURES = 15
"""Failed calls in an hour before we stop asking by ourselves: Meta is said to block who fails 20 times."""
_HOUR = timedelta(hours=1)
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")


class Files:
    """Fetches through `graph`; `largest` in bytes."""

    def __init__(self, graph: Graph, clock: Callable[[], datetime], *, largest: int = LARGEST) -> None:
        self._graph = graph
        self._clock = clock
        self._largest = largest
        self._failures: deque[datetime] = deque()

    async def fetch(self, attachment: Attachment) -> FetchResult:
        """The file whose id is `attachment.reference`, whole, with the digest that Meta names for it. Every
        try asks for a new address: one lives five minutes."""
        id_ = attachment.reference or ""
        if not _ID.fullmatch(id_):
            return Refused(f"{id_!r} is no id of a file at Meta")
        if (wait := self._pause()) is not None:
            return Retry(
                "too many files failed within an hour: Meta would block the number", wait, alone=True
            )
        told = await self._graph.get(id_)
        if not isinstance(told, Answer):
            return self._failed(told)
        url = word(told.body.get("url"))
        if not url:
            return self._failed(Lost("Meta named no address for the file"))
        size = word(told.body.get("file_size"))
        if size.isdecimal() and int(size) > self._largest:
            return self._too_large()
        got = await self._graph.download(url, self._largest)
        if isinstance(got, TooLarge):
            return self._too_large()
        if not isinstance(got, Bytes):
            return self._failed(got, address=True)
        if (wrong := _wrong(got, told.body, attachment)) is not None:
            return self._failed(Lost(wrong))
        return Fetched(
            got.content, word(told.body.get("mime_type")).partition(";")[0].strip() or got.media_type
        )

    def _pause(self) -> timedelta | None:
        now = self._clock()
        while self._failures and now - self._failures[0] > _HOUR:
            self._failures.popleft()
        if len(self._failures) < MOST_FAILURES:
            return None
        return max(self._failures[0] + _HOUR - now, timedelta(seconds=1))

    def _too_large(self) -> Refused:
        larger = f"the file is larger than {self._largest // 1024**2} MB; ask for it by email"
        return Refused(larger, too_large=True)

    def _failed(self, what: Trouble | Unreached | Lost, *, address: bool = False) -> FetchResult:
        """`address`: what failed is the address, of which a new one is asked next time."""
        if isinstance(what, Unreached | Lost):
            if isinstance(what, Lost):
                self._failures.append(self._clock())
            return Retry(what.words, alone=True)
        self._failures.append(self._clock())
        if what.status in (401, 403, 404, 410) and address:
            return Retry(f"the address of the file was not good any more ({what.told})", alone=True)
        match what.verdict:
            case Verdict.AGAIN:
                return Retry(what.told, what.after, alone=True)
            case Verdict.STOP:
                return Retry(what.told)  # with another token it can still be fetched
            case Verdict.TELL if what.status in (400, 404):
                return Refused(
                    f"Meta does not have the file any more; ask the customer to send it again ({what.told})"
                )
            case Verdict.TELL:
                return Refused(what.told)


def _wrong(got: Bytes, told: Json, attachment: Attachment) -> str | None:
    """Why these bytes are not the file. An answer in JSON has been taken for it elsewhere."""
    digest = hashlib.sha256(got.content).hexdigest()
    promised = attachment.digest or sha256_hex(told.get("sha256"))
    if promised and digest != promised:
        return "other bytes came than were promised: their SHA-256 differs"
    if promised:
        return None
    size = word(told.get("file_size"))
    if size.isdecimal() and int(size) != len(got.content):
        return f"{len(got.content)} bytes came of {size}"
    if "json" in got.media_type and "json" not in word(told.get("mime_type")):
        return "an answer in JSON came instead of the file"
    return None
