"""Logging in: by password, or by an OAuth2 access token that a command of the operator's provides."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import Any

from channels.imap.faults import LoginRefused, Lost
from channels.imap.mailbox import Mailbox

_COMMAND_SECONDS = 60
_FOR_NOW = re.compile(
    rb"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|OVERQUOTA)\]|too many|temporar", re.IGNORECASE
)


class Credentials:
    """What a mailbox logs in with. A token is kept until the server refuses it, then the command runs
    again."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._token = ""

    def log_in(self, client: Any) -> None:
        """Log the imapclient in. Raises `LoginRefused`, or `Lost` when it may work again soon."""
        if not self._mailbox.token_command:
            self._by_password(client)
            return
        kept = bool(self._token)
        if not kept:
            self._token = _run(self._mailbox.token_command)
        try:
            self._by_token(client)
        except LoginRefused:
            self._token = ""
            if not kept:
                raise
            self._token = _run(self._mailbox.token_command)  # the old one has expired
            try:
                self._by_token(client)
            except LoginRefused:
                self._token = ""
                raise

    def _by_password(self, client: Any) -> None:
        user, password = self._mailbox.user, self._mailbox.password
        if client.has_capability("AUTH=PLAIN"):
            self._try(client.plain_login, user, password)  # takes every character
        elif client.has_capability("LOGINDISABLED"):
            raise LoginRefused(
                'the server takes no password on this connection; use tls = "tls" or "starttls", or a '
                "token_command"
            )
        elif not (user + password).isascii():
            raise LoginRefused("this server takes only ASCII in user and password; choose another password")
        else:
            self._try(client.login, user, password)

    def _by_token(self, client: Any) -> None:
        if not client.has_capability("AUTH=XOAUTH2"):
            raise LoginRefused("the server offers no XOAUTH2; give a password instead of a token_command")
        said: list[bytes] = []

        def answer(challenge: bytes) -> bytes:
            said.append(challenge)
            if len(said) > 1:  # the server explains why not, and wants an empty line
                return b""
            return f"user={self._mailbox.user}\x01auth=Bearer {self._token}\x01\x01".encode()

        self._try(client.sasl_login, "XOAUTH2", answer)

    def _try(self, how: Any, *args: Any) -> None:
        from imapclient.exceptions import IMAPClientAbortError, LoginError  # type: ignore[import-untyped]

        try:
            how(*args)
        except LoginError as error:
            said = str(error)
            if _FOR_NOW.search(said.encode()):
                raise Lost(f"the server does not take the login for now ({_short(said)})") from error
            if isinstance(error.__context__, IMAPClientAbortError) and "BYE" not in said:
                raise Lost("the connection was lost while logging in") from error
            raise LoginRefused(self._advice(said)) from error

    def _advice(self, said: str) -> str:
        what = "token that the token_command gives" if self._mailbox.token_command else "password"
        return (
            f"the login of {self._mailbox.user} is refused ({_short(said)}); check the user and the {what}, "
            "and whether IMAP is switched on for this account (docs/operating.md, Mailboxes)"
        )


def _run(command: str) -> str:
    """The first line that the command prints. Raises `Lost`: what it needs may be there again soon."""
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, from the settings
            shlex.split(command),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except (OSError, ValueError) as error:
        raise Lost(f"the token_command cannot be run ({error}); check its path and rights") from error
    except subprocess.TimeoutExpired:
        raise Lost(f"the token_command took longer than {_COMMAND_SECONDS} s") from None
    token = done.stdout.decode("utf-8", "replace").strip().split("\n")[0].strip()
    if done.returncode != 0 or not token:
        why = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1]
        raise Lost(
            f"the token_command ended with {done.returncode} and no token ({_short(why)}); run it by hand"
        )
    return token


def _short(said: str) -> str:
    """A server's words, short and without the marks of Python."""
    return re.sub(r"\s+", " ", re.sub(r"^b?['\"]|['\"]$", "", said.strip()))[:160]
