"""Errors an operator reads. The class's docstring is the message; it says what to do next."""

from __future__ import annotations

import inspect


class SapaError(Exception):
    """Sapa cannot go on."""

    exit_code = 1

    def __init__(self, detail: str = "") -> None:
        message = inspect.cleandoc(type(self).__doc__ or "")
        super().__init__(f"{message} {detail}".strip())
        self.detail = detail


class WrongSettings(SapaError):
    """The settings cannot be used; correct them and start again."""

    exit_code = 2


class WrongPack(SapaError):
    """The SOP pack has faults; correct the lines named, then try `sapa sop check`."""


class StepsGone(SapaError):
    """Open conversations stand on steps that this SOP pack no longer has. Name each in `moved` of the step
    that takes its place, or go on with the pack before until they are closed; then start again."""


class FolderInUse(SapaError):
    """Another `sapa run` works in this data folder; stop it first, or choose another folder with --data."""


class NotFound(SapaError):
    """There is nothing of that name."""
