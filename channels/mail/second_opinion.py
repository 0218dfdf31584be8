"""flufl.bounce, Mailman's reader of bounces, asked who failed; nothing it says is believed beyond an address.

Its patterns take time that grows with the square of a line's length, so it is given a small copy of the mail:
short lines and few, decoded, without the returned mail.
"""

from __future__ import annotations

import logging
from email.message import Message

from channels.mail.received import Received
from channels.mail.statuses import ADDRESS

MAX_TEXT = 6_000
MAX_LINE = 160
"""Characters of a line that are shown; an address with its words fits well into them."""

_HEADERS = ("subject", "x-mailer", "x-failed-recipients")

log = logging.getLogger(__name__)
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)  # it logs what it raises, stack and all


def failing(mail: Received) -> list[str]:
    """The addresses to which the mail could not be delivered, as far as flufl.bounce can tell; sorted."""
    from flufl.bounce import all_failures

    try:
        temporary, permanent = all_failures(_copy(mail))
    except Exception:  # its detectors name no set of errors
        log.debug("flufl.bounce gave up", exc_info=True)
        return []
    said = (each.decode("ascii", "replace") for each in {*permanent, *temporary})
    found = {match[0] for each in said if (match := ADDRESS.search(each))}
    return sorted(each for each in found if each.lower() not in mail.own)


def _copy(mail: Received) -> Message:
    """The mail as its detectors want it: its shape, its notification, none of what came back.

    One of them fails on a mail without a sender, and the others are then not asked.
    """
    copy = Message()
    copy["from"] = (
        mail.sender if ADDRESS.fullmatch(mail.sender) else "nobody@nowhere.invalid"
    )  # Yale's needs one
    for name in _HEADERS:
        if name in mail.headers:
            copy[name] = mail.headers.text(name)[:500].encode("ascii", "replace").decode()
    texts = [
        part for part in mail.parts if part.media_type.startswith("text/") and "rfc822" not in part.media_type
    ]
    if len(mail.parts) < 2 or not texts:
        copy["content-type"] = "text/plain"
        copy.set_payload(_short(mail.text))
        return copy
    copy["content-type"] = mail.headers.ascii("content-type").partition(";")[0] or "multipart/mixed"
    room = MAX_TEXT
    for part in texts[:5]:
        piece = Message()
        piece["content-type"] = "text/plain" if part.media_type == "text/plain" else "text/html"
        if description := part.headers.ascii("content-description"):
            piece["content-description"] = description[:80]
        shown = _short(part.text())[:room]
        room -= len(shown)
        piece.set_payload(shown)
        copy.attach(piece)
    rest = Message()
    rest["content-type"] = "application/octet-stream"
    copy.attach(rest)
    return copy


def _short(text: str) -> str:
    lines = (line[:MAX_LINE] for line in text[: 4 * MAX_TEXT].split("\n")[:300])
    return "\n".join(lines)[:MAX_TEXT].encode("ascii", "replace").decode()
