"""`sapa doctor` looks at a mailbox: does it connect, log in, and have its folders."""

from __future__ import annotations

from dataclasses import dataclass

from channels.imap.faults import Fault, FolderMissing
from channels.imap.mailbox import Mailbox


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found; `detail` says what to do when it is not `ok`."""

    ok: bool
    detail: str


def examine(mailbox: Mailbox) -> Looked:
    """Connect, log in, open every folder read-only and leave. Blocks; never raises for what the server
    does."""
    from channels.imap.login import Credentials
    from channels.imap.session import Session

    session = Session(mailbox, Credentials(mailbox))
    try:
        session.open()
        missing = []
        mails = 0
        for folder in mailbox.folders:
            try:
                mails += session.select(folder).exists
            except FolderMissing as error:
                missing.append(str(error))
        target = mailbox.after.removeprefix("move:") if mailbox.after.startswith("move:") else ""
        if target and target not in session.folders():
            missing.append(f"mails are to be moved to {target}, which is not there; create it")
        if missing:
            return Looked(False, "; ".join(missing))
        news = "announces new mail" if session.can_idle else f"is asked every {mailbox.poll:.0f} s (no IDLE)"
        return Looked(True, f"takes the login, has all folders ({mails} mails), {news}")
    except Fault as error:
        return Looked(False, str(error))
    finally:
        session.close(politely=True)
