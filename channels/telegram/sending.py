"""Sending one message: its calls in order, at the pace that Telegram likes, with a verdict on the whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from channels.base import Outbound, Refused, Retry, SendResult, Sent, Unknown
from channels.courtesies import Courtesies
from channels.telegram.business import parse_thread
from channels.telegram.calls import Calls
from channels.telegram.faults import Declined, Fault
from channels.telegram.pacing import Pace
from channels.telegram.verdicts import verdict
from channels.telegram.wire import whole
from channels.telegram.writing import LARGEST_FILE, Step, steps

PATIENCE = 0.3
"""Seconds that a message waits here; what has to wait longer leaves its place to others and comes back."""
TYPING = 4.0
"""Seconds between two signs that somebody types; it is shown for five."""
PROBE = 10.0
"""Seconds for the answer of a server that was in trouble a moment ago."""
_UNFINISHED = 1000
"""Messages of several calls that are remembered as begun."""


class Sending:
    """The way out of one bot.

    A message of several calls that was interrupted goes on where it stood, as long as the process lives.
    After an answer that leaves a message in doubt the server is asked a harmless question before the next
    one is risked: an hour without Telegram then costs one doubtful message and not all.
    """

    def __init__(
        self,
        calls: Calls,
        courtesies: Courtesies,
        *,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls, self._courtesies = calls, courtesies
        self._pace, self._clock = pace or Pace(), clock
        self._sent: dict[str, list[str]] = {}
        self._typed: dict[str, float] = {}
        self._doubt = False

    async def send(self, outbound: Outbound) -> SendResult:
        """Send it once. `thread` names chat and business connection; without one `to` does."""
        chat, connection = parse_thread(outbound.thread or outbound.to)
        todo = steps(outbound)
        if not todo:
            return Refused("there is nothing in it")
        if large := next(
            (one for one in outbound.attachments if len(one.content or b"") > LARGEST_FILE), None
        ):
            return Refused(f"{large.name} is larger than the 50 MB that Telegram takes")
        sent = self._sent.get(outbound.id, [])
        where: dict[str, Any] = {"chat_id": chat, "business_connection_id": connection or None}
        for step in todo[len(sent) :]:
            result = await self._step(step, where)
            if not isinstance(result, str):
                return self._stopped(outbound.id, sent, len(todo), result)
            sent.append(result)
        self._sent.pop(outbound.id, None)
        return Sent(sent[-1])

    def _stopped(
        self, key: str, sent: list[str], wanted: int, result: Retry | Refused | Unknown
    ) -> SendResult:
        if isinstance(result, Retry):
            if sent:
                self._sent[key] = sent
                while len(self._sent) > _UNFINISHED:  # the oldest was withdrawn or given up long ago
                    del self._sent[next(iter(self._sent))]
            return result
        self._sent.pop(key, None)
        if not sent:
            return result
        reason = f"{result.reason} ({len(sent)} of its {wanted} parts had arrived)"
        return Unknown(reason) if isinstance(result, Unknown) else replace(result, reason=reason)

    async def _step(self, step: Step, where: dict[str, Any]) -> str | Retry | Refused | Unknown:
        """One call; the id of the message it made."""
        chat = str(where["chat_id"])
        if waits := await self._in_turn(chat, step.weight):
            self._type(where)
            return waits
        if self._doubt and (trouble := await self._probe()):
            return trouble
        try:
            made = await self._call(step, where)
        except Fault as fault:
            if isinstance(fault, Declined) and fault.code == 429:
                self._pace.told_to_wait(chat, fault.retry_after or 1.0, self._clock())
            found = verdict(fault)
            self._doubt = self._doubt or isinstance(found, Unknown)
            return found
        return str(whole(made, "message_id") or "") if isinstance(made, dict) else ""

    async def _in_turn(self, chat: str, weight: int) -> Retry | None:
        """Wait for the chat's turn and then for a place among all; None when the message may go."""
        wait = self._pace.wait(chat, self._clock(), weight=weight)
        if 0 < wait <= PATIENCE:
            await asyncio.sleep(wait)
            wait = self._pace.wait(chat, self._clock(), weight=weight)
        if wait > 0:
            return Retry("written slowly enough for Telegram", timedelta(seconds=wait), alone=True)
        if (slot := self._pace.slot(self._clock())) > 0:
            await asyncio.sleep(slot)
        return None

    async def _probe(self) -> Retry | Refused | None:
        """Whether the server is there again; the message has not been risked when it is not."""
        try:
            await self._calls.call("getMe", patience=PROBE)
        except Fault as fault:
            found = verdict(fault)
            return found if isinstance(found, Refused) else Retry(found.reason)
        self._doubt = False
        return None

    async def _call(self, step: Step, where: dict[str, Any]) -> Any:
        try:
            return await self._once(step, where)
        except Declined as fault:
            if fault.migrate_to is not None:
                where["chat_id"] = fault.migrate_to
                return await self._once(step, where)
            if fault.code == 400 and fault.own and step.field in ("photo", "video") and _about_file(fault):
                return await self._once(step.as_document(), where)
            raise

    async def _once(self, step: Step, where: dict[str, Any]) -> Any:
        file = step.file
        if file is None:
            return await self._calls.call(step.method, **where, **step.parameters)
        content, given = file.content or b"", {**where, **step.parameters}
        return await self._calls.upload(step.method, step.field, content, file.name, file.media_type, **given)

    def _type(self, where: dict[str, Any]) -> None:
        """Show that somebody types while a message waits for its turn."""
        chat, now = str(where["chat_id"]), self._clock()
        if self._typed.get(chat, -TYPING) > now - TYPING or self._pace.held(chat, now):
            return
        if len(self._typed) > _UNFINISHED:
            self._typed.clear()
        self._typed[chat] = now
        self._courtesies.start(partial(self._calls.call, "sendChatAction", **where, action="typing"))


def _about_file(fault: Declined) -> bool:
    """Whether it is the file as such that is not taken: odd measures, odd bytes."""
    said = fault.description.lower()
    return any(sign in said for sign in ("photo", "image", "video", "dimensions", "process_failed"))
