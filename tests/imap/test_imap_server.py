"""What mail servers and lines do: killed, renumbered, emptied by others, cut, silent. Nothing is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.conftest import needs
from tests.imap.dovecot import PRESENT, Dovecot
from tests.imap.kit import desk, have, listening, mailbox, rounds
from tests.imap.mails import mail, mails
from tests.imap.proxy import Proxy
from tests.waiting import until


async def test_the_server_is_killed_again_and_again_while_it_is_read(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    async with desk(tmp_path) as at, listening(at, mailbox(dovecot, user)) as listener:
        await rounds(listener)
        for run in range(3):
            dovecot.put(user, mails(100, f"r{run}"))
            while (stored := len(await at.rows())) < 100 * run + 20:
                await asyncio.sleep(0)
            assert stored < 100 * (run + 1)  # it dies in the middle
            dovecot.kill()
            dovecot.put(user, mails(10, f"d{run}"))
            dovecot.start()
            await have(at, 110 * (run + 1))
            await until(lambda: listener.health().ok)
        await rounds(listener)
        assert len(await at.rows()) == 330


async def test_mails_numbered_anew_are_known_again_and_the_old_ones_stay_alone(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    dovecot.put(user, mails(30, "old"))
    async with desk(tmp_path) as at:
        async with listening(at, mailbox(dovecot, user, first="now")) as listener:
            await rounds(listener)
            dovecot.put(user, mails(20, "known"))
            await have(at, 20)
            await rounds(listener)
        dovecot.put(user, mails(7, "meanwhile"))
        dovecot.number_anew(user)
        async with listening(at, mailbox(dovecot, user, first="now")) as listener:
            await have(at, 27)
            await rounds(listener)
            figures = listener.health().figures
        assert (figures["rebuilt"], figures["left_alone"], figures["duplicates"]) == (1, 30, 20)
        rows = await have(at, 27)
        assert [row.raw for row in rows[20:]] == mails(7, "meanwhile")
        assert {row.state for row in rows} == {"new"}
        async with listening(at, mailbox(dovecot, user, first="now")) as listener:
            await rounds(listener)
            dovecot.put(user, [mail(1, "after")])
            await have(at, 28)
        assert listener.health().figures["rebuilt"] == 0  # once was enough


async def test_mails_that_a_move_to_another_server_changed_are_not_answered_again(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    dovecot.put(user, mails(4, "old"))
    async with desk(tmp_path) as at:
        async with listening(at, mailbox(dovecot, user, first="now")) as listener:
            await rounds(listener)
            dovecot.put(user, mails(3, "known"))
            await have(at, 3)
            await rounds(listener)
        with dovecot.client(user) as client:
            client.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
            client.expunge()
        moved = "X-Migrated: yes\r\n"
        changed = [mail(n, "old", more=moved) for n in range(1, 5)]
        changed += [mail(n, "known", more=moved) for n in range(1, 4)]
        dovecot.put(user, [*changed, mail(1, "meanwhile")])
        dovecot.number_anew(user)
        async with listening(at, mailbox(dovecot, user, first="now")) as listener:
            rows = await have(at, 7)
            await rounds(listener)
        assert listener.health().figures["left_alone"] == 4
        assert [row.state for row in rows] == ["new"] * 3 + ["done"] * 3 + ["new"]
        assert all("Message-ID was on record" in row.cause for row in rows[3:6])


async def test_a_mailbox_put_back_from_a_backup_is_read_from_its_beginning(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    """The numbers go back though UIDVALIDITY stays: what comes then would have numbers that were passed
    already."""
    user = dovecot.new_user()
    async with desk(tmp_path) as at:
        async with listening(at, mailbox(dovecot, user)) as listener:
            await rounds(listener)
            dovecot.put(user, mails(10))
            await have(at, 10)
        with dovecot.client(user):  # who may write moves new mail to where it stays
            pass
        dovecot.kill()  # nobody puts a backup back under a running server
        place = dovecot.folder / "mail" / user
        for path in (place / "cur").iterdir():
            if int(path.name.partition("M")[2][:9]) % 2:
                path.unlink()
        kept = sorted(path.name for path in (place / "cur").iterdir())
        uidlist = place / "dovecot-uidlist"
        head = uidlist.read_text().split("\n")[0].split()
        lines = [f"3 {head[1]} N{len(kept) + 1} {head[3]}"]
        lines += [f"{uid} :{name.partition(':')[0]}" for uid, name in enumerate(kept, 1)]
        uidlist.write_text("\n".join(lines) + "\n")
        for path in place.glob("dovecot.index*"):
            path.unlink()
        dovecot.start()
        dovecot.put(user, mails(2, "later"))
        async with listening(at, mailbox(dovecot, user)) as listener:
            await have(at, 12)
            await rounds(listener)
        assert listener.health().figures["duplicates"] == len(kept)


async def test_a_mailbox_put_back_that_outgrew_the_cursor_is_read_from_its_beginning(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    """The same, and so much came since that no number looks wrong: but the last one means another mail."""
    user = dovecot.new_user()
    async with desk(tmp_path) as at:
        async with listening(at, mailbox(dovecot, user)) as listener:
            await rounds(listener)
            dovecot.put(user, mails(5))
            await have(at, 5)
            await rounds(listener)
        with dovecot.client(user) as client:
            client.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
            client.expunge()
        dovecot.kill()
        uidlist = dovecot.folder / "mail" / user / "dovecot-uidlist"
        head = uidlist.read_text().split("\n")[0].split()
        uidlist.write_text(f"3 {head[1]} N1 {head[3]}\n")
        for path in uidlist.parent.glob("dovecot.index*"):
            path.unlink()
        dovecot.start()
        dovecot.put(user, mails(9, "later"))
        async with listening(at, mailbox(dovecot, user)) as listener:
            rows = await have(at, 14)
            await rounds(listener)
        assert listener.health().figures["rebuilt"] == 1
        assert [row.raw for row in rows[5:]] == mails(9, "later")


async def test_mails_that_a_colleague_deletes_meanwhile_are_counted_and_block_nothing(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    async with desk(tmp_path) as at:
        deleted = False

        def delete_some(_batch: object) -> bool:
            """While the first batch is being stored, a colleague deletes of those that were listed."""
            nonlocal deleted
            if at.calls and not deleted and len(at.calls[-1][0]) == 50:
                deleted = True
                with dovecot.client(user) as client:
                    client.uid("STORE", "160:190", "+FLAGS", "(\\Deleted)")
                    client.expunge()
            return False

        async with listening(at, mailbox(dovecot, user)) as listener:
            await rounds(listener)
            at.refuse = delete_some
            dovecot.put(user, mails(200))
            rows = await have(at, 169)
            await rounds(listener)
        assert deleted
        assert listener.health().figures["gone"] == 31
        assert [row.raw for row in rows] == [*mails(159), *mails(10, first=191)]
        assert (await at.standing(user)).uid == 200  # type: ignore[union-attr]


@pytest.mark.parametrize(("cut_at", "cuts"), [(1, 3), (700, 3), (3_000, 3), (21_000, 2), (30_000, 1)])
async def test_the_line_is_cut_in_the_middle_of_an_answer(
    dovecot: Dovecot, tmp_path: Path, cut_at: int, cuts: int
) -> None:
    user = dovecot.new_user()
    async with desk(tmp_path) as at, Proxy(dovecot.port) as proxy:
        proxy.cut_at, proxy.cuts = cut_at, cuts
        dovecot.put(user, mails(90))
        async with listening(at, mailbox(dovecot, user, port=proxy.port)) as listener:
            rows = await have(at, 90)
            await rounds(listener)
        assert proxy.cuts == 0
        assert [row.raw for row in rows] == mails(90)


async def test_a_line_that_dies_silently_is_noticed_and_what_came_meanwhile_is_read(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    async with desk(tmp_path) as at, Proxy(dovecot.port) as proxy:
        box = mailbox(dovecot, user, port=proxy.port, poll=0.3, timeout=0.5)
        async with listening(at, box) as listener:
            await rounds(listener)
            proxy.silent = True
            dovecot.put(user, mails(3))
            until_then = proxy.connections
            await until(lambda: proxy.connections > until_then + 1)  # it tries again and again
            assert not listener.health().ok
            assert "does not answer in time" in listener.health().detail
            proxy.silent = False
            await have(at, 3)
            await until(lambda: listener.health().ok)


async def test_news_is_read_at_once_by_idle(dovecot: Dovecot, tmp_path: Path) -> None:
    user = dovecot.new_user()
    box = mailbox(dovecot, user, poll=3600.0, idle=1740.0)
    async with desk(tmp_path) as at, listening(at, box) as listener:
        await until(lambda: listener.rounds > 0)
        for n in range(3):
            dovecot.put(user, [mail(n)])
            await have(at, n + 1)  # far sooner than the next poll


async def test_idle_begins_anew_before_its_time_is_over(dovecot: Dovecot, tmp_path: Path) -> None:
    user = dovecot.new_user()
    async with desk(tmp_path) as at, Proxy(dovecot.port) as proxy:
        box = mailbox(dovecot, user, port=proxy.port, poll=3600.0, idle=0.2)
        async with listening(at, box) as listener:
            await until(lambda: proxy.said.count(b"DONE\r\n") >= 3)
            assert proxy.connections == 1
            assert listener.health().ok


async def test_a_server_without_idle_is_polled(dovecot: Dovecot, tmp_path: Path) -> None:
    user = dovecot.new_user()
    async with desk(tmp_path) as at, Proxy(dovecot.port) as proxy:
        proxy.words = {b" IDLE": b" XDLE"}
        async with listening(at, mailbox(dovecot, user, port=proxy.port)) as listener:
            await rounds(listener)
            dovecot.put(user, mails(2))
            await have(at, 2)
            assert b"IDLE" not in proxy.said


async def test_an_idle_that_announces_nothing_is_not_relied_on(dovecot: Dovecot, tmp_path: Path) -> None:
    user = dovecot.new_user()
    async with desk(tmp_path) as at, Proxy(dovecot.port) as proxy:
        proxy.words = {b" EXISTS": b" RECENT"}  # what the server announces is lost on the way
        box = mailbox(dovecot, user, port=proxy.port, poll=0.2, idle=1740.0)
        async with listening(at, box) as listener:
            for n in range(3):
                await until(lambda: listener.rounds > 0)
                dovecot.put(user, [mail(n)])
                await have(at, n + 1)
            assert b"IDLE" in proxy.said
            assert not listener._idle_trusted


async def test_a_mail_that_the_server_cannot_give_does_not_block_those_behind_it(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    """zammad#2754: one broken mail blocked the mailbox. This one cannot be read by the server itself."""
    user = dovecot.new_user()
    dovecot.put(user, mails(9))
    with dovecot.client(user):
        pass
    sorted((dovecot.folder / "mail" / user / "cur").iterdir())[4].chmod(0)
    async with desk(tmp_path) as at:
        async with listening(at, mailbox(dovecot, user)) as listener:
            rows = await have(at, 9)
            await rounds(listener)
        assert [row.raw for row in rows if row.kind == "message"] == [*mails(4), *mails(4, first=6)]
        (held,) = [row for row in rows if row.kind == "unreadable"]
        assert (held.state, held.outcome) == ("dead", "quarantined")
        assert held.cause.startswith("not_given: UID 5 in INBOX")
        assert listener.health().figures["unreadable"] == 1
        assert (await at.standing(user)).uid == 9  # type: ignore[union-attr]


