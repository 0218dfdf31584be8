"""A real mailbox read into a real store: everything once, from the cursor on, whatever happened before."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete

from bot.store.tables import cursors
from tests.imap.dovecot import Dovecot
from tests.imap.kit import desk, have, listening, mailbox, rounds
from tests.imap.mails import large, mail, mails
from tests.waiting import until


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
        standing = await at.standing(user)
        assert standing is not None
        assert (standing.uid, standing.before) == (4, 3)


async def test_history_is_imported_on_record_and_never_answered(dovecot: Dovecot, tmp_path: Path) -> None:
    user = dovecot.new_user()
    dovecot.put(user, mails(70, "old"))
    async with desk(tmp_path) as at:
        async with listening(at, mailbox(dovecot, user, first="history")) as listener:
            await rounds(listener)
            dovecot.put(user, [mail(1, "new")])
            rows = await have(at, 71)
        assert {(row.state, row.outcome) for row in rows[:70]} == {("done", "ignored")}
        assert all(row.cause.startswith("history: ") for row in rows[:70])
        assert (rows[70].state, rows[70].outcome) == ("new", "")
        assert [row.raw for row in rows[:70]] == mails(70, "old")  # byte for byte, in their order


async def test_after_an_outage_reading_goes_on_where_it_stood(dovecot: Dovecot, tmp_path: Path) -> None:
    """chatwoot#6604, freescout#2001: after an outage only the newest mails were read."""
    user = dovecot.new_user()
    async with desk(tmp_path) as at:
        async with listening(at, mailbox(dovecot, user)) as listener:
            await rounds(listener)
            dovecot.put(user, mails(2, "a"))
            await have(at, 2)
        with dovecot.client(user) as client:  # a colleague reads everything meanwhile
            dovecot.put(user, mails(120, "b"))
            client.noop()
            client.uid("STORE", "1:*", "+FLAGS", "(\\Seen)")
        at.calls.clear()
        async with listening(at, mailbox(dovecot, user)) as listener:
            await have(at, 122)
            await rounds(listener)
        fetched = sum(len(batch) for batch, _cursor in at.calls)
        assert fetched == 120  # nothing was asked for twice
        assert max(len(batch) for batch, _cursor in at.calls) == 50
        assert listener.health().figures["duplicates"] == 0


