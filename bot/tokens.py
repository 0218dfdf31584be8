"""Signed reply tokens: a thread's id that nobody can make up, short enough for an address; and seals, which
show that a text is ours.

A token is the id and 80 bits of its HMAC-SHA256, in 32 letters and digits without case, since some mail
systems write the local part of an address small and some people read it aloud.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

MAC_BYTES = 10
_PURPOSE = b"sapa reply token 1"
_SEALING = b"sapa seal 1"
_TRANSLATE = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "abcdefghjkmnpqrstvwxyz0123456789")
_BACK = str.maketrans("abcdefghjkmnpqrstvwxyz0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_CONFUSED = str.maketrans("ilou", "110v")


def sign(secret: bytes, thread_id: int) -> str:
    """The token of a thread: 18 to 29 characters of `a-z0-9`. Raises `ValueError` for a negative id."""
    if thread_id < 0:
        raise ValueError("A thread's id is not negative.")
    body = thread_id.to_bytes((thread_id.bit_length() + 7) // 8 or 1, "big")
    return base64.b32encode(body + _mac(secret, body)).decode().rstrip("=").translate(_TRANSLATE)


def verify(secret: bytes, token: str) -> int | None:
    """The thread's id; None for what `sign` did not make with this secret. Case does not matter."""
    token = token.strip().lower()
    if not token.isascii() or not 18 <= len(token) <= 32:
        return None
    coded = token.translate(_CONFUSED).translate(_BACK)
    try:
        data = base64.b32decode(coded + "=" * (-len(coded) % 8))
    except binascii.Error:
        return None
    body, mac = data[:-MAC_BYTES], data[-MAC_BYTES:]
    if not body or not hmac.compare_digest(mac, _mac(secret, body)):
        return None
    thread_id = int.from_bytes(body, "big")
    # one token for each thread: no leading zeros, no stray last bits
    return thread_id if sign(secret, thread_id) == token.translate(_CONFUSED) else None


def seal(secret: bytes, text: str) -> str:
    """What nobody else can put beside `text`: 16 characters of `a-z0-9`, the same for the same text whatever
    its case."""
    mac = hmac.digest(secret, _SEALING + text.lower().encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64.b32encode(mac[:MAC_BYTES]).decode().translate(_TRANSLATE)


def sealed(secret: bytes, text: str, by: str) -> bool:
    """Whether `by` is the seal of `text`."""
    return by.isascii() and hmac.compare_digest(seal(secret, text), by.lower())


def _mac(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, _PURPOSE + body, hashlib.sha256)[:MAC_BYTES]
