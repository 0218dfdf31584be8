"""The inbox: what arrives is durable, whole and once, before anybody acknowledges it.

`accept` stores files first, then the batch in one transaction (shared with whatever else is being written).
What it cannot prepare it stores as quarantined bytes, so that one odd message never blocks a mailbox.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from msgspec import structs
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

from bot import tokens
from bot.dialogue.turn import Due, File, HandedBack, TookOver
from bot.letters import answers_letter, subjects
from bot.sop.model import Sop
from bot.store import Files, Store, arrivals, inbox, people
from bot.store.arrivals import Arrival, Batch, Place
from bot.store.belonging import Letter
from bot.store.clean import clean, fit
from bot.store.fetches import ALBUM, PATIENCE, Wanted
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
    Unfetched,
    UnreadableIn,
    encode,
)  # fmt: skip
from bot.store.media import media_type
from bot.store.people import Held
from bot.store.pieces import Piece
from bot.store.returned import Returned
from bot.store.routing import is_number
from bot.store.threads import Raced
from bot.tickets import number
from channels.base import (
    Accepted,
    Attachment,
    Bounce,
    Cursor,
    Echoed,
    Edited,
    Identified,
    Inbound,
    MailFacts,
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

LONGEST_TEXT = 20_000
"""Characters of one message that the conversation works with; the whole text is then also kept as a file."""

MOST_REFERENCES = 50
"""Message-IDs of one mail that are looked up: the nearest ones name the thread."""

MOST_OTHERS = 20
"""Addresses of one mail, besides ours, that become participants of its thread."""

NO_WAY = "the provider named no way to it"
"""Why a file that has neither bytes nor a reference never comes."""

LARGEST_CLAIM = 2**53
"""Bytes that a sender may say a file has: what the column takes, and more than any file."""

_DIGEST = re.compile(r"[0-9A-Fa-f]{64}")

ON_THE_PHONE = "phone"
"""The agent who answers on the business's phone: whoever holds it; Sapa knows no more."""

CHANGED = "identified: the provider said that the sender's ids changed"

