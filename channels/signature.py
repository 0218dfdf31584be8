"""Meta's signature on a webhook: HMAC-SHA256 with the app's secret over the bytes exactly as they came.

Meta signs what is on the wire, where every letter beyond ASCII is escaped: who parses and writes the JSON
again gets other bytes. Without a secret nothing is ever right.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

HEADER = "x-hub-signature-256"

_FORM = re.compile(r"sha256=([0-9a-fA-F]{64})")


def made(body: bytes, secret: bytes) -> str:
    """The header's value that Meta would send with this body."""
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"


def claimed(header: str | None) -> bytes | None:
    """The digest that a header names; None when it is missing or is no signature, before any body is read."""
    found = _FORM.fullmatch(header.strip()) if header else None
    return bytes.fromhex(found[1]) if found else None


def is_right(body: bytes, digest: bytes, secrets: Sequence[bytes]) -> bool:
    """Whether one of the app's secrets (two while they are changed) makes this digest of the body."""
    right = [
        hmac.compare_digest(hmac.digest(secret, body, hashlib.sha256), digest) for secret in secrets if secret
    ]
    return any(right)
