"""What every channel hears and says, and the three shapes a channel can have.

A channel turns a provider's wire format into `Inbound` values and `Outbound` values into the provider's
wire format. It decides nothing, remembers nothing and imports nothing of `bot`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from channels.gates import Gate

# ------------------------------------------------------------------------------------------------ inbound


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came in or goes out.

    `content` is None while the file still lies with the provider under `reference` (WhatsApp, Telegram):
    never a URL and never a secret, it is stored and shown; `media_type` is what the sender claims, the
    receiver looks at the bytes itself; `size` is in bytes, 0 when not told; `digest` is the SHA-256 in hex
    that the provider names, "" when it names none.
    """

    name: str
    media_type: str
    size: int
    content: bytes | None = None
    reference: str | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote: `id` is unique within channel and account and is what the alias table is keyed by.

    `phone` (E.164) and `email` are set only where the channel itself vouches for them enough to answer
    there (a mail's From, WhatsApp's number); they are claims, unless `proven` names them ("phone", "email"):
    then the channel itself made sure that this person holds them (WhatsApp's number, the own number that a
    Telegram user shared). `claims` are further ids of the same person on this channel (WhatsApp: user_id
    besides the phone), the steadiest first.
    """

    id: str
    name: str = ""
    phone: str = ""
    email: str = ""
    claims: tuple[str, ...] = ()
    proven: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What all inbound kinds share.

    `external_id` is unique for ever within (channel, account) by construction: a redelivery has the same one,
    nothing else ever has. `thread` names the place an answer goes to: a chat id, a visitor, the root of a
    mail thread. `sent_at` is the provider's time, aware. `raw` is what came over the wire, byte for byte
    (of a batch: this one's part of it). `message_id` is the provider's id of the message within the thread,
    where later arrivals (an edit, a quote) name it so.
    """

    channel: str
    account: str
    external_id: str
    sender: Sender
    thread: str
    sent_at: datetime
    raw: bytes = b""
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What a mail system says became of a mail: of ours, when `original_message_id` is one of ours.

    `action` is RFC 3464's (failed, delayed, delivered, relayed, expanded); `status` an enhanced status code
    ("5.1.1") or "" when none is given; `cause` is what it means for the address: `hard` (there is no such
    address), `soft` (for now), `quota` (full), `policy` (spam, size, refused by rule), "" when that cannot be
    told. An address is never blocked for the digit 5 alone.
    """

    action: str = "failed"
    status: str = ""
    cause: str = ""
    recipient: str = ""
    original_message_id: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """A mail that the sender passed on: its original author, subject and words; `note` is what the sender
    wrote above it."""

    email: str = ""
    name: str = ""
    subject: str = ""
    text: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whose word on a mail's sender counts: the authserv-ids of our own `servers` (lower case), and how many
    Received lines they put on top of a mail (`hops`; 1: it comes straight from the server at the border)."""

    servers: frozenset[str] = frozenset()
    hops: int = 1


NOBODY = Trusted()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFacts:
    """What only a mail has, kept so that an answer can be threaded and automatic mail never answered.

    `kind` is one of customer, forward, bounce, auto_reply, feedback, receipt, list, challenge, own, junk;
    `reason` the sign it is known by. `automatic` is why this mail must not be answered by a machine
    ("bounce: ...", "list: ..."), empty for a person's mail. `tokens` are reply tokens found in addresses and
    ids, unverified. `quoted` is what was cut from the visible text. `verdicts` are SPF, DKIM and DMARC as
    somebody we trust judged them, by method: {"dkim": "pass"}.
    """

    kind: str = "customer"
    reason: str = ""
    bounce: Bounce | None = None
    forwarded: Forwarded | None = None
    verdicts: Mapping[str, str] = field(default_factory=dict)

    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    subject: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    reply_to: str = ""
    tokens: tuple[str, ...] = ()
    automatic: str = ""
    quoted: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Arrival):
    """A person wrote. `text` is the visible text; `group` ties an album's parts; `placeholder` names a kind
    that is no text and no file ("sticker", "location", "poll"; a pack may have words for it, see
    `kind_<placeholder>`), so that nothing that came in is invisible. `command` is a command of the channel
    ("start", "help") and `text` then what follows it (a deep link's payload). `quotes` is the provider's id
    of the message it answers. A long SMS may come in pieces, each a message of its own: this one is then the
    `part`th (from 1) of `parts` of the `group`, and they are heard together, in their order."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    group: str = ""
    placeholder: str = ""
    command: str = ""
    quotes: str = ""
    part: int = 0
    parts: int = 0
    mail: MailFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited(Arrival):
    """A person changed an earlier message, or took it back (`deleted`): kept on record, the first words too;
    the flow does not run again. `of` is the provider's id of that message within its thread (`message_id`
    of an `Arrival`)."""

    of: str
    text: str
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed(Arrival):
    """A person pressed a button. `value` is untrusted and may come from an old keyboard; `of` is the
    provider's id of the message that the button belongs to."""

    value: str
    label: str = ""
    of: str = ""


