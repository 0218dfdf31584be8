"""What the doctor looks at for WhatsApp: secrets, numbers, subscription, templates, the hook, the clock."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.chat_settings import WhatsAppSettings, WhatsAppTemplates
from bot.doctor import Finding, Verdict, clock
from bot.settings import Settings
from channels.whatsapp.graph import Answer, Graph, Outcome
from channels.whatsapp.templates import VARIABLES
from channels.whatsapp.values import Json, listing, mapping, word

PATIENCE = 15.0
"""Seconds for each answer of Meta's."""
PAGE = "docs/channels/whatsapp.md"
NUMBER_FIELDS = "display_phone_number,verified_name,quality_rating,code_verification_status,platform_type"
AWAY = "it does not answer from here"

_APP_SECRET = re.compile(r"[0-9a-f]{32}")
_VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


@dataclass(slots=True)
class _Seen:
    """What Meta says. `account`, `apps` and `templates` are None when no business account is set."""

    numbers: dict[str, Outcome] = field(default_factory=dict)
    account: Outcome | None = None
    apps: Outcome | None = None
    templates: Outcome | None = None
    hook: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """All checks of the app in the settings. Nothing is changed at Meta, and nothing sent."""
    whatsapp = settings.whatsapp
    if whatsapp is None:
        return
    yield from _secrets(whatsapp)
    hook = f"{settings.web.public_url}/hooks/whatsapp" if settings.web.public_url else ""
    seen = asyncio.run(_look(whatsapp, hook))
    for number, outcome in seen.numbers.items():
        yield _number(number, outcome, whatsapp)
    if all(not isinstance(outcome, Answer) for outcome in seen.numbers.values()):
        return  # the rest would say the same
    yield from _clock(seen.numbers.values(), datetime.now(UTC))
    if seen.account is None:
        yield Finding(
            "WhatsApp account",
            Verdict.NOTE,
            "whatsapp.business_account is not set: templates and the webhook's subscription cannot be looked "
            f"at ({PAGE}, step 3)",
        )
    else:
        yield _account(seen, whatsapp)
    if hook:
        yield _hook(hook, seen.hook)
    yield from _templates(seen.templates, whatsapp.templates)


async def _look(whatsapp: WhatsAppSettings, hook: str) -> _Seen:
    graph = Graph(whatsapp.base_url, whatsapp.version, whatsapp.token.get_secret_value(), timeout=PATIENCE)
    seen = _Seen()
    try:
        for number in whatsapp.numbers:
            seen.numbers[number] = await graph.get(number, fields=NUMBER_FIELDS)
        account = whatsapp.business_account
        if account and any(isinstance(each, Answer) for each in seen.numbers.values()):
            seen.account = await graph.get(f"{account}/phone_numbers", limit="100")
            seen.apps = await graph.get(f"{account}/subscribed_apps")
            fields = "name,status,language,components,parameter_format"
            seen.templates = await graph.get(f"{account}/message_templates", fields=fields, limit="250")
    finally:
        await graph.close()
    if hook:
        seen.hook = await _knock(hook, whatsapp.verify_token.get_secret_value())
    return seen


async def _knock(hook: str, verify_token: str) -> str:
    """Ask our own address what Meta asks it: "" when it answers rightly, else what is wrong."""
    import httpx

    challenge = secrets.token_hex(8)
    asked = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = await client.get(hook, params=asked)
    except httpx.HTTPError as error:
        return f"{AWAY} ({type(error).__name__}): start `sapa run`, or look from outside"
    if answer.status_code in (502, 503, 504):
        return (
            f"{AWAY}: the web server says {answer.status_code}; start `sapa run`, and see where it passes to"
        )
    if answer.status_code == 403:
        return "what answers there has another verify_token; perhaps it was started with other settings"
    if answer.status_code != 200 or answer.text != challenge:
        return f"it answers {answer.status_code}, and not as Sapa does: let the web server pass on /hooks/"
    return ""


def _secrets(whatsapp: WhatsAppSettings) -> Iterator[Finding]:
    wrong = [
        f"whatsapp.{name} is not 32 of 0-9 and a-f: copy it from Meta's dashboard, App settings, Basic"
        for name in ("app_secret", "old_app_secret")
        if (given := getattr(whatsapp, name).get_secret_value()) and not _APP_SECRET.fullmatch(given)
    ]
    if not whatsapp.token.get_secret_value().startswith("EAA"):
        wrong.append("whatsapp.token does not begin as tokens of Meta do (EAA…)")
    if len(whatsapp.verify_token.get_secret_value()) < 8:
        wrong.append("whatsapp.verify_token is short: anybody could guess it")
    if wrong:
        yield Finding("WhatsApp secrets", Verdict.NOTE, "; ".join(wrong))


def _said(outcome: Outcome, whatsapp: WhatsAppSettings) -> str:
    """What a call that did not work says, in words."""
    told = getattr(outcome, "told", "") or getattr(outcome, "words", "")
    return f"{whatsapp.base_url} says: {told}"


