"""What a call that gave no result means for the message it should have sent. Pure."""

from __future__ import annotations

from datetime import timedelta

from channels.base import Refused, Retry, Unknown
from channels.telegram.condition import REVOKED
from channels.telegram.faults import Declined, Fault, Lost

WAIT = 5.0
"""Seconds to wait when Telegram says to, and not how long."""

_PLAIN = (
    ("bot was blocked", "the customer has blocked the bot"),
    ("user is deactivated", "the customer's Telegram account is gone"),
    ("can't initiate conversation", "the customer has never written to the bot, and it may not write first"),
    ("chat not found", "Telegram knows no such chat of this bot"),
    ("peer_id_invalid", "Telegram knows no such chat of this bot"),
    ("business_connection", "the business account does not let Sapa answer any more"),
    ("business connection", "the business account does not let Sapa answer any more"),
    ("not enough rights", "the business account does not let Sapa answer"),
    ("too long", "it is longer than Telegram takes"),
    ("too big", "a file in it is larger than Telegram takes"),
    ("message text is empty", "there is nothing to be seen in it"),
)  # fmt: skip
"""What Telegram says for good, and what that means."""
_GONE = ("bot was blocked", "user is deactivated")
"""... of whoever cannot be written to at all."""


def verdict(fault: Fault) -> Retry | Refused | Unknown:
    """A 5xx leaves in doubt whether the message left: the server may have fallen down after it. Who waits for
    an answer in vain is in the same doubt. Who got no connection is not."""
    if isinstance(fault, Lost):
        return Unknown(str(fault)) if fault.sent else Retry(str(fault))
    if not isinstance(fault, Declined):
        return Unknown(str(fault))
    if fault.token_refused:
        return Refused(REVOKED, stop_channel=True)
    if fault.code == 429:
        after = timedelta(seconds=fault.retry_after or WAIT)
        return Retry("Telegram asks to write more slowly", after, alone=True)
    if fault.code == 413:
        return Refused("a file in it is larger than Telegram takes")
    if fault.code == 503:  # "not now": said before anything is done
        return Retry(f"Telegram says {fault}", _after(fault))
    if fault.code >= 500:
        return Unknown(f"Telegram says {fault}")
    if not fault.own:
        return Retry(f"refused {fault}", _after(fault))
    said = fault.description.lower()
    plain = next((words for sign, words in _PLAIN if sign in said), "")
    gone = any(sign in said for sign in _GONE)
    return Refused(plain or f"Telegram does not take it: {fault.description}", unreachable=gone)


def _after(fault: Declined) -> timedelta | None:
    return timedelta(seconds=fault.retry_after) if fault.retry_after else None