class Delivery(StrEnum):
    """How far a sent message got; a later word never lowers it, `failed` is final."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Arrival):
    """News of something we sent: by provider id (`of`) or by the outbox id that we gave along (`echo`).
    `again`: it failed for now or in this form only, and may be sent once more. `part`: it is about one of
    several parts that one outbox row left in, and not the last: that it arrived says nothing of the whole."""

    of: str
    delivery: Delivery
    echo: str = ""
    reason: str = ""
    again: bool = False
    part: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachability(Arrival):
    """The person blocked or unblocked us."""

    reachable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified(Arrival):
    """The provider says that a person's ids have changed: `sender.id` is the new one, `sender.claims` are the
    others, old and new, which belong to the same person. Nothing is shown and nothing answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Echoed(Arrival):
    """Somebody of the company wrote to the customer past Sapa (on the business's phone): that person has the
    conversation from now on. `sender` is the company's side, but `sender.claims` are ids of the customer, and
    `thread` is the customer's."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    placeholder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Arrival):
    """Something came that is nobody's word to us and needs no answer (a reaction, a message to a group, news
    of the account): on record with `cause`, a short machine word and what there is to say. `sender` and
    `thread` may be empty."""

    cause: str


Inbound: TypeAlias = Message | Edited | Pressed | Status | Reachability | Identified | Echoed | Noted


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Bytes that `read` could not understand: accepted all the same, and quarantined with `cause`."""

    channel: str
    account: str
    external_id: str
    raw: bytes
    cause: str
    sent_at: datetime


class Accepted(StrEnum):
    """What became of one inbound at `accept`."""

    NEW = "new"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a polling channel stands, committed together with the batch it belongs to."""

    channel: str
    account: str
    value: str


class Accept(Protocol):
    """Store a batch in one transaction; only when it returns may the channel acknowledge.

    One `Accepted` per item in order. Raises `NotStored` when nothing of the batch was stored: the channel
    then lets the provider try again (451, 503, same offset).
    """

    def __call__(
        self, batch: Sequence[Inbound | Unreadable], cursor: Cursor | None = None
    ) -> Awaitable[list[Accepted]]:
        """Store `batch` and `cursor` together, durably."""


class NotStored(Exception):
    """The message could not be stored now. Nothing was acknowledged: let the sender try again later."""


# ----------------------------------------------------------------------------------------------- outbound


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer to press, or to type as its number or label (at most 20 characters)."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHead:
    """Threading and loop protection of one outgoing mail; the same outbox row always gives the same head."""

    message_id: str
    subject: str
    sender: str
    sender_name: str = ""
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    automatic: str = "auto-replied"
    date: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One message that leaves. `id` is the outbox row's, stable over retries: the idempotency key.

    `text` is final; `choices` are also in the text where the channel has no buttons; `menu` is the word on
    the button that opens them as a list. `answers` is the external id of the customer's message that is
    answered, "" when none is, and on all but the first of several answers; `heard_at` the provider's time
    of the last message of this customer in the thread (on WhatsApp one may only write freely for 24 hours
    after it). `asked`: the customer was asked to write, so that this may leave (see `Retry`). What else
    may be said in a form that a provider approved: the `language` of the text, the customer's `name`, and the
    number of the `ticket` that this message tells for the first time, "" where it does not. `share` is the
    label of a button by which the customer shares the own phone number, where the channel has one.
    """

    id: str
    channel: str
    account: str
    to: str
    thread: str = ""
    text: str = ""
    choices: tuple[Choice, ...] = ()
    menu: str = ""
    attachments: tuple[Attachment, ...] = ()
    html: str = ""
    mail: MailHead | None = None
    answers: str = ""
    heard_at: datetime | None = None
    asked: bool = False
    language: str = ""
    name: str = ""
    ticket: str = ""
    share: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it and named it; many confirm it later by a `Status`. `remark` is what people should
    know of how it left, "" when it left as it stands."""

    external_id: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not sent, certain; worth trying again after `after` (None: the outbox's own growing delay).

    `alone`: only this message has to wait (its recipient is full, greylisted, or sent to slowly); nothing is
    wrong with the channel, and the others go on. `until_heard`: the customer has to write first, and was
    asked to; it leaves when they do, and is given up like any other when they never do.
    """

    reason: str
    after: timedelta | None = None
    alone: bool = False
    until_heard: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Not sent and never will be; `stop_channel` when the whole channel is unusable (token, login).
    `unreachable`: this person cannot be written to at all (blocked us, is gone): nothing automatic goes there
    before they write again or unblock us. `too_large`: a file that was asked for is larger than is taken."""

    reason: str
    stop_channel: bool = False
    unreachable: bool = False
    too_large: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The answer was lost: it may have been sent. Only idempotent channels try again by themselves."""

    reason: str


