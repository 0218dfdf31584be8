"""What can go wrong with a mailbox, in words for the operator."""

from __future__ import annotations


class Fault(Exception):
    """Something about the mailbox does not work; the text says what, and what to do."""


class Lost(Fault):
    """The connection is gone, or the server does not answer as it should: connect again."""


class LoginRefused(Fault):
    """The server does not take the login; trying often makes it worse."""


class FolderMissing(Fault):
    """There is no such folder; the others can be read."""


class Declined(Fault):
    """The server said NO to one command; the connection is sound."""
