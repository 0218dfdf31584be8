"""The inbox: what arrives is durable, whole and once, before anybody acknowledges it.

`accept` stores files first, then the batch in one transaction (shared with whatever else is being written).
What it cannot prepare it stores as quarantined bytes, so that one odd message never blocks a mailbox.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import structs
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from bot.dialogue.turn import Due, File, HandedBack, TookOver
from bot.inbox.mails import LONGEST_TEXT, Mails
from bot.inbox.places import files_missing, files_wanted, place_of
from bot.sop.model import Sop
from bot.store import Files, Store, arrivals, inbox
from bot.store.arrivals import Arrival, Batch, Place
from bot.store.clean import clean, fit
from bot.store.fetches import ALBUM, PATIENCE
from bot.store.inbox import EXTERNAL_ID, NewInput, Submitted
from bot.store.inputs import (
    Act,
    EchoedIn,
    EditedIn,
    IdentifiedIn,
    InputBody,
    MessageIn,
    PressedIn,
    ReachableIn,
    StatusIn,
    UnreadableIn,
    encode,
)  # fmt: skip
from bot.store.media import media_type
from bot.store.pieces import Piece
from bot.store.routing import is_number
from bot.store.threads import Raced
from channels.base import (
    Accepted,
    Attachment,
    Cursor,
    Echoed,
    Edited,
    Identified,
    Inbound,
    Message,
    Noted,
    NotStored,
    Pressed,
    Reachability,
    Status,
    Unreadable,
)  # fmt: skip

INLINE_RAW = 64 * 1024
"""Bytes of raw message kept in the row itself; larger ones become files."""

ON_THE_PHONE = "phone"
"""The agent who answers on the business's phone: whoever holds it; Sapa knows no more."""

CHANGED = "identified: the provider said that the sender's ids changed"

log = logging.getLogger(__name__)


