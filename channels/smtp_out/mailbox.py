"""A folder that takes every mail, where no relay is set; and what a way out by email can carry."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

from channels.base import Capabilities, Outbound, Refused, Retry, SendResult, Sent

CAPABILITIES = Capabilities(
    medium="email",
    max_text=100_000,
    idempotent=True,
)


class LocalMailbox:
    """A folder that takes every mail: what a newcomer without a relay reads on a page.

    One file per mail, named by the SHA-256 of its Message-ID, complete or not there at all, on the disk
    before `send` returns. A mail that is already there is left as it is.
    """

    name = "email"
    capabilities = CAPABILITIES

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, outbound: Outbound) -> SendResult:
        """Put one mail into the folder."""
        from channels.mail.writing import Unwritable, own_id, write  # with the first mail

        try:
            raw = write(outbound)
            message_id = own_id(outbound)
        except Unwritable as error:
            return Refused(f"this cannot be a mail: {error}")
        try:
            await asyncio.to_thread(_put, self.folder, mailbox_name(message_id), raw)
        except OSError as error:
            return Retry(f"the mailbox folder cannot be written: {error.strerror}")
        return Sent(message_id)


def mailbox_name(message_id: str) -> str:
    """The file name of a mail in a `LocalMailbox`."""
    return hashlib.sha256(message_id.encode("utf-8", "surrogateescape")).hexdigest() + ".eml"


def _put(folder: Path, name: str, raw: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    if target.exists():
        return
    draft = folder / f".{name}.{os.getpid()}.{os.urandom(4).hex()}.part"
    try:
        with draft.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
