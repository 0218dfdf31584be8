"""Settings: every fault at once, no secret shown, no silent nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot import settings
from bot.errors import WrongSettings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_nothing_needs_to_be_set() -> None:
    found = settings.load()
    assert found.web.port == 8080
    assert found.mail.own == ("support@localhost",)
    assert found.mailbox_folder == Path("data/mailbox")
    assert found.database_url.startswith("sqlite:///")


def test_environment_goes_before_the_file_and_the_command_line_before_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sapa.toml").write_text('log = "json"\n[web]\nport = 1111\nhost = "127.0.0.2"\n')
    monkeypatch.setenv("SAPA_WEB__PORT", "2222")
    found = settings.load(data=tmp_path)
    assert (found.web.port, found.web.host, found.log) == (2222, "127.0.0.2", "json")
    assert settings.load(data=tmp_path, log="text").log == "text"


def test_all_faults_are_named_at_once_and_the_password_is_not(tmp_path: Path) -> None:
    (tmp_path / "sapa.toml").write_text(
        'colour = "red"\n[web]\nport = "many"\n[mail]\naddress = "nobody"\n'
        '[relay]\nport = 0\npassword = "geheim"\n'
    )
    with pytest.raises(WrongSettings) as caught:
        settings.load(data=tmp_path)
    said = str(caught.value)
    for name in ("colour", "web.port", "mail.address", "relay.port"):
        assert name in said
    assert "geheim" not in said


def test_a_file_that_is_no_toml_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "sapa.toml").write_text("[web\n")
    with pytest.raises(WrongSettings, match=r"sapa\.toml"):
        settings.load(data=tmp_path)


def test_a_password_is_never_printed() -> None:
    assert "geheim" not in repr(settings.load(relay={"host": "mail.example", "password": "geheim"}))


def test_the_secret_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    made = settings.secret(tmp_path)
    assert len(made) == 32
    assert settings.secret(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_secret_cut_short_by_a_crash_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    assert len(settings.secret(tmp_path)) == 32


def test_a_channel_without_its_group_is_off_and_one_without_its_secrets_does_not_start(
    tmp_path: Path,
) -> None:
    """WhatsApp without `app_secret` would believe whoever calls: no secret, no start."""
    assert settings.load().telegram is None
    (tmp_path / "sapa.toml").write_text(
        '[telegram]\ntoken = "geheim"\n[whatsapp]\nnumbers = ["+62 21"]\nversion = "26"\ntoken = "geheim"\n'
        '[sms]\nsecret_file = "/no/such/file"\n'
    )
    with pytest.raises(WrongSettings) as caught:
        settings.load(data=tmp_path)
    said = str(caught.value)
    for name in ("telegram.token", "whatsapp.app_secret", "whatsapp.verify_token", "whatsapp.numbers",
                 "whatsapp.version", "sms.secret: secret_file /no/such/file cannot be read"):  # fmt: skip
        assert name in said
    assert "whatsapp.token" not in said
    assert "geheim" not in said


def test_a_token_may_lie_in_a_file_and_be_given_by_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("123:abc\n")
    monkeypatch.setenv("SAPA_TELEGRAM__TOKEN_FILE", str(tmp_path / "token"))
    found = settings.load()
    assert found.telegram is not None
    assert found.telegram.token.get_secret_value() == "123:abc"
    assert "123:abc" not in repr(found)
    monkeypatch.setenv("SAPA_TELEGRAM__MODE", "webhook")
    with pytest.raises(WrongSettings, match=r"needs web\.public_url"):
        settings.load()
    monkeypatch.setenv("SAPA_WEB__PUBLIC_URL", "https://sapa.example.com/")
    assert settings.load().web.public_url == "https://sapa.example.com"
