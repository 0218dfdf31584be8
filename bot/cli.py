"""The command `sapa`. What a command needs is imported when it runs, so that each starts at once."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.contacts import contact_app
from bot.errors import SapaError
from bot.mail import mail_app

if TYPE_CHECKING:
    from bot.settings import Settings

app = typer.Typer(
    name="sapa",
    help="Customer-service intake that follows the SOP.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
sop_app = typer.Typer(help="The SOP pack: its faults, and the pack as a document.", no_args_is_help=True)
quarantine_app = typer.Typer(help="What could not be handled, with its cause.", no_args_is_help=True)
app.add_typer(sop_app, name="sop")
outbox_app = typer.Typer(help="Messages that did not leave, and why.", no_args_is_help=True)
agent_app = typer.Typer(help="Conversations that a person has: take one, hand it back.", no_args_is_help=True)
app.add_typer(agent_app, name="agent")
app.add_typer(contact_app, name="contact")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(outbox_app, name="outbox")
app.add_typer(mail_app, name="mail")

Data = Annotated[Path | None, typer.Option(help="The data folder. Default: ./data, or SAPA_DATA.")]
Pack = Annotated[
    Path | None, typer.Option(help="A folder with an SOP pack. Default: the built-in distributor.")
]

Name = Annotated[str, typer.Option(help="Who does it; customers read this name at the hand-back.")]


def _settings(**given: Any) -> Settings:
    from bot import settings

    return settings.load(**given)


def _lines(rows: Iterable[Any]) -> None:
    for row in rows:
        typer.echo(json.dumps(row, ensure_ascii=False))


@app.command()
def run(
    data: Data = None,
    pack: Pack = None,
    only: Annotated[
        str | None,
        typer.Option(help="Only these parts: web,smtp,imap,telegram,whatsapp,sms,turns,outbox,timers"),
    ] = None,
    web_host: Annotated[str | None, typer.Option(help="Where the web chat listens.")] = None,
    web_port: Annotated[int | None, typer.Option(help="Its port; 0 takes a free one.")] = None,
    smtp_port: Annotated[
        int | None, typer.Option(help="Where mail is received; 0 takes a free port.")
    ] = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written with the addresses when all is up.")
    ] = None,
) -> None:
    """Everything in one process: web chat, mail in and out, the SOP at work."""
    gc.disable()  # nothing of a start is garbage: looking for it takes a tenth of the time (see `service`)
    from bot import logs, service

    settings = _settings(data=data, pack=pack)
    web = {"host": web_host, "port": web_port}
    settings = settings.model_copy(
        update={
            "web": settings.web.model_copy(update={k: v for k, v in web.items() if v is not None}),
            "smtp_in": settings.smtp_in.model_copy(update={} if smtp_port is None else {"port": smtp_port}),
        }
    )
    logs.configure(settings.log)
    parts = None if only is None else frozenset(name.strip() for name in only.split(",") if name.strip())
    raise typer.Exit(service.run(settings, only=parts, ready_file=ready_file))


@app.command()
def chat(
    script: Annotated[Path | None, typer.Option(help="A talk to replay; prints where it differs.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Keep the talk in this data folder (default: nowhere).")
    ] = None,
    as_: Annotated[
        str, typer.Option("--as", help="As on this channel: chat, telegram, whatsapp or sms.")
    ] = "",
    pack: Pack = None,
) -> None:
    """Talk to the bot in the terminal, as a customer."""
    from bot import terminal

    if script is not None:
        raise typer.Exit(terminal.replay_script(script, pack, as_))
    raise typer.Exit(terminal.talk(_settings(data=data, pack=pack), keep=data is not None, channel=as_))


@app.command()
def check(data: Data = None, pack: Pack = None) -> None:
    """Are the settings and the SOP pack sound?"""
    from bot import packs

    settings = _settings(data=data, pack=pack)
    sop = packs.load(settings.pack)
    typer.echo(f"Settings are sound; data folder {settings.data}.")
    typer.echo(
        f"Pack {sop.about.id!r} is sound: {len(sop.procedures)} procedures, {len(sop.classes)} classes, "
        f"{len(sop.products)} products, {len(sop.faq)} answers; {sop.hash[:12]}."
    )


@app.command()
def doctor(
    data: Data = None,
    pack: Pack = None,
    dns: Annotated[bool, typer.Option("--dns", help="Also ask the DNS for what must stand there.")] = False,
) -> None:
    """Does everything that is configured answer, and what to do if not."""
    from rich.console import Console

    from bot.doctor import Verdict, examine

    console = Console(highlight=False)
    marks = {Verdict.OK: "[green]ok  [/]", Verdict.NOTE: "[yellow]note[/]", Verdict.BAD: "[red]BAD [/]"}
    bad = 0
    for finding in examine(_settings(data=data, pack=pack), datetime.now(UTC), dns=dns):
        console.print(f"{marks[finding.verdict]} ", end="")
        console.print(f"{finding.what}: {finding.detail}", markup=False, soft_wrap=True)
        bad += finding.verdict is Verdict.BAD
    raise typer.Exit(1 if bad else 0)


@app.command()
def understand(
    text: Annotated[str | None, typer.Argument(help="What a customer writes.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read one text a line from standard input.")] = False,
    field: Annotated[str, typer.Option(help="As if this field had been asked for.")] = "",
    yes_no: Annotated[bool, typer.Option("--yes-no", help="As if a yes or no had been asked for.")] = False,
    pack: Pack = None,
) -> None:
    """What the bot understands of a text, with the evidence, as JSON."""
    from zoneinfo import ZoneInfo

    from bot import packs
    from bot.understanding import Understander
    from bot.understanding.explain import explain
    from bot.understanding.heard import Expecting

    if (text is None) is not jsonl:
        raise typer.BadParameter("give one TEXT, or --jsonl and texts on standard input")
    sop = packs.load(pack)
    understander = Understander(sop)
    expecting = Expecting(today=datetime.now(ZoneInfo(sop.about.timezone)).date(), field=field, yes_no=yes_no)
    texts = [text] if text is not None else (line.rstrip("\n") for line in sys.stdin)
    if jsonl:
        _lines(explain(understander.understand(each, expecting)) for each in texts if each is not None)
    elif text is not None:
        typer.echo(
            json.dumps(explain(understander.understand(text, expecting)), ensure_ascii=False, indent=2)
        )


@sop_app.command("check")
def sop_check(folder: Annotated[Path | None, typer.Argument(help="The pack's folder.")] = None) -> None:
    """All faults of a pack at once, with file and line."""
    from bot import packs

    sop = packs.load(folder)
    typer.echo(f"Pack {sop.about.id!r} is sound ({sop.hash[:12]}).")


@sop_app.command("show")
def sop_show(
    folder: Annotated[Path | None, typer.Argument(help="The pack's folder.")] = None,
    language: Annotated[Literal["id", "en"], typer.Option()] = "id",
) -> None:
    """The pack as a controlled document (Markdown)."""
    from bot import packs
    from bot.sop.show import show

    typer.echo(show(packs.load(folder), language))


@quarantine_app.command("list")
def quarantine_list(
    data: Data = None,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="What machines wrote and nobody answered, instead.")
    ] = False,
    kind: Annotated[
        str, typer.Option(help="With --unanswered: only bounce, auto_reply, list, junk, receipt, ...")
    ] = "",
) -> None:
    """One JSON line for each input in quarantine: id, channel, when, cause."""
    from bot import upkeep

    settings = _settings(data=data)
    if kind and not unanswered:
        raise typer.BadParameter("--kind is a kind of mail that was not answered: give --unanswered, too")
    found = upkeep.unanswered(settings, kind) if unanswered else upkeep.quarantined(settings)
    _lines(asyncio.run(found))


@quarantine_app.command("show")
def quarantine_show(id: Annotated[int, typer.Argument()], data: Data = None) -> None:
    """What came in, byte for byte."""
    from bot import upkeep

    sys.stdout.buffer.write(asyncio.run(upkeep.raw_of(_settings(data=data), id)))


@quarantine_app.command("release")
def quarantine_release(id: Annotated[int, typer.Argument()], data: Data = None) -> None:
    """Put an input back in the queue; mail that was not answered is then a customer's."""
    from bot import upkeep

    asyncio.run(upkeep.release(_settings(data=data), id))
    typer.echo(f"{id} waits again.")


