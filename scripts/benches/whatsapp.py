"""WhatsApp through a whole Sapa, each answer with its status: see `chat/flow.py` for what is measured."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path[:1] = [str(Path(__file__).parent / "chat")]
import flow  # noqa: E402 - a part of the benches, not a bench

SECRET = "bench-app-secret"
NUMBER = {"display_phone_number": "622150501234", "phone_number_id": "106540352242922"}


class WhatsApp:
    """Graph, as far as it is called."""

    name, path = "whatsapp", "/hooks/whatsapp"

    def __init__(self) -> None:
        self._ids = itertools.count(1)

    def env(self, url: str, public: str) -> Mapping[str, str]:
        return {
            "SAPA_WHATSAPP__TOKEN": "bench-token",
            "SAPA_WHATSAPP__APP_SECRET": SECRET,
            "SAPA_WHATSAPP__VERIFY_TOKEN": "bench",
            "SAPA_WHATSAPP__NUMBERS": json.dumps([NUMBER["phone_number_id"]]),
            "SAPA_WHATSAPP__BASE_URL": url,
        }

    def says(self, customer: int, text: str) -> tuple[bytes, Mapping[str, str]]:
        phone = f"62812{10_000_000 + customer}"
        contact = {"profile": {"name": f"Budi {customer}"}, "wa_id": phone, "user_id": f"ID.{customer}"}
        message = {
            "from": phone,
            "from_user_id": f"ID.{customer}",
            "id": f"wamid.in{next(self._ids)}",
            "timestamp": str(int(time.time())),
            "type": "text",
            "text": {"body": text},
        }
        return self._post({"contacts": [contact], "messages": [message]})

    def thread(self, customer: int) -> str:
        return f"+62812{10_000_000 + customer}"

    def answer(self, path: str, body: bytes) -> tuple[bytes, list[tuple[bytes, Mapping[str, str]]]]:
        asked: dict[str, Any] = json.loads(body) if body else {}
        if asked.get("status") == "read" or not path.endswith("/messages"):
            return b'{"success": true, "data": []}', []
        wamid, to = f"wamid.out{next(self._ids)}", asked.get("to", "").lstrip("+")
        told = {"messaging_product": "whatsapp", "contacts": [{"wa_id": to}], "messages": [{"id": wamid}]}
        status = {
            "id": wamid,
            "status": "sent",
            "timestamp": str(int(time.time())),
            "recipient_id": to,
            "biz_opaque_callback_data": asked.get("biz_opaque_callback_data", ""),
        }
        return json.dumps(told).encode(), [self._post({"statuses": [status]})]

    @staticmethod
    def _post(value: dict[str, Any]) -> tuple[bytes, Mapping[str, str]]:
        change = {
            "field": "messages",
            "value": {"messaging_product": "whatsapp", "metadata": NUMBER, **value},
        }
        entry = {"id": "102290129340398", "changes": [change]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return body, {"X-Hub-Signature-256": f"sha256={digest}"}


if __name__ == "__main__":
    sys.exit(flow.main(WhatsApp()))