class Inbox:
    """Takes what channels bring (`accept`) and what clocks and agents do (`submit`).

    `quiet`: so long a mail waits for more of the same before it is answered, so that several mails in a
    short time get one answer. `secret` signs reply tokens. `own_addresses` are ours: mail from one of them
    is a loop, on record and never answered. Mail from a department of the pack is put to its conversation
    for a person, likewise. `staff` are addresses and domains of colleagues: what they forward is their
    customer's. `closed_for`: in a conversation closed so long ago a mail is a new matter, linked to it.
    """

    def __init__(
        self,
        store: Store,
        files: Files,
        *,
        secret: bytes,
        sop: Sop,
        own_addresses: Collection[str] = (),
        quiet: timedelta = timedelta(0),
        closed_for: timedelta = timedelta(days=30),
        staff: Collection[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._clock = clock
        self._files = files
        self._quiet = quiet
        self._closed_for = closed_for
        self._mails = Mails(sop, secret=secret, own=own_addresses, staff=staff)

    async def accept(
        self, batch: Sequence[Inbound | Unreadable], cursor: Cursor | None = None
    ) -> list[Accepted]:
        """Store `batch` and `cursor` together; durable when it returns, one word per input in order.

        An input that the store cannot take as it is goes to quarantine and keeps nothing beside it from being
        stored. Raises `NotStored` when the store takes nothing now: let the sender try again later.
        """
        at = self._clock()
        try:
            try:
                return await self._store_all(batch, cursor, at)
            except Exception as error:
                if not _may_be_the_inputs(error):
                    raise
                return await self._store_each(batch, cursor, at)
        except Exception as error:
            log.error("not_stored", extra={"inputs": len(batch), "error": type(error).__name__})
            raise NotStored(f"not stored: {type(error).__name__}") from error

    async def _store_all(
        self, batch: Sequence[Inbound | Unreadable], cursor: Cursor | None, at: datetime
    ) -> list[Accepted]:
        prepared = [await self._prepare(inbound, at) for inbound in batch]
        wish = Batch(tuple(prepared), cursor, at, self._closed_for)
        try:
            return await self._store.write_each(arrivals.accept, wish, first=True)
        except (IntegrityError, Raced):  # another process stored the same a moment ago: now it is seen
            return await self._store.write_each(arrivals.accept, wish, first=True)

    async def _store_each(
        self, batch: Sequence[Inbound | Unreadable], cursor: Cursor | None, at: datetime
    ) -> list[Accepted]:
        """One by one, the guilty one as bytes that nobody can read; where the channel stands comes last."""
        words: list[Accepted] = []
        for inbound in batch:
            try:
                words += await self._store_all([inbound], None, at)
            except Exception as fault:
                if not _may_be_the_inputs(fault):
                    raise
                log.error("not_storable", extra={"error": type(fault).__name__})
                kept = Unreadable(
                    channel=inbound.channel,
                    account=inbound.account,
                    external_id=inbound.external_id,
                    raw=inbound.raw,
                    cause=f"not_storable: {type(fault).__name__}",
                    sent_at=at,
                )
                words += await self._store_all([kept], None, at)
        if cursor is not None:
            await self._store_all([], cursor, at)
        return words

    async def submit(
        self, conversation_id: int, input: Due | TookOver | HandedBack, external_id: str, *, source: str = ""
    ) -> bool:
        """Add what a clock or an agent did; whether it was new. The same id again has no second effect.

        `source` is `timer` or `agent`; by default the one that fits the input.
        """
        named = source or ("timer" if isinstance(input, Due) else "agent")
        wish = Submitted(conversation_id, Act(input), external_id, self._clock(), named)
        return await self._store.write_each(inbox.submit, wish)

    async def _prepare(self, inbound: Inbound | Unreadable, at: datetime) -> Arrival:
        """One input with its files stored. Bytes that make this fail are kept as unreadable."""
        if isinstance(inbound, Unreadable):
            return await self._unreadable(inbound, inbound.cause, at)
        try:
            if not isinstance(inbound, Noted) and not (inbound.sender.id.strip() and inbound.thread):
                return await self._unreadable(inbound, "no_sender: nobody to answer to", at)
            return await self._readable(inbound, at)
        except OSError:
            raise  # the disk's fault, not the message's
        except Exception as error:
            log.error("not_prepared", extra={"error": type(error).__name__})
            return await self._unreadable(inbound, f"not_prepared: {type(error).__name__}: {error}", at)

    async def _unreadable(self, inbound: Inbound | Unreadable, cause: str, at: datetime) -> Arrival:
        row = await self._row(inbound, "unreadable", UnreadableIn(), at, inbox.QUARANTINED, cause[:2000])
        return Arrival(row)

    async def _readable(self, inbound: Inbound, at: datetime) -> Arrival:
        place = place_of(inbound)
        match inbound:
            case Message():
                return await self._message(inbound, place, at)
            case Pressed():
                body = PressedIn(clean(inbound.value)[:200], clean(inbound.label)[:200], clean(inbound.of))
                return Arrival(await self._row(inbound, "pressed", body, at), place)
            case Edited():
                edit = EditedIn(
                    fit(inbound.of, 255), clean(inbound.text)[:LONGEST_TEXT], deleted=inbound.deleted
                )
                row = await self._row(inbound, "edited", edit, at, inbox.APPENDED)
                row = structs.replace(row, message_id=edit.of or None)
                return Arrival(row, place, only_known=True, edit=edit)
            case Status():
                news = StatusIn(
                    clean(inbound.of),
                    inbound.delivery,
                    clean(inbound.echo),
                    clean(inbound.reason),
                    inbound.again,
                    inbound.part,
                )
                row = await self._row(inbound, "status", news, at, inbox.APPENDED)
                return Arrival(row, status=news)
            case Identified():
                ids = IdentifiedIn((place.sender, *place.claims))
                row = await self._row(inbound, "identified", ids, at, inbox.IGNORED, CHANGED)
                return Arrival(row, place, only_known=True, moved=True)
            case Echoed():
                return await self._echoed(inbound, place, at)
            case Reachability():
                word = "reachability: unblocked" if inbound.reachable else "reachability: blocked"
                row = await self._row(
                    inbound, "reachability", ReachableIn(inbound.reachable), at, inbox.IGNORED, word
                )
                return Arrival(row, place, only_known=True, reachable=inbound.reachable)
            case Noted():
                noted = inbound.cause[:2000]
                return Arrival(await self._row(inbound, "status", UnreadableIn(), at, inbox.IGNORED, noted))

    async def _echoed(self, echoed: Echoed, place: Place, at: datetime) -> Arrival:
        """What somebody of ours wrote stands in the customer's thread, found by whatever ids are named of the
        customer, and made where there is none."""
        kept = await self._keep(echoed.attachments)
        body = EchoedIn(
            agent=ON_THE_PHONE,
            name=place.name,
            text=clean(echoed.text)[:LONGEST_TEXT],
            files=kept,
            placeholder=clean(echoed.placeholder),
            unfetched=files_missing(echoed.attachments),
        )
        phone = place.key if is_number(place.key) else ""
        customers = Place(place.key, place.key, place.key, claims=place.claims, phone=phone)
        row = await self._row(echoed, "echoed", body, at)
        return Arrival(row, customers, kept, wanted=files_wanted(echoed.attachments))

    async def _message(self, message: Message, place: Place, at: datetime) -> Arrival:
        text = clean(message.text)
        kept = await self._keep(message.attachments)
        if len(text) > LONGEST_TEXT:
            whole = text.encode()
            digest = await self._files.put(whole)
            kept = (*kept, File(digest, "message.txt", "text/plain", len(whole)))
            text = text[:LONGEST_TEXT]
        mail = message.mail
        body = MessageIn(
            text=text,
            files=kept,
            subject=clean(mail.subject) if mail else "",
            name=place.name,
            email=clean(message.sender.email),
            phone=clean(message.sender.phone),
            group=clean(message.group),
            placeholder=clean(message.placeholder),
            message_id=clean(mail.message_id if mail else message.message_id),
            in_reply_to=tuple(map(clean, mail.in_reply_to)) if mail else (),
            references=tuple(map(clean, mail.references)) if mail else (),
            unfetched=files_missing(message.attachments),
            verdicts=dict(mail.verdicts) if mail else {},
            command=clean(message.command),
            quotes=clean(message.quotes),
            proven=message.sender.proven,
            part=message.part,
            parts=message.parts,
        )
        if mail is None:
            row = await self._row(message, "message", body, at)
            named = fit(message.message_id, 255) if message.message_id else None
            row = structs.replace(row, message_id=named)
            if message.parts:
                return Arrival(row, place, kept, piece=Piece(body.group, message.part, message.parts))
            wanted = files_wanted(message.attachments)
            quiet = PATIENCE if wanted else ALBUM if body.group else None
            return Arrival(row, place, kept, wanted=wanted, quiet=quiet)
        judged = self._mails.judge(message, mail, place, body)
        row = await self._row(message, "message", judged.body, at, judged.outcome, judged.cause)
        if judged.outcome:
            return Arrival(row, judged.place, kept, only_known=True, returned=judged.returned)
        row = structs.replace(row, ready_at=at + self._quiet if self._quiet else None, same=judged.same)
        return Arrival(row, judged.place, kept, writer=judged.writer)

    async def _keep(self, attachments: Sequence[Attachment]) -> tuple[File, ...]:
        if not attachments:
            return ()
        here = [(a, a.content) for a in attachments if a.content is not None]
        digests = await self._files.put_all([content for _, content in here])
        return tuple(
            File(digest, clean(attachment.name)[:255], media_type(content), len(content))
            for digest, (attachment, content) in zip(digests, here, strict=True)
        )

    async def _row(
        self,
        inbound: Inbound | Unreadable,
        kind: str,
        body: InputBody,
        at: datetime,
        outcome: str = "",
        cause: str = "",
    ) -> NewInput:
        raw, raw_file = inbound.raw, None
        if len(raw) > INLINE_RAW:
            raw_file = await self._files.put(raw)
        return NewInput(
            channel=inbound.channel,
            account=fit(inbound.account, 255),
            external_id=fit(inbound.external_id, EXTERNAL_ID),
            kind=kind,
            sent_at=inbound.sent_at,
            received_at=at,
            body=encode(body),
            raw=raw if raw_file is None and raw else None,
            raw_file=raw_file,
            outcome=outcome,
            cause=clean(cause),
        )


def _may_be_the_inputs(error: Exception) -> bool:
    """Whether an input may be to blame - a number too large for its column, a rule of the tables that it
    breaks each time - and not the store."""
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return True  # a value that could not be bound
    ours = (DataError, IntegrityError, ArithmeticError, ValueError, TypeError, LookupError, AssertionError)
    return isinstance(error, ours)
