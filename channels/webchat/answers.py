"""How the web chat answers its script: JSON, and a refusal with the words for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class NotNow(Exception):
    """The message cannot be taken now, and can be in `after` seconds. `code` names the words for it."""

    def __init__(self, status: int, code: str, after: int) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.after = after


def in_words(code: str, words: Mapping[str, Any], detail: str = "") -> str:
    """What to tell the visitor; `detail` is a file's name."""
    said: str = words["refused"].get(code) or words["refused"]["malformed"]
    return said.replace("{name}", detail[:80])


def refused(status: int, code: str, words: Mapping[str, Any], detail: str = "", after: int = 0) -> Response:
    """A refusal: `error` for the script, `words` for the visitor."""
    headers = {"Retry-After": str(after)} if after else None
    return as_json({"error": code, "words": in_words(code, words, detail)}, status, headers)


def as_json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer that nobody keeps."""
    return Response(msgspec.json.encode(body), status, {**NO_STORE, **(headers or {})}, "application/json")