async def test_a_server_that_foretells_no_numbers_is_read_all_the_same(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    dovecot.put(user, mails(3, "old"))
    async with desk(tmp_path) as at, Proxy(dovecot.port) as proxy:
        proxy.words = {b"[UIDNEXT ": b"[UIDNEXX "}
        async with listening(at, mailbox(dovecot, user, port=proxy.port, first="now")) as listener:
            await rounds(listener)
            dovecot.put(user, [mail(1)])
            rows = await have(at, 1)
        assert rows[0].raw == mail(1)
        assert (await at.standing(user)).uid == 4  # type: ignore[union-attr]


async def test_mails_that_a_server_leaves_out_of_an_answer_are_asked_for_alone(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    """Left out is not removed: what the server still lists is asked for until it comes."""
    user = dovecot.new_user()
    dovecot.put(user, mails(12))
    async with desk(tmp_path) as at, Proxy(dovecot.port) as proxy:
        proxy.words = {b"(UID 7 RFC822.SIZE": b"(UID 99 RFC822.SIZ"}
        async with listening(at, mailbox(dovecot, user, port=proxy.port)) as listener:
            rows = await have(at, 12)
            await rounds(listener)
        assert listener.health().figures["gone"] == 0
        assert [row.raw for row in rows] == mails(12)


async def test_a_mailbox_that_is_full_is_read_all_the_same(tmp_path: Path) -> None:
    needs("Dovecot", PRESENT)
    server = Dovecot(
        more="mail_plugins = quota\nprotocol imap {\n  mail_plugins = quota imap_quota\n}\n"
        "plugin {\n  quota = maildir:User quota\n  quota_rule = *:messages=3\n}\n"
    )
    server.start()
    try:
        user = server.new_user()
        server.make_folder(user, "Selesai")
        server.put(user, mails(3))
        with server.client(user) as client:
            assert client.append("INBOX", "", "", mail(4))[0] == "NO"  # it is full
        async with (
            desk(tmp_path) as at,
            listening(at, mailbox(server, user, after="move:Selesai")) as listener,
        ):
            rows = await have(at, 3)
            await rounds(listener)
            assert listener.health().ok  # whether the server moves them or not
        assert [row.raw for row in rows] == mails(3)
        assert len(server.uids(user)) + len(server.uids(user, "Selesai")) == 3
    finally:
        server.stop()
