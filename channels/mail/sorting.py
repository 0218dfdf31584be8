"""What kind of mail this is, and by which sign: a person's, or one that no machine may answer.

The order matters. Reports and challenges come first, because some dress as bounces; bounces before automatic
replies, because most of them also say `Auto-Submitted: auto-replied`; a list last, because a list passes on
everything. Nothing is dropped for its kind: the kind says who sees the mail and that no machine answers it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.base import Bounce
from channels.mail import bounces, signs, statuses
from channels.mail.headers import words
from channels.mail.received import Received

OWN_HEADER = "X-Sapa-Mail"
"""Stands on every mail Sapa writes; a mail that carries it never gets an automatic answer."""

MOST_HOPS = 50
"""`Received` lines from which on a mail is going round in circles (Postfix gives up at the same count)."""

HUMAN = frozenset({"customer", "forward"})
"""The kinds that people write and that are answered."""

_GROUPS = ("list-post", "x-google-group-id", "list-id")
_LISTS = ("list-id", "list-post", "list-unsubscribe", "x-mailing-list", "mailing-list", "feedback-id")
_RECEIPTS = ("message/disposition-notification", "message/global-disposition-notification")


@dataclass(frozen=True, slots=True)
class Sorted:
    """A mail's kind (see `MailFacts`), the sign it is known by, and what a bounce says."""

    kind: str = "customer"
    reason: str = ""
    bounce: Bounce | None = None

    @property
    def automatic(self) -> str:
        """Why no machine may answer ("list: its List-Id"), "" for a person's mail."""
        return "" if self.kind in HUMAN else f"{self.kind}: {self.reason}"


def sort(mail: Received, *, forwarded: bool = False) -> Sorted:
    """The mail's kind. `forwarded`: what it says is mainly a mail that somebody passed on."""
    if reason := _feedback(mail):
        return Sorted("feedback", reason)
    if reason := _read(mail):
        return Sorted("receipt", reason)
    if reason := _challenge(mail):
        return Sorted("challenge", reason)
    reason, bounce = bounces.read(mail)
    if reason:
        return Sorted("bounce", reason, bounce)
    for kind, look in _LOOKS:
        if reason := look(mail):
            return Sorted(kind, reason)
    return Sorted("forward", "a mail that was passed on") if forwarded else Sorted()


def _feedback(mail: Received) -> str:
    if any(part.media_type == "message/feedback-report" for part in mail.parts):
        return "a complaint report"
    if "x-hmxmroriginalrecipient" in mail.headers:
        return "a complaint report in Hotmail's form"
    if signs.FEEDBACK_SUBJECT.match(mail.subject) and len(mail.parts) > 1 and _attached_mail(mail):
        return "a complaint's subject and the mail it is about"
    return ""


def _read(mail: Received) -> str:
    """It was read. Some systems refuse mail in the form of a receipt: that is for the bounces to tell."""
    for part in mail.parts:
        if part.media_type in _RECEIPTS and b"displayed" in part.content[:8192].lower():
            return "a read receipt"
    if signs.READ_SUBJECT.match(mail.subject) and signs.READ_BODY.search(mail.text[:3000]):
        return "a read receipt's subject and words"
    return ""


def _attached_mail(mail: Received) -> bool:
    return any(part.media_type in ("message/rfc822", "text/rfc822-headers") for part in mail.parts)


def _challenge(mail: Received) -> str:
    if mail.headers.ascii("x-boxbe-hash") or "boxbe.com" in mail.sender.lower():
        return "Boxbe asks who we are"
    if not (mail.null_path or signs.CHALLENGE_SUBJECT.match(mail.subject) or _by_machine(mail)):
        return ""  # nearly every mail: its text is not searched
    if "x-failed-recipients" in mail.headers:
        return ""
    said = signs.CHALLENGE.search(mail.text[:4000])
    if said is None:
        return ""
    report = statuses.report(mail.parts)
    if (
        report is not None
        and any(each.failed for each in report.recipients)
        and "boxbe" not in said[0].lower()
    ):
        return ""  # a refusal that tells how to be let in is a refusal
    return "it wants us to prove who we are"


def _by_machine(mail: Received) -> bool:
    """The sender says itself that no person wrote this."""
    return (
        mail.daemon or mail.auto_submitted not in ("", "no", "auto-forwarded") or "precedence" in mail.headers
    )


