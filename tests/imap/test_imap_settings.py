"""Mailboxes in the settings: named clearly when wrong, our own addresses when right, seen by the doctor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot import settings
from bot.doctor import Verdict, examine
from bot.errors import WrongSettings
from tests.imap.dovecot import PASSWORD, Dovecot

SOUND = '[[imap]]\nhost = "imap.toko.example"\nuser = "cs@toko.example"\npassword = "rahasia"\n'


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def load(folder: Path, text: str) -> settings.Settings:
    (folder / "sapa.toml").write_text(text)
    return settings.load(data=folder)


def test_a_mailbox_needs_no_more_than_host_user_and_password(tmp_path: Path) -> None:
    found = load(tmp_path, SOUND)
    box = found.imap[0].mailbox()
    assert (box.port, box.tls, box.folders, box.first, box.after) == (993, "tls", ("INBOX",), "now", "keep")
    assert found.mail.address == "cs@toko.example"  # answers come from where customers write
    assert found.own_addresses == ("cs@toko.example",)


def test_answers_come_from_the_mailbox_also_when_other_mail_settings_are_made(tmp_path: Path) -> None:
    found = load(tmp_path, '[mail]\nname = "Toko Makmur"\n' + SOUND)
    assert (found.mail.address, found.mail.name) == ("cs@toko.example", "Toko Makmur")


def test_the_addresses_of_every_mailbox_are_our_own(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        '[mail]\naddress = "halo@toko.example"\n' + SOUND + SOUND.replace('user = "cs@', 'user = "retur@')
        + 'addresses = ["Garansi@toko.example", "klaim@toko.example"]\n',
    )  # fmt: skip
    assert found.mail.address == "halo@toko.example"
    assert found.own_addresses == (
        "halo@toko.example", "cs@toko.example", "garansi@toko.example", "klaim@toko.example",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('tls = "none"', "everybody to read"),
        ('token_command = "x"', "either a password or a token_command"),
        ('after = "delete"', "after = "),
        ('first = "all"', "imap.0.first"),
        ("idle = 1741", "imap.0.idle"),
        ('folder = "INBOX"', "imap.0.folder"),
        ('addresses = ["cs"]', "'cs' is not an email address"),
        ('authority = "/no/such/file"', "/no/such/file is not there"),
        ('password_file = "/no/such/file"', "not both"),
    ],
)
def test_what_is_wrong_with_a_mailbox_is_named_and_its_password_is_not(
    tmp_path: Path, line: str, said: str
) -> None:
    with pytest.raises(WrongSettings) as caught:
        load(tmp_path, SOUND + line + "\n")
    assert said in str(caught.value)
    assert "imap.0" in str(caught.value)
    assert "rahasia" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SOUND.replace("[[imap]]", "[imap]"), "imap: there may be several mailboxes: write [[imap]]"),
        (SOUND + 'folders = "INBOX"\n', "imap.0.folders: it is a list: write ["),
        (SOUND + 'folder = "INBOX"\n', "imap.0.folder: there is no such setting; see docs/operating.md"),
        (SOUND.replace('host = "imap.toko.example"\n', ""), "imap.0.host: it must be given"),
    ],
)
def test_a_mailbox_written_wrongly_is_told_how_it_is_written(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(WrongSettings) as caught:
        load(tmp_path, text)
    assert said in str(caught.value)
    assert "rahasia" not in str(caught.value)


def test_an_environment_that_is_no_json_is_not_blamed_on_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAPA_IMAP", '[{"host": "imap.toko.example", "password": "rahasia"')
    with pytest.raises(WrongSettings, match=r"environment: .*imap.*JSON") as caught:
        settings.load(data=tmp_path)
    assert "sapa.toml" not in str(caught.value)
    assert "rahasia" not in str(caught.value)


def test_one_mailbox_in_two_entries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="named twice"):
        load(tmp_path, SOUND + SOUND + 'folders = ["Retur"]\n')


def test_a_user_that_is_no_address_needs_one_beside_it(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="is not an email address"):
        load(tmp_path, SOUND.replace('"cs@toko.example"', '"cs"'))
    named = load(tmp_path, SOUND.replace('"cs@toko.example"', '"cs"') + 'addresses = ["cs@toko.example"]\n')
    assert named.imap[0].own == ("cs@toko.example",)


def test_the_password_may_lie_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "kata").write_text("rahasia sekali\n")
    found = load(tmp_path, SOUND.replace('password = "rahasia"', f'password_file = "{tmp_path / "kata"}"'))
    assert found.imap[0].mailbox().password == "rahasia sekali"


def test_mailboxes_by_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = {"host": "imap.toko.example", "user": "cs@toko.example", "password": "rahasia"}
    monkeypatch.setenv("SAPA_IMAP", json.dumps([box]))
    assert settings.load(data=tmp_path).imap[0].user == "cs@toko.example"


def test_the_doctor_looks_at_every_mailbox(dovecot: Dovecot, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    user = dovecot.new_user()
    sound = {"host": "127.0.0.1", "port": dovecot.port, "tls": "none", "user": user, "password": PASSWORD}
    wrong = {**sound, "user": dovecot.new_user(), "folders": ["INBOX", "Retur"]}
    found = settings.load(data=tmp_path, imap=[sound, wrong])
    told = [each for each in examine(found, datetime.now(UTC)) if each.what.startswith("mailbox ")]
    assert [each.verdict for each in told] == [Verdict.OK, Verdict.BAD]
    assert "takes the login, has all folders" in told[0].detail
    assert "Retur cannot be opened" in told[1].detail


def test_a_password_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match=r"imap\.0\.password: password_file /no/such/file cannot be read"):
        load(tmp_path, SOUND.replace('password = "rahasia"', 'password_file = "/no/such/file"'))
