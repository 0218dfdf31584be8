"""Raw bytes of a mail -> `Message`. Every input gives one; nothing raises; time grows with the size only."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from channels.base import NOBODY, MailFacts, Message, Sender, Trusted
from channels.mail import headers as heads
from channels.mail import signs, sorting
from channels.mail.addresses import MAX_ADDRESSES, Address, bare, emails, first, message_ids
from channels.mail.bodies import attachment, body_of, passed_on, sorted_out
from channels.mail.charsets import storable
from channels.mail.headers import Headers
from channels.mail.languages import FORWARD_SUBJECT
from channels.mail.pages import MAX_READ
from channels.mail.parts import Part, leaves
from channels.mail.received import Received
from channels.mail.unpacking import unpacked
from channels.mail.verdicts import judged, reported
from channels.mail.visible import visible
from channels.mail.writing import MADE_ID

CHANNEL = "email"
TOKEN = re.compile(r"[A-Za-z0-9_-]{6,120}\Z")
"""What a reply token may look like; whether it is one, its signature says, not this room."""

_FOR_EVERYBODY = re.compile(
    r"(?:gmail|googlemail|yahoo|ymail|rocketmail|hotmail|outlook|live|msn|icloud|me|proton|protonmail|zoho|gmx|aol|"
    r"plasa|yandex)\."
)
"""First words of domains where everybody can have an address."""

log = logging.getLogger(__name__)


def external_id(raw: bytes, *, envelope_from: str, envelope_to: Sequence[str]) -> str:
    """The mail's id for ever: SHA-256 of its envelope and its bytes before we add anything."""
    digest = hashlib.sha256()
    for word in (envelope_from, *sorted(set(envelope_to))):
        digest.update(word.encode("utf-8", "backslashreplace") + b"\x00")
    digest.update(b"\x00")
    digest.update(raw)
    return digest.hexdigest()


def read(
    raw: bytes,
    *,
    account: str,
    envelope_from: str,
    envelope_to: Sequence[str],
    received_at: datetime,
    own: Collection[str] = (),
    trusted: Trusted = NOBODY,
) -> Message:
    """Read one mail. Never raises, on any bytes.

    `account` names the mailbox; `envelope_from` is "" for the null path; `received_at` is aware and stands in
    for a Date that is missing or absurd; `own` are our own addresses (a mail from one is `automatic`);
    `trusted` names the servers of ours whose verdicts on the sender count.
    `thread` is the mail's own id: which conversation it continues, the inbox finds by tokens and ids.
    Ids in `MailFacts` have no angle brackets. An image shown inside the text has `reference` "cid:…".
    """
    digest = external_id(raw, envelope_from=envelope_from, envelope_to=envelope_to)
    try:
        return _read(raw, digest, account, envelope_from, envelope_to, received_at, own, trusted)
    except Exception:  # a fault of ours must not lose a customer's mail: what is certain is kept
        log.exception("mail %s could not be read and is passed on as it is", digest[:12])
        whose = bare(envelope_from)
        return Message(
            channel=CHANNEL,
            account=account,
            external_id=digest,
            sender=Sender(whose.lower() or f"unknown:{digest[:16]}", email=whose),
            thread=digest,
            sent_at=received_at,
            raw=raw,
            text=storable(raw[:20_000].decode("utf-8", "replace")),
            mail=MailFacts(message_id=_made_id(digest), warnings=("unreadable",)),
        )


def _read(
    raw: bytes,
    digest: str,
    account: str,
    envelope_from: str,
    envelope_to: Sequence[str],
    received_at: datetime,
    own: Collection[str],
    trusted: Trusted,
) -> Message:
    block = raw.replace(b"\r", b"\n") if b"\r" in raw and b"\n" not in raw else raw
    headers, offset = heads.split(block, top=True)
    parts, warnings = leaves(headers, block[offset:])
    parts, odd = unpacked(parts)
    # raw 8-bit headers are mostly in the charset of the text below
    charset = next((part.params["charset"] for part in parts[:20] if part.params.get("charset")), "")
    author = _author(headers, charset, envelope_from)
    subject = headers.text("subject", charset)[:1000]
    in_reply_to = message_ids(headers.all("in-reply-to"), limit=20)
    references = message_ids(headers.all("references"))
    own_ids = message_ids([headers.raw("message-id")])
    bodies, attached = sorted_out(parts)
    body = body_of(bodies, attached)
    is_reply = bool(in_reply_to or references or signs.REPLY_SUBJECT.match(subject))
    passes_on = bool(FORWARD_SUBJECT.match(subject))
    seen = visible(
        body, is_reply=is_reply and not passes_on, is_forward=passes_on, company=_company(author.email)
    )
    to, cc = emails(headers, "to"), emails(headers, "cc")
    forwarded = seen.forwarded or passed_on(seen.text, attached)
    found = sorting.sort(
        Received(
            headers,
            parts,
            sender=author.email,
            sender_name=author.name,
            subject=subject,
            envelope_from=bare(envelope_from),
            text=body,
            own=frozenset(each.lower() for each in own),
            message_id="".join(own_ids),
        ),
        forwarded=forwarded is not None,
    )
    facts = MailFacts(
        kind=found.kind,
        reason=found.reason,
        bounce=found.bounce,
        forwarded=forwarded if found.kind in sorting.HUMAN else None,  # a bounce carries a mail, too
        message_id=own_ids[0] if own_ids else _made_id(digest),
        in_reply_to=in_reply_to,
        references=references,
        subject=subject,
        to=to,
        cc=cc,
        reply_to=first(headers, "reply-to", charset).email,
        tokens=_tokens((*envelope_to, *to, *cc), (*in_reply_to, *references)),
        automatic=found.automatic,
        quoted=seen.quoted,
        warnings=tuple(
            dict.fromkeys((*headers.warnings, *warnings, *odd, *_left_out(headers, bodies, own_ids)))
        ),
    )
    return Message(
        channel=CHANNEL,
        account=account,
        external_id=digest,
        sender=Sender(author.email.lower() or f"unknown:{digest[:16]}", name=author.name, email=author.email),
        thread=digest,
        sent_at=_date(headers, received_at),
        raw=raw,
        text=seen.text,
        attachments=tuple(attachment(part, number) for number, part in enumerate(attached, 1)),
        mail=judged(facts, reported(headers, trusted)),
    )


