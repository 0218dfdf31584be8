"""Where polling channels stand. A cursor is written by `accept`, in the transaction of what it stands for."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from bot.store.clean import fit
from bot.store.tables import cursors, mail_ids


def value(conn: Connection, channel: str, account: str) -> str:
    """What was committed last, "" when nothing was."""
    found = select(cursors.c.value).where(cursors.c.channel == channel, cursors.c.account == account)
    return conn.execute(found).scalar() or ""


def standing(conn: Connection, channel: str) -> dict[str, str]:
    """Every cursor of a channel, by account."""
    found = select(cursors.c.account, cursors.c.value).where(cursors.c.channel == channel)
    return {row.account: row.value for row in conn.execute(found)}


def known_mail(conn: Connection, message_ids: Collection[str]) -> set[str]:
    """Those of the Message-IDs that a mail on record has, came it in or went it out."""
    by_kept = {fit(each, 255): each for each in message_ids if each}
    if not by_kept:
        return set()
    found = select(mail_ids.c.message_id).where(mail_ids.c.message_id.in_(sorted(by_kept)))
    return {by_kept[each] for each in conn.execute(found).scalars()}
