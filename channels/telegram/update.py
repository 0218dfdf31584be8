"""One update as it came: its id, what its inbounds share, and what becomes of one that cannot be read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

from channels.base import Noted, Sender, Unreadable
from channels.telegram import CHANNEL
from channels.telegram.wire import Json, instant, part, whole

_UPDATE_ID = re.compile(rb'"update_id"\s*:\s*(-?[0-9]{1,20})(?![0-9.eE])')
_EPOCH = datetime.fromtimestamp(0, UTC)


class _Numbered(msgspec.Struct):
    update_id: int


@dataclass(frozen=True, slots=True)
class Update:
    """An update of the bot `account`; `at` is when it was received, None when that is not known any more."""

    id: int
    body: Json
    raw: bytes
    account: str
    at: datetime | None

    @property
    def kind(self) -> str:
        """What kind of update it is, by its own word; "" for none."""
        return next((name[:60] for name in self.body if name != "update_id"), "")

    def shared(
        self,
        chat: int,
        which: int | str,
        sender: Sender,
        sent_at: datetime | None,
        *,
        thread: str = "",
        message_id: int | None = None,
    ) -> dict[str, Any]:
        """The fields of an `Arrival`. `which` makes it unique beside update and chat: after a week without
        updates their ids begin anew, at random."""
        return {
            "channel": CHANNEL,
            "account": self.account,
            "external_id": f"{self.id}/{chat}/{which}",
            "sender": sender,
            "thread": thread or str(chat),
            "sent_at": sent_at or self.at or _EPOCH,
            "raw": self.raw,
            "message_id": "" if message_id is None else str(message_id),
        }

    def noted(self, cause: str, inside: Json) -> Noted:
        """Nobody's word to us, on record with its cause."""
        chat = part(inside, "chat") or part(part(inside, "message"), "chat")
        which = inside.get("message_id", inside.get("id", inside.get("date")))
        place = f"{whole(chat, 'id') or 0}/{self.kind}/{which if isinstance(which, int | str) else ''}"
        return Noted(
            channel=CHANNEL,
            account=self.account,
            external_id=f"{self.id}/{place[:150]}",
            sender=Sender(""),
            thread="",
            sent_at=instant(inside, "date") or self.at or _EPOCH,
            raw=self.raw,
            cause=cause,
        )


def parse(raw: bytes, account: str, at: datetime | None) -> Update:
    """Raises `ValueError` for what is no update."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:  # bad JSON, bad UTF-8, numbers and nesting beyond measure
        raise ValueError(f"no JSON ({type(error).__name__})") from None
    if not isinstance(body, dict):
        raise ValueError("no JSON object")
    update_id = whole(body, "update_id")
    if update_id is None:
        raise ValueError("no update_id: this is no update of the Bot API")
    return Update(update_id, body, raw, account, at)


def id_of(raw: bytes) -> int | None:
    """The id of an update that may be damaged elsewhere, None when there is none to be seen."""
    try:
        return msgspec.json.decode(raw, type=_Numbered).update_id
    except (msgspec.MsgspecError, RecursionError):
        found = _UPDATE_ID.search(raw)
        return int(found[1]) if found else None


def unreadable(raw: bytes, *, account: str, at: datetime, cause: str) -> Unreadable:
    """Bytes that could not be read, under an id that is the same whenever they come again."""
    digest = sha256(raw).hexdigest()
    found = id_of(raw)
    return Unreadable(
        channel=CHANNEL,
        account=account,
        external_id=f"raw/{digest}" if found is None else f"{found}/raw/{digest[:16]}",
        raw=raw,
        cause=f"unreadable: {cause}",
        sent_at=at,
    )
