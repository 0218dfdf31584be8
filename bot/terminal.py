"""`sapa chat`: the whole house on a channel that is this terminal, or a script played to it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from rich.console import Console
from rich.markup import escape

from bot import packs
from bot.errors import NotFound, SapaError
from bot.settings import Settings
from bot.store import waiting

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.dialogue import Carrying
    from bot.house import House
    from channels.base import Capabilities, Outbound

HELLO = "Write as a customer. Enter sends, an empty line ends the talk (or Ctrl-D).\n"
THREAD = "terminal"
PATIENCE = 20.0
"""Seconds to wait for the last answers; normally they take milliseconds."""


class WrongScript(SapaError):
    """The talk's script cannot be played."""


class NoSuchChannel(SapaError):
    """There is no such channel to talk as."""

    exit_code = 2


def _carrying(channel: str) -> Carrying:
    from bot.dialogue.rehearsal import CARRYING

    if channel not in CARRYING:
        raise NoSuchChannel(f"{channel!r} is none of {', '.join(CARRYING)}.")
    return CARRYING[channel]


def replay_script(path: Path, pack: Path | None, channel: str = "") -> int:
    """Play a script (on another `channel` than it names, where one is given), print the talk and where it
    differs; 0 when it does not, else 1."""
    from bot.dialogue.rehearsal import play
    from bot.understanding import Understander

    try:
        script = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"No script {path}.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise WrongScript(f"{path}: {error}") from None
    if not isinstance(script, dict) or not isinstance(script.get("steps"), list):
        raise WrongScript(f"{path}: it needs `name:` and a list of `steps:` (see docs/sop-authors.md).")
    if channel:
        _carrying(channel)
        script["channel"] = channel
    sop = packs.load(pack)
    try:
        played = play(script, sop, Understander(sop))
    except (KeyError, TypeError, ValueError) as error:
        raise WrongScript(f"{path}: {type(error).__name__}: {error}") from None
    for line in played.transcript:
        print(line)
    for difference in played.differences:
        print(f"DIFFERS  {difference}", file=sys.stderr)
    return 1 if played.differences else 0


def talk(settings: Settings, *, keep: bool, channel: str = "") -> int:
    """Talk with the bot until the person at the terminal ends it; `keep`: in the settings' data folder;
    `channel`: with the wording, the buttons and the lengths of this one."""
    carrying = _carrying(channel) if channel else None
    if carrying is not None and carrying.medium == "email":
        raise NoSuchChannel("Letters are talked with by --script.")
    with contextlib.ExitStack() as stack:
        if keep:
            from bot.house import alone_in

            stack.enter_context(alone_in(settings.data))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sapa-chat-"))
            settings = settings.model_copy(
                update={"data": Path(folder), "database": type(settings.database)("")}
            )
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_talk(settings, carrying))
    return 0


async def _talk(settings: Settings, carrying: Carrying | None) -> None:
    from bot.house import open_house
    from channels.memory import Memory

    console = Console(highlight=False)
    memory = Memory(capabilities=_capabilities(carrying) if carrying is not None else None)
    async with open_house(settings, lambda _ground: {Memory.name: memory}) as house:
        parts = [
            asyncio.create_task(run)
            for run in (
                memory.run(house.inbox.accept),
                house.timers.run(),
                house.turns.run(),
                house.outbox.run(),
                _listen(console, memory),
            )
        ]
        try:
            console.print(HELLO, style="dim")
            while line := await _line():
                await memory.say(THREAD, line)
            await _answered(house)
        finally:
            for part in reversed(parts):
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            if settings.mailbox_folder is not None and settings.mailbox_folder.is_dir():
                console.print(f"Mail went to {settings.mailbox_folder}", style="dim")


def _capabilities(carrying: Carrying) -> Capabilities:
    from channels.base import Capabilities

    return Capabilities(
        medium=carrying.medium,
        max_text=carrying.max_text,
        max_with_choices=carrying.max_with_choices,
        buttons=carrying.buttons,
        label=carrying.label,
        list_rows=carrying.list_rows,
        idempotent=True,
    )


def _busy(connection: Connection) -> bool:
    seen = waiting.look(connection, datetime.now(UTC), ())
    return bool(seen.inputs or seen.letters)


async def _answered(house: House) -> None:
    """Wait until all that was written is answered, so that piped lines get their answers too."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while await house.store.read(_busy):  # noqa: ASYNC110 - several parts
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)  # what left the outbox is printed


async def _listen(console: Console, memory: object) -> None:
    from channels.memory import Memory

    assert isinstance(memory, Memory)  # noqa: S101 - for the type checker; made above
    while True:
        _show(console, await memory.next_sent(), memory.capabilities)


def _show(console: Console, message: Outbound, capabilities: Capabilities) -> None:
    console.print(f"[bold green]Sapa[/]  {escape(message.text)}", soft_wrap=True)
    if capabilities.medium == "sms":
        from channels.sms.alphabet import length, plain

        console.print(f"      {length(plain(message.text)).parts} SMS", style="dim")
    if message.choices:
        labels = "  ".join(f"[reverse] {escape(c.label)} [/]" for c in message.choices)
        opens = f"({escape(message.menu)})  " if len(message.choices) > capabilities.buttons else ""
        console.print(f"      {opens}{labels}")
    console.print()


async def _line() -> str:
    """One line from the terminal, read in a thread so that answers and reminders come in meanwhile."""
    loop = asyncio.get_running_loop()
    try:
        line: str = await loop.run_in_executor(None, sys.stdin.readline)
    except (EOFError, ValueError):
        return ""
    return line.strip()
