"""What is known of a message only after it was stored: its files, and the words that replaced its first ones.

While the message still waits for its turn, the turn takes what is known by then: its row changes, and the
thread's version with it, so that a turn which was decided on the old row is decided again. Afterwards the
visible item changes, and of a file the conversation is told by an input of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypeVar, cast

from msgspec import structs
from sqlalchemy import Connection, Row, bindparam, select, text, update

from bot.dialogue.turn import File, FileCame, FileLost
from bot.store import attachments, conversations, fetches, inbox, items
from bot.store.bells import after_commit
from bot.store.fetches import ALBUM, Job
from bot.store.inbox import Outcome, Submitted
from bot.store.inputs import Act, EchoedIn, EditedIn, MessageIn, Version, decode, encode
from bot.store.items import Item, ItemBody
from bot.store.tables import fetches as fetches_table
from bot.store.tables import inbox as inbox_table
from bot.store.tables import threads

SOURCE = "file"
"""Where the inputs come from that tell a conversation of its late files."""

TAKEN_BACK = "deleted: the customer took it back before it was answered"

B = TypeVar("B", bound=MessageIn | EchoedIn | ItemBody)
_Row: TypeAlias = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Stored:
    """A job is done: its file is in the store."""

    job: Job
    file: File


@dataclass(frozen=True, slots=True)
class PutOff:
    """A try in vain; the next one is at `then`."""

    job: Job
    then: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The file will never come; `too_large`: because nobody takes so large a one."""

    job: Job
    why: str
    too_large: bool = False


End: TypeAlias = Stored | PutOff | Lost

_messages = select(
    inbox_table.c.id, inbox_table.c.thread_id, inbox_table.c.state, inbox_table.c.kind, inbox_table.c.body,
    inbox_table.c.sent_at, inbox_table.c.conversation_id, inbox_table.c.message_id,
)  # fmt: skip
_threads_of = select(inbox_table.c.thread_id).where(inbox_table.c.id.in_(bindparam("wanted", expanding=True)))
_by_id = _messages.where(inbox_table.c.id.in_(bindparam("wanted", expanding=True)))
_by_message = _messages.where(
    text("inbox.message_id IS NOT NULL"),  # the words of the partial index
    inbox_table.c.thread_id.in_(bindparam("threads", expanding=True)),
    inbox_table.c.message_id.in_(bindparam("wanted", expanding=True)),
)
_rewrite = (
    update(inbox_table)
    .where(inbox_table.c.id == bindparam("row"))
    .values(body=bindparam("new_body", type_=inbox_table.c.body.type))
)
_move_on = (
    update(threads)
    .where(threads.c.id.in_(bindparam("wanted", expanding=True)))
    .values(version=threads.c.version + 1)
)
_still = (
    select(inbox_table.c.thread_id)
    .select_from(inbox_table.join(fetches_table, fetches_table.c.inbox_id == inbox_table.c.id))
    .where(
        text("inbox.state = 'new'"),
        inbox_table.c.thread_id.in_(bindparam("wanted", expanding=True)),
        (fetches_table.c.state == fetches.FETCHING)
        | ((fetches_table.c.state == fetches.WAITING) & (fetches_table.c.next_at < inbox_table.c.ready_at)),
    )
)
_held = select(
    inbox_table.c.id,
    inbox_table.c.thread_id,
    inbox_table.c.received_at,
    inbox_table.c.ready_at,
    inbox_table.c.body,
).where(
    text("inbox.state = 'new'"),
    inbox_table.c.ready_at.is_not(None),
    inbox_table.c.thread_id.in_(bindparam("wanted", expanding=True)),
)
_ready = (
    update(inbox_table)
    .where(
        text("inbox.state = 'new'"),
        inbox_table.c.id == bindparam("row"),
        inbox_table.c.ready_at > bindparam("now_ready", type_=inbox_table.c.ready_at.type),
    )
    .values(ready_at=bindparam("now_ready", type_=inbox_table.c.ready_at.type))
)


# ---------------------------------------------------------------------------------------------------- files