@quarantine_app.command("discard")
def quarantine_discard(id: Annotated[int, typer.Argument()], data: Data = None) -> None:
    """Decide that an input shall not be answered; it stays on record."""
    from bot import upkeep

    asyncio.run(upkeep.give_up(_settings(data=data), id))
    typer.echo(f"{id} will not be answered.")


@outbox_app.command("list")
def outbox_list(data: Data = None) -> None:
    """One JSON line for each message that a person must look at: id, channel, to, state, reason."""
    from bot import upkeep

    _lines(asyncio.run(upkeep.dead_letters(_settings(data=data))))


@outbox_app.command("release")
def outbox_release(id: Annotated[int, typer.Argument()], data: Data = None) -> None:
    """Send a message on its way again, for another week."""
    from bot import upkeep

    asyncio.run(upkeep.resend(_settings(data=data), id, datetime.now(UTC)))
    typer.echo(f"{id} is on its way again.")


@outbox_app.command("discard")
def outbox_discard(id: Annotated[int, typer.Argument()], data: Data = None) -> None:
    """Decide that a message shall not leave; it stays on record."""
    from bot import upkeep

    asyncio.run(upkeep.discard(_settings(data=data), id))
    typer.echo(f"{id} will not leave.")


@agent_app.command("list")
def agent_list(data: Data = None) -> None:
    """One JSON line for each open conversation that the bot does not have: id, channel, address, owner."""
    from bot import upkeep

    _lines(asyncio.run(upkeep.held(_settings(data=data))))


