"""What Meta's error codes mean: try again, tell a person, or stop the channel. By `code`, never by title.

Sources: Meta's error page and the lists of clients that live with it. What is in no list is refused, with
Meta's own words: a message is never sent again on a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from channels.base import Refused, Retry
from channels.whatsapp.values import Json, mapping, word

PAIR_LIMIT = 131056
WINDOW_CLOSED = 131047
THROUGHPUT = frozenset({4, 80007, 130429})


class Verdict(StrEnum):
    """What to do about an error."""

    AGAIN = "again"
    TELL = "tell"
    STOP = "stop"


_AGAIN = {
    1: "Meta had a passing fault",
    2: "Meta's service is down for the moment",
    4: "the app makes too many calls",
    80007: "the business account makes too many calls",
    130429: "more messages a second than the number may send",
    PAIR_LIMIT: "too many messages in a short time to this customer",
    131000: "Meta had a fault of its own",
    131016: "Meta's service is overloaded for the moment",
    131052: "Meta could not fetch the file",
    131053: "Meta could not take the file",
    131057: "the business account is being maintained",
    131064: "the messaging limit for template messages is reached for now",
    133004: "Meta's server is down for the moment",
    132069: "the form is throttled for the moment",
}
_TELL = {
    100: "Meta did not understand the message; if settings are right, this is a fault of Sapa",
    130472: "Meta holds this message back from this customer (an experiment of theirs); use another way",
    130497: "this business may not write to customers in that country",
    131005: "the token may not do this: give it whatsapp_business_messaging",
    131008: "Meta misses something in the message; this is a fault of Sapa",
    131009: "Meta does not take a value of the message; this is a fault of Sapa, or the number is none",
    131021: "the message goes to the number it comes from",
    131026: "it cannot be delivered: the number is not on WhatsApp, blocked us, or has a version too old; "
    "use another way",
    131030: "a test number writes only to the numbers on its list: add this one in Meta's dashboard, "
    "or use a real number",
    131037: "the display name of the number is not approved: see WhatsApp Manager, Phone numbers",
    WINDOW_CLOSED: "the 24 hours after the customer's last message are over: only an approved template "
    "reaches them (docs/channels/whatsapp.md, Templates)",
    131048: "too many customers blocked or reported this number: Meta limits it; see its quality in "
    "WhatsApp Manager, and wait a day or more",
    131049: "Meta holds it back, to keep customers from getting too much; wait a day or more, or use "
    "another way",
    131050: "the customer does not want marketing messages",
    131051: "Meta does not know this kind of message; this is a fault of Sapa",
    131062: "this message cannot go to a customer whose phone number is hidden; ask for the number",
    131063: "marketing templates are turned off for this way of sending",
    132000: "the template wants another count of variables: `update` has one, `ticket` two, `reply` none",
    132001: "there is no such template in this language: see [whatsapp.templates] and WhatsApp Manager",
    132005: "the template's text became too long with our words in it",
    132007: "the template breaks a rule of Meta's: see WhatsApp Manager, Message templates",
    132008: "Meta does not take what was put into the template",
    132012: "the template's variables are of another kind than text: make them text",
    132015: "the template is paused for its quality: see WhatsApp Manager, Message templates",
    132016: "the template is turned off for its quality: make another and name it in [whatsapp.templates]",
    132068: "the form is blocked",
    133010: "the number is not registered with the Cloud API: finish its set-up in Meta's dashboard",
    135000: "Meta failed without saying why",
    137000: "the customer's WhatsApp was moved to another device; write again when they have written",
}
_STOP = {
    0: "Meta does not take the token: make a new one (docs/channels/whatsapp.md, Token)",
    3: "the app may not use this part of the API: see its permissions",
    10: "the permission is missing or was taken away: give the token whatsapp_business_messaging",
    190: "the token has expired or was revoked: make a permanent one (docs/channels/whatsapp.md, Token)",
    368: "Meta has blocked the business for a breach of its rules: see Business Support Home",
    131031: "the business account is locked: see Business Support Home",
    131042: "there is a problem with the payment method: see WhatsApp Manager, Billing",
    131044: "there is a problem with the payment method: see WhatsApp Manager, Billing",
    131045: "the number's certificate is wrong: register the number again",
    133016: "the number was registered and unregistered too often: wait three days",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error of the API as it came: HTTP `status`, Meta's `code` (-1: none), its words, and how long it
    wants us to wait (None: it does not say)."""

    status: int
    code: int = -1
    words: str = ""
    after: timedelta | None = None

    @property
    def verdict(self) -> Verdict:
        """What to do about it."""
        if self.code in _AGAIN:
            return Verdict.AGAIN
        if self.code in _STOP or 200 <= self.code < 300:
            return Verdict.STOP
        if self.code in _TELL or 132000 <= self.code < 133000:
            return Verdict.TELL
        if self.status == 429 or self.status >= 500:
            return Verdict.AGAIN
        return Verdict.STOP if self.status == 401 else Verdict.TELL

    @property
    def told(self) -> str:
        """For a person: what it means, the code, Meta's own words."""
        meaning = meaning_of(self.code)
        named = f"Meta's error {self.code}" if self.code >= 0 else f"HTTP {self.status}"
        return (
            f"{meaning} ({named}: {self.words})"
            if meaning and self.words
            else _join(meaning, named, self.words)
        )

    def result(self) -> Retry | Refused:
        """What the outbox is told. Throughput is the channel's trouble, the rest of what passes too."""
        match self.verdict:
            case Verdict.AGAIN:
                wait = timedelta(seconds=5) if self.code in THROUGHPUT and self.after is None else self.after
                return Retry(self.told, wait)
            case Verdict.STOP:
                return Refused(self.told, stop_channel=True)
            case Verdict.TELL:
                return Refused(self.told)


def _join(meaning: str, named: str, words: str) -> str:
    if meaning:
        return f"{meaning} ({named})"
    return f"{named}: {words}" if words else named


def meaning_of(code: int) -> str:
    """In plain words, with what to do; "" for an unknown code."""
    if 200 <= code < 300:
        return "the token lacks a permission: give it whatsapp_business_messaging and the number"
    return _AGAIN.get(code) or _STOP.get(code) or _TELL.get(code, "")


def trouble(status: int, error: Json, after: timedelta | None = None) -> Trouble:
    """An error object of the API or of a webhook. Details say more than titles and messages."""
    try:
        code = int(word(error.get("code")))
    except ValueError:
        code = -1
    details = word(mapping(error.get("error_data")).get("details")) or word(error.get("details"))
    words = details or word(error.get("message")) or word(error.get("title"))
    return Trouble(status, code, " ".join(words.split())[:300], after)


def is_window_closed(words: str) -> bool:
    """Whether an error's words (`Trouble.told`) are of a closed window."""
    return f"error {WINDOW_CLOSED}:" in words or f"error {WINDOW_CLOSED})" in words


def told(error: object) -> str:
    """An error object in words."""
    return trouble(0, mapping(error)).told