def settle(connection: Connection, ends: Sequence[End], now: datetime) -> None:
    """Write down how fetching ended, and what follows. Doing it twice changes nothing.

    Threads are locked first and in order, as a turn's commit locks them.
    """
    if not ends:
        return
    inputs = sorted({end.job.inbox_id for end in ends})
    places = {thread for thread in connection.execute(_threads_of, {"wanted": inputs}).scalars() if thread}
    conversations.versions(connection, places)
    news: dict[int, list[Stored | Lost]] = defaultdict(list)
    for end in ends:
        match end:
            case PutOff(job, then, why):
                fetches.put_off(connection, job, then, why)
            case Stored(job, _) if fetches.store(connection, job):
                news[job.inbox_id].append(end)
            case Lost(job, why, _) if fetches.lose(connection, job, why):
                news[job.inbox_id].append(end)
            case _:
                pass  # another process was quicker
    kept = [end.file for each in news.values() for end in each if isinstance(end, Stored)]
    attachments.keep(connection, kept, now)
    changed: set[int] = set()
    acts: list[Submitted] = []
    for row in sorted(connection.execute(_by_id, {"wanted": sorted(news)}), key=lambda one: one.id):
        body = decode(row.body)
        if not isinstance(body, MessageIn | EchoedIn):
            continue
        connection.execute(_rewrite, {"row": row.id, "new_body": encode(amended(body, news[row.id]))})
        if row.state == "new":
            changed.add(row.thread_id)
            continue
        _show(connection, row, news[row.id])
        if row.state == "done" and row.conversation_id is not None and isinstance(body, MessageIn):
            acts += [_told(end, row, now) for end in news[row.id]]
    inbox.submit(connection, acts)
    move_on(connection, changed)
    _release(connection, places)


def _told(end: Stored | Lost, row: _Row, now: datetime) -> Submitted:
    job = end.job
    if isinstance(end, Stored):
        told: FileCame | FileLost = FileCame(end.file, job.inbox_id)
    else:
        told = FileLost(job.name, job.inbox_id, end.why, end.too_large)
    return Submitted(row.conversation_id, Act(told), job.key, now, SOURCE)


def amended(body: B, ends: Iterable[Stored | Lost]) -> B:
    """A message, or its item, with what became of its files; files stand in the message's own order."""
    files, unfetched = list(body.files), list(body.unfetched)
    for end in ends:
        at = next((n for n, one in enumerate(unfetched) if one.position == end.job.position), None)
        if at is None:
            continue
        if isinstance(end, Lost):
            unfetched[at] = structs.replace(unfetched[at], lost=end.why, too_large=end.too_large)
        else:
            files.insert(end.job.position - at, end.file)  # those before it, without those not here
            del unfetched[at]
    return structs.replace(body, files=tuple(files), unfetched=tuple(unfetched))


def _show(connection: Connection, row: _Row, ends: Iterable[Stored | Lost]) -> None:
    shown = items.of_input(connection, row.thread_id, row.id)
    if shown is not None:
        items.rewrite(connection, structs.replace(shown, body=amended(shown.body, ends)))
        after_commit(connection, f"thread:{row.thread_id}")


def _release(connection: Connection, places: Collection[int]) -> None:
    """Threads that wait for no file any more are ready, but for what may follow: another picture of an album,
    another piece of a long SMS."""
    wanted = {"wanted": sorted(places)}
    if not places:
        return
    waiting = set(places) - set(connection.execute(_still, wanted).scalars())
    ready = [
        {"row": row.id, "now_ready": _follows_until(row)}
        for row in connection.execute(_held, wanted)
        if row.thread_id in waiting
    ]
    if ready:
        connection.execute(_ready, ready)
        after_commit(connection, inbox.BELL)


def _follows_until(row: _Row) -> datetime:
    body = decode(row.body)
    if not isinstance(body, MessageIn) or not body.group:
        return cast(datetime, row.received_at)
    return cast(datetime, row.ready_at if body.parts else row.received_at + ALBUM)


def move_on(connection: Connection, changed: Collection[int]) -> None:
    """What waits in these threads has changed: a turn that was decided on it is decided again."""
    if changed:
        connection.execute(_move_on, {"wanted": sorted(changed)})


