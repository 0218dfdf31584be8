"""What the doctor looks at for SMS: the way to the gateway, and our hook. Nothing is sent, nothing paid."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Iterator

from bot.chat_settings import SmsSettings
from bot.doctor import Finding, Verdict
from bot.settings import Settings
from channels.sms import numbers
from channels.sms.calling import host_of

PATIENCE = 10.0
"""Seconds for each answer."""


def examine(settings: Settings) -> Iterator[Finding]:
    """All checks of the SMS gateway."""
    sms = settings.sms
    if sms is None:
        return
    yield _way_out(sms)
    yield _sender(sms)
    yield _reports(sms)
    if settings.web.public_url:
        yield _hook(sms, f"{settings.web.public_url}/hooks/sms")


def _way_out(sms: SmsSettings) -> Finding:
    host, port = host_of(sms.gateway)
    what = f"SMS gateway {host}:{port}"
    safe = sms.out.url.startswith("https://")
    try:
        with socket.create_connection((host, port), timeout=PATIENCE) as line:
            if safe:
                with ssl.create_default_context().wrap_socket(line, server_hostname=host):
                    pass
    except ssl.SSLError as error:
        return Finding(what, Verdict.BAD, f"no safe connection ({error.reason or error}); see sms.out.url")
    except OSError as error:
        why = error.strerror or str(error) or type(error).__name__
        return Finding(
            what, Verdict.BAD, f"not reached ({why}); see sms.out.url, the network, and a firewall"
        )
    if not safe and host not in ("127.0.0.1", "localhost", "::1"):
        return Finding(
            what, Verdict.NOTE, "reached, but by http: texts and key travel in the clear; use https"
        )
    return Finding(what, Verdict.OK, "reached; nothing was sent, so key and credit were not tried")


def _sender(sms: SmsSettings) -> Finding:
    what, first = "SMS sender", sms.numbers[0]
    if numbers.e164(first, sms.region):
        return Finding(what, Verdict.OK, f"{first}; at most {sms.max_parts} parts a text")
    if first.isdigit():
        return Finding(what, Verdict.OK, f"short code {first}; at most {sms.max_parts} parts a text")
    detail = f"{first} is a name: nobody can answer to it; put the number that customers write to first"
    return Finding(what, Verdict.NOTE, detail)


def _reports(sms: SmsSettings) -> Finding:
    what = "SMS delivery reports"
    if sms.reports.status:
        return Finding(what, Verdict.OK, f"read from {sms.reports.status!r}")
    detail = "none: what the gateway takes counts as sent, and nobody hears that it did not arrive"
    return Finding(what, Verdict.NOTE, f"{detail}; see [sms.reports]")


def _hook(sms: SmsSettings, url: str) -> Finding:
    """Call our own hook as the gateway does, with nothing to say: without the secret it must be closed, with
    it open."""
    import httpx  # only who has SMS pays for it

    what = "SMS hook"
    try:
        stranger = httpx.get(url, timeout=PATIENCE).status_code
        shown = _shown(sms)
        known = (
            httpx.get(url, headers=shown[0], params=shown[1], timeout=PATIENCE).status_code if shown else None
        )
    except httpx.HTTPError as error:
        detail = f"{url} does not answer from here ({type(error).__name__}); is Sapa running?"
        return Finding(what, Verdict.NOTE, detail)
    if stranger != 401:
        detail = f"{url} answers {stranger} where Sapa says 401; does the web server pass /hooks/ on to Sapa?"
        return Finding(what, Verdict.BAD, detail)
    if known is None:
        return Finding(what, Verdict.OK, f"{url} is there, and closed to strangers")
    if known != sms.hook.answer_status:
        detail = (
            f"{url} does not take our own secret ({known}); restart Sapa, or see what the web server removes"
        )
        return Finding(what, Verdict.BAD, detail)
    return Finding(what, Verdict.OK, f"{url} is closed to strangers and opens for the secret")


def _shown(sms: SmsSettings) -> tuple[dict[str, str], dict[str, str]] | None:
    """Headers and query that show the secret; None where it signs."""
    secret = sms.secret.get_secret_value()
    match sms.hook.proof:
        case "header":
            return {sms.hook.name: secret}, {}
        case "query":
            return {}, {sms.hook.name: secret}
        case "basic":
            return {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}, {}
        case _:
            return None
