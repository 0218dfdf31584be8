"""Webhook bodies in our own words, shaped as Meta shapes them."""

from __future__ import annotations

import json
from typing import Any

from channels.whatsapp import read

NUMBER = "106540352242922"
SHOWN = "622150501234"
BUDI = "6281230001111"
BUDI_ID = "ID.2081978709342942"
PHONE = f"+{BUDI}"
META = {"display_phone_number": SHOWN, "phone_number_id": NUMBER}


def value(**parts: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "metadata": META, **parts}


def body(*values: dict[str, Any], field: str = "messages", entries: int = 1) -> bytes:
    """The values as changes, spread over so many entries."""
    changes = [{"field": field, "value": each} for each in values]
    made = [{"id": "102290129340398", "changes": changes[n::entries]} for n in range(entries)]
    return json.dumps({"object": "whatsapp_business_account", "entry": made}).encode()


def contact(name: str = "Budi", wa_id: str = BUDI, user_id: str = BUDI_ID) -> dict[str, Any]:
    ids = {"wa_id": wa_id, "user_id": user_id}
    return {"profile": {"name": name}, **{key: each for key, each in ids.items() if each}}


def message(
    n: int | str = 1, kind: str = "text", content: Any = None, *, at: int = 1_795_305_600, **more: Any
) -> dict[str, Any]:
    """Budi's message number `n`; a text when nothing else is given."""
    made = {"from": BUDI, "from_user_id": BUDI_ID, "id": f"wamid.{n}", "timestamp": str(at), "type": kind}
    if kind == "text" and content is None:
        content = {"body": f"pesan {n}"}
    if content is not None:
        made[kind] = content
    return {name: each for name, each in {**made, **more}.items() if each is not None}


def said(kind: str, content: Any = None, **more: Any) -> bytes:
    """A body with one message of Budi's."""
    return body(value(contacts=[contact()], messages=[message(1, kind, content, **more)]))


def status(n: int | str = 1, name: str = "sent", **more: Any) -> dict[str, Any]:
    return {
        "id": f"wamid.{n}",
        "status": name,
        "timestamp": "1795305601",
        "recipient_id": BUDI,
        "recipient_user_id": BUDI_ID,
        **more,
    }


def one(raw: bytes) -> Any:
    """What a body says that says one thing."""
    found = read(raw)
    assert len(found) == 1, found
    return found[0]