# ---------------------------------------------------------------------------------------------------- edits


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit that was stored: the row it has, the thread it came in, what it says, and when it was made."""

    inbox_id: int
    thread_id: int
    edit: EditedIn
    at: datetime


def edit(connection: Connection, edits: Sequence[Edit]) -> None:
    """Put new words to the messages they replace; each edit gets its outcome.

    The newest words are shown, whatever order edits come in; all others are kept with them.
    """
    if not edits:
        return
    found = _originals(connection, ((each.thread_id, each.edit.of) for each in edits))
    outcomes: list[Outcome] = []
    for each in sorted(edits, key=lambda one: one.at):
        original = found.get((each.thread_id, each.edit.of))
        if original is None:
            cause = "edited: of no message on record"
            outcomes.append(Outcome(each.inbox_id, inbox.IGNORED, cause))
        else:
            outcomes.append(Outcome(each.inbox_id, inbox.APPENDED, "", original.conversation_id))
    _apply(connection, found, edits)
    inbox.settle(connection, outcomes)


def overtaken(connection: Connection, arrived: Iterable[tuple[int, str]]) -> None:
    """Messages - (thread, message id) - that came after their own edits: the edits count all the same."""
    wanted = set(arrived)
    early: list[Edit] = []
    for row in _rows(connection, wanted):
        if row.kind == "edited":
            body = decode(row.body)
            if isinstance(body, EditedIn):
                early.append(Edit(row.id, row.thread_id, body, row.sent_at))
    edit(connection, early)


def _rows(connection: Connection, wanted: Collection[tuple[int, str]]) -> list[_Row]:
    if not wanted:
        return []
    asked = {"threads": sorted({one for one, _ in wanted}), "wanted": sorted({name for _, name in wanted})}
    found = [
        row for row in connection.execute(_by_message, asked) if (row.thread_id, row.message_id) in wanted
    ]
    return sorted(found, key=lambda row: row.id)


def _originals(connection: Connection, named: Iterable[tuple[int, str]]) -> dict[tuple[int, str], _Row]:
    """The messages by (thread, message id)."""
    wanted = set(named)
    places = {thread for thread, _ in wanted}
    conversations.versions(connection, places)
    return {
        (row.thread_id, row.message_id): row for row in _rows(connection, wanted) if row.kind == "message"
    }


def _apply(connection: Connection, found: dict[tuple[int, str], _Row], edits: Sequence[Edit]) -> None:
    changed: set[int] = set()
    for named, row in found.items():
        mine = sorted((e for e in edits if (e.thread_id, e.edit.of) == named), key=lambda one: one.at)
        body = decode(row.body)
        if not isinstance(body, MessageIn):
            continue
        if row.state == "done":
            shown = items.of_input(connection, row.thread_id, row.id)
            if shown is None:
                continue
            for one in mine:
                shown = _worded_item(shown, one, row.sent_at)
            items.rewrite(connection, shown)
            after_commit(connection, f"thread:{row.thread_id}")
            continue
        for one in mine:
            body = _worded_message(body, one, row.sent_at)
        if row.state == "new" and body.deleted:  # nobody wants its files any more
            missing = (structs.replace(each, lost=each.lost or TAKEN_BACK) for each in body.unfetched)
            body = structs.replace(body, unfetched=tuple(missing))
        connection.execute(_rewrite, {"row": row.id, "new_body": encode(body)})
        if row.state == "new":
            changed.add(row.thread_id)
            if body.deleted:
                inbox.settle(connection, [Outcome(row.id, inbox.IGNORED, TAKEN_BACK)])
                fetches.drop(connection, row.id, TAKEN_BACK)
    move_on(connection, changed)


def _worded_message(body: MessageIn, one: Edit, first_at: datetime) -> MessageIn:
    if one.edit.deleted:
        return structs.replace(body, deleted=True)
    text, earlier, at = _newest(body.text, body.earlier, body.edited_at or first_at, one)
    return structs.replace(body, text=text, earlier=earlier, edited_at=at)


def _worded_item(item: Item, one: Edit, first_at: datetime) -> Item:
    body = item.body
    if one.edit.deleted:
        return structs.replace(item, body=structs.replace(body, deleted=True))
    text, earlier, at = _newest(item.text, body.earlier, body.edited_at or first_at, one)
    return structs.replace(item, text=text, body=structs.replace(body, earlier=earlier, edited_at=at))


def _newest(
    text: str, earlier: tuple[Version, ...], at: datetime, one: Edit
) -> tuple[str, tuple[Version, ...], datetime]:
    """The words that are shown now, those before them, and since when; an edit of what nobody sees (a
    preview, a reaction) brings the same words again."""
    listed, new = [*earlier, Version(text, at)], Version(one.edit.text, one.at)
    if new.text != text and new not in listed:
        listed = sorted([*listed, new], key=lambda version: version.at)
    return listed[-1].text, tuple(listed[:-1]), listed[-1].at
