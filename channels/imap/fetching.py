"""A batch of mails out of the server: what the mailbox's thread does. Nothing here waits for the store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from channels.base import NOBODY, Message, Trusted, Unreadable
from channels.imap import reading

if TYPE_CHECKING:
    from channels.imap.session import Session

BATCH = 50
"""Mails asked for at once."""
BATCH_BYTES = 8 * 1024 * 1024
"""Bytes asked for at once; a larger mail comes alone."""
TRIES_WHOLE = 3
"""Failures at one mail alone, after which only its headers and texts are asked for."""
TRIES_AT_ALL = 6
"""Failures at one mail alone, after which it is put on record as not given, and the ones behind it have
their turn."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Mails to be asked for together; `way` is "whole", "texts" or "given up"."""

    uids: tuple[int, ...]
    way: str = "whole"
    size: int = 0
    too_large: bool = False


@dataclass(frozen=True, slots=True)
class Got:
    """What came of it: mails by UID in order, and those that others removed in the meantime."""

    mails: tuple[tuple[int, Message | Unreadable], ...]
    gone: tuple[int, ...] = ()
    whole: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Context:
    """What a mail is read with. `past` says why one of them is not answered, by UID."""

    mailbox: str
    folder: str
    validity: int
    account: str
    own: Collection[str]
    at: datetime
    past: Mapping[int, str]
    trusted: Trusted = NOBODY


def batches(
    uids: Sequence[int], sizes: Mapping[int, int], tries: Mapping[int, int], max_size: int
) -> Iterator[Wanted]:
    """The mails in order, in batches; those that made trouble, and the very large ones, alone."""
    together: list[int] = []
    total = 0
    for uid in uids:
        size, tried = sizes.get(uid, 0), tries.get(uid, 0)
        alone = (
            Wanted((uid,), "given up", size)
            if tried >= TRIES_AT_ALL
            else Wanted((uid,), "texts", size, size > max_size)
            if size > max_size or tried >= TRIES_WHOLE
            else Wanted((uid,), "whole", size)
            if tried
            else None
        )
        if together and (alone or len(together) >= BATCH or total + size > BATCH_BYTES):
            yield Wanted(tuple(together), size=total)
            together, total = [], 0
        if alone:
            yield alone
        else:
            together.append(uid)
            total += size
    if together:
        yield Wanted(tuple(together), size=total)


def fetch(session: Session, wanted: Wanted, context: Context) -> Got:
    """Ask for a batch and read it. Raises the session's faults, and `NotGiven`."""
    if wanted.way == "given up":
        if not session.still(wanted.uids):
            return Got((), wanted.uids)
        return Got(tuple((uid, _given_up(uid, context)) for uid in wanted.uids))
    if wanted.way == "texts":
        return _texts(session, wanted, context)
    bodies = session.bodies(wanted.uids)
    missing = [uid for uid in wanted.uids if not bodies.get(uid)]
    there = session.still(missing) if missing else set()
    if there:
        raise NotGiven(sorted(there))
    mails = tuple((uid, _read(bodies[uid], uid, context)) for uid in wanted.uids if bodies.get(uid))
    gone = tuple(uid for uid in missing if uid not in there)
    return Got(mails, gone, frozenset(uid for uid, one in mails if isinstance(one, Message)))


class NotGiven(Exception):
    """Mails that the server lists, and does not give when asked."""

    def __init__(self, uids: Sequence[int]) -> None:
        super().__init__(f"the server lists mail {', '.join(map(str, uids[:5]))} and does not give it")


def _texts(session: Session, wanted: Wanted, context: Context) -> Got:
    mails = []
    gone = []
    for uid in wanted.uids:
        skeleton = session.skeleton(uid, wanted.size)
        if skeleton is None or not skeleton.raw:
            if session.still([uid]):
                raise NotGiven([uid])
            gone.append(uid)
        else:
            one = _read(skeleton.raw, uid, context)
            mails.append((uid, reading.large(one, skeleton, too_large=wanted.too_large)))
    return Got(tuple(mails), tuple(gone))


def _read(raw: bytes, uid: int, context: Context) -> Message | Unreadable:
    return reading.mail(
        raw,
        account=context.account,
        received_at=context.at,
        own=context.own,
        trusted=context.trusted,
        past=context.past.get(uid, ""),
    )


def _given_up(uid: int, context: Context) -> Unreadable:
    return reading.not_given(
        context.folder,
        context.validity,
        uid,
        mailbox=context.mailbox,
        account=context.account,
        at=context.at,
        why=f"asked for {TRIES_AT_ALL} times",
    )
