"""`sapa contact`: who writes on several channels, why Sapa takes them for one person, and to undo it."""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.store.directory import Entry, Whole
    from bot.store.people import Shown

contact_app = typer.Typer(
    help="Who writes to us: one person on several channels, and why. Joined after proof only, or by hand.",
    no_args_is_help=True,
)

Data = Annotated[Path | None, typer.Option(help="The data folder. Default: ./data, or SAPA_DATA.")]
Note = Annotated[str, typer.Option(help="Why; it stays on record.", show_default=False)]
By = Annotated[str, typer.Option(help="Who says so; it stays on record. Default: your login name.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask again.")]

HOW = {
    ("phone", "channel"): "the channel made sure of the number",
    ("email", "channel"): "the channel made sure of the address",
    ("email", "code"): "a code was sent to the address and typed back",
    ("email", "dmarc"): "a trusted server judged a mail from the address genuine (DMARC)",
    ("channel", "channel"): "the channel named these ids as one account",
    ("said", "person"): "a person said so",
}


@contact_app.command("list")
def list_(
    who: Annotated[
        str,
        typer.Argument(
            help="A phone number, address, id, ticket's number or part of a name; else the newest."
        ),
    ] = "",
    joined: Annotated[bool, typer.Option("--joined", help="Only those on several channels.")] = False,
    most: Annotated[int, typer.Option(min=1, help="So many at most.")] = 50,
    data: Data = None,
) -> None:
    """One JSON line for each contact: id, name, channels with the ids there, the contacts of the same person.

    Exit code 1 when nobody was found.
    """
    from bot.store import directory

    async def look(settings: Settings) -> list[Entry]:
        from bot.upkeep import open_store

        async with open_store(settings) as store:
            return await store.read(lambda conn: directory.find(conn, who.strip(), most))

    found = [each for each in asyncio.run(look(_settings(data))) if not joined or len(each.person) > 1]
    for entry in found:
        typer.echo(json.dumps(_entry(entry), ensure_ascii=False))
    raise typer.Exit(0 if found else 1)


@contact_app.command("show")
def show(id: Annotated[int, typer.Argument(help="A contact's id.")], data: Data = None) -> None:
    """The whole person: contacts, what joins them, what was undone, conversations, tickets; as JSON."""
    person = asyncio.run(_whole(_settings(data), [id]))[0]
    told = {
        "contacts": [_entry(entry) for entry in person.contacts],
        "joined_by": [_proof(row) for row in person.joined_by],
        "undone": [_proof(row) for row in person.undone],
        "conversations": [_plain(row) for row in person.conversations],
        "tickets": [_plain(row) for row in person.tickets],
    }
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))


@contact_app.command("join")
def join(
    ids: Annotated[list[int], typer.Argument(metavar="ID ID…", help="Contacts that are one person.")],
    note: Note,
    by: By = "",
    yes: Yes = False,
    data: Data = None,
) -> None:
    """Say that contacts are one person. From then on each may ask for the other's tickets."""
    wanted = sorted(set(ids))
    if len(wanted) < 2:
        raise typer.BadParameter("name two contacts or more; `sapa contact list` shows them")
    if not note.strip():
        raise typer.BadParameter("--note: say why, for whoever looks at it later")
    settings = _settings(data)
    persons = asyncio.run(_whole(settings, wanted))
    _describe(persons)
    _sure("These will be one person: each may ask for the other's tickets. Join them?", yes)
    done = asyncio.run(_join(settings, wanted, by or getpass.getuser(), note.strip()))
    typer.echo(
        f"{', '.join(map(str, wanted))} are one person now; `sapa contact split {wanted[0]}` undoes it."
        if done
        else f"{', '.join(map(str, wanted))} were one person already; nothing was changed."
    )


