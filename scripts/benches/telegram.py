"""Telegram by webhook through a whole Sapa: see `chat/flow.py` for what is measured."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

sys.path[:1] = [str(Path(__file__).parent / "chat")]
import flow  # noqa: E402 - a part of the benches, not a bench

SECRET = "bench-secret"
TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


class Telegram:
    """The Bot API, as far as it is called."""

    name, path = "telegram", "/hooks/telegram"

    def __init__(self) -> None:
        self._updates = itertools.count(900_000_001)
        self._messages = itertools.count(1)
        self._hook = ""

    def env(self, url: str, public: str) -> Mapping[str, str]:
        self._hook = f"{public}/hooks/telegram"
        return {
            "SAPA_WEB__PUBLIC_URL": public,
            "SAPA_TELEGRAM__TOKEN": TOKEN,
            "SAPA_TELEGRAM__MODE": "webhook",
            "SAPA_TELEGRAM__WEBHOOK_SECRET": SECRET,
            "SAPA_TELEGRAM__BASE_URL": url,
        }

    def says(self, customer: int, text: str) -> tuple[bytes, Mapping[str, str]]:
        who = {"id": 7_000_000 + customer, "first_name": f"Budi {customer}"}
        message = {
            "message_id": next(self._messages),
            "from": {**who, "is_bot": False, "language_code": "id"},
            "chat": {**who, "type": "private"},
            "date": int(time.time()),
            "text": text,
        }
        update = {"update_id": next(self._updates), "message": message}
        return json.dumps(update).encode(), {"X-Telegram-Bot-Api-Secret-Token": SECRET}

    def thread(self, customer: int) -> str:
        return str(7_000_000 + customer)

    def answer(self, path: str, body: bytes) -> tuple[bytes, list[tuple[bytes, Mapping[str, str]]]]:
        method = path.rpartition("/")[2]
        result: object = True
        if method == "getMe":
            result = {"id": 110201543, "is_bot": True, "first_name": "Sapa", "username": "sapa_bot"}
        elif method == "getWebhookInfo":
            result = {"url": self._hook, "pending_update_count": 0, "max_connections": 40}
        elif method.startswith("send") and method != "sendChatAction":
            number = next(self._messages)
            result = {"message_id": number, "date": int(time.time()), "chat": {"id": 1, "type": "private"}}
        return json.dumps({"ok": True, "result": result}).encode(), []


if __name__ == "__main__":
    sys.exit(flow.main(Telegram()))
