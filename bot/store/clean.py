"""What may stand in a text column: no NUL, no lone surrogate, no key longer than its column.

Raw bytes stay bytes elsewhere; this is the boundary for text. All functions are total and idempotent.
"""

from __future__ import annotations

import hashlib

REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    """The text with NUL and lone surrogates replaced by U+FFFD; equal for every text that has neither."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def fit(key: str, limit: int) -> str:
    """A key of at most `limit` characters (limit >= 80): a longer one keeps its head and ends in the
    SHA-256 of the whole, so that two long keys never become one."""
    key = clean(key)
    if len(key) <= limit:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: limit - len(digest) - 1]}~{digest}"