def _number(number: str, outcome: Outcome, whatsapp: WhatsAppSettings) -> Finding:
    what = f"WhatsApp number {number}"
    if not isinstance(outcome, Answer):
        detail = _said(outcome, whatsapp)
        if getattr(outcome, "code", 0) == 100:
            detail += "; is it the *id* of the number, and may the token use it?"
        return Finding(what, Verdict.BAD, detail)
    told = outcome.body
    shown = word(told.get("display_phone_number"))
    if not shown:
        return Finding(what, Verdict.BAD, "Meta knows this id, but it is none of a phone number")
    detail = f"{shown}, {word(told.get('verified_name')) or 'without a name yet'}"
    quality = word(told.get("quality_rating")).upper()
    if quality in ("YELLOW", "RED"):
        return Finding(
            what, Verdict.NOTE, f"{detail}; its quality is {quality}: customers block or report it"
        )
    if word(told.get("platform_type")).upper() not in ("", "CLOUD_API"):
        return Finding(
            what, Verdict.BAD, f"{detail}; it is not registered with the Cloud API ({PAGE}, step 2)"
        )
    return Finding(what, Verdict.OK, detail)


def _clock(outcomes: Iterable[Outcome], now: datetime) -> Iterator[Finding]:
    dates = [each.date for each in outcomes if isinstance(each, Answer) and each.date]
    if dates:
        yield clock("Meta", max(dates), now)


def _account(seen: _Seen, whatsapp: WhatsAppSettings) -> Finding:
    what = f"WhatsApp account {whatsapp.business_account}"
    assert seen.account is not None  # noqa: S101 - the caller looked
    if not isinstance(seen.account, Answer):
        return Finding(what, Verdict.BAD, _said(seen.account, whatsapp))
    there = {word(mapping(each).get("id")) for each in listing(seen.account.body.get("data"))}
    if missing := [each for each in whatsapp.numbers if each not in there]:
        return Finding(what, Verdict.BAD, f"it does not have the number {', '.join(missing)}")
    if not isinstance(seen.apps, Answer):
        said = "unknown" if seen.apps is None else _said(seen.apps, whatsapp)
        return Finding(what, Verdict.NOTE, f"whether an app is subscribed cannot be seen: {said}")
    if not listing(seen.apps.body.get("data")):
        return Finding(
            what,
            Verdict.BAD,
            f"no app is subscribed to it, so no message comes in: subscribe yours ({PAGE}, step 5)",
        )
    unnamed = there - set(whatsapp.numbers)
    more = f"; not in whatsapp.numbers: {', '.join(sorted(unnamed))}" if unnamed else ""
    return Finding(what, Verdict.OK, f"its messages come to an app{more}")


def _hook(hook: str, wrong: str) -> Finding:
    if wrong:
        verdict = Verdict.NOTE if wrong.startswith(AWAY) else Verdict.BAD
        return Finding("WhatsApp webhook", verdict, f"{hook}: {wrong}")
    return Finding("WhatsApp webhook", Verdict.OK, f"{hook} answers as Meta wants")


def _templates(listed: Outcome | None, ours: WhatsAppTemplates) -> Iterator[Finding]:
    named = {role: name for role in VARIABLES if (name := getattr(ours, role))}
    if not named:
        yield Finding(
            "WhatsApp templates",
            Verdict.NOTE,
            "none is set: what has to be said more than 24 hours after a customer's last message waits for a "
            f"person ({PAGE}, Templates)",
        )
        return
    if missing := [role for role in ("update", "reply") if role not in named]:
        detail = (
            f"{' and '.join(missing)} is not set: what only it can say waits for a person ({PAGE}, Templates)"
        )
        yield Finding("WhatsApp templates", Verdict.NOTE, detail)
    if not isinstance(listed, Answer):
        if listed is not None:
            yield Finding("WhatsApp templates", Verdict.NOTE, "they cannot be looked at: see the account")
        return
    there = {
        (word(one.get("name")), word(one.get("language"))): one
        for one in map(mapping, listing(listed.body.get("data")))
    }
    for role, name in named.items():
        wrong = [
            fault
            for language in ours.languages
            if (fault := _wrong(there.get((name, language)), role, language))
        ]
        what = f"WhatsApp template {name} ({role})"
        if wrong:
            yield Finding(what, Verdict.BAD, "; ".join(wrong))
        else:
            yield Finding(what, Verdict.OK, f"approved in {', '.join(ours.languages)}")


def _wrong(template: Json | None, role: str, language: str) -> str:
    """What is wrong with a template in one language, "" when nothing is."""
    if template is None:
        return (
            f"there is none in {language}: submit it ({PAGE}, Templates), or see whatsapp.templates.languages"
        )
    status = word(template.get("status")).upper()
    if status != "APPROVED":
        cause = {"PENDING": "Meta still looks at it", "PAUSED": "too many customers blocked it for now"}
        return f"in {language} it is {status}: {cause.get(status, 'see WhatsApp Manager, Message templates')}"
    body = next(
        (
            word(one.get("text"))
            for one in map(mapping, listing(template.get("components")))
            if word(one.get("type")).upper() == "BODY"
        ),
        "",
    )
    variables = set(_VARIABLE.findall(body))
    wanted = {str(n) for n in range(1, VARIABLES[role] + 1)}
    if variables != wanted:
        has = ", ".join(sorted(f"{{{{{each}}}}}" for each in variables)) or "none"
        needs = ", ".join(f"{{{{{each}}}}}" for each in sorted(wanted)) or "none"
        return f"in {language} its body has the variables {has} and needs {needs}"
    return ""
