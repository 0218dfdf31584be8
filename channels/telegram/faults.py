"""What can become of a call to the Bot API. No text of these ever holds the token or an address."""

from __future__ import annotations


class Fault(Exception):
    """A call to the Bot API did not give a result; the text says why."""


class Declined(Fault):
    """There was an answer, and it was no. `code` is its HTTP status; `own` whether the Bot API gave it (and
    not something in between); `retry_after` in seconds, as far as it was told; `migrate_to` is the chat's new
    id."""

    def __init__(
        self,
        code: int,
        description: str,
        *,
        own: bool = True,
        retry_after: float | None = None,
        migrate_to: int | None = None,
    ) -> None:
        super().__init__(f"{code} {description}".strip())
        self.code, self.description, self.own = code, description, own
        self.retry_after, self.migrate_to = retry_after, migrate_to

    @property
    def token_refused(self) -> bool:
        """Whether it is the token that is not good: revoked (401), or no token at all (404)."""
        return self.own and self.code in (401, 404)


class Lost(Fault):
    """There was no answer. `sent`: the request may have arrived and have had its effect all the same."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class TooLarge(Fault):
    """A file is larger than was asked for."""
