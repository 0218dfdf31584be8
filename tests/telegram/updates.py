"""Updates as the Bot API sends them, in our own words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from channels.base import Inbound, Message
from channels.telegram.reading import read

SRI: dict[str, Any] = {
    "id": 7_000_000_123, "is_bot": False, "first_name": "Sri", "last_name": "Wahyuni", "language_code": "id",
}  # fmt: skip
PRIVATE: dict[str, Any] = {"id": SRI["id"], "type": "private", "first_name": "Sri"}
GROUP: dict[str, Any] = {"id": -1001234567890, "type": "supergroup", "title": "Agen Jawa Timur"}
SENT = 1_795_000_000
AT = datetime.fromtimestamp(SENT, UTC)


def message(number: int = 41, **fields: Any) -> dict[str, Any]:
    """A message of Sri's; `chat` and `from` may be named (`from_`), None leaves a field out."""
    made = {"message_id": number, "from": SRI, "chat": PRIVATE, "date": SENT}
    made |= {name.rstrip("_"): value for name, value in fields.items()}
    return {name: value for name, value in made.items() if value is not None}


def update(number: int, **kinds: Any) -> bytes:
    """An update as bytes: `update(5, message=message(text="halo"))`."""
    return json.dumps({"update_id": number, **kinds}, ensure_ascii=False).encode()


def heard(number: int = 900, **kinds: Any) -> Sequence[Inbound]:
    """What such an update is read as."""
    return read(update(number, **kinds), account="555", at=AT)


def wrote(**fields: Any) -> Message:
    """The `Message` of one message."""
    (one,) = heard(message=message(**fields))
    assert isinstance(one, Message)
    return one
