"""Is this mail a bounce, and what does it say: of which mail, to whom, and what that means for the address.

Half of all bounces are no delivery reports (RFC 3464). Those are told by what several signs say together: a
mail system's address, no return path, a bounce's subject, a mail system's words, SMTP's codes, the returned
mail. No weak sign makes a bounce alone: people too write about deliveries, and lists about bounces.
"""

from __future__ import annotations

import re

from channels.base import Bounce
from channels.mail import bounce_signs as signs
from channels.mail import signs as people
from channels.mail import statuses
from channels.mail.addresses import message_ids
from channels.mail.charsets import decode
from channels.mail.headers import one_line, split
from channels.mail.parts import leaves
from channels.mail.received import Received
from channels.mail.statuses import ADDRESS, Report

ENOUGH = 4.0
DOUBT = 2.0
"""From here on the second opinion is asked."""

OURS = re.compile(r"(?:sapa\.[A-Za-z0-9_-]{6,120}\.|letter\.)[A-Za-z0-9._-]{1,80}@[A-Za-z0-9.-]{1,255}")
"""The form of Message-ID that our own letters have."""

_RETURNED = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/global-headers",
    "text/rfc822",
)
_NO_OPENING = frozenset(("", "\n", ">", "|", "<"))
"""Lines that begin so are blank, a quote or a page: no mail system begins one like that."""
_LOOKED_THROUGH = 65_536
_ID_LINE = re.compile(
    r"^[ \t>|*]{0,20}(?:original-)?message-id[ \t]*:[ \t]*<?([^\s<>]{3,900}@[^\s<>]{1,255})>?", re.I | re.M
)
_CODE_LINE = re.compile(
    r"^.{0,300}(?<!\d)[45]\d\d[ -#].{0,300}|^.{0,200}[45]\.\d{1,3}\.\d{1,3}.{0,300}", re.M
)


def read(mail: Received) -> tuple[str, Bounce | None]:
    """Why it is a bounce and what it says, ("", None) when it is none."""
    report = statuses.report(mail.parts)
    if report is not None and report.recipients and not _passed_on(mail):
        worst = next((each for each in report.recipients if each.failed), None)
        if worst is not None:
            return f"a delivery report says {worst.action or worst.status}", _told(mail, report)
        if any(each.action == "delayed" for each in report.recipients):
            return "a delivery report says delayed", _told(mail, report)
        if any(each.action for each in report.recipients):
            return "", None  # it arrived
    if "x-failed-recipients" in mail.headers:
        return "X-Failed-Recipients", _told(mail, report)
    reasons, weight = _weigh(mail)
    against = _against(mail) if weight >= DOUBT else 0.0
    if DOUBT <= weight < ENOUGH and not against and _second_opinion(mail):
        reasons, weight = [*reasons, "flufl.bounce names who failed"], weight + 2
    if weight - against < ENOUGH:
        return "", None
    return " and ".join(reasons), _told(mail, report)


def _passed_on(mail: Received) -> bool:
    """A person forwards somebody's delivery report."""
    return not mail.daemon and not mail.null_path and bool(people.FORWARD_SUBJECT.match(mail.subject))


def _weigh(mail: Received) -> tuple[list[str], float]:
    """The signs that speak for a bounce, and how much they weigh together."""
    found: list[tuple[float, str]] = []
    if signs.MAILER_DAEMON.match(mail.sender):
        found.append((4.0, "a mailer-daemon's address"))
    elif mail.daemon:
        weak = signs.WEAK_DAEMON.match(mail.local) and not signs.DAEMON_NAME.match(mail.sender_name)
        found.append((2.0 if weak else 3.0, "a mail system's address"))
    if mail.null_path:
        found.append((1.5, "no return path"))
    if signs.BOUNCE_SUBJECT.match(mail.subject):
        found.append((2.5, "a bounce's subject"))
    elif signs.BOUNCE_WITHIN.search(mail.subject):
        found.append((1.5, "a bounce's subject"))
    opening = _opening(mail.beginning, 200 if found else 12)
    if not found and opening < 0:
        return [], 0.0  # nearly every mail: its first lines are looked at once
    from channels.mail import bounce_words as words

    text = mail.beginning
    if opening >= 0:
        found.append((4.0 if opening < 600 else 2.5, "a mail system's words"))
    elif words.BOUNCE_BODY.search(text):
        found.append((2.5 if mail.daemon or mail.null_path else 1.0, "a mail system's words"))
    elif words.BOUNCE_HINT.search(text):
        found.append((1.0, "words about a delivery"))
    if mail.to_bounces:
        found.append((1.0, "sent to where bounces go"))
    if words.SMTP_SAID.search(text):
        found.append((1.5, "what a mail server said"))
    if words.REPORT_FIELDS.search(text):
        found.append((2.5, "the fields of a delivery report"))
    if any(part.media_type in _RETURNED for part in mail.parts) or words.COPY_BELOW.search(text):
        found.append((1.0, "the returned mail"))
    if mail.auto_submitted not in ("", "no", "auto-forwarded"):
        found.append((0.5, ""))
    return [reason for _, reason in found if reason], sum(weight for weight, _ in found)


