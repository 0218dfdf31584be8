"""What the doctor looks at for Telegram: the token, how updates come, the clock, what waits here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.chat_settings import TelegramSettings
from bot.doctor import Finding, Verdict, clock
from bot.settings import Settings
from channels.telegram.calls import Calls
from channels.telegram.condition import REVOKED, in_the_way, not_delivered
from channels.telegram.faults import Declined, Fault
from channels.telegram.wire import count, instant, words

PORTS = (443, 80, 88, 8443)
"""Ports that api.telegram.org calls."""
LATELY = timedelta(hours=1)
PATIENCE = 15.0
"""Seconds for each answer of the server."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the server says of the bot. `trouble` when it does not say it."""

    me: dict[str, Any]
    hook: dict[str, Any]
    server_time: datetime | None
    trouble: Fault | None = None


def examine(settings: Settings) -> Iterator[Finding]:
    """All checks of the bot in the settings. Nothing is changed at Telegram, and no update is taken."""
    telegram = settings.telegram
    if telegram is None:
        return
    seen = asyncio.run(_look(telegram))
    if seen.trouble is not None:
        yield Finding("Telegram bot", Verdict.BAD, _not_reached(seen.trouble, telegram))
        return
    yield _bot(seen.me)
    yield _updates(settings, telegram, seen.hook)
    if seen.server_time is not None:
        yield clock("Telegram", seen.server_time, datetime.now(UTC))
    if (waiting := _waiting(settings)) is not None:
        yield waiting


async def _look(telegram: TelegramSettings) -> _Seen:
    calls = Calls(telegram.token.get_secret_value(), telegram.base_url)
    try:
        me = await calls.call("getMe", patience=PATIENCE)
        hook = await calls.call("getWebhookInfo", patience=PATIENCE)
        return _Seen(dict(me), dict(hook), calls.server_time)
    except Fault as fault:
        return _Seen({}, {}, None, fault)
    finally:
        await calls.close()


def _not_reached(trouble: Fault, telegram: TelegramSettings) -> str:
    if isinstance(trouble, Declined) and trouble.token_refused:
        return REVOKED
    return (
        f"{telegram.base_url} gives no answer ({trouble}): see the way out to the internet, and whether a "
        "proxy is needed (HTTPS_PROXY)"
    )


def _bot(me: dict[str, Any]) -> Finding:
    name = words(me, "username")
    detail = f"@{name} ({words(me, 'first_name')}); customers write to https://t.me/{name}"
    if me.get("can_join_groups") is True:
        detail += "; it may be put into groups, where it never answers: @BotFather, /setjoingroups"
    return Finding("Telegram bot", Verdict.OK, detail)


def _updates(settings: Settings, telegram: TelegramSettings, hook: dict[str, Any]) -> Finding:
    what, there = "Telegram updates", words(hook, "url")
    public = settings.web.public_url
    ours = f"{public}/hooks/telegram" if public else ""
    waiting = count(hook, "pending_update_count")
    wait = f"{waiting} {'update waits' if waiting == 1 else 'updates wait'} there"
    if there not in ("", ours):
        verdict = Verdict.NOTE if telegram.take_over else Verdict.BAD
        more = "; `sapa run` takes it away, as telegram.take_over says" if telegram.take_over else ""
        return Finding(what, verdict, in_the_way(there) + more)
    if telegram.mode == "polling":
        if there:
            return Finding(
                what, Verdict.NOTE, f"a webhook is set from before; `sapa run` takes it away; {wait}"
            )
        return Finding(what, Verdict.OK, f"by polling, which needs no public address; {wait}")
    if fault := _address(public, telegram.base_url):
        return Finding(what, Verdict.BAD, fault)
    if not there:
        return Finding(what, Verdict.NOTE, f"no webhook is set yet; `sapa run` sets {ours}; {wait}")
    failed = instant(hook, "last_error_date")
    if failed is not None and datetime.now(UTC) - failed < LATELY and waiting:
        return Finding(what, Verdict.BAD, not_delivered(words(hook, "last_error_message"), waiting))
    return Finding(what, Verdict.OK, f"by webhook to {ours}; {wait}")


def _address(public: str, base_url: str) -> str:
    """What is wrong with our address, "" when Telegram can call it. A server of one's own calls any."""
    if urlsplit(base_url).hostname != "api.telegram.org":
        return ""
    try:
        parts = urlsplit(public)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return f"web.public_url {public!r} is no address"
    if parts.scheme != "https":
        return f"{public}: Telegram calls https only; put a web server with TLS there, or use polling"
    if port not in PORTS:
        return f"{public}: Telegram calls port 443, 80, 88 or 8443 only; use one of them, or polling"
    return ""


def _waiting(settings: Settings) -> Finding | None:
    """What waits here for this channel; on a database server the page says it."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.store.engine import only_reading
    from bot.store.waiting import of_channel

    path = settings.data / "sapa.db"
    if settings.shared or not path.exists():
        return None
    try:
        with only_reading(path) as connection:
            seen = of_channel(connection, "telegram")
    except SQLAlchemyError as error:
        return Finding("Telegram messages here", Verdict.NOTE, f"cannot be counted: {type(error).__name__}")
    detail = f"{seen.unanswered} to be answered, {seen.leaving} to leave, {seen.doubtful} in doubt"
    if seen.doubtful:
        return Finding("Telegram messages here", Verdict.NOTE, f"{detail}; see `sapa outbox list`")
    return Finding("Telegram messages here", Verdict.OK, detail)
