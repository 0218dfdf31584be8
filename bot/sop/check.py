"""Files of a pack in, a checked `Sop` out, or all its faults at once. Pure: reads no file, knows no clock."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from bot.sop.faults import Fault, Faults
from bot.sop.model import Sop
from bot.sop.parts import gather
from bot.sop.paths import check_procedures
from bot.sop.rules import check_all
from bot.sop.words import check_wording

__all__ = ["Fault", "Faults", "check", "hash_of"]


def check(files: Mapping[str, str]) -> Sop:
    """The pack that `files` (path within the pack to text) makes. Raises `Faults` with every fault of it."""
    parts = gather(files)
    check_all(parts)
    check_procedures(parts)
    check_wording(parts)
    if parts.faults:
        raise Faults(parts.faults)
    return Sop.model_construct(
        hash=hash_of(files),
        files=MappingProxyType(dict(files)),
        about=parts.of("about")[""],
        roles=parts.of("roles"),
        procedures=parts.of("procedures"),
        kinds=parts.of("kinds"),
        classes=parts.of("classes"),
        fields=parts.of("fields"),
        departments=parts.of("departments"),
        routing=tuple(parts.of("routing").values()),
        hours=parts.of("hours")[""],
        standards=parts.of("standards")[""],
        principals=parts.of("principals"),
        units=parts.of("units"),
        products=parts.of("products"),
        faq=parts.of("faq"),
        cues=parts.of("cues")[""],
        wording={code: parts.of(f"wording/{code}") for code in parts.of("about")[""].languages},
    )


def hash_of(files: Mapping[str, str]) -> str:
    """SHA-256 over names and texts, in order of name; the same files give the same hash on every machine."""
    digest = hashlib.sha256()
    for path in sorted(files):
        for part in (path.encode(), files[path].encode("utf-8", "surrogatepass")):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
