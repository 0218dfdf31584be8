"""Who may come in by the hook: the gateway shows a secret or signs. All is compared in constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.datastructures import Headers

from channels.sms.gateway import Hook, fill
from channels.sms.wire import pairs_of


class Door:
    """Knows the gateway. `secret` is what it shows or signs with, `url` the address under which it reaches us
    (only a signature over the address needs it)."""

    def __init__(self, hook: Hook, secret: str, url: str = "") -> None:
        if not secret:
            raise ValueError("without a secret everybody could come in")
        self._hook = hook
        self._secret = secret.encode()
        self._url = url

    @property
    def signs(self) -> bool:
        """Whether the body is needed to know the gateway."""
        return self._hook.proof == "signature"

    @property
    def signs_query(self) -> bool:
        """Whether what stands in the query is the gateway's word: under a signature over the body alone,
        anybody may have written it."""
        return not self.signs or "{url}" in self._hook.signed

    def shows(self, headers: Headers, query: bytes) -> bool:
        """Whether the secret is shown; of a gateway that signs: whether a signature is there at all, and
        still fresh is looked at with it."""
        hook = self._hook
        if hook.proof == "query":
            try:
                pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=200)
            except ValueError:
                return False
            shown = [value for name, value in pairs if name == hook.name]
            return len(shown) == 1 and self._is_secret(shown[0].encode())
        if hook.proof == "basic":
            kind, _, told = headers.get("authorization", "").partition(" ")
            try:
                return kind.lower() == "basic" and self._is_secret(
                    base64.b64decode(told.strip(), validate=True)
                )
            except (binascii.Error, ValueError):
                return False
        shown_ = headers.getlist(hook.name)
        if hook.proof == "signature":
            return len(shown_) == 1
        return len(shown_) == 1 and self._is_secret(shown_[0].encode("latin-1"))

    def _is_secret(self, shown: bytes) -> bool:
        return hmac.compare_digest(shown, self._secret)

    def signed(self, headers: Headers, query: bytes, body: bytes, now: float) -> bool:
        """Whether the signature is the gateway's own and not older than `tolerance`. `now`: Unix seconds."""
        hook = self._hook
        timestamp = headers.get(hook.timestamp, "").strip() if hook.timestamp else ""
        if hook.timestamp and not self._is_fresh(timestamp, now):
            return False
        shown = headers.get(hook.name, "").strip()
        if not shown.startswith(hook.prefix):
            return False
        try:
            given = _DECODERS[hook.encoding](shown[len(hook.prefix) :])
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, self.signature(query, body, timestamp))

    def _is_fresh(self, timestamp: str, now: float) -> bool:
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 13):
            return False
        seconds = int(timestamp) / 1000 if len(timestamp) > 11 else float(timestamp)
        return abs(now - seconds) <= self._hook.tolerance

    def signature(self, query: bytes, body: bytes, timestamp: str = "") -> bytes:
        """The HMAC that a call with this query, body and timestamp must have."""
        hook = self._hook
        url = self._url + (f"?{query.decode('latin-1')}" if query else "")
        form = "".join(name + value for name, value in sorted(pairs_of(body, hook.charset)))
        # the body's bytes stand in for themselves: they are signed as they came, whatever they are
        before, has_body, after = hook.signed.partition("{body}")
        values = {"timestamp": timestamp, "url": url, "form": form}
        words = fill(before, values).encode() + (body if has_body else b"") + fill(after, values).encode()
        return hmac.new(self._secret, words, getattr(hashlib, hook.algorithm)).digest()


def _hex(shown: str) -> bytes:
    return binascii.unhexlify(shown.encode("latin-1"))


def _base64(shown: str) -> bytes:
    return base64.b64decode(shown, validate=True)


_DECODERS: dict[str, Callable[[str], bytes]] = {"hex": _hex, "base64": _base64}
