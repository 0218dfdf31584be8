"""What kind of mail this is: a person's, or one that no machine may answer, and by which sign.

The order matters: bounces come first, because most of them also say `Auto-Submitted: auto-replied`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from channels.mail import signs
from channels.mail.headers import Headers, words
from channels.mail.parts import Part

OWN_HEADER = "X-Sapa-Mail"
"""Stands on every mail Sapa writes; a mail that carries it never gets an automatic answer."""


def automatic(
    headers: Headers,
    parts: Sequence[Part],
    *,
    sender: str,
    sender_name: str,
    subject: str,
    envelope_from: str,
    text: str,
    own: Collection[str] = (),
) -> str:
    """Why this mail must not be answered by a machine ("bounce: …"), "" when it is a person's mail.

    `sender` and `envelope_from` are bare addresses ("" when there is none); `own` are our own addresses.
    """
    if reason := _bounce(headers, parts, sender, sender_name, subject, envelope_from, text):
        return f"bounce: {reason}"
    if OWN_HEADER.lower() in headers:
        return f"own: it carries {OWN_HEADER}"
    if sender and sender.lower() in {each.lower() for each in own}:
        return "own: it comes from our own address"
    if reason := _report(parts):
        return reason
    if reason := _auto_reply(headers, subject):
        return f"auto_reply: {reason}"
    if reason := _list(headers, own):
        return f"list: {reason}"
    if sender and signs.NO_REPLY.match(sender.rpartition("@")[0]):
        return "no_reply: its sender takes no answers"
    if sender and signs.DAEMON.match(sender.rpartition("@")[0]):
        return "auto_reply: it comes from a mail system"
    if not envelope_from:
        return "auto_reply: it has no return path"
    return ""


def _bounce(
    headers: Headers,
    parts: Sequence[Part],
    sender: str,
    sender_name: str,
    subject: str,
    envelope_from: str,
    text: str,
) -> str:
    status = next(
        (
            part
            for part in parts
            if part.media_type in ("message/delivery-status", "message/global-delivery-status")
        ),
        None,
    )
    if status is not None:
        actions = re.findall(
            rb"^action[ \t]*:[ \t]*([a-z-]{1,30})", status.content[:65536].lower(), re.MULTILINE
        )
        if actions and all(
            each in (b"delivered", b"relayed", b"expanded", b"deliverable") for each in actions
        ):
            return ""
        if actions:
            return f"a delivery status notification says {actions[0].decode('ascii')}"
        if re.search(
            rb"^(?:final|original)-recipient|^status[ \t]*:", status.content[:65536].lower(), re.MULTILINE
        ):
            return "a delivery status notification"
    if "x-failed-recipients" in headers:
        return "X-Failed-Recipients"
    if (
        re.search(r"report-type\s*=\s*\"?delivery-status", headers.ascii("content-type"))
        and status is not None
    ):
        return "a delivery report"
    daemon = bool(
        signs.DAEMON.match(sender.rpartition("@")[0] if "@" in sender else sender)
        or signs.DAEMON_NAME.search(sender_name)
    )
    null_path = headers.raw("return-path").strip() == b"<>" or (
        not envelope_from and "return-path" not in headers
    )
    auto = headers.ascii("auto-submitted")
    if daemon and signs.BOUNCE_SUBJECT.match(subject):
        return "a mail system's address and a bounce's subject"
    if signs.MAILER_DAEMON.match(sender) and not signs.AUTO_SUBJECT.match(subject):
        return "it comes from a mailer-daemon"
    if null_path and sender and signs.BOUNCE_SUBJECT.match(subject) and not signs.AUTO_SUBJECT.match(subject):
        return "no return path and a bounce's subject"
    about_bounces = bool(signs.BOUNCE_SUBJECT.match(subject) and not signs.REPLY_SUBJECT.match(subject))
    if not about_bounces and not daemon and not null_path:
        return ""  # nearly every mail: its text is not searched
    if not signs.BOUNCE_BODY.search(text[:8000]):
        return ""
    if about_bounces:
        return "a bounce's subject and a mail system's words"
    if (daemon or not auto.startswith("auto-replied")) and not signs.AUTO_SUBJECT.match(subject):
        return "a mail system's words"
    return ""


def _report(parts: Sequence[Part]) -> str:
    for part in parts:
        if part.media_type == "message/feedback-report":
            return "feedback: a complaint report"
        if part.media_type in ("message/disposition-notification", "message/global-disposition-notification"):
            return "receipt: a read receipt"
        if part.media_type == "message/delivery-status":
            return "receipt: a delivery report"
    return ""


def _auto_reply(headers: Headers, subject: str) -> str:
    submitted = headers.ascii("auto-submitted").partition(";")[0].partition("(")[0].strip()
    if submitted and submitted not in ("no", "auto-forwarded"):
        return f"Auto-Submitted: {submitted[:40]}"
    for name in (
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-auto-reply",
        "x-mail-autoreply",
        "x-autogenerated",
        "x-autoreply-from",
    ):
        if name in headers and headers.ascii(name) not in ("no", "false", "0"):
            return name
    if any(word in headers.ascii("x-auto-response-suppress") for word in ("all", "oof", "autoreply")):
        return "X-Auto-Response-Suppress"
    if headers.ascii("precedence") in ("auto_reply", "auto-reply"):
        return "Precedence: auto_reply"
    if headers.ascii("x-precedence") == "auto_reply" or headers.ascii(
        "x-ms-exchange-generated-message-source"
    ):
        return "written by a server"
    if headers.ascii("delivered-to").startswith("autoresponder"):
        return "delivered to an autoresponder"
    if signs.AUTO_SUBJECT.match(subject):
        return "its subject"
    return ""


def _list(headers: Headers, own: Collection[str]) -> str:
    """The sign of a list or a bulk mail. A list that is our own address (a company whose support address is a
    group) brings customers' mail, and is none."""
    post = words([*headers.all("list-post"), *headers.all("x-google-group-id"), *headers.all("list-id")])
    if any(each.lower() in post or each.lower().replace("@", ".") in post for each in own if "@" in each[1:]):
        return ""
    for name in ("list-id", "list-post", "list-unsubscribe", "x-mailing-list", "mailing-list"):
        if name in headers:
            return name
    precedence = words(headers.all("precedence")[:3])
    if precedence in ("bulk", "list", "junk"):
        return f"Precedence: {precedence}"
    return "X-Loop" if "x-loop" in headers else ""
