"""`sapa contact`: an operator sees who is who and why, joins by hand, and undoes what was wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bot.cli import app
from bot.house import open_house
from bot.settings import Settings
from channels.memory import Memory
from tests.store.whatsapp import shared, wa

P = "6281234567890"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The command on a data folder with four contacts; the first two showed the same number."""
    settings = Settings(data=tmp_path / "data")

    async def write() -> None:
        async with open_house(settings, lambda _ground: {}) as house:
            await house.inbox.accept([wa("1", phone=f"+{P}", bsuid="ID.7"), shared("1", P)])
            await house.inbox.accept([Memory().message("visitor", "halo"), wa("2", phone="+6281399999999")])
            await house.turns.run_once()

    asyncio.run(write())

    def invoke(*words: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(app, ["contact", *words, "--data", str(settings.data)], input=answer)

    return invoke


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def shown(run: Run, contact: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("show", str(contact)).stdout)
    return found


@pytest.mark.parametrize("who", [f"+{P}", P, "0812-3456-7890", "ID.7", "77"])
def test_a_contact_is_found_by_what_an_operator_has_at_hand(run: Run, who: str) -> None:
    found = lines(run("list", who))
    assert {entry["id"] for entry in found} >= {1 if who != "77" else 2}
    assert all(entry["person"] == [1, 2] for entry in found)


def test_the_newest_are_listed_and_nobody_is_a_no(run: Run) -> None:
    assert [entry["id"] for entry in lines(run("list"))] == [4, 3, 2, 1]
    assert [entry["id"] for entry in lines(run("list", "--joined"))] == [2, 1]
    assert run("list", "nobody@x.id").exit_code == 1


def test_a_person_is_shown_with_all_channels_and_why(run: Run) -> None:
    person = shown(run, 2)
    assert [entry["channels"] for entry in person["contacts"]] == [
        {"telegram bot": ["77"]}, {"whatsapp 1060": [f"+{P}", "ID.7"]},
    ]  # fmt: skip
    assert [(row["contact"], row["value"]) for row in person["joined_by"]] == [(1, f"+{P}"), (2, f"+{P}")]
    assert {row["channel"] for row in person["conversations"]} == {"telegram", "whatsapp"}
    missing = run("show", "99")
    assert (missing.exit_code, type(missing.exception).__name__) == (1, "NotFound")


def test_a_split_is_exact_and_the_same_proof_does_not_join_again(run: Run, tmp_path: Path) -> None:
    done = run("split", "2", "--note", "bukan orangnya", "--by", "dewi", "--yes")
    assert done.exit_code == 0
    assert f"phone +{P}" in done.stdout

    async def again() -> None:
        async with open_house(Settings(data=tmp_path / "data"), lambda _ground: {}) as house:
            await house.inbox.accept([shared("2", P, at=50 * 24 * 60)])

    asyncio.run(again())
    person = shown(run, 2)
    assert [entry["id"] for entry in person["contacts"]] == [2]
    (undone,) = person["undone"]
    assert (undone["undone_by"], undone["why"]) == ("dewi", "bukan orangnya")
    assert run("split", "2", "--note", "x", "--yes").exit_code == 1


def test_a_person_may_join_what_was_split(run: Run) -> None:
    run("split", "2", "--note", "salah", "--yes")
    done = run("join", "1", "2", "--note", "menelepon sendiri", "--by", "dewi", "--yes")
    assert "one person now" in done.stdout
    assert "already" in run("join", "2", "1", "--note", "lagi", "--yes").stdout
    said = [row for row in shown(run, 1)["joined_by"] if row["kind"] == "said"]
    assert {(row["contact"], row["by"], row["note"]) for row in said} == {
        (1, "dewi", "menelepon sendiri"), (2, "dewi", "menelepon sendiri"),
    }  # fmt: skip
    run("split", "1", "--note", "ternyata bukan", "--yes")
    assert [entry["id"] for entry in shown(run, 1)["contacts"]] == [1]


def test_only_one_proof_is_undone_when_it_is_named(run: Run) -> None:
    run("join", "2", "3", "--note", "satu toko", "--yes")
    (said,) = [r for r in shown(run, 3)["joined_by"] if r["kind"] == "said" and r["contact"] == 3]
    assert run("split", "3", "--proof", str(said["proof"]), "--note", "salah", "--yes").exit_code == 0
    assert [entry["id"] for entry in shown(run, 3)["contacts"]] == [3]
    assert [entry["id"] for entry in shown(run, 2)["contacts"]] == [2, 1]


@pytest.mark.parametrize("words", [
    ("join", "1", "--note", "x", "--yes"),
    ("join", "1", "2"),
    ("join", "1", "3", "--note", " ", "--yes"),
    ("split", "2", "--yes"),
    ("join", "1", "3", "--note", "x"),
])  # fmt: skip
def test_what_is_not_certain_or_has_no_reason_is_wrong_use(run: Run, words: tuple[str, ...]) -> None:
    """Without --yes and with nobody to ask, nothing is joined."""
    assert run(*words).exit_code == 2
    assert shown(run, 3)["joined_by"] == []


@pytest.mark.parametrize("words", [(), ("list",), ("show",), ("join",), ("split",)])
def test_each_command_explains_itself(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, ["contact", *words, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout
