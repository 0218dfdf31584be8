"""The pure reading of webhooks: bytes to what the contract calls `Inbound`, as often as one likes.

Order within one body: news of ids first (a text may precede the event that says who its writer is), then what
people wrote, then statuses, then what only goes on record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from channels.base import (
    Delivery,
    Echoed,
    Edited,
    Identified,
    Inbound,
    Message,
    Noted,
    Pressed,
    Sender,
    Status,
    Unreadable,
)
from channels.whatsapp import news
from channels.whatsapp.echo import OPAQUE, Echo
from channels.whatsapp.envelope import Broken, Piece, take_apart
from channels.whatsapp.errors import WINDOW_CLOSED, Trouble, Verdict, told, trouble
from channels.whatsapp.kinds import Said, said
from channels.whatsapp.people import Person, addressee, recipient, writer
from channels.whatsapp.values import Json, e164, instant, listing, mapping, word

CHANNEL = "whatsapp"
ALERT = "account: "
"""How the cause of a `Noted` begins that keeps the whole account from writing: a person must look."""
WARNING = "warning: "
"""The same of what Meta warns of (`news`), while messages still leave."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

_DELIVERIES = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "played": Delivery.READ,
    "failed": Delivery.FAILED,
}
_FIRST = (Identified,)
_THEN = (Message, Pressed, Edited, Echoed)


def read(raw: bytes) -> tuple[Inbound, ...]:
    """All that a webhook body says, in the order in which it is to be taken.

    Raises:
        ValueError: nothing of it can be read, and there was something.
    """
    each = read_each(raw, NEVER)
    good = tuple(one for one in each if not isinstance(one, Unreadable))
    broken = [one for one in each if isinstance(one, Unreadable)]
    if broken and not good:
        raise ValueError(broken[0].cause)
    return good


def read_each(raw: bytes, at: datetime) -> tuple[Inbound | Unreadable, ...]:
    """As `read`, but what cannot be read stands in its place. `at` (aware) is the time of what tells none."""
    made: list[Inbound | Unreadable] = []
    for piece in take_apart(raw):
        if isinstance(piece, Broken):
            made.append(_unreadable(piece.account or "unknown", piece.raw, piece.cause, at))
            continue
        try:
            made += _read(piece, at)
        except Exception as error:  # a fault of ours: the bytes are kept, and nothing beside them suffers
            cause = f"not understood: {type(error).__name__}: {error}"
            made.append(_unreadable(piece.account, piece.raw, cause, at))
    return tuple(sorted(made, key=_rank))


def _rank(one: Inbound | Unreadable) -> int:
    if isinstance(one, _FIRST):
        return 0
    if isinstance(one, (*_THEN, Unreadable)):
        return 1
    return 2 if isinstance(one, Status) else 3


def _unreadable(account: str, raw: bytes, cause: str, at: datetime) -> Unreadable:
    return Unreadable(
        channel=CHANNEL,
        account=account,
        external_id=f"bad:{_digest(raw)}",
        raw=raw,
        cause=cause[:500],
        sent_at=at,
    )


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _mark(piece: Piece) -> str:
    """What stands for the id of an item that has none: the same in whatever envelope it comes."""
    item = msgspec.json.encode((piece.account, piece.field, piece.part, piece.item), order="deterministic")
    return _digest(item)


def _read(piece: Piece, at: datetime) -> Iterator[Inbound]:
    match piece.part:
        case "messages":
            yield _message(piece, at)
        case "message_echoes":
            yield _echo(piece, at)
        case "statuses":
            yield from _status(piece, at)
        case "user_id_update":
            yield _new_user_id(piece, at)
        case "calls":
            yield _call(piece, at)
        case "errors":
            yield _noted(piece, f"{ALERT}{told(piece.item)}", at)
        case _:
            alert = news.alert(piece.field, piece.item)
            event = word(piece.item.get("event"))
            field = f"field: {piece.field or 'unnamed'}{f' {event}' if event else ''}"
            yield _noted(piece, f"{WARNING}{alert}" if alert else field, at)


def _noted(piece: Piece, cause: str, at: datetime, external_id: str = "", who: Person | None = None) -> Noted:
    return Noted(
        **_shared(piece, external_id or f"note:{_mark(piece)}", at),
        sender=who.sender() if who else Sender(""),
        thread=who.thread if who else "",
        cause=cause,
    )


def _shared(piece: Piece, external_id: str, at: datetime) -> dict[str, Any]:
    return {
        "channel": CHANNEL,
        "account": piece.account,
        "external_id": external_id,
        "sent_at": instant(piece.item.get("timestamp"), at),
        "raw": piece.raw,
    }


# ----------------------------------------------------------------------------------------- what people did


def _message(piece: Piece, at: datetime) -> Inbound:
    message, id_ = piece.item, word(piece.item.get("id"))
    kind = word(message.get("type"))
    external_id = f"m:{id_}" if id_ else f"bare:{_mark(piece)}"
    if kind == "system":
        return _system(piece, f"sys:{id_}" if id_ else external_id, at)
    who = writer(message, piece.contacts)
    heard = said(message)
    shared = {
        **_shared(piece, external_id, at),
        "sender": who.sender(proven_phone=e164(heard.phone)),
        "thread": who.thread,
        "message_id": id_,
    }
    of = word(mapping(message.get("context")).get("id"))
    if heard.note:
        return Noted(**shared, cause=heard.note)
    if kind in ("edit", "revoke"):
        return _changed(mapping(message.get(kind)), shared, deleted=kind == "revoke")
    if heard.button:
        return Pressed(**shared, value=heard.button, label=heard.text, of=of)
    return Message(
        **shared,
        text=heard.text,
        attachments=heard.attachments,
        placeholder=heard.placeholder,
        command=heard.command,
        quotes=of,
    )


