"""`sapa doctor`: does everything that is configured answer, and what to do when it does not."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path

from bot.errors import SapaError
from bot.settings import ImapSettings, Settings

ENOUGH_DISK = 1024**3
"""Bytes; below it the data folder is about to fill up."""


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor: what was looked at, how it is, and what to do if it is not fine."""

    what: str
    verdict: Verdict
    detail: str


def examine(settings: Settings, now: datetime, *, dns: bool = False) -> Iterator[Finding]:
    """All checks, one after the other; each is yielded as soon as it is known. `now` is aware; `dns`: also
    what can only be seen from outside."""
    from bot import doctor_mail
    from channels.smtp_in.checks import ask_dns

    checks: tuple[Callable[[], Finding], ...] = (
        lambda: _data_folder(settings.data),
        lambda: _disk(settings.data),
        lambda: _clock(settings.data, now),
        lambda: _pack(settings),
        lambda: _database(settings),
        lambda: _people(settings),
        lambda: port_is_free("web chat", settings.web.host, settings.web.port, settings.data),
        *(partial(_mailbox, each) for each in settings.imap),
    )
    for check in checks:
        yield check()
    if settings.telegram or settings.whatsapp or settings.sms:
        yield from public_address(settings)
    for name, look in CHATS.items():
        if getattr(settings, name) is not None:
            yield from look(settings)
    yield from doctor_mail.examine(settings, dns=ask_dns if dns else None)


def _data_folder(folder: Path) -> Finding:
    what = f"data folder {folder}"
    if not folder.exists():
        parent = next(p for p in folder.absolute().parents if p.exists())
        if os.access(parent, os.W_OK):
            return Finding(what, Verdict.NOTE, "not there yet; `sapa run` makes it")
        return Finding(what, Verdict.BAD, f"cannot be made: {parent} is not writable for you; use --data")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(what, Verdict.BAD, f"not writable for you; try: sudo chown -R $USER {folder}")
    return Finding(what, Verdict.OK, "writable")


def _disk(folder: Path) -> Finding:
    place = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free
    detail = f"{free / 1024**3:.1f} GB free"
    if free < ENOUGH_DISK:
        return Finding("disk", Verdict.BAD, f"{detail}; make room, or move the data folder and use --data")
    return Finding("disk", Verdict.OK, detail)


def _clock(folder: Path, now: datetime) -> Finding:
    newest = max((p.stat().st_mtime for p in folder.glob("sapa.db*")), default=0.0)
    ahead = datetime.fromtimestamp(newest, UTC) - now
    if ahead > timedelta(minutes=5):
        return Finding(
            "clock", Verdict.BAD, f"{ahead} behind the last write; set the time (timedatectl set-ntp true)"
        )
    return Finding("clock", Verdict.OK, now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"))


def _pack(settings: Settings) -> Finding:
    from bot import packs

    what = f"SOP pack {settings.pack or 'distributor (built in)'}"
    try:
        sop = packs.load(settings.pack)
    except SapaError as error:
        return Finding(what, Verdict.BAD, str(error))
    return Finding(what, Verdict.OK, f"sound, revision {sop.about.revisions[-1].number}, {sop.hash[:12]}")


def _database(settings: Settings) -> Finding:
    path = settings.data / "sapa.db"
    if settings.shared:
        return _server_database(settings)
    if not path.exists():
        return Finding("database", Verdict.NOTE, "not there yet; `sapa run` makes it")
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5) as connection:
            said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        return Finding(
            "database", Verdict.BAD, f"{path}: {error}; restore the last backup (docs/operating.md)"
        )
    if said != "ok":
        return Finding("database", Verdict.BAD, f"{path} is damaged: {said}; restore the last backup")
    return Finding("database", Verdict.OK, f"{path}, {path.stat().st_size / 1024**2:.1f} MB, sound")


def _people(settings: Settings) -> Finding:
    """What waits for a person; on a database server the page says it."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot.store import waiting
    from bot.store.engine import only_reading

    what, path = "for a person", settings.data / "sapa.db"
    if settings.shared or not path.exists():
        return Finding(what, Verdict.OK, "the page /attention shows what waits")
    try:
        with only_reading(path) as connection:
            seen = waiting.look(connection, datetime.now(UTC), ())
    except SQLAlchemyError as error:
        return Finding(what, Verdict.NOTE, f"cannot be counted: {type(error).__name__}")
    if not seen.quarantined and not seen.stuck:
        return Finding(what, Verdict.OK, "nothing waits")
    detail = f"{seen.quarantined} in quarantine, {seen.stuck} that did not leave; see the page /attention, or"
    return Finding(what, Verdict.NOTE, f"{detail} `sapa quarantine list` and `sapa outbox list`")


CLOCK_OFF = timedelta(minutes=3)
"""A clock that is farther off miscounts WhatsApp's 24 hours, which are kept with a margin of five minutes."""


