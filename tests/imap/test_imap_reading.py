"""A real mailbox read into a real store: everything once, from the cursor on, whatever happened before."""

from __future__ import annotations

from pathlib import Path

from tests.imap.dovecot import Dovecot
from tests.imap.kit import desk, have, listening, mailbox, rounds
from tests.imap.mails import mail, mails


async def test_mail_before_the_first_connect_is_left_alone_and_what_comes_then_is_stored(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    """zammad#243, #539: the whole archive was answered when the mailbox was connected for the first time."""
    user = dovecot.new_user()
    dovecot.put(user, mails(3, "old"))
    async with desk(tmp_path) as at:
        async with listening(at, mailbox(dovecot, user, first="now")) as listener:
            await rounds(listener)
            dovecot.put(user, [mail(1, "new")])
            rows = await have(at, 1)
        assert (rows[0].state, rows[0].outcome) == ("new", "")
        assert rows[0].raw == mail(1, "new")
        assert (await at.standing(user)).uid == 4  # type: ignore[union-attr]
