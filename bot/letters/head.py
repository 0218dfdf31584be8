"""Headers of a letter: ids, subjects, addresses. Nothing a customer wrote can end a line or begin another."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from bot import tokens
from channels.base import MailHead

MAX_SUBJECT = 200
MAX_NAME = 80
MAX_REFERENCES = 20

_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff]")
_ENDS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # categories Cc, Zl and Zp
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@]{1,64}@[^\s<>()\[\],;:\\\"@]{1,255}")
_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,250}")
_REPLY = re.compile(
    r"\s*(?:re|bls|balas|aw|antw|sv|vs|ynt|odp|rif|res|回复|回覆|答复)\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*[:：]",
    re.IGNORECASE,
)
_SEALED = re.compile(r"letter\.([A-Za-z0-9]{16})\.([A-Za-z0-9._-]{1,60})@", re.ASCII)
_PLAIN_KEY = re.compile(r"[A-Za-z0-9/_-]{1,60}")


def one_line(text: str, limit: int) -> str:
    """Text for one header: no control, no line end of any kind, no change of writing direction, at most
    `limit` characters."""
    if text.isascii() and text.isprintable():
        kept = " ".join(text.split())
    else:
        kept = _ENDS.sub(" ", _BIDI.sub("", text))
        kept = " ".join(kept.encode("utf-8", "replace").decode().split())
    return kept if len(kept) <= limit else kept[: limit - 1].rstrip() + "…"


def address(text: str) -> str:
    """The address as it may stand in a header, "" when it is none; a list or a name is none."""
    text = text.strip(" ")
    if not _ADDRESS.fullmatch(text):
        return ""
    if not (text.isascii() and text.isprintable()) and any(unicodedata.category(c) in _UNSEEN for c in text):
        return ""
    return text


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})


def message_id(text: str) -> str:
    """A message id without its angle brackets, "" when it cannot stand in a header."""
    text = text.strip().removeprefix("<").removesuffix(">")
    return text if _ID.fullmatch(text) else ""


def references(ids: Iterable[str]) -> tuple[str, ...]:
    """Ids for References, once each: the first, which names the thread, and the last ones."""
    found = tuple(dict.fromkeys(kept for each in ids if (kept := message_id(each))))
    return found if len(found) <= MAX_REFERENCES else (found[0], *found[1 - MAX_REFERENCES :])


def reply_subject(subject: str, numbers: Iterable[str], otherwise: str) -> str:
    """The customer's subject as an answer has it: one `Re:`, and the newest ticket number in brackets.

    `otherwise` stands in for a subject without words.
    """
    known = tuple(numbers)
    base = one_line(subject, 4 * MAX_SUBJECT)
    for _ in range(20):  # "Re: RE: Bls: ..." of a long exchange
        shorter = _REPLY.sub("", base, count=1) if _REPLY.match(base) else base
        for number in known:
            shorter = shorter.replace(f"[{number}]", "")
        shorter = " ".join(shorter.split())
        if shorter == base:
            break
        base = shorter
    base = base or one_line(otherwise, MAX_SUBJECT)
    if known and known[-1] not in base:
        base = f"[{known[-1]}] {base}"
    return one_line(f"Re: {base}", MAX_SUBJECT)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Whose letters these are. `plus`: mail to `local+anything@domain` arrives too (most servers). `secret`
    seals the ids of letters."""

    address: str
    name: str = ""
    plus: bool = True
    secret: bytes = field(default=b"", repr=False)

    @property
    def domain(self) -> str:
        """The part after the `@`, fit for a message id."""
        return _domain(self.address)

    def with_token(self, token: str) -> str:
        """The address that carries a reply token, the plain one where that cannot be."""
        local, _, domain = self.address.rpartition("@")
        tagged = f"{local}+{token}@{domain}"
        if not self.plus or not token or len(local) + 1 + len(token) > 64 or not address(tagged):
            return self.address
        return tagged

    def letter_id(self, key: str, token: str = "") -> str:
        """The Message-ID of the letter with this outbox key: always the same for the same key.

        `sapa.TOKEN.KEY@domain` in a customer's thread, `letter.SEAL.KEY@domain` for every other letter, so
        that an answer to one of those never leads into a customer's conversation. Nobody can guess either.
        """
        plain = key.replace("/", ".") if _PLAIN_KEY.fullmatch(key) else _hash(key)
        if token and _ID.fullmatch(token) and "@" not in token:
            return f"sapa.{token}.{plain}@{self.domain}"
        return f"letter.{tokens.seal(self.secret, plain)}.{plain}@{self.domain}"

    def head(
        self,
        key: str,
        subject: str,
        at: datetime,
        *,
        token: str = "",
        in_reply_to: str = "",
        after: Iterable[str] = (),
        automatic: str = "auto-generated",
    ) -> MailHead:
        """The head of the letter with this outbox key, of the turn at `at` (aware). `after`: the ids of the
        letters that it stands below, oldest first. With a `token` answers come into its conversation."""
        return MailHead(
            message_id=self.letter_id(key, token),
            subject=subject,
            sender=self.address,
            sender_name=one_line(self.name, MAX_NAME),
            reply_to=self.with_token(token),
            in_reply_to=in_reply_to,
            references=references(after),
            automatic=automatic,
            date=at,
        )


def is_letter(id_: str, secret: bytes) -> bool:
    """Whether a message id is that of a letter outside a customer's thread, and one of ours."""
    found = _SEALED.match(message_id(id_))
    return found is not None and tokens.sealed(secret, found[2], found[1])


@lru_cache(maxsize=16)
def _domain(address: str) -> str:
    domain = address.rpartition("@")[2].strip().lower()
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    return domain if domain and _ID.fullmatch(domain) else "sapa.invalid"


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:40]
