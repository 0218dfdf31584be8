"""`sapa doctor` tells what is wrong with SMS without sending one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot import settings as settings_of
from bot.doctor import Verdict
from bot.doctor_sms import examine
from bot.errors import WrongSettings
from bot.providers import Site, build
from bot.settings import Settings
from channels.sms import Sms
from tests.faults.house import free_port
from tests.sms.kit import FORM, OURS, SECRET, answering, serving
from tests.waiting import until


def settings(folder: Path, monkeypatch: pytest.MonkeyPatch, public: str = "", **sms: Any) -> Settings:
    given = {
        "numbers": [OURS],
        "secret": SECRET,
        "out": {"url": "http://127.0.0.1:9/", "fields": FORM},
        **sms,
    }
    monkeypatch.setenv("SAPA_SMS", json.dumps(given))
    monkeypatch.setenv("SAPA_WEB__PUBLIC_URL", public)
    return settings_of.load(data=folder)


async def look(made: Settings) -> dict[str, tuple[Verdict, str]]:
    import asyncio

    found = await asyncio.to_thread(lambda: list(examine(made)))
    return {one.what.split(" 127")[0]: (one.verdict, one.detail) for one in found}


async def test_a_gateway_that_is_reached_gets_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving() as server:
        out = {"url": server.url, "fields": FORM}
        found = await look(settings(tmp_path, monkeypatch, out=out, reports={"status": "s", "id": "i"}))
        assert [verdict for verdict, _ in found.values()] == [Verdict.OK] * 3
        await until(lambda: len(server.lines) == 1)
        assert server.asked == []


async def test_what_is_missing_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = {"url": f"http://127.0.0.1:{free_port()}/", "fields": FORM}
    found = await look(settings(tmp_path, monkeypatch, out=out, numbers=["SAPA"]))
    assert found["SMS gateway"][0] is Verdict.BAD
    assert "sms.out.url" in found["SMS gateway"][1]
    assert found["SMS sender"][0] is Verdict.NOTE
    assert found["SMS delivery reports"][0] is Verdict.NOTE


@pytest.mark.parametrize(
    ("stranger", "known", "verdict", "words"),
    [
        (401, 200, Verdict.OK, "opens for the secret"),
        (404, 404, Verdict.BAD, "web server"),
        (200, 200, Verdict.BAD, "401"),
        (401, 401, Verdict.BAD, "secret"),
    ],
)
async def test_our_hook_must_be_closed_to_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stranger: int, known: int, verdict: Verdict, words: str
) -> None:
    async with serving(lambda r: answering(known if "x-sapa-secret" in r.headers else stranger)) as server:
        public = server.url.removesuffix("/send")
        found = await look(settings(tmp_path, monkeypatch, public))
        assert found["SMS hook"][0] is verdict
        assert words in found["SMS hook"][1]
        assert SECRET not in found["SMS hook"][1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"secret": ""}, "must be given"),
        ({"secret": "short"}, "12 characters"),
        ({"numbers": []}, "numbers"),
        ({"fields": {"id": ""}}, "one of id and time"),
        ({"fields": {"zone": "Mars"}}, "Asia/Jakarta"),
        ({"fields": {"sendr": "x"}}, "fields.sendr"),
        ({"hook": {"proof": "signature", "timestamp": "X-T"}}, "{timestamp}"),
        ({"hook": {"answer_status": 500}}, "200 to 299"),
        ({"reports": {"status": "s"}}, "id or echo"),
        ({"out": {"url": "gateway", "fields": FORM}}, "https://"),
        ({"out": {"url": "https://g.example", "fields": {"to": "{to}"}}}, "{text}"),
        ({"out": {"url": "https://g.example", "fields": {**FORM, "x": "{txt}"}}}, "{txt} is not known"),
        ({"out": {"url": "https://g.example", "fields": FORM, "auth": "bearer"}}, "needs key"),
        ({"out": {"url": "https://g.example", "fields": {**FORM, "k": "{key}"}}}, "{key}"),
        ({"out": {"url": "https://g.example", "fields": FORM, "id_pattern": "("}}, "regular expression"),
        ({"out": {"url": "https://g.example", "fields": FORM, "verdict": "x"}}, "accepted"),
        (
            {
                "out": {
                    "url": "https://g.example",
                    "fields": {"to": "{to}", "text": "{text}"},
                    "dedupes": True,
                }
            },
            "{id}",
        ),
    ],
)
def test_wrong_settings_are_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(WrongSettings) as caught:
        settings(tmp_path, monkeypatch, **given)
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"hook": {"proof": "signature", "name": "X-S", "signed": "{url}{form}"}},
        {"out": {"url": "https://g.example", "fields": {**FORM, "cb": "{callback_url}"}}},
    ],
)
def test_without_our_address_what_needs_it_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]
) -> None:
    """A signature over an address that nobody set would turn every call away."""
    with pytest.raises(WrongSettings, match="public_url"):
        build(Site(settings(tmp_path, monkeypatch, **given), b"", None))  # type: ignore[arg-type]
    public = settings(tmp_path, monkeypatch, "https://sapa.example", **given)
    assert list(build(Site(public, b"", None))) == ["sms"]  # type: ignore[arg-type]


def test_examples_of_the_docs_are_settings_that_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every `[sms]` block in docs/channels/sms.md is read as an operator would have it in sapa.toml."""
    import tomllib

    page = (Path(__file__).parents[2] / "docs" / "channels" / "sms.md").read_text()
    blocks = [block.split("```")[0] for block in page.split("```toml\n")[1:]]
    whole = [tomllib.loads(block) for block in blocks if "[sms]" in block]
    assert len(whole) >= 3
    for told in whole:
        monkeypatch.setenv("SAPA_SMS__KEY", "a-key-from-the-environment")
        (tmp_path / "sapa.toml").write_text(next(b for b in blocks if tomllib.loads(b) == told))
        made = settings_of.load(data=tmp_path).sms
        assert made is not None
        Sms(made.gateway, secret=made.secret.get_secret_value(), key="k").health()
