"""The local mailbox of outgoing mail, read from its folder of `.eml` files. It never writes there."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.parser import BytesHeaderParser, BytesParser
from email.policy import default
from pathlib import Path

_NAME = re.compile(r"^[0-9A-Za-z_-]{1,128}$")
MOST = 40 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Summary:
    """A mail as the list shows it; `at` is when it was written into the mailbox."""

    name: str
    at: datetime
    subject: str
    sender: str
    to: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A file in a mail; `no` is its place among the attachments."""

    no: int
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole mail. `html` is what was sent, not yet made safe; see `harmless`."""

    summary: Summary
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    attached: tuple[Attached, ...]


class Mailbox:
    """A folder of mails, newest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """All mails by name, the newest first."""
        found = []
        try:
            for path in self._folder.iterdir():
                if path.suffix == ".eml" and _NAME.match(path.stem):
                    found.append((path.stat().st_mtime_ns, path.stem))
        except FileNotFoundError:
            return []
        return [name for _at, name in sorted(found, reverse=True)]

    def summaries(self, names: list[str]) -> list[Summary]:
        """What the list shows of these mails."""
        return [summary for name in names if (summary := self._summary(name)) is not None]

    def raw(self, name: str) -> bytes | None:
        """The bytes of a mail; None when there is none of that name."""
        path = self._path(name)
        if path is None:
            return None
        try:
            return path.read_bytes() if path.stat().st_size <= MOST else None
        except FileNotFoundError:
            return None

    def letter(self, name: str) -> Letter | None:
        """A whole mail; None when there is none of that name."""
        raw, summary = self.raw(name), self._summary(name)
        if raw is None or summary is None:
            return None
        message = BytesParser(policy=default).parsebytes(raw)
        assert isinstance(message, EmailMessage)  # noqa: S101 - what this policy makes
        return Letter(
            summary,
            tuple((key, _line(message, key)) for key in dict.fromkeys(message.keys())),
            _body(message, "plain"),
            _body(message, "html"),
            tuple(
                Attached(no, part.get_filename() or f"{no + 1}", part.get_content_type(), len(_content(part)))
                for no, part in enumerate(_attachments(message))
            ),
        )

    def attachment(self, name: str, no: int) -> tuple[str, bytes] | None:
        """Name and bytes of an attachment; None when there is no such."""
        raw = self.raw(name)
        if raw is None:
            return None
        message = BytesParser(policy=default).parsebytes(raw)
        assert isinstance(message, EmailMessage)  # noqa: S101 - what this policy makes
        for at, part in enumerate(_attachments(message)):
            if at == no:
                return part.get_filename() or f"{no + 1}", _content(part)
        return None

    def _path(self, name: str) -> Path | None:
        return self._folder / f"{name}.eml" if _NAME.match(name) else None

    def _summary(self, name: str) -> Summary | None:
        path = self._path(name)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                message = BytesHeaderParser(policy=default).parse(file)
            at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None
        return Summary(name, at, _line(message, "subject"), _line(message, "from"), _line(message, "to"))


def _line(message: object, name: str) -> str:
    try:
        return str(message[name] or "")  # type: ignore[index]
    except (MessageError, ValueError, IndexError, AttributeError):  # a header that the library cannot read
        return ""


def _attachments(message: EmailMessage) -> Iterator[EmailMessage]:
    for part in message.walk():
        if not part.is_multipart() and part.is_attachment():
            yield part


def _content(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        return _content(part).decode(charset, "replace")
    except LookupError:
        return _content(part).decode("utf-8", "replace")


_STYLE = "body{margin:1rem;font:1rem/1.55 system-ui,sans-serif;overflow-wrap:anywhere}"
STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
"""The one style that the page of a mail's HTML may use, for its policy."""


def harmless(markup: str) -> str:
    """A whole HTML page with nothing in it that runs, loads or leads elsewhere unasked."""
    import nh3

    body = nh3.clean(
        markup,
        tags=nh3.ALLOWED_TAGS - {"img", "area", "map"},
        link_rel="noopener noreferrer nofollow",
        url_schemes={"https", "http", "mailto"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    head = f'<meta charset="utf-8"><title>HTML</title><style>{_STYLE}</style>'
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