async def test_without_its_cursor_everything_is_seen_again_and_stored_once(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    """zammad#1662: one mail, two tickets, when the mark on the server could not be set."""
    user = dovecot.new_user()
    async with desk(tmp_path) as at:
        async with listening(at, mailbox(dovecot, user)) as listener:
            await rounds(listener)
            dovecot.put(user, mails(5))
            await have(at, 5)
        await at.store.write(lambda connection: connection.execute(delete(cursors)))
        async with listening(at, mailbox(dovecot, user)) as listener:
            await rounds(listener)
        assert listener.health().figures["duplicates"] == 5
        rows = await have(at, 5)
        assert {row.state for row in rows} == {"new"}  # and they are answered as they would have been


async def test_a_mail_that_lies_in_two_folders_is_one_mail(dovecot: Dovecot, tmp_path: Path) -> None:
    user = dovecot.new_user()
    dovecot.make_folder(user, "Penjualan")
    async with desk(tmp_path) as at:
        async with listening(at, mailbox(dovecot, user, folders=("INBOX", "Penjualan"))) as listener:
            await rounds(listener)
            dovecot.put(user, mails(3))
            dovecot.put(user, mails(5), "Penjualan")
            await have(at, 5)
            await rounds(listener)
        assert len(await at.rows()) == 5
        assert listener.health().figures["duplicates"] == 3


async def test_nothing_is_changed_on_the_server_unless_it_is_ordered(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    """freescout#4888: reading a mail marked it as read, and hid it from the colleagues."""
    user = dovecot.new_user()
    async with desk(tmp_path) as at, listening(at, mailbox(dovecot, user)) as listener:
        await rounds(listener)
        dovecot.put(user, mails(3))
        await have(at, 3)
        await rounds(listener)
        assert dovecot.flags(user) == [set(), set(), set()]


async def test_stored_mails_are_marked_flagged_or_moved_as_ordered(dovecot: Dovecot, tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        for count, (after, want) in enumerate(
            {"seen": {"\\Seen"}, "flag:Sapa": {"Sapa"}, "move:Selesai": set()}.items(), 1
        ):
            user = dovecot.new_user()
            dovecot.make_folder(user, "Selesai")
            async with listening(at, mailbox(dovecot, user, after=after)) as listener:
                await rounds(listener)
                dovecot.put(user, mails(3, user))
                await have(at, 3 * count)
                await rounds(listener)
            place = "Selesai" if after.startswith("move") else "INBOX"
            assert dovecot.flags(user, place) == [want] * 3
            assert len(dovecot.uids(user)) == (0 if place == "Selesai" else 3)


async def test_a_folder_to_move_to_that_is_not_there_harms_nothing(dovecot: Dovecot, tmp_path: Path) -> None:
    user = dovecot.new_user()
    async with desk(tmp_path) as at, listening(at, mailbox(dovecot, user, after="move:Selesai")) as listener:
        await rounds(listener)
        dovecot.put(user, mails(2))
        await have(at, 2)
        await rounds(listener)
        assert len(dovecot.uids(user)) == 2
        assert listener.health().ok
        assert "mails stay as they are" in listener.health().detail


async def test_of_a_very_large_mail_the_texts_are_taken_and_the_rest_is_named(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    dovecot.make_folder(user, "Selesai")
    async with desk(tmp_path) as at:
        box = mailbox(dovecot, user, max_size=100_000, after="move:Selesai")
        async with listening(at, box) as listener:
            await rounds(listener)
            dovecot.put(user, [large(1, 300_000), mail(2)])
            rows = await have(at, 2)
            await rounds(listener)
        message = next(batch[0] for batch, _cursor in at.calls if batch)
        assert listener.health().figures["only_texts"] == 1
        assert message.text.startswith("Selamat siang,")  # type: ignore[union-attr]
        assert "HTML" not in message.text  # type: ignore[union-attr]
        note, video = message.attachments  # type: ignore[union-attr]
        assert b"bukti" not in (rows[0].raw or b"")
        assert (video.name, video.media_type, video.content) == ("bükti rusak.mp4", "video/mp4", None)
        assert 250_000 < video.size < 500_000
        assert b"b\xc3\xbckti rusak.mp4" in note.content
        assert video.reference.endswith("/INBOX;UID=1;SECTION=2")
        assert any("stays on the mail server" in each for each in message.mail.warnings)  # type: ignore[union-attr]
        assert dovecot.uids(user) == [1]  # where its rest is
        again = mailbox(dovecot, user, max_size=100_000)
        await at.store.write(lambda connection: connection.execute(delete(cursors)))
        async with listening(at, again) as listener:
            await rounds(listener)
        assert listener.health().figures["duplicates"] == 1  # the same texts are the same mail
        await have(at, 2)


async def test_a_folder_that_is_missing_turns_red_while_the_others_are_read(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    async with (
        desk(tmp_path) as at,
        listening(at, mailbox(dovecot, user, folders=("INBOX", "Garansi"))) as listener,
    ):
        await rounds(listener)
        dovecot.put(user, mails(1))
        await have(at, 1)
        assert not listener.health().ok
        assert "the folder Garansi cannot be opened" in listener.health().detail
        assert "INBOX" in listener.health().detail  # what there is instead
        dovecot.make_folder(user, "Garansi")
        await until(lambda: listener.health().ok)
        dovecot.put(user, mails(1, "b"), "Garansi")
        await have(at, 2)


async def test_neither_the_servers_clock_nor_ours_decides_what_is_new(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    async with desk(tmp_path) as at:
        async with listening(at, mailbox(dovecot, user)) as listener:
            listener._clock = lambda: datetime(1999, 1, 1, tzinfo=UTC)
            await rounds(listener)
            with dovecot.client(user) as client:
                for n, date in enumerate(("01-Jan-2090 00:00:00 +0000", "01-Jan-1991 00:00:00 +0000")):
                    assert client.append("INBOX", "", f'"{date}"', mail(n)).__getitem__(0) == "OK"
            await have(at, 2)
        assert [row.raw for row in await at.rows()] == [mail(0), mail(1)]
