"""An SMS gateway on 127.0.0.1, and the people with simple phones behind it.

    async with Gateway(dialect="forms") as sms:
        sms.hook = "http://127.0.0.1:8080/hooks/sms"
        budi = sms.person("Budi")
        budi.says("Siang, minyaknya bocor")

By hand or as a process of its own: `python -m tests.standins.sms --port 9103 --hook URL --dialect json`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..faults import Fails
from ..people import Got
from ..serving import Clock, StandIn
from .dialects import DIALECTS, Asked, Event
from .person import Person, parts_of


class Gateway(StandIn):
    """One account at a gateway that speaks a `dialect`: forms, json or old.

    `batch`: so many events in one call, where the dialect has it; `copies`: each call so often; `unseen`: so
    many of our answers are not seen, and the call comes again; `chance`: parts and reports come in disorder;
    `credit` in parts, None for as many as one likes; `dedupes`: the same reference is sent once.
    """

    def __init__(
        self,
        *,
        dialect: str = "forms",
        key: str = "kunci-gerbang-0123456789",
        secret: str = "rahasia-gerbang-9876543210",
        number: str = "+622150505050",
        port: int = 0,
        scale: float = 1.0,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(port=port, scale=scale, clock=clock)
        self.dialect = DIALECTS[dialect]
        self.key, self.secret, self.number = key, secret, number
        self.hook = ""
        self.batch, self.copies, self.unseen = 1, 1, 0
        self.chance: random.Random | None = None
        self.credit: int | None = None
        self.dedupes = False
        self.billed = 0
        self.pushed: list[tuple[int, Event]] = []
        self.told: dict[str, list[str]] = {}  # id of a message of ours: the reports given so far
        self.bundles = itertools.count(random.randrange(200))
        self._numbers = itertools.count(70_000_001)
        self._people: dict[str, Person] = {}
        self._by_reference: dict[str, str] = {}
        self._waiting: list[Event] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._bell = asyncio.Event()

    def person(self, name: str, *, phone: str = "") -> Person:
        """Somebody with a phone."""
        if name not in self._people:
            phone = phone or f"+62813{20_000_001 + len(self._people)}"
            self._people[name] = Person(self, name, phone)
        return self._people[name]

    def settings(self) -> dict[str, Any]:
        """The `[sms]` of sapa.toml that fits."""
        return {**self.dialect.settings(self.url, self.key, self.secret), "numbers": [self.number]}

    def new_id(self) -> str:
        """An id of the gateway."""
        return f"SM{next(self._numbers)}"

    # ---------------------------------------------------------------------------------------- what it tells
    def reports(self, id_: str, person: Person, status: str, reference: str, reason: str = "") -> None:
        """A delivery report."""
        now = self.clock.now()
        self.told.setdefault(id_, []).append(status)
        self.tell(
            Event(
                "report",
                id_,
                now,
                self.number,
                person.phone,
                status=status,
                reference=reference,
                reason=reason,
            )
        )

    def tell(self, *events: Event) -> None:
        """Call the webhook with these."""
        self._waiting += events
        self._bell.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def idle(self, timeout: float = 10.0) -> None:
        """Until all has been told."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._waiting or self._under_way:
                    if self._under_way:
                        await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
                    await asyncio.sleep(0)
                return
        raise AssertionError(f"the webhook was not called with all in {timeout:g} s")

    async def stopped(self) -> None:
        tasks = [t for t in (self._task, *self._under_way) if t]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = None

    async def _run(self) -> None:
        while True:
            if self.hook and self._waiting:
                events, self._waiting = self._waiting, []
                if self.chance:
                    self.chance.shuffle(events)
                size = self.batch if self.dialect.batches else 1
                for at in range(0, len(events), size):
                    first = asyncio.Event()
                    task = asyncio.create_task(self._deliver(events[at : at + size], first))
                    self._under_way.add(task)
                    task.add_done_callback(self._under_way.discard)
                    await first.wait()
            self._bell.clear()
            if not (self.hook and self._waiting):
                await self._bell.wait()

    async def _deliver(self, events: list[Event], first: asyncio.Event) -> None:
        delay, until = 1.0, self.clock.now() + 86_400
        try:
            while self.clock.now() < until:
                post = self.dialect.post(self.hook, self.secret, events, self.clock.now())
                answers = await asyncio.gather(
                    *(
                        self.push(post.url, post.body, post.headers, method=post.method)
                        for _ in range(self.copies)
                    )
                )
                statuses = [a.status_code if isinstance(a, httpx.Response) else 0 for a in answers]
                self.pushed += [(status, event) for status in statuses for event in events]
                good = any(200 <= status < 300 for status in statuses)
                if good and self.unseen <= 0:
                    return
                self.unseen = max(0, self.unseen - good)
                first.set()  # what fails does not hold up the others
                await self.clock.wait(delay)
                delay = min(delay * 2, 900.0)
        except asyncio.CancelledError:
            self._waiting = [*events, *self._waiting]
            raise
        finally:
            first.set()

    # ---------------------------------------------------------------------------------------- what is asked
    def failure(self, fault: Fails) -> Response:
        word = fault.reason or ("busy" if fault.status in (429, 503) else "rejected")
        return self.dialect.refused(fault.status, word, fault.reason or "not now", fault.retry_after)

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/send", self._send, methods=["GET", "POST"])]

    async def _send(self, request: Request) -> Response:
        body = await request.body()
        form = {str(k): str(v) for k, v in (await request.form()).items()}
        asked = self.dialect.asked(request.query_params, request.headers, body, form)

        async def work() -> Response:
            return self._take(replace(asked, to=_e164(asked.to)))

        args = {"to": asked.to, "text": asked.text, "from": asked.sender, "reference": asked.reference}
        return await self.answer(request, "send", args, work)

    def _take(self, asked: Asked) -> Response:
        if asked.shown != self.key:
            return self.dialect.refused(401, "login", "unknown key", None)
        person = next((p for p in self._people.values() if p.phone == asked.to), None)
        if person is None or not asked.text:
            return self.dialect.refused(400, "rejected", "unknown number" if asked.text else "no text", None)
        if self.dedupes and asked.reference in self._by_reference:
            return self.dialect.taken(self._by_reference[asked.reference], 0)
        parts = len(parts_of(asked.text))
        if self.credit is not None and parts > self.credit:
            return self.dialect.refused(200, "credit", "not enough credit", None)
        if self.credit is not None:
            self.credit -= parts
        self.billed += parts
        id_ = self._by_reference[asked.reference] = self.new_id()
        self.reports(id_, person, "sent", asked.reference)
        if person.unreachable:
            self.reports(id_, person, person.unreachable, asked.reference, "absent subscriber")
        else:
            got = Got(id_, asked.text, self.clock.now(), raw={"from": asked.sender, "parts": parts})
            person.receives(got, asked.reference)
        return self.dialect.taken(id_, parts)


def _e164(number: str) -> str:
    """0812… and 62812… as +62812…"""
    digits = "".join(c for c in number if c.isdigit())
    return f"+62{digits[1:]}" if digits.startswith("0") else f"+{digits}"
