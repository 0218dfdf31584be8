"""How a mail of another project is read and held against what that project expects of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from channels.base import Message
from channels.mail import read


def received(raw: bytes) -> Message:
    """One mail as it would come from a stranger."""
    return read(
        raw,
        account="support@sapa.example",
        envelope_from="somebody@elsewhere.example",
        envelope_to=("support@sapa.example",),
        received_at=datetime(2026, 11, 16, tzinfo=UTC),
    )


def plain(text: str | None) -> str:
    """`text` with single blanks."""
    return " ".join((text or "").split())


def alike(expected: str, got: str) -> bool:
    """Equal but for case and blanks; some expectations hold U+FFFD where the letter can be read."""
    pattern = re.escape(plain(expected).lower()).replace("\ufffd", ".")
    return re.fullmatch(pattern, plain(got).lower()) is not None
