"""One mail on one connection: what is said, and what the answers mean for the mail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from channels.base import Refused, Retry, SendResult, Sent, Unknown
from channels.smtp_out.connections import said

if TYPE_CHECKING:
    from aiosmtplib import SMTP, SMTPResponseException

_STATUS = re.compile(r"\s*[245]\.(\d{1,3})\.\d{1,3}\b")
_LONGEST_ENVID = 100  # RFC 3461, 4.4


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail ready to go. `utf8`: an address needs SMTPUTF8; `message_id` names it in delivery reports."""

    sender: str
    recipient: str
    raw: bytes
    utf8: bool
    message_id: str


class BrokenOff(Exception):
    """The connection ended before the mail itself was sent."""


@dataclass(frozen=True, slots=True)
class AboutUs:
    """The server takes no mail from us at all, whatever this one is like."""

    why: str


async def hand_over(client: SMTP, letter: Letter, data_timeout: float) -> SendResult | AboutUs:
    """Say one mail. Raises `BrokenOff` when the connection ended before the mail was sent; afterwards the
    client is connected only if it can be used again."""
    from aiosmtplib import SMTPException, SMTPResponseException

    limit = client.esmtp_extensions.get("size", "").strip()
    if limit.isdigit() and 0 < int(limit) < len(letter.raw):
        return Refused(f"larger than the mail server takes ({len(letter.raw)} of {limit} bytes)")
    if letter.utf8 and not client.supports_extension("smtputf8"):
        return Refused("the mail server takes no addresses with such letters")
    encoding = "utf-8" if letter.utf8 else "ascii"
    step = "MAIL"
    try:
        await client.mail(letter.sender, options=mail_options(client, letter), encoding=encoding)
        step = "RCPT"
        await client.rcpt(letter.recipient, options=rcpt_options(client, letter), encoding=encoding)
        step = "DATA"
        await client.data(letter.raw, timeout=data_timeout)
    except SMTPResponseException as error:
        return await _declined(client, step, error)
    except (SMTPException, OSError, TimeoutError) as error:
        client.close()
        if step == "DATA":
            return Unknown(f"the answer of the mail server was lost ({type(error).__name__})")
        raise BrokenOff from error
    return Sent(letter.message_id)


def mail_options(client: SMTP, letter: Letter) -> list[str]:
    """What the server understands of: how large it is, 8-bit addresses, which mail a report is about."""
    options = [f"SIZE={len(letter.raw)}"] if client.supports_extension("size") else []
    if letter.utf8:
        options.append("SMTPUTF8")
    if not letter.raw.isascii() and client.supports_extension("8bitmime"):
        options.append("BODY=8BITMIME")
    if client.supports_extension("dsn"):
        options.append("RET=HDRS")
        envid = xtext(letter.message_id)  # whoever reads the report looks for that anyway
        if 0 < len(envid) <= _LONGEST_ENVID:
            options.append(f"ENVID={envid}")
    return options


def rcpt_options(client: SMTP, letter: Letter) -> list[str]:
    """Which news we want: that it failed or is late; never that it arrived."""
    if not client.supports_extension("dsn"):
        return []
    options = ["NOTIFY=FAILURE,DELAY"]
    if letter.recipient.isascii():
        options.append(f"ORCPT=rfc822;{xtext(letter.recipient)}")
    return options


def xtext(text: str) -> str:
    """RFC 3461, section 4: printable ASCII but "+" and "=" as it is, the rest in hex; "" for other text."""
    if not text.isascii():
        return ""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)


async def _declined(client: SMTP, step: str, error: SMTPResponseException) -> SendResult | AboutUs:
    """The server's no, as a value."""
    if error.code < 200:  # not an SMTP answer at all
        client.close()
        return Unknown("the mail server's answer makes no sense") if step == "DATA" else Retry(said(error))
    if error.code == 421:
        client.close()
        return Retry(said(error))
    await _reset(client)
    if error.code in (530, 535, 538) or (step == "MAIL" and error.code >= 500 and error.code != 552):
        return AboutUs(said(error))
    if error.code >= 500:
        return Refused(said(error))
    return Retry(said(error), alone=_about_the_mail(step, error))


def _about_the_mail(step: str, error: SMTPResponseException) -> bool:
    """Whether a 4xx concerns this mail or its recipient (full, greylisted) and not the server as a whole."""
    if step == "MAIL":
        return False
    status = _STATUS.match(str(error.message))
    if status is None:
        return step == "RCPT"
    return status[1] in (
        "1",
        "2",
        "6",
        "7",
    )  # address, mailbox, content, policy; not system, network, protocol


async def _reset(client: SMTP) -> None:
    """Ready for the next mail, or closed."""
    try:
        await client.rset()
    except Exception:  # whatever is wrong with it, the connection is not used again
        client.close()