def clock(whose: str, theirs: datetime, ours: datetime) -> Finding:
    """Whether the clock of this machine agrees with that of a provider, for what is timed by both."""
    what, off = f"clock and {whose}'s", ours - theirs
    if abs(off) <= CLOCK_OFF:
        return Finding(what, Verdict.OK, "they agree")
    side = "ahead of" if off > timedelta(0) else "behind"
    minutes = abs(off).total_seconds() / 60
    return Finding(
        what, Verdict.BAD, f"{minutes:.0f} minutes {side} it; set the time (timedatectl set-ntp true)"
    )


def _server_database(settings: Settings) -> Finding:
    from sqlalchemy import Engine, text

    from bot.store.engine import open_engines, run

    def version(engine: Engine) -> str:
        with engine.connect() as connection:
            return str(connection.execute(text("select version()")).scalar_one())

    async def ask() -> str:
        engines = open_engines(settings.database_url)
        try:
            async with asyncio.timeout(10):
                return await run(version, engines.reading)
        finally:
            await engines.dispose()

    try:
        return Finding("database", Verdict.OK, asyncio.run(ask()))
    except Exception as error:  # every driver has its own errors; all mean: not reached
        return Finding(
            "database", Verdict.BAD, f"does not answer ({type(error).__name__}); check SAPA_DATABASE"
        )


def public_address(settings: Settings) -> Iterator[Finding]:
    """Whether providers can call us, as far as that can be seen from here."""
    what, public = "public address", settings.web.public_url
    called = [name for name in ("whatsapp", "sms") if getattr(settings, name) is not None]
    if settings.telegram is not None and settings.telegram.mode == "webhook":
        called.insert(0, "telegram")
    if not called:
        return
    if not public:
        names = " and ".join(called)
        fix = "set SAPA_WEB__PUBLIC_URL to the https address of this Sapa"
        yield Finding(what, Verdict.BAD, f"none is set, and {names} must reach us: {fix}")
        return
    if not public.startswith("https://"):
        yield Finding(
            what, Verdict.BAD, f"{public}: providers call https only; put a web server with TLS there"
        )
        return
    import httpx  # only who is called from outside pays for it

    try:
        httpx.get(f"{public}/hooks/", timeout=10)
    except httpx.HTTPError as error:
        cause = str(error) or type(error).__name__
        fix = "see the name, its certificate and the web server; it may still be reached from outside"
        yield Finding(what, Verdict.NOTE, f"{public} does not answer from here ({cause}): {fix}")
        return
    hooks = ", ".join(f"{public}/hooks/{name}" for name in called)
    yield Finding(what, Verdict.OK, f"answers; providers call {hooks}")


def _telegram(settings: Settings) -> Iterator[Finding]:
    from bot import doctor_telegram

    return doctor_telegram.examine(settings)


def _sms(settings: Settings) -> Iterator[Finding]:
    from bot import doctor_sms

    return doctor_sms.examine(settings)


def _whatsapp(settings: Settings) -> Iterator[Finding]:
    from bot import doctor_whatsapp

    return doctor_whatsapp.examine(settings)


CHATS: Mapping[str, Callable[[Settings], Iterator[Finding]]] = {
    "telegram": _telegram,
    "whatsapp": _whatsapp,
    "sms": _sms,
}
"""What looks at each messaging provider, by the name of its group in the settings."""


def port_is_free(what: str, host: str, port: int, folder: Path) -> Finding:
    """Whether we could listen there, or do."""
    name = f"{what} on {host}:{port}"
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            return Finding(name, Verdict.BAD, "ports below 1024 need privileges; choose a higher one")
        except OSError as error:
            if in_use(folder):
                return Finding(name, Verdict.OK, "taken, and Sapa is running in this data folder")
            return Finding(name, Verdict.BAD, f"{error.strerror}; stop what uses it, or choose another port")
    return Finding(name, Verdict.OK, "free")


def in_use(folder: Path) -> bool:
    """Whether a `sapa run` holds the lock on the data folder."""
    import fcntl

    try:
        with (folder / "lock").open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _mailbox(settings: ImapSettings) -> Finding:
    from channels.imap.examining import examine

    looked = examine(settings.mailbox())
    return Finding(
        f"mailbox {settings.user} at {settings.host}",
        Verdict.OK if looked.ok else Verdict.BAD,
        looked.detail,
    )