@agent_app.command("take")
def agent_take(id: Annotated[int, typer.Argument()], name: Name = "", data: Data = None) -> None:
    """Take a conversation over: the bot is silent from now on."""
    from bot import upkeep

    asyncio.run(upkeep.take(_settings(data=data), id, name, datetime.now(UTC)))
    typer.echo(f"The bot is silent in {id}, until `sapa agent give {id}`.")


@agent_app.command("give")
def agent_give(id: Annotated[int, typer.Argument()], name: Name = "", data: Data = None) -> None:
    """Hand a conversation back to the bot, which tells the customer that it goes on."""
    from bot import upkeep

    asyncio.run(upkeep.give(_settings(data=data), id, name, datetime.now(UTC)))
    typer.echo(f"The bot goes on with {id}.")


@app.command()
def replay(data: Data = None) -> None:
    """Prove for the whole database that the recorded events give the recorded conversations."""
    from bot import upkeep

    proved = asyncio.run(upkeep.replay(_settings(data=data)))
    for fault in proved.faults:
        typer.echo(fault, err=True)
    typer.echo(f"{proved.conversations} conversations, {proved.events} events: {len(proved.faults)} differ.")
    raise typer.Exit(1 if proved.faults else 0)


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")], data: Data = None
) -> None:
    """A sound copy of the data folder, also while `sapa run` is working."""
    from bot import upkeep

    upkeep.backup(_settings(data=data), to)
    typer.echo(f"Copied to {to}.")


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database to this version's schema (`sapa run` does it too)."""
    from bot import upkeep

    asyncio.run(upkeep.migrate(_settings(data=data)))
    typer.echo("The database has this version's schema.")


def main() -> None:
    """Run the command line: exit 0 done, 1 the answer is no, 2 wrong use."""
    try:
        app()
    except SapaError as error:
        typer.echo(f"sapa: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
