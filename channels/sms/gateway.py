"""What has to be known of an SMS gateway: how it calls us, how it names things, and how it is called.

These are values; the settings fill them (`[sms.hook]`, `[sms.fields]`, `[sms.reports]`, `[sms.out]`). A
*path* names a value in what the gateway sends: a form's field, or in JSON the way to it with dots and
positions (`message.from`, `results.0.id`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_STRICT: dict[str, Any] = {"extra": "forbid"}
"""For the settings: an unknown name is an error."""

_HOLE = re.compile(r"\{(\w+)\}")
HOLES = frozenset(
    {"to", "to_digits", "to_national", "text", "kind", "from", "id", "callback_url", "key", "user"}
)
"""What may stand in curly brackets in `Out`."""
SIGNED = frozenset({"timestamp", "body", "url", "form"})
"""What may stand in curly brackets in `Hook.signed`."""
STOP = ("stop", "stopall", "berhenti", "unreg", "unsubscribe")
START = ("start", "mulai", "unstop")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def holes(template: str) -> list[str]:
    """The names in curly brackets."""
    return _HOLE.findall(template)


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its values, in one pass: brackets inside a value are plain text."""
    return _HOLE.sub(lambda found: values.get(found[1], found[0]), template)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """How the gateway calls us, and how it shows that it is the gateway.

    The secret stands in the header or query parameter `name`, is the user:password of HTTP basic, or signs:
    then the header `name` holds `prefix` + HMAC with `algorithm` in `encoding` of what `signed` says, made of
    `{body}` (as it came), `{timestamp}` (the header `timestamp`, Unix seconds, at most `tolerance` seconds
    away), `{url}` (our address with its query) and `{form}` (fields sorted by name, name and value joined).
    `answer` is what the gateway wants to hear when its message is taken. `max_body` in bytes.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    proof: Literal["header", "query", "basic", "signature"] = "header"
    name: str = "X-Sapa-Secret"
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    signed: str = "{body}"
    timestamp: str = ""
    tolerance: float = 300.0
    max_body: int = 256 * 1024
    charset: str = "utf-8"
    answer: str = ""
    answer_type: str = "text/plain"
    answer_status: int = 200

    def __post_init__(self) -> None:
        """Raises `ValueError` for what cannot be, or would let anybody in."""
        if self.proof != "basic" and not _TOKEN.fullmatch(self.name):
            raise ValueError(f"name {self.name!r} is no name of a header or parameter")
        try:
            "".encode(self.charset)
        except LookupError:
            raise ValueError(f"charset {self.charset!r} is not known") from None
        if not 200 <= self.answer_status <= 299:
            raise ValueError("answer_status is 200 to 299: the gateway repeats what is answered otherwise")
        if not 1024 <= self.max_body <= 16 * 1024 * 1024:
            raise ValueError("max_body is between 1 kB and 16 MB")
        named = set(holes(self.signed))
        if named - SIGNED or not named & {"body", "form"}:
            raise ValueError("signed is made of {timestamp}, {body}, {url}, {form}, and holds the words")
        if bool(self.timestamp) != ("timestamp" in named):
            raise ValueError("name the header of the timestamp and write {timestamp} in signed, or neither")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Where the particulars of a message stand, each a path; "" where the gateway has none.

    `items`: the path of a list with many messages (JSON). One of `id` and `time` is needed: they tell a
    redelivery from a second message. `part`, `parts` and `reference`, or `udh` (hex), are of a message that
    comes in parts. A text whose `coding` is one of `hex_codings` is UTF-16 in hex. `time_format` is as for
    strptime, "" for ISO 8601, Unix times and mail's; a time without a zone is of `zone`.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    items: str = ""
    sender: str = "from"
    recipient: str = "to"
    text: str = "text"
    id: str = "id"
    time: str = ""
    part: str = ""
    parts: str = ""
    reference: str = ""
    udh: str = ""
    coding: str = ""
    hex_codings: tuple[str, ...] = ()
    time_format: str = ""
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Raises `ValueError` for what cannot work."""
        if not (self.sender and self.text):
            raise ValueError("sender and text must be named")
        if not (self.id or self.time):
            raise ValueError(
                "one of id and time must be named: without both a redelivery cannot be told from a customer "
                "who writes the same twice"
            )
        if bool(self.part) != bool(self.parts):
            raise ValueError("part and parts are needed, or neither")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"zone {self.zone!r} is not known; write it like Asia/Jakarta") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """Where a delivery report tells what became of a message, and in which words (capitals do not matter).

    What has a value at `status` is a report, unless the word is one of `none` (some mark what comes in as
    "received"). `id` is the path of the gateway's id, `echo` of the `{id}` that we gave along.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    status: str = ""
    id: str = ""
    echo: str = ""
    reason: str = ""
    sent: tuple[str, ...] = (
        "sent", "queued", "accepted", "acceptd", "enroute", "buffered", "submitted", "sending", "pending",
        "scheduled", "acked",
    )  # fmt: skip
    delivered: tuple[str, ...] = ("delivered", "delivrd", "read")
    failed: tuple[str, ...] = (
        "failed", "undelivered", "undeliv", "undeliverable", "rejected", "rejectd", "expired", "deleted",
        "canceled", "cancelled",
    )  # fmt: skip
    none: tuple[str, ...] = ("received",)

    def __post_init__(self) -> None:
        """Raises `ValueError` for a report that names no message."""
        if self.status and not (self.id or self.echo):
            raise ValueError("a report needs id or echo, to say of which message it is")


@dataclass(frozen=True, slots=True, kw_only=True)
class Out:
    """How the gateway is called for each message that leaves, and how its answer is read.

    `url`, `query`, `headers` and `fields` (for a JSON body tables and lists too) may hold `{to}` (E.164),
    `{to_digits}` (without +), `{to_national}` (0812...), `{text}`, `{kind}` (the word `plain`, or `wide` for
    a text outside the GSM alphabet), `{from}`, `{id}`, `{callback_url}`, `{user}` and `{key}`; each value is
    written as its place demands. `auth` shows `user` and the key (`basic`) or the key alone (`bearer`).

    A status of 2xx means taken, unless there is a `verdict` (a path), or `verdict_pattern` (its group is the
    word): `accepted` words mean taken, `again` words not now, `stop` words that nothing can be sent at all
    (login, credit), any other that this message is refused. `id` or `id_pattern` is where the gateway's id
    stands, `reason` where it says why not. `dedupes`: the gateway takes the same `{id}` only once, so that a
    message whose answer was lost may be sent again. `timeout` in seconds.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    url: str
    method: Literal["GET", "POST", "PUT"] = "POST"
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Literal["form", "json", "none"] = "form"
    fields: dict[str, Any] = field(default_factory=dict)
    auth: Literal["none", "basic", "bearer"] = "none"
    user: str = ""
    plain: str = "text"
    wide: str = "unicode"
    id: str = ""
    id_pattern: str = ""
    verdict: str = ""
    verdict_pattern: str = ""
    accepted: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    reason: str = ""
    dedupes: bool = False
    timeout: float = 20.0

    def __post_init__(self) -> None:
        """Raises `ValueError` for what cannot work."""
        if not re.match(r"https?://[^/\s{}]+", self.url):
            raise ValueError("url is an address like https://gateway.example/send")
        if "?" in self.url and self.query:
            raise ValueError("url has a query already; write all of it into query")
        named = self._named()
        if unknown := sorted(named - HOLES):
            raise ValueError(f"{{{unknown[0]}}} is not known; there are {', '.join(sorted(HOLES))}")
        if "text" not in named or not {"to", "to_digits", "to_national"} & named:
            raise ValueError("{text} and one of {to}, {to_digits}, {to_national} must stand somewhere")
        if self.dedupes and "id" not in named:
            raise ValueError("dedupes needs {id} somewhere: how else would the gateway know a message again?")
        if self.body == "form" and any(not isinstance(each, str) for each in self.fields.values()):
            raise ValueError('fields of a form are texts; for tables use body = "json"')
        if (self.method == "GET" or self.body == "none") and self.fields:
            raise ValueError("a request without a body has no fields; use query")
        if any(not _TOKEN.fullmatch(name) for name in self.headers):
            raise ValueError("headers: a name holds a character that no header has")
        if bool(self.verdict or self.verdict_pattern) != bool(self.accepted):
            raise ValueError("verdict (or verdict_pattern) and accepted words are needed, or neither")
        for pattern in (self.id_pattern, self.verdict_pattern):
            _is_pattern(pattern)
        if not 1 <= self.timeout <= 300:
            raise ValueError("timeout is between 1 and 300 seconds")

    def uses(self, name: str) -> bool:
        """Whether `{name}` stands somewhere."""
        return name in self._named()

    def _named(self) -> set[str]:
        texts = [self.url, *self.query.values(), *self.headers.values(), *_leaves(self.fields)]
        return {name for text in texts if isinstance(text, str) for name in holes(text)}


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    if isinstance(value, list | tuple):
        return [leaf for each in value for leaf in _leaves(each)]
    return [value]


def _is_pattern(pattern: str) -> None:
    try:
        groups = re.compile(pattern).groups if pattern else 1
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"{pattern!r} needs one group in (brackets): what is looked for")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway and our place at it. `numbers` are ours, those customers write to, the first being the one
    that answers come from; `stop` and `start` the words by which a customer ends and takes up automatic SMS;
    `price` is what one part costs."""

    numbers: tuple[str, ...]
    out: Out
    hook: Hook = Hook()
    fields: Fields = Fields()
    reports: Reports = Reports()
    region: str = "ID"
    max_parts: int = 4
    per_minute: float = 60.0
    price: float = 0.0
    stop: tuple[str, ...] = STOP
    start: tuple[str, ...] = START