FOR_A_PERSON = "department: for a person to read"

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
        self._staff = frozenset(each.strip().lower().removeprefix("@") for each in staff)
        self._secret = secret
        self._prefix = sop.about.ticket_prefix
        self._own = frozenset(address.lower() for address in own_addresses)
        self._departments = frozenset(d.email.lower() for d in sop.departments.values()) - self._own

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
            return await self._store.write_each(arrivals.accept, wish)
        except (IntegrityError, Raced):  # another process stored the same a moment ago: now it is seen
            return await self._store.write_each(arrivals.accept, wish)

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
        place = _place(inbound)
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
            unfetched=_unfetched(echoed.attachments),
        )
        phone = place.key if is_number(place.key) else ""
        customers = Place(place.key, place.key, place.key, claims=place.claims, phone=phone)
        row = await self._row(echoed, "echoed", body, at)
        return Arrival(row, customers, kept, wanted=_wanted(echoed.attachments))

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
            unfetched=_unfetched(message.attachments),
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
            wanted = _wanted(message.attachments)
            quiet = PATIENCE if wanted else ALBUM if body.group else None
            return Arrival(row, place, kept, wanted=wanted, quiet=quiet)
        return await self._mail(message, body, place, kept, at)

    async def _mail(
        self, message: Message, body: MessageIn, place: Place, kept: tuple[File, ...], at: datetime
    ) -> Arrival:
        mail = message.mail
        assert mail is not None  # noqa: S101 - the caller looked
        sender = place.sender.lower()
        of_ours = answers_letter(mail, self._secret)
        colleague = self._is_staff(sender, mail.verdicts)
        department = sender in self._departments or (colleague and of_ours)
        cause = mail.automatic or ("own: it comes from our own address" if sender in self._own else "")
        letter = self._letter(mail, sender, of_ours=of_ours, department=department, record=bool(cause))
        reply_to = mail.reply_to if "@" in mail.reply_to and " " not in mail.reply_to else ""
        address = fit(reply_to or message.sender.email or message.sender.id, 320)
        theirs = mail.verdicts.get("dmarc", "") == "pass" and not (cause or department or colleague)
        held = (Held(people.EMAIL, mailbox, "dmarc"),) if theirs and (mailbox := people.email(sender)) else ()
        place = Place(place.key, fit(sender, 320), address, place.name, (), letter, held=held)
        if cause or department:
            word, outcome = (cause, inbox.IGNORED) if cause else (FOR_A_PERSON, inbox.APPENDED)
            row = await self._row(message, "message", body, at, outcome, word[:2000])
            news = self._returned(mail.bounce, mail.tokens) if mail.bounce else None
            return Arrival(row, place, kept, only_known=True, returned=news)
        if colleague:
            place, body = self._reported(mail, place, body)
        elif mail.forwarded is not None and mail.forwarded.text.strip():
            passed = mail.forwarded  # its head names others: not who is asking here
            body = structs.replace(body, note=clean(passed.note), passed=clean(passed.text)[:LONGEST_TEXT])
        row = await self._row(message, "message", body, at)
        ready = at + self._quiet if self._quiet else None
        row = structs.replace(row, ready_at=ready, same=_same(mail, sender, body))
        return Arrival(row, place, kept, writer=sender)

    def _returned(self, bounce: Bounce, found: Sequence[str]) -> Returned:
        """What a bounce says of a letter. Our return path holds a token as an answer's address does."""
        signed = (tokens.verify(self._secret, token) for token in found)
        return Returned(
            original=clean(bounce.original_message_id).strip("<> ")[:900],
            threads=tuple(thread for thread in signed if thread is not None),
            action=bounce.action,
            status=bounce.status,
            cause=bounce.cause,
            recipient=clean(bounce.recipient),
            reason=clean(bounce.diagnostic)[:1000],
            departments=self._departments,
        )

    def _letter(
        self, mail: MailFacts, sender: str, *, of_ours: bool, department: bool, record: bool
    ) -> Letter:
        """What names the mail's thread. What answers a letter to a department, or one with a code, is not a
        customer's word in a thread, whatever stands in it."""
        nearest = (*mail.in_reply_to, *reversed(mail.references))
        signed = (tokens.verify(self._secret, token) for token in mail.tokens)
        ours = {*self._own, *self._departments, sender}
        others = dict.fromkeys(address.lower() for address in (*mail.cc, *mail.to))
        return Letter(
            message_id=fit(mail.message_id, 255) if mail.message_id else "",
            tokens=() if of_ours and not department else tuple(t for t in signed if t is not None),
            answers=()
            if of_ours
            else tuple(dict.fromkeys(fit(i, 255) for i in nearest if i))[:MOST_REFERENCES],
            tickets=self._tickets(mail, department) if department or not of_ours else (),
            subject=subjects.plain(mail.subject),
            answering=subjects.answers(mail.subject),
            others=tuple(fit(each, 320) for each in others if _canonical(each) not in ours)[:MOST_OTHERS],
            department=department,
            record=record,
        )

    def _tickets(self, mail: MailFacts, department: bool) -> tuple[str, ...]:
        """The numbers in the subject; of a department's answer also the one in our letter's id."""
        named = (
            mail.subject,
            *(mail.in_reply_to if department else ()),
            *(mail.references if department else ()),
        )
        return number.find(" ".join(named), self._prefix)

    def _is_staff(self, sender: str, verdicts: Mapping[str, str]) -> bool:
        """Whether a colleague wrote - unless a server we trust says that the sender is forged."""
        if sender not in self._staff and sender.rpartition("@")[2] not in self._staff:
            return False
        return verdicts.get("dmarc", "") != "fail"

    def _reported(self, mail: MailFacts, place: Place, body: MessageIn) -> tuple[Place, MessageIn]:
        """What a colleague passed on (S2): the customer is who wrote it, the colleague its reporter.

        A forwarded mail whose writer can be read is the customer's: it opens or goes on with the customer's
        thread, and the answer goes to the customer. Otherwise the matter is talked over with the colleague.
        """
        passed = mail.forwarded
        whose = clean(passed.email).strip().lower() if passed else ""
        reported = structs.replace(body, reporter=place.sender, reporter_name=place.name)
        strange = not whose or "@" not in whose or whose in self._own or whose in self._departments
        if passed is None or strange or self._is_staff(whose, {}):
            return place, structs.replace(reported, name="", email="")
        letter = place.letter
        assert letter is not None  # noqa: S101 - a mail has one
        subject = clean(passed.subject) or body.subject
        theirs = replace(
            letter,
            tokens=(),
            answers=(),
            tickets=number.find(subject, self._prefix),
            subject=subjects.plain(subject),
            answering=False,
            others=(),
        )
        customer = Place(place.key, fit(whose, 320), fit(whose, 320), clean(passed.name)[:200], (), theirs)
        return customer, structs.replace(
            reported,
            text=clean(passed.text).strip() or body.text,
            note=clean(passed.note).strip(),
            subject=subject,
            name=customer.name,
            email=whose,
            message_id="",
            in_reply_to=(),
            references=(),
        )

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


