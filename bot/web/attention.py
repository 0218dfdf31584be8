"""What waits for a person: inputs in quarantine and letters that did not leave, to decide about each."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.errors import NotFound
from bot.store import Files, Store, outbox, quarantine
from bot.web import pages
from bot.web.guard import Doors, from_our_page

PER_PAGE = 50
MOST_TEXT = 4000
"""Characters of a message shown in the list; the whole of it can be downloaded."""
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
"""What would change how the rest of a page reads, or cannot be seen at all."""

Verdict: TypeAlias = Literal["release", "discard"]


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that did not leave; `at` is when it was written."""

    id: int
    channel: str
    to: str
    state: str
    reason: str
    at: datetime
    subject: str
    text: str


class Waiting(Protocol):
    """Where the page looks, and what it can do there. Acts raise `NotFound` when it is no longer so."""

    async def inputs(self, before: int | None, *, unanswered: bool = False) -> Sequence[quarantine.Seen]:
        """Up to a page and one more, the newest first, from below the id `before` on; in quarantine, or what
        machines wrote and was not answered."""

    async def raw(self, id_: int) -> tuple[str, bytes]:
        """A file name and what came in, byte for byte."""

    async def letters(self, after: int) -> Sequence[Letter]:
        """Up to a page and one more, the oldest first, from above the id `after` on."""

    async def settle_input(self, id_: int, verdict: Verdict) -> None:
        """Try an input again, or let it be."""

    async def settle_letter(self, id_: int, verdict: Verdict) -> None:
        """Send a letter on its way again, or let it be."""


class StoreWaiting:
    """`Waiting` on the store of this process."""

    def __init__(self, store: Store, files: Files) -> None:
        self._store = store
        self._files = files

    async def inputs(self, before: int | None, *, unanswered: bool = False) -> Sequence[quarantine.Seen]:
        """From the store."""
        return await self._store.read(
            lambda conn: quarantine.seen(conn, before=before, most=PER_PAGE + 1, unanswered=unanswered)
        )

    async def raw(self, id_: int) -> tuple[str, bytes]:
        """From the store, or from the file where it is large."""
        raw, digest, body = await self._store.read(lambda conn: quarantine.came(conn, id_))
        if digest:
            raw = await self._files.get(digest)
        return (f"{id_}.raw", raw) if raw else (f"{id_}.json", body)

    async def letters(self, after: int) -> Sequence[Letter]:
        """From the store."""
        rows = await self._store.read(lambda conn: outbox.stuck(conn, after=after, most=PER_PAGE + 1))
        return [_letter(row) for row in rows]

    async def settle_input(self, id_: int, verdict: Verdict) -> None:
        """In the store; the turns are told."""
        settle = quarantine.release if verdict == "release" else quarantine.discard
        await self._store.write(lambda conn: settle(conn, id_))

    async def settle_letter(self, id_: int, verdict: Verdict) -> None:
        """In the store; the outbox is told."""
        now = datetime.now(UTC)
        if verdict == "release":
            count = await self._store.write(lambda conn: outbox.release(conn, [id_], now))
        else:
            why = "discarded by an operator"
            count = await self._store.write(lambda conn: outbox.discard(conn, [id_], why))
        if not count:
            raise NotFound(f"No message {id_} waits for a person.")


class Attention:
    """The page /attention and what its buttons do. For operators alone; an act only from our own page."""

    def __init__(self, waiting: Waiting, doors: Doors, zone: ZoneInfo) -> None:
        self._waiting = waiting
        self._doors = doors
        self._zone = zone

    def routes(self) -> list[Route]:
        """The page, the downloads, and the two acts for each of the two lists."""
        return [
            Route("/attention", self.page),
            Route("/attention/inputs/{id:int}/raw", self.raw),
            Route("/attention/inputs/{id:int}/{verdict}", self.input, methods=["POST"]),
            Route("/attention/letters/{id:int}/{verdict}", self.letter, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """Both lists, a page of each; with `?unanswered=1` what machines wrote in place of the quarantine."""
        self._only_operator(request)
        language = pages.language_of(request)
        unanswered = request.query_params.get("unanswered") == "1"
        inputs = await self._waiting.inputs(_number(request, "before"), unanswered=unanswered)
        letters = await self._waiting.letters(_number(request, "after") or 0)
        said = pages.words(language)["attention"]
        return pages.render(
            request,
            "attention.html",
            unanswered=unanswered,
            inputs=[(one, shown(one.text), self._when(one.held.received_at, language))
                    for one in inputs[:PER_PAGE]],
            letters=[(one, shown(one.text), self._when(one.at, language)) for one in letters[:PER_PAGE]],
            older=inputs[PER_PAGE - 1].held.id if len(inputs) > PER_PAGE else None,
            newer=letters[PER_PAGE - 1].id if len(letters) > PER_PAGE else None,
            done=said["done"].get(request.query_params.get("done", ""), ""),
        )  # fmt: skip

    async def raw(self, request: Request) -> Response:
        """What came in, to keep or to look at with another program."""
        self._only_operator(request)
        try:
            name, content = await self._waiting.raw(request.path_params["id"])
        except NotFound:
            raise HTTPException(404) from None
        return pages.download(content, name)

    async def input(self, request: Request) -> Response:
        """Try an input again, or let it be."""
        return await self._settle(request, "input", self._waiting.settle_input)

    async def letter(self, request: Request) -> Response:
        """Send a letter again, or let it be."""
        return await self._settle(request, "letter", self._waiting.settle_letter)

    async def _settle(
        self, request: Request, what: str, settle: Callable[[int, Verdict], Awaitable[None]]
    ) -> Response:
        self._only_operator(request)
        if not from_our_page(request):
            raise HTTPException(403)
        verdict: Verdict
        match request.path_params["verdict"]:
            case "release":
                verdict = "release"
            case "discard":
                verdict = "discard"
            case _:
                raise HTTPException(404)
        try:
            await settle(request.path_params["id"], verdict)
        except NotFound:  # somebody else was quicker, or it cannot be tried again
            return RedirectResponse("/attention?done=gone", 303)
        return RedirectResponse(f"/attention?done={what}_{verdict}", 303)

    def _when(self, at: datetime, language: str) -> tuple[str, str]:
        local = at.astimezone(self._zone)
        return local.isoformat(timespec="seconds"), pages.in_words(local, language)

    def _only_operator(self, request: Request) -> None:
        if not self._doors.operator(request):
            raise HTTPException(403)


def shown(text: str) -> tuple[str, bool]:
    """A text as a page may show it, and whether that is only its beginning."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text[:MOST_TEXT]), len(text) > MOST_TEXT


def _letter(row: outbox.Waiting) -> Letter:
    message = row.outbound()
    subject = message.mail.subject if message.mail else ""
    return Letter(
        row.id, row.channel, row.recipient, row.state, row.reason, row.created_at, subject, message.text
    )


def _number(request: Request, name: str) -> int | None:
    asked = request.query_params.get(name, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