def _own(mail: Received) -> str:
    if OWN_HEADER.lower() in mail.headers:
        return f"it carries {OWN_HEADER}"
    if mail.sender and mail.sender.lower() in mail.own:
        return "it comes from our own address"
    if bounces.OURS.fullmatch(mail.message_id):
        domain = mail.message_id.rpartition("@")[2].lower()
        if domain in {each.rpartition("@")[2] for each in mail.own}:
            return "its Message-ID is one of ours"
    if "x-loop" in mail.headers and any(each in words(mail.headers.all("x-loop")) for each in mail.own):
        return "X-Loop names our own address"
    if (hops := len(mail.headers.all("received"))) > MOST_HOPS:
        return f"it goes round in circles: {hops} servers passed it on"
    return ""


def _receipt(mail: Received) -> str:
    if any(part.media_type in _RECEIPTS for part in mail.parts):
        return "a read receipt"
    if "disposition-notification" in mail.headers.ascii("content-type"):
        return "a read receipt"
    if any(part.media_type in statuses.REPORT_TYPES for part in mail.parts):
        return "a delivery report"
    return ""


def _auto_reply(mail: Received) -> str:
    headers, submitted = mail.headers, mail.auto_submitted
    if submitted and submitted not in ("no", "auto-forwarded"):
        return f"Auto-Submitted: {submitted}"
    if headers.any_of(signs.AUTO_HEADERS):
        for name in signs.AUTO_HEADERS:
            if name in headers and headers.ascii(name) not in ("no", "false", "0"):
                return name
    suppressed = headers.ascii("x-auto-response-suppress")
    if suppressed and any(word in suppressed for word in ("all", "oof", "autoreply")):
        return "X-Auto-Response-Suppress"
    if headers.ascii("precedence") in ("auto_reply", "auto-reply", "auto-replied"):
        return "Precedence: auto_reply"
    if headers.ascii("x-precedence") == "auto_reply" or headers.ascii(
        "x-ms-exchange-generated-message-source"
    ):
        return "written by a server"
    if any(each.strip().lower().startswith(b"autoresponder") for each in headers.all("delivered-to")):
        return "delivered to an autoresponder"
    if "autoresponder" in headers.ascii("x-post-messageclass") or headers.ascii("x-mailer") == "vacation":
        return "written by an autoresponder"
    return "its subject" if signs.AUTO_SUBJECT.match(mail.subject) else ""


def _junk(mail: Received) -> str:
    """What a filter before us says. No sender gains by writing it himself, so nobody has to be trusted."""
    headers = mail.headers
    for name in signs.JUNK_YES if headers.any_of(signs.JUNK_YES) else ():
        if headers.ascii(name).startswith(("yes", "true", "spam")):
            return f"{name} says yes"
    if headers.ascii("x-rspamd-action") in signs.JUNK_ACTIONS:
        return f"rspamd says {headers.ascii('x-rspamd-action')}"
    level = headers.ascii("x-ms-exchange-organization-scl")
    said = headers.ascii("x-forefront-antispam-report")
    report = re.search(r"\bscl:(-?\d{1,2})\b", said) if said else None
    for found in (level, report[1] if report else ""):
        if found.isdigit() and int(found) >= 5:
            return f"Microsoft's spam confidence level is {int(found)}"
    return ""


def _null_path(mail: Received) -> str:
    if mail.null_path:
        return "it has no return path"
    return "it comes from a mail system" if mail.daemon and not _may_be_a_person(mail) else ""


def _may_be_a_person(mail: Received) -> bool:
    """Small companies write from postmaster@, drivers from delivery@."""
    from channels.mail.bounce_signs import WEAK_DAEMON

    return bool(WEAK_DAEMON.match(mail.local))


def _list(mail: Received) -> str:
    """The sign of a list or a bulk mail. A list that is our own address (a company whose support address is a
    group) brings customers' mail, and is none."""
    headers = mail.headers
    if headers.any_of(_GROUPS):
        post = words([value for name in _GROUPS for value in headers.all(name)])
        if any(each in post or each.replace("@", ".") in post for each in mail.own if "@" in each[1:]):
            return ""
    for name in _LISTS if headers.any_of(_LISTS) else ():
        if name in headers:
            return name
    precedence = words(headers.all("precedence")[:3])
    if precedence in ("bulk", "list", "junk"):
        return f"Precedence: {precedence}"
    if "x-loop" in headers:
        return "X-Loop"
    if signs.NO_REPLY.match(mail.local) and not _answerable(mail):
        return "its sender takes no answers"
    return ""


def _answerable(mail: Received) -> bool:
    """A web form writes from a no-reply address and names the customer in Reply-To."""
    where = mail.headers.text("reply-to")
    return "@" in where and not signs.NO_REPLY.search(where)


_LOOKS = (
    ("own", _own),
    ("receipt", _receipt),
    ("auto_reply", _auto_reply),
    ("auto_reply", _null_path),
    ("junk", _junk),
    ("list", _list),
)
