"""Files of customers: they lie with Telegram, and are fetched over an address that nobody is ever shown."""

from __future__ import annotations

from datetime import timedelta

from channels.base import Attachment, Fetched, FetchResult, Refused, Retry
from channels.telegram.calls import Calls
from channels.telegram.condition import REVOKED
from channels.telegram.faults import Declined, Fault, TooLarge
from channels.telegram.wire import count, words

LARGEST = 20 * 1024 * 1024
"""Bytes that the Bot API gives out of a file."""
TOO_LARGE = "the file is larger than the 20 MB that Telegram gives to bots"


async def fetch(calls: Calls, attachment: Attachment) -> FetchResult:
    """The file under `attachment.reference`. The path that the server names is used below the server's own
    address only, and is forgotten."""
    if not attachment.reference:
        return Refused("nothing is known of where the file lies")
    if attachment.size > LARGEST:
        return Refused(TOO_LARGE, too_large=True)
    try:
        told = await calls.call("getFile", file_id=attachment.reference)
        path = words(told, "file_path") if isinstance(told, dict) else ""
        if not _is_path(path):
            return Refused("Telegram names no place to fetch the file from")
        if count(told, "file_size") > LARGEST:
            return Refused(TOO_LARGE, too_large=True)
        content = await calls.download(path, LARGEST)
    except TooLarge:
        return Refused(TOO_LARGE, too_large=True)
    except Fault as fault:
        return _verdict(fault)
    expected = count(told, "file_size")
    if expected and len(content) != expected:
        return Retry(f"{len(content)} of {expected} bytes came", alone=True)
    return Fetched(content, attachment.media_type, attachment.name)


def _verdict(fault: Fault) -> Retry | Refused:
    """Asking again for a file does no harm: only what is for good is refused."""
    if not isinstance(fault, Declined):
        return Retry(str(fault))
    after = timedelta(seconds=fault.retry_after) if fault.retry_after else None
    if fault.code == 401:
        return Retry(REVOKED)
    if fault.own and fault.code == 400:
        said = fault.description.lower()
        if "too big" in said:
            return Refused(TOO_LARGE, too_large=True)
        if "temporarily" not in said:
            return Refused(f"Telegram does not give the file: {fault.description}")
    return Retry(f"Telegram does not give the file: {fault}", after, alone=True)


def _is_path(path: str) -> bool:
    """Whether it is a relative path and nothing that leads elsewhere. (A Bot API server of one's own with
    --local names places on its own disk: those are not read.)"""
    parts = path.split("/")
    return (
        bool(path) and "\\" not in path and ":" not in path and not any(p in ("", ".", "..") for p in parts)
    )
