"""DKIM signatures (RFC 6376), the same for the same mail whenever it is signed: sent again it is one mail."""

from __future__ import annotations

import base64
import binascii
import logging
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dkim import DKIM  # type: ignore[import-untyped]

_SIGNED = (
    "from", "to", "subject", "date", "message-id", "reply-to", "in-reply-to", "references",
    "mime-version", "content-type", "content-transfer-encoding", "auto-submitted",
)  # fmt: skip
_GUARDED = ("from", "to", "subject", "date", "reply-to")
"""Named once more than they stand there, so that nobody can put a second one on top."""
_PEM = re.compile(rb"-----BEGIN ([A-Z ]+)-----(.+?)-----END \1-----", re.DOTALL)
_RSA_IN_PKCS8 = bytes.fromhex("06092a864886f70d0101010500") + b"\x04"


_QUIET = logging.getLogger(f"{__name__}.dkim")
_QUIET.setLevel(logging.CRITICAL + 1)  # what dkimpy would report as an error is an answer here


class BadKey(ValueError):
    """The key for DKIM signatures cannot be used; the text says why."""


class Signer:
    """Signs for `domain` with `selector`, under which the public key stands in the DNS
    (`selector._domainkey.domain`). `key` is an RSA private key as PEM, PKCS#1 or PKCS#8."""

    def __init__(self, domain: str, selector: str, key: bytes) -> None:
        self.domain, self.selector = domain.lower(), selector
        self._key = _pkcs1(key)
        try:
            self.sign(b"From: a@b.example\r\n\r\n", None)
        except Exception as error:  # the library has many ways to say so
            raise BadKey(f"it cannot sign ({type(error).__name__})") from error

    @classmethod
    def load(cls, domain: str, selector: str, file: Path) -> Signer:
        """With the key in `file`. Raises `BadKey`; `ImportError` without `sapa[mailauth]`."""
        try:
            return cls(domain, selector, file.read_bytes())
        except OSError as error:
            raise BadKey(f"{file} cannot be read: {error.strerror}") from error

    def sign(self, raw: bytes, at: datetime | None) -> bytes:
        """The mail with its signature on top. `at` is the letter's own date (aware), or None for no time:
        never the present, so that the bytes are the same at each try."""
        signer = _signer(raw, at)
        have = {name.lower().decode("ascii", "replace") for name, _ in signer.headers}
        names = [name for name in _SIGNED if name in have] + list(_GUARDED)
        header: bytes = signer.sign(
            self.selector.encode("ascii"),
            self.domain.encode("ascii"),
            self._key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode("ascii") for name in names],
        )
        return header + raw

    def published(self, record: bytes) -> bool:
        """Whether a TXT record holds the public half of the key."""
        probe = self.sign(b"From: a@b.example\r\n\r\nx\r\n", None)
        import dkim

        try:
            return bool(dkim.DKIM(probe, logger=_QUIET).verify(dnsfunc=lambda name, timeout=0: record))
        except dkim.DKIMException:
            return False

    @property
    def name(self) -> str:
        """Where the public key stands in the DNS."""
        return f"{self.selector}._domainkey.{self.domain}"


def _signer(raw: bytes, at: datetime | None) -> DKIM:
    import dkim

    class Steady(dkim.DKIM):  # type: ignore[misc]
        """dkimpy with a time of ours instead of the present."""

        def gen_header(self, fields: list[tuple[bytes, bytes]], *rest: Any, **named: Any) -> bytes:
            stamp = [] if at is None else [(b"t", str(int(at.timestamp())).encode("ascii"))]
            kept = [one for field in fields for one in (stamp if field[0] == b"t" else [field])]
            return bytes(super().gen_header(kept, *rest, **named))

    return Steady(raw)


def _pkcs1(pem: bytes) -> bytes:
    """An RSA key as PKCS#1 PEM, which is what dkimpy reads; openssl writes PKCS#8. Raises `BadKey`."""
    found = _PEM.search(pem)
    if found is None:
        raise BadKey("it is no PEM file with a private key")
    kind, body = found.groups()
    if kind == b"RSA PRIVATE KEY":
        return pem
    if kind != b"PRIVATE KEY":
        raise BadKey(
            f"it holds a {kind.decode('ascii').lower()}; an RSA private key without password is needed"
        )
    try:
        der = base64.b64decode(body, validate=False)
    except binascii.Error as error:
        raise BadKey("it is no PEM file with a private key") from error
    at = der.find(_RSA_IN_PKCS8)
    if at < 0:
        raise BadKey("it holds no RSA key; make one with: openssl genrsa -out dkim.pem 2048")
    at += len(_RSA_IN_PKCS8)
    lengths = der[at] & 0x7F if der[at] & 0x80 else 0  # the length of the octet string, short or long form
    inner = base64.encodebytes(der[at + 1 + lengths :])
    return b"-----BEGIN RSA PRIVATE KEY-----\n" + inner + b"-----END RSA PRIVATE KEY-----\n"
