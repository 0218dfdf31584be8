"""Arrivals as the WhatsApp channel brings them: a phone number, an id of the provider, or both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from channels.base import Identified, Message, Sender

START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
ACCOUNT = "1060"


def sent(minute: float) -> datetime:
    """The provider's time, `minute` minutes after an hour ago."""
    return START + timedelta(minutes=minute)


def sender(phone: str = "", bsuid: str = "", *, proven: bool = True) -> Sender:
    ids = [each for each in (phone, bsuid) if each]
    return Sender(
        ids[0],
        phone=f"+{phone}" if phone else "",
        claims=tuple(ids[1:]),
        proven=("phone",) if phone and proven else (),
    )


def wa(
    name: str, text: str = "halo", *, phone: str = "", bsuid: str = "", at: float = 0, account: str = ACCOUNT
) -> Message:
    return Message(
        channel="whatsapp", account=account, external_id=f"wamid.{name}", sender=sender(phone, bsuid),
        thread=phone or bsuid, sent_at=sent(at), text=text,
    )  # fmt: skip


def moved(
    name: str,
    *,
    old: tuple[str, ...],
    phone: str = "",
    bsuid: str = "",
    at: float = 0,
    account: str = ACCOUNT,
) -> Identified:
    """`user_changed_number` or `user_changed_user_id`: from the old ids to the new ones."""
    new = sender(phone, bsuid)
    who = Sender(new.id, phone=new.phone, claims=(*new.claims, *old), proven=new.proven)
    return Identified(
        channel="whatsapp", account=account, external_id=f"sys.{name}", sender=who, thread=new.id,
        sent_at=sent(at),
    )  # fmt: skip


def shared(name: str, phone: str, *, user: str = "77", at: float = 0, text: str = "") -> Message:
    """A Telegram user shares their own number by the button."""
    return Message(
        channel="telegram", account="bot", external_id=f"tg.{name}", thread=user, sent_at=sent(at), text=text,
        sender=Sender(user, phone=f"+{phone}" if phone else "", proven=("phone",) if phone else ()),
        placeholder="contact" if phone else "",
    )  # fmt: skip