def _changed(change: Json, shared: dict[str, Any], *, deleted: bool) -> Inbound:
    of = word(change.get("original_message_id"))
    if not of:
        return Message(**shared, placeholder="unsupported")
    new = said(mapping(change.get("message"))) if not deleted else Said()
    return Edited(**shared, of=of, text=new.text, deleted=deleted)


def _call(piece: Piece, at: datetime) -> Inbound:
    """Somebody called. It opens the window as a message does; both events of one call are one call."""
    call, id_ = piece.item, word(piece.item.get("id"))
    who = writer(call, piece.contacts)
    external_id = f"call:{id_}" if id_ else f"bare:{_mark(piece)}"
    if word(call.get("direction")).upper() == "BUSINESS_INITIATED":
        return _noted(piece, f"call: {word(call.get('event'))} of ours", at, f"out{external_id}", who)
    shared = _shared(piece, external_id, at)
    return Message(**shared, sender=who.sender(), thread=who.thread, message_id=id_, placeholder="call")


def _echo(piece: Piece, at: datetime) -> Inbound:
    message, id_ = piece.item, word(piece.item.get("id"))
    customer = addressee(message, piece.contacts)
    external_id = f"e:{id_}" if id_ else f"bare:{_mark(piece)}"
    heard = said(message)
    kind = word(message.get("type"))
    if heard.note or kind in ("edit", "revoke"):
        return _noted(piece, f"echo: {heard.note or kind}", at, external_id, customer)
    number = word(message.get("from")) or piece.phone
    return Echoed(
        **_shared(piece, external_id, at),
        sender=Sender(id=e164(number) or number or piece.account, claims=customer.ids),
        thread=customer.thread,
        message_id=id_,
        text=heard.text,
        attachments=heard.attachments,
        placeholder=heard.placeholder,
    )


# ------------------------------------------------------------------------------------------ who is who now


def _system(piece: Piece, external_id: str, at: datetime) -> Inbound:
    event = mapping(piece.item.get("system"))
    kind = word(event.get("type"))
    changed = kind in ("user_changed_number", "customer_changed_number", "user_changed_user_id")
    old = (
        word(piece.item.get("from")), word(event.get("customer")), word(piece.item.get("from_user_id")),
        word(event.get("previous_user_id")), word(event.get("previous_parent_user_id")),
    )  # fmt: skip
    new = (
        word(event.get("user_id")),
        word(event.get("wa_id")) or word(event.get("new_wa_id")),
        word(event.get("parent_user_id")),
    )
    if not changed:
        return _noted(
            piece, f"system: {kind or 'unknown'}", at, external_id, writer(piece.item, piece.contacts)
        )
    return _identified(piece, external_id, at, new=new, old=old)


def _new_user_id(piece: Piece, at: datetime) -> Inbound:
    """The field `user_id_update`: the same news on another way, without an id of its own."""
    item = piece.item
    user, parent = mapping(item.get("user_id")), mapping(item.get("parent_user_id"))
    return _identified(
        piece,
        f"sys:{_mark(piece)}",
        at,
        new=(word(user.get("current")), word(item.get("wa_id")), word(parent.get("current"))),
        old=(word(user.get("previous")), word(parent.get("previous"))),
    )


def _identified(
    piece: Piece, external_id: str, at: datetime, *, new: tuple[str, ...], old: tuple[str, ...]
) -> Inbound:
    """All ids are one person's; without an old and a new one nothing is said."""
    ids = [e164(each) or each.strip() for each in new if each.strip()]
    before = [e164(each) or each.strip() for each in old if each.strip()]
    claims = tuple(dict.fromkeys(each for each in (*ids[1:], *before) if each != (ids[0] if ids else "")))
    if not ids or not claims:
        return _noted(piece, "system: new ids, and no old ones beside them", at, external_id)
    phone = next((each for each in ids if e164(each)), "")
    return Identified(
        **_shared(piece, external_id, at),
        sender=Sender(id=ids[0], phone=phone, claims=claims, proven=("phone",) if phone else ()),
        thread=phone or ids[0],
    )


# -------------------------------------------------------------------------------------- what became of ours


def _status(piece: Piece, at: datetime) -> Iterator[Inbound]:
    """What became of something sent. A failure that passes, or that a template can answer, is tried again;
    one of the whole account is an alert, too."""
    status, id_ = piece.item, word(piece.item.get("id"))
    name = word(status.get("status")).lower()
    who = recipient(status, piece.contacts)
    who = who if who.thread else Person(number=id_)  # the message's id says whose it is
    delivery = _DELIVERIES.get(name)
    external_id = f"s:{id_ or _mark(piece)}:{name or 'unnamed'}"
    if delivery is None or not id_:
        yield _noted(piece, f"status: {name or 'unnamed'} of {id_ or 'nothing'}", at, external_id, who)
        return
    errors: list[Trouble] = []
    if delivery is Delivery.FAILED:
        errors = [trouble(0, mapping(each)) for each in (*listing(status.get("errors")), *piece.errors)]
    echo = Echo.read(word(status.get(OPAQUE)))
    yield Status(
        **_shared(piece, external_id, at),
        sender=who.sender(),
        thread=who.thread,
        of=id_,
        delivery=delivery,
        echo=echo.whole,
        reason="; ".join(each.told for each in errors),
        part=echo.part,
        again=any(each.verdict is not Verdict.TELL or each.code == WINDOW_CLOSED for each in errors),
    )
    for each in errors:
        if each.verdict is Verdict.STOP:
            yield _noted(piece, f"{ALERT}{each.told}", at)
