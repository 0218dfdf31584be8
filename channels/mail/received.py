"""A mail as it is sorted: what was read of it, and the first looks at it that several rules share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from channels.mail import bounce_signs as signs
from channels.mail.headers import Headers
from channels.mail.parts import Part

READ = 8_000
"""Characters of a mail's text in which mail systems say what they have to say."""


@dataclass(frozen=True)
class Received:
    """`sender` and `envelope_from` are bare addresses, "" when there is none; `text` is all text of the mail,
    quotes and all; `own` our own addresses, lower-case; `message_id` the mail's own, "" when it has none."""

    headers: Headers
    parts: Sequence[Part]
    sender: str
    sender_name: str
    subject: str
    envelope_from: str
    text: str
    own: frozenset[str] = frozenset()
    message_id: str = ""

    @cached_property
    def null_path(self) -> bool:
        """It has no return path: nobody waits for an answer."""
        if self.headers.raw("return-path").strip() == b"<>":
            return True
        return not self.envelope_from and "return-path" not in self.headers

    @cached_property
    def local(self) -> str:
        """The sender's address before its `@`, or the whole of what is no address."""
        return self.sender.rpartition("@")[0] or self.sender

    @cached_property
    def daemon(self) -> bool:
        """It comes from a mail system, by its address or its name."""
        return bool(signs.DAEMON.match(self.local) or signs.DAEMON_NAME.match(self.sender_name))

    @cached_property
    def to_bounces(self) -> bool:
        """It was sent to where lists and mailers want their bounces."""
        return bool(signs.BOUNCES_HERE.search(self.headers.raw("to")[:2000]))

    @cached_property
    def listed(self) -> bool:
        """A mailing list passed it on; a bounce that repeats a list's headers goes to the list's bounces."""
        return not self.to_bounces and any(
            name in self.headers for name in ("list-id", "list-post", "x-mailing-list", "mailing-list")
        )

    @cached_property
    def beginning(self) -> str:
        """The first part of the text, where a mail system explains itself."""
        return self.text[:READ]

    @cached_property
    def auto_submitted(self) -> str:
        """RFC 3834's word, lower-case, "" for none."""
        return self.headers.ascii("auto-submitted").partition(";")[0].partition("(")[0].strip()[:40]
