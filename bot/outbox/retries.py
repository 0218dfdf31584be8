"""What a provider's verdict makes of a row, and when it is tried again. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.outbox import Settled, State, Waiting
from channels.base import Refused, Retry, SendResult, Sent, Unknown


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long to wait after the first failed try, and at most: it doubles from try to try."""

    first: timedelta
    longest: timedelta


MAIL = Pauses(timedelta(minutes=1), timedelta(hours=12))
CHAT = Pauses(timedelta(seconds=2), timedelta(minutes=15))
"""Somebody looks at the screen and waits for the answer, and what follows in the chat waits behind it."""
SOONEST = timedelta(seconds=1)
LATEST = timedelta(days=30)
"""What a provider may ask for; whoever asks for more is heard as asking for this."""


def delay(key: str, attempts: int, pauses: Pauses = MAIL) -> timedelta:
    """How long to wait after the n-th failed try.

    Up to a tenth is added, always the same for the same row and try, so that many rows that failed together
    do not come back together.
    """
    base = min(pauses.first * float(2 ** min(max(attempts, 1) - 1, 30)), pauses.longest / 1.1)
    steady = hashlib.sha256(f"{key}\n{attempts}".encode("utf-8", "surrogatepass")).digest()
    return base * (1 + int.from_bytes(steady[:2], "big") / 0xFFFF / 10)


def settled(
    row: Waiting, result: SendResult, now: datetime, *, idempotent: bool, pauses: Pauses = MAIL
) -> Settled:
    """What to write down. A row is tried until `give_up_at`, the last time right then; after that it is a
    dead letter. A channel that cannot be used at all (token, login) is no fault of the row: it waits."""
    match result:
        case Sent(external_id, remark):
            return Settled(row, State.SENT, now, reason=remark, provider_id=external_id)
        case Retry(reason, until_heard=True):
            # the turn that hears the customer makes it due; the last try is its end
            over = now >= row.give_up_at
            return _again(row, reason, now, None if over else row.give_up_at - now, pauses, asked=True)
        case Retry(reason, after):
            return _again(row, reason, now, after, pauses)
        case Refused(reason, stop_channel, unreachable):
            if stop_channel:
                return _again(row, reason, now, None, pauses)
            why = reason or "the provider refused it"
            return Settled(row, State.REFUSED, now, reason=why, unreachable=unreachable)
        case Unknown(reason):
            if idempotent:
                return _again(row, reason, now, None, pauses)
            why = f"it may have been sent: {reason}; ask the customer or look there before releasing it"
            return Settled(row, State.UNKNOWN, now, reason=why)


def _again(
    row: Waiting,
    reason: str,
    now: datetime,
    after: timedelta | None,
    pauses: Pauses,
    *,
    asked: bool = False,
) -> Settled:
    if after is not None:
        then = now + min(max(after, SOONEST), LATEST)
        over = then > row.give_up_at
    else:
        then = min(now + delay(row.key, row.attempts, pauses), row.give_up_at)
        over = now >= row.give_up_at
    if over:
        return Settled(row, State.DEAD, now, reason=f"given up after {row.attempts} tries: {reason}")
    return Settled(row, State.QUEUED, now, reason=reason, next_at=then, asked=asked)