@contact_app.command("split")
def split(
    id: Annotated[int, typer.Argument(help="The contact that is somebody else.")],
    note: Note,
    proof: Annotated[
        int | None, typer.Option(help="Undo only this proof (`sapa contact show` numbers them).")
    ] = None,
    by: By = "",
    yes: Yes = False,
    data: Data = None,
) -> None:
    """Take a contact out of its person again. The same proof does not join it a second time.

    Exit code 1 when nothing joined it.
    """
    if not note.strip():
        raise typer.BadParameter("--note: say why, for whoever looks at it later")
    settings = _settings(data)
    (person,) = asyncio.run(_whole(settings, [id]))
    _describe([person])
    _sure(f"Contact {id} will be somebody else than the others. Split it off?", yes)
    undone = asyncio.run(_split(settings, id, by or getpass.getuser(), note.strip(), proof))
    if not undone:
        typer.echo(
            f"sapa: nothing of that kind joins contact {id} with another; nothing was changed.", err=True
        )
        raise typer.Exit(1)
    for row in undone:
        typer.echo(f"Undone: proof {row.id}, {_why(row)}.")


async def _whole(settings: Settings, wanted: list[int]) -> list[Whole]:
    from bot.errors import NotFound
    from bot.store import directory
    from bot.upkeep import open_store

    async with open_store(settings) as store:
        found = await store.read(lambda conn: [directory.whole(conn, each) for each in wanted])
    missing = [str(n) for n, whole in zip(wanted, found, strict=True) if whole is None]
    if missing:
        raise NotFound(f"No contact has the id {', '.join(missing)}; `sapa contact list` shows them.")
    return [whole for whole in found if whole is not None]


async def _join(settings: Settings, wanted: list[int], by: str, note: str) -> bool:
    from bot.store import people
    from bot.upkeep import open_store

    at = datetime.now(UTC)
    async with open_store(settings) as store:
        return await store.write(lambda conn: people.join(conn, wanted, by, note, at))


async def _split(settings: Settings, id_: int, by: str, why: str, only: int | None) -> list[Shown]:
    from bot.store import people
    from bot.upkeep import open_store

    at = datetime.now(UTC)
    async with open_store(settings) as store:
        return await store.write(lambda conn: people.split(conn, id_, by, why, at, only=only))


def _settings(data: Path | None) -> Settings:
    from bot import settings

    return settings.load(data=data)


def _sure(question: str, yes: bool) -> None:
    """Ask, unless told not to; where nobody can be asked, it is wrong use."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody is there to be asked; say --yes when it is certain")
    typer.confirm(question, abort=True)


def _describe(persons: list[Whole]) -> None:
    for person in persons:
        for entry in person.contacts:
            where = "; ".join(f"{place}: {', '.join(ids)}" for place, ids in entry.ids.items())
            typer.echo(f"{entry.id}  {entry.name or '(no name)'}  {where}", err=True)
        for row in person.joined_by:
            typer.echo(f"    joined by proof {row.id} of {row.contact_id}: {_why(row)}", err=True)


def _why(row: Shown) -> str:
    how = HOW.get((row.kind, row.how), row.how)
    said = f" ({row.by}: {row.note})" if row.by else ""
    return f"{row.kind} {row.value}: {how}{said}"


def _entry(entry: Entry) -> dict[str, Any]:
    told = {
        "id": entry.id,
        "name": entry.name,
        "since": entry.since.isoformat(),
        "channels": dict(entry.ids),
        "person": sorted(entry.person),
    }
    return told | ({"earlier": dict(entry.earlier)} if entry.earlier else {})


def _proof(row: Shown) -> dict[str, Any]:
    told: dict[str, Any] = {
        "proof": row.id,
        "contact": row.contact_id,
        "kind": row.kind,
        "value": row.value,
        "how": HOW.get((row.kind, row.how), row.how),
        "at": row.at.isoformat(),
        "seen_at": row.seen_at.isoformat(),
    }
    if row.by:
        told |= {"by": row.by, "note": row.note}
    if row.undone_at is not None:
        told |= {"undone_at": row.undone_at.isoformat(), "undone_by": row.undone_by, "why": row.undone_why}
    return told


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name in row.__dataclass_fields__
        for value in (getattr(row, name),)
    }
