"""What a provider's answer makes of a job: the file, another try, or the end of it. Pure."""

from __future__ import annotations

import hashlib
import mimetypes
from datetime import datetime, timedelta

from bot.store.amending import Lost, PutOff
from bot.store.fetches import Job
from bot.store.files import digest_of
from bot.store.media import media_type
from channels.base import Fetched, Refused, Retry

PAUSES = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 1800, 3600, 7200, 14400))
"""Between tries: short at first, since the customer waits and so does the address that the provider gave."""
SOONEST = timedelta(seconds=1)

_BY_BYTES = ("image/", "audio/", "video/")
"""Kinds of which no file is text."""
_BLANK = b"\xef\xbb\xbf \t\r\n"
"""What may stand before a text: a byte order mark, and blanks."""


def delay(job: Job) -> timedelta:
    """How long to wait after the n-th try in vain. Up to a tenth is added, always the same for the same job
    and try, so that many files that failed together do not come back together."""
    base = PAUSES[min(max(job.attempts, 1), len(PAUSES)) - 1]
    steady = hashlib.sha256(f"{job.key}\n{job.attempts}".encode()).digest()
    return base * (1 + int.from_bytes(steady[:2], "big") / 0xFFFF / 10)


def in_vain(job: Job, result: Retry | Refused, now: datetime) -> PutOff | Lost:
    """Another try, or the end. A channel that cannot be used at all (token) is no fault of the file: it waits
    as long as the provider keeps it."""
    match result:
        case Refused(reason, False, _, large):
            return Lost(job, reason or "the provider refuses it", too_large=large)
        case Retry(reason, after) if after is not None:
            then = now + max(after, SOONEST)
            over = then > job.give_up_at
        case Retry(reason) | Refused(reason):
            then = min(now + delay(job), job.give_up_at)
            over = now >= job.give_up_at
    if over:
        return Lost(job, f"given up after {job.attempts} tries: {reason}")
    return PutOff(job, then, reason)


def too_large(size: int, most: int) -> str:
    """Why a file of `size` bytes is not taken, "" when it is."""
    return f"too large: {_mb(size)} MB, at most {_mb(most)} MB are taken" if size > most else ""


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f}".removesuffix(".0")


def not_the_file(job: Job, content: bytes) -> str:
    """Why these bytes are not the file that was sent, "" when nothing speaks against them."""
    if not content:
        return "the provider gave no bytes"
    if job.digest and digest_of(content) != job.digest:
        return "the bytes are not those that the provider announced (another SHA-256)"
    claimed = job.media_type.lower()
    if claimed.startswith(_BY_BYTES) and "svg" not in claimed and _is_text(content):
        return f"the provider gave text in place of the {claimed.partition('/')[0]}"
    return ""


def _is_text(content: bytes) -> bool:
    """A page or JSON that tells of a fault, taken for the file (chatwoot#9809)."""
    return media_type(content) == "text/plain" or content.lstrip(_BLANK)[:1] in (b"<", b"{", b"[")


def name_of(job: Job, fetched: Fetched, kind: str) -> str:
    """What the file is called: as the sender called it, as the provider does, or by its kind."""
    name = (job.name or fetched.name).strip()
    return name[:255] or f"file{mimetypes.guess_extension(kind) or ''}"