SendResult: TypeAlias = Sent | Retry | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file's bytes as the provider gave them; `media_type` and `name` as it claims, "" when it does not."""

    content: bytes
    media_type: str = ""
    name: str = ""


FetchResult: TypeAlias = Fetched | Retry | Refused


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can carry, so that the wording fits it.

    `max_text` in characters, `max_with_choices` of a text that choices hang on; `buttons` how many choices as
    buttons (0: a numbered list in the text), `label` the longest label of one in characters; `list_rows` how
    many as a list, opened by a button. `idempotent`: sending the same outbox row twice does no harm.
    `stored`: the customer reads the store itself (web chat), so that a committed message is a delivered one
    and no outbox row is needed. `medium` picks the wording.
    """

    medium: str = "chat"  # chat | email | sms
    max_text: int = 4096
    max_with_choices: int = 4096
    buttons: int = 0
    label: int = 20
    list_rows: int = 0
    idempotent: bool = False
    stored: bool = False


# ----------------------------------------------------------------------------- the three shapes of a channel


@dataclass(slots=True)
class Health:
    """A channel's own word on how it is; `detail` says what to do when it is not `ok`. Times are aware."""

    ok: bool = True
    detail: str = ""
    since: datetime | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


class Listener(Protocol):
    """A channel that fetches or listens by itself (polling, SMTP). `run` returns when cancelled; it never
    raises for a fault of one message or of the provider: it reports it in `health` and goes on."""

    name: str

    async def run(self, accept: Accept) -> None:
        """Listen until cancelled."""

    def health(self) -> Health:
        """How the channel is."""


class Hook(Protocol):
    """A channel the provider or the browser calls over HTTP."""

    name: str

    def routes(self, accept: Accept) -> Sequence[BaseRoute]:
        """The HTTP routes to mount; each acknowledges only after `accept` returned."""

    def gates(self) -> Sequence[Gate]:
        """Of the routes those that may be taken in and acknowledged by another process, which calls them
        later: by what is known of them there, who calls is known to be the provider."""


class SenderOut(Protocol):
    """A channel that can say something. Expected failures are values, not exceptions."""

    name: str
    capabilities: Capabilities

    async def send(self, outbound: Outbound) -> SendResult:
        """Send one message, once."""


class Fetcher(Protocol):
    """A channel whose files lie with the provider."""

    name: str

    async def fetch(self, account: str, attachment: Attachment) -> FetchResult:
        """Fetch the file under `attachment.reference`, whole. Expected failures are values."""


class Provider(SenderOut, Hook, Fetcher, Protocol):
    """A messaging provider's whole channel: in by a hook or by `run`, out by `send`, files by `fetch`."""

    async def run(self, accept: Accept) -> None:
        """Do what the channel does by itself (poll, keep the webhook set) until cancelled, as a Listener."""

    def health(self) -> Health:
        """How the way in is; how the way out is, the outbox sees."""

    async def close(self) -> None:
        """Close connections; nothing is sent any more."""


Read: TypeAlias = Callable[[bytes], Sequence[Inbound]]
"""The pure `read(raw)` of a channel: can be repeated at any time later; raises `ValueError` on what it
cannot read, and the caller then accepts the bytes as `Unreadable`."""
