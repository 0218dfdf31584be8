"""When the store refuses, the mailbox waits; when it refuses one mail only, the others go on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from channels.base import Inbound, Message, Unreadable
from tests.imap.dovecot import Dovecot
from tests.imap.kit import desk, have, listening, mailbox, rounds
from tests.imap.mails import mail, mails
from tests.waiting import until

Batch = Sequence[Inbound | Unreadable]


async def test_while_nothing_can_be_stored_the_cursor_stays_and_then_goes_on(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    async with desk(tmp_path) as at, listening(at, mailbox(dovecot, user)) as listener:
        await rounds(listener)
        at.refuse = lambda batch: True
        dovecot.put(user, mails(60))
        await until(lambda: at.refused >= 6)
        assert await at.rows() == []
        assert (await at.standing(user)).uid == 0  # type: ignore[union-attr]
        assert "the store does not take the mails" in listener.health().detail
        assert not listener.health().ok
        assert listener.health().figures["waiting"] == 60
        at.refuse = lambda batch: False
        rows = await have(at, 60)
        assert {row.kind for row in rows} == {"message"}  # none was blamed for the store's trouble
        await until(lambda: listener.health().ok)


async def test_one_mail_that_cannot_be_stored_is_put_aside_and_the_others_are_stored(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    """zammad#2754, chatwoot#5081: one poison mail blocked the mailbox, or was fetched again each minute."""
    user = dovecot.new_user()

    def poison(batch: Batch) -> bool:
        return any(isinstance(one, Message) and one.raw == mail(7) for one in batch)

    async with desk(tmp_path) as at, listening(at, mailbox(dovecot, user)) as listener:
        await rounds(listener)
        at.refuse = poison
        dovecot.put(user, mails(20))
        rows = await have(at, 20)
        await rounds(listener)
        assert [row.raw for row in rows] == mails(20)
        assert [row.kind for row in rows] == ["message"] * 6 + ["unreadable"] + ["message"] * 13
        assert rows[6].cause.startswith("not_stored: ")
        assert listener.health().ok
        refused = at.refused
        await rounds(listener, 3)
        assert at.refused == refused  # it is not tried for ever


async def test_bytes_that_are_no_mail_at_all_are_on_record_too(dovecot: Dovecot, tmp_path: Path) -> None:
    user = dovecot.new_user()
    odd = [b"\x00\xff\xfe" * 50, b"\r\n", b"From: \r\nSubject: =?x?b?////?=\r\n\r\n" + b"=\xc3" * 99, mail(1)]
    async with desk(tmp_path) as at, listening(at, mailbox(dovecot, user)) as listener:
        await rounds(listener)
        dovecot.put(user, odd)
        rows = await have(at, 4)
        assert rows[3].raw == mail(1)
        assert all(row.state == "new" or row.cause for row in rows)
