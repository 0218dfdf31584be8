"""Pushes webhooks as Meta does: signed over the escaped bytes, in batches, again until it hears 200.

Knobs on `Push`: how many changes go together, in which order, how often, signed by whom.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from ..serving import Clock

_WAMID = re.compile(rb'"id":"(wamid[^"]+)"')
SEVEN_DAYS = 7 * 86_400.0


@dataclass(slots=True)
class News:
    """One thing to tell: `field` of the change ("messages"), `slot` of its value ("messages", "statuses",
    "errors", "message_echoes" …), the item itself, and the contacts that belong to it."""

    field: str
    slot: str
    item: dict[str, Any]
    contacts: list[dict[str, Any]]
    metadata: dict[str, str]


def escaped(value: Any) -> bytes:
    """JSON as Meta writes it: everything beyond ASCII, and slashes, escaped."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/").replace("@", "\\u0040").encode()


def signature(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Push:
    """What waits to be told, and how. `batch`: up to so many together; `copies`: each post so often, two at
    the same time; `chance`: batches are shaped and ordered by it; `unseen`: so many answers are not seen and
    the post comes again; `secret`: another one than the app's signs, "" signs nothing."""

    def __init__(
        self, clock: Clock, post: Callable[..., Awaitable[httpx.Response | str]], secret: str
    ) -> None:
        self.url = ""
        self.batch, self.copies, self.unseen, self.parallel = 1, 1, 0, 1
        self.chance: random.Random | None = None
        self.secret = secret
        self.extra: dict[str, Any] = {}
        self.pushed: list[tuple[int, bytes]] = []  # (status, or 0 when there was no answer; body)
        self.error = ""
        self._clock, self._post = clock, post
        self._waiting: list[News] = []
        self._raw: list[bytes] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._held = False
        self._task: asyncio.Task[None] | None = None
        self._bell = asyncio.Event()
        self.waba = ""
        self.taken: set[str] = set()  # wamids of messages that were answered with 200

    # ---------------------------------------------------------------------------------------- what to tell
    def tell(self, *news: News) -> None:
        """Tell this as soon as may be."""
        self._waiting += news
        self._go()

    def tell_raw(self, body: bytes) -> None:
        """Post exactly these bytes (signed), whatever they are."""
        self._raw.append(body)
        self._go()

    @contextlib.contextmanager
    def together(self) -> Any:
        """What is told in here goes out in one post."""
        self._held, before = True, self.batch
        self.batch = 10_000
        yield
        bodies = self._bodies()
        self._held, self.batch = False, before
        self._raw += bodies
        self._go()

    @contextlib.contextmanager
    def disordered(self, chance: random.Random | None) -> Any:
        """What is told in here, one by one as ever, goes out in another order."""
        at = len(self._waiting)
        yield
        if chance:
            told, self._waiting = self._waiting[at:], self._waiting[:at]
            chance.shuffle(told)
            self._waiting += told

    def _go(self) -> None:
        self._bell.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def idle(self, timeout: float = 10.0) -> None:
        """Until all has been delivered."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._waiting or self._raw or self._under_way:
                    if self._under_way:
                        await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
                    await asyncio.sleep(0)
                return
        raise AssertionError(f"webhooks were not delivered in {timeout:g} s: {self.error}")

    async def stop(self) -> None:
        """Push no more, for now: what was under way is told again later."""
        tasks = [t for t in (self._task, *self._under_way) if t]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = None

    # ------------------------------------------------------------------------------------------ how to tell
    async def _run(self) -> None:
        while True:
            if self.url and not self._held:
                bodies, self._raw = [*self._raw, *self._bodies()], []
                for body in bodies:
                    while len(self._under_way) >= self.parallel:
                        await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
                    first = asyncio.Event()
                    task = asyncio.create_task(self._deliver(body, first))
                    self._under_way.add(task)
                    task.add_done_callback(self._under_way.discard)
                    if self.parallel == 1:
                        await first.wait()
            self._bell.clear()
            if not (self.url and self._waiting and not self._held):
                await self._bell.wait()

    def _bodies(self) -> list[bytes]:
        """All that waits, in posts of up to `batch`."""
        news, self._waiting = self._waiting, []
        if self.chance:
            self.chance.shuffle(news)
        return [escaped(self.shape(news[at : at + self.batch])) for at in range(0, len(news), self.batch)]

    def shape(self, news: list[News]) -> dict[str, Any]:
        """Entries x changes x items: beside each other or, by chance, within one value."""
        entries: list[dict[str, Any]] = []
        for each in news:
            toss = self.chance.random() if self.chance else 0.5
            if not entries or toss < 0.2:
                entries.append({"id": self.waba, "changes": []})
            changes = entries[-1]["changes"]
            last = changes[-1] if changes else None
            joins = last and last["field"] == each.field and last["value"].get("metadata") == each.metadata
            if last is None or not joins or toss > 0.8:
                value = {"messaging_product": "whatsapp", "metadata": each.metadata}
                changes.append({"value": value, "field": each.field})
            value = changes[-1]["value"]
            if each.contacts:
                known = value.setdefault("contacts", [])
                known += [c for c in each.contacts if c not in known]
            value.setdefault(each.slot, []).append(each.item)
        return {"object": "whatsapp_business_account", "entry": entries, **self.extra}

    async def _deliver(self, body: bytes, first: asyncio.Event) -> None:
        delay, until = 1.0, self._clock.now() + SEVEN_DAYS
        headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}
        if self.secret:
            headers["X-Hub-Signature-256"] = signature(self.secret, body)
        try:
            while self._clock.now() < until:
                answers = await asyncio.gather(
                    *(self._post(self.url, body, headers) for _ in range(self.copies))
                )
                good = False
                for answer in answers:
                    status = answer.status_code if isinstance(answer, httpx.Response) else 0
                    self.pushed.append((status, body))
                    good = good or status == 200
                    if status != 200:
                        self.error = str(status or answer)
                if good:
                    self.taken.update(found.decode() for found in _WAMID.findall(body))
                if good and self.unseen <= 0:
                    return
                self.unseen = max(0, self.unseen - good)
                first.set()  # what fails does not hold up the others
                await self._clock.wait(delay)
                delay = min(delay * 2, 3600.0)
        except asyncio.CancelledError:
            self._raw.insert(0, body)
            raise
        finally:
            first.set()