def _unfetched(attachments: Sequence[Attachment]) -> tuple[Unfetched, ...]:
    """What of a message's files is not here."""
    return tuple(
        Unfetched(n, clean(one.name)[:255], clean(one.media_type), "" if one.reference else NO_WAY)
        for n, one in enumerate(attachments)
        if one.content is None
    )


def _may_be_the_inputs(error: Exception) -> bool:
    """Whether an input may be to blame - a number too large for its column, a rule of the tables that it
    breaks each time - and not the store."""
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return True  # a value that could not be bound
    ours = (DataError, IntegrityError, ArithmeticError, ValueError, TypeError, LookupError, AssertionError)
    return isinstance(error, ours)


def _wanted(attachments: Sequence[Attachment]) -> tuple[Wanted, ...]:
    """What of a message's files is to be fetched."""
    return tuple(
        Wanted(
            position=n,
            reference=clean(one.reference),
            name=clean(one.name)[:255],
            media_type=clean(one.media_type)[:128],
            size=min(max(one.size, 0), LARGEST_CLAIM),
            digest=one.digest.lower() if _DIGEST.fullmatch(one.digest) else "",
        )
        for n, one in enumerate(attachments)
        if one.content is None and one.reference
    )


def _place(inbound: Inbound) -> Place:
    """Where an input belongs, as its channel says."""
    sender, claims = inbound.sender, inbound.sender.claims
    number = people.phone(sender.phone)
    named = [each for each in (sender.id, *claims) if number and people.phone(each) == number]
    held = [Held(people.PHONE, number, "channel")] if number and "phone" in sender.proven else []
    if "email" in sender.proven and (address := people.email(sender.email)):
        held.append(Held(people.EMAIL, address, "channel"))
    return Place(
        key=fit(inbound.thread, 320),
        sender=fit(sender.id, 320),
        address=fit(sender.email or inbound.thread, 320),
        name=clean(sender.name)[:200],
        claims=tuple(fit(claim, 320) for claim in claims if claim),
        phone=fit(named[0], 320) if named else "",
        held=tuple(held),
    )


def _same(mail: MailFacts, sender: str, body: MessageIn) -> str:
    """What makes two mails with other bytes one mail: who sent it, its id, its words and its files."""
    words = (sender, mail.message_id, mail.subject, body.text, *(file.digest for file in body.files))
    return sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(address: str) -> str:
    """An address without a plus tag: every reply token is another tag of ours."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
