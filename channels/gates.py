"""What must be known of a provider's webhook to take a call in without the provider's channel: where it
comes, how large it may be, and how the provider proves that it is its own."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from msgspec import Struct

from channels import signature


class Shown(Struct, frozen=True, tag="shown"):
    """The provider shows a secret in the header `name` (lower case)."""

    name: str
    secret: str


class Signed(Struct, frozen=True, tag="signed"):
    """The provider signs the body, as Meta does, with one of the secrets."""

    secrets: tuple[bytes, ...]


class Gate(Struct, frozen=True):
    """A webhook by POST at `path`, with bodies of at most `largest` bytes. `door` is the status for who is
    not the provider."""

    path: str
    largest: int
    proof: Shown | Signed
    door: int


def may_come_in(gate: Gate, headers: Mapping[str, str]) -> bool:
    """Whether the headers allow to read the body: what of the proof stands there is right, as far as it can
    be judged without the body. Names in lower case."""
    match gate.proof:
        case Shown(name, secret):
            shown = headers.get(name, "").encode("utf-8", "surrogateescape")
            return bool(secret) and hmac.compare_digest(shown, secret.encode())
        case Signed():
            return signature.claimed(headers.get(signature.HEADER)) is not None


def is_genuine(gate: Gate, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the call is the provider's own."""
    match gate.proof:
        case Shown():
            return may_come_in(gate, headers)
        case Signed(secrets):
            digest = signature.claimed(headers.get(signature.HEADER))
            return digest is not None and signature.is_right(body, digest, secrets)


def proof_of(gate: Gate, body: bytes) -> tuple[str, str]:
    """The header with which the provider proves today that this call is its own."""
    match gate.proof:
        case Shown(name, secret):
            return name, secret
        case Signed(secrets):
            return signature.HEADER, signature.made(body, secrets[0])