def _opening(text: str, lines: int) -> int:
    """Where a line begins as only a mail system begins one, -1 when none of the first `lines` does."""
    at = 0
    for _ in range(lines):
        if text[at : at + 1] not in _NO_OPENING and signs.BOUNCE_OPENING.match(text, at):
            return at
        at = text.find("\n", at) + 1
        if not at:
            break
    return -1


def _against(mail: Received) -> float:
    """How much speaks for a person, a list or an absent colleague."""
    against = 0.0
    if people.AUTO_SUBJECT.match(mail.subject):
        against += 4.0
    if any(name in mail.headers for name in people.AUTO_HEADERS if "generated" not in name):
        against += 2.0
    if mail.daemon:
        return against
    if mail.listed:
        against += 4.5
    if people.FORWARD_SUBJECT.match(mail.subject) and not mail.null_path:
        against += 4.5
    if people.FORWARDED.search(mail.text[:3000]):
        against += 3.0
    if people.REPLY_SUBJECT.match(mail.subject) and not mail.null_path:
        against += 1.5 if "in-reply-to" in mail.headers or "references" in mail.headers else 0.5
    return against


def _second_opinion(mail: Received) -> str:
    from channels.mail.second_opinion import failing

    return next(iter(failing(mail)), "")


# ------------------------------------------------------------------------------------- what the bounce says


def _told(mail: Received, report: Report | None) -> Bounce:
    from channels.mail import bounce_words as words
    from channels.mail import causes

    blocks = report.recipients if report else ()
    if not blocks and mail.daemon:
        blocks = _wrapped(mail)
    if not blocks and words.REPORT_FIELDS.search(mail.beginning):
        blocks = statuses.read(mail.beginning).recipients
    block = next((each for each in blocks if each.failed), next(iter(blocks), statuses.Recipient()))
    said = block.diagnostic
    if not said:
        line = _CODE_LINE.search(mail.text[:_LOOKED_THROUGH])
        said = one_line(line[0])[:1000] if line else ""
    status = statuses.better(block.status, said)
    delayed = block.action == "delayed" or (
        not block.failed and bool(words.STILL_TRYING.search(f"{mail.subject}\n{mail.beginning}"))
    )
    action = "delayed" if delayed else "failed"
    diagnosis = said if block.diagnostic else f"{said}\n{mail.text[:2000]}"
    return Bounce(
        action=action,
        status=status,
        cause=causes.cause(status, diagnosis, action) or causes.cause("", mail.text[:2000], action),
        recipient=block.address or _recipient(mail),
        original_message_id=_original(mail, report),
        diagnostic=said,
    )


def _wrapped(mail: Received) -> tuple[statuses.Recipient, ...]:
    """The report of a bounce that a virus scanner wrapped into a mail of its own."""
    for part in mail.parts:
        if part.media_type == "message/rfc822":
            content = part.content[:_LOOKED_THROUGH]
            headers, offset = split(content, top=True)
            if "delivery-status" in headers.ascii("content-type"):
                report = statuses.report(leaves(headers, content[offset:])[0])
                return report.recipients if report else ()
    return ()


def _recipient(mail: Received) -> str:
    """The address that failed, where no report names it."""
    from channels.mail import bounce_words as words

    for value in mail.headers.all("x-failed-recipients"):
        if found := ADDRESS.search(decode(value, "utf-8")):
            return found[0]
    if named := _second_opinion(mail):
        return named
    own = {mail.sender.lower(), *mail.own, *_addressed(mail)}
    text = mail.beginning
    for pattern in words.FAILING:
        for match in pattern.finditer(text):
            if (found := ADDRESS.search(match[1])) and found[0].lower() not in own:
                return found[0]
    for part in mail.parts:
        if part.media_type in _RETURNED:
            to = ADDRESS.findall(
                decode(split(part.content[:_LOOKED_THROUGH], top=True)[0].raw("to"), "utf-8")
            )
            if len(to) == 1:
                return str(to[0])
    return next((each for each in ADDRESS.findall(text) if each.lower() not in own), "")


def _addressed(mail: Received) -> set[str]:
    """Whom the bounce itself was sent to: they failed nowhere."""
    return {each.lower() for each in ADDRESS.findall(mail.headers.text("to"))}


def _original(mail: Received, report: Report | None) -> str:
    """The Message-ID of the mail that came back: one of ours wherever it stands, else the returned mail's."""
    texts: list[str] = [report.envelope] if report else []
    named: list[str] = [report.original] if report and report.original else []
    for part in mail.parts:
        if part.media_type in _RETURNED:
            content = part.content[:_LOOKED_THROUGH]
            named += message_ids([split(content, top=True)[0].raw("message-id")])
            texts.append(decode(content, "utf-8"))
    texts.append(mail.text[:_LOOKED_THROUGH])
    mine = mail.message_id.lower()
    for text in ("\n".join(named), *texts):
        for found in OURS.finditer(text):
            if found[0].lower() != mine:
                return found[0]
    named += [found[1] for text in texts for found in _ID_LINE.finditer(text)]
    named += [
        *message_ids(mail.headers.all("in-reply-to")),
        *message_ids(mail.headers.all("references"))[-1:],
    ]
    return next((each for each in named if each and each.lower() != mine), "")