def _left_out(headers: Headers, bodies: Sequence[Part], own_ids: Sequence[str]) -> Iterator[str]:
    """What is missing, or more than is read."""
    if not own_ids:
        yield "no Message-ID"
    if any(len(part.encoded) > MAX_READ and part.media_type == "text/html" for part in bodies):
        yield "an HTML text longer than is read"
    for name in ("to", "cc"):
        if sum(value.count(b",") for value in headers.all(name)) >= MAX_ADDRESSES:
            yield f"more addresses in {name.title()} than are kept"


def _author(headers: Headers, charset: str, envelope_from: str) -> Address:
    found = first(headers, "from", charset)
    if found.email:
        return found
    for name in ("sender", "reply-to", "return-path"):
        other = first(headers, name, charset)
        if other.email:
            return Address(other.email, found.name or other.name)
    return Address(bare(envelope_from), found.name)


def _company(email: str) -> str:
    """The domain, "" when it is one where everybody has an address."""
    domain = email.rpartition("@")[2]
    return "" if _FOR_EVERYBODY.match(domain) else domain


def _made_id(digest: str) -> str:
    """An id for a mail that has none: made of its bytes, so that the same mail always has the same one."""
    return f"{digest[:32]}{MADE_ID}"


def _tokens(addresses: Sequence[str], ids: Sequence[str]) -> tuple[str, ...]:
    """Reply tokens, unverified: `support+TOKEN@…` in addresses, `sapa.TOKEN.KEY@…` in ids."""
    found: dict[str, None] = {}
    for address in addresses:
        _, plus, token = address.rpartition("@")[0].partition("+")
        if plus and TOKEN.match(token):
            found[token] = None
    for each in reversed(ids):  # the newest of References is the last
        words = each.rpartition("@")[0].split(".")
        if len(words) >= 3 and words[0].lower() == "sapa" and TOKEN.match(words[1]):
            found[words[1]] = None
    return tuple(found)[:50]


def _date(headers: Headers, received_at: datetime) -> datetime:
    """The sender's time, aware; ours when it is missing, unreadable or absurd."""
    if plain := _DATE.match(headers.raw("date")):
        try:
            return _near(_plain_date(plain), received_at)
        except (ValueError, OverflowError):
            return received_at
    text = headers.text("date")[:200]
    try:
        found = parsedate_to_datetime(text)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        found = found.astimezone(UTC)
    except Exception:  # the stdlib names no set of errors here
        return received_at
    return _near(found, received_at)


_DATE = re.compile(
    rb"\s*(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) "
    rb"(\d\d):(\d\d)(?::(\d\d))? ([+-])([01]\d|2[0-3])(\d\d)(?:\s|\Z)"
)
_MONTHS = b"JanFebMarAprMayJunJulAugSepOctNovDec"


def _plain_date(match: re.Match[bytes]) -> datetime:
    """A date as nearly every mail writes it, in UTC. Raises ValueError for one that is none."""
    month = _MONTHS.find(match[2])
    day, year, hour, minute = (int(match[n]) for n in (1, 3, 4, 5))
    found = datetime(
        year, month // 3 + 1 if month % 3 == 0 else 0, day, hour, minute, int(match[6] or 0), tzinfo=UTC
    )
    offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
    return found + offset if match[7] == b"-" else found - offset


def _near(found: datetime, received_at: datetime) -> datetime:
    """`found` unless it is absurd: then our own time."""
    years = abs((found - received_at).total_seconds()) / 31_557_600
    return found if years < 40 else received_at
