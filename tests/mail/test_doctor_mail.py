"""The doctor on mail: each fault that an operator can make, and what to do about it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from bot.doctor import Finding, Verdict
from bot.doctor_mail import LONGEST_SOCKET, examine
from bot.house import alone_in
from bot.settings import DkimSettings, RelaySettings, Settings, SmtpInSettings
from channels.smtp_in import Place, SmtpIn
from tests.mail.lines import Store, server_context


def found(settings: Settings, what: str, dns: Any = None) -> Finding:
    (one,) = [finding for finding in examine(settings, dns=dns) if finding.what.startswith(what)]
    return one


def told(settings: Settings, what: str, dns: Any = None) -> tuple[Verdict, str]:
    one = found(settings, what, dns)
    return one.verdict, one.detail


# ------------------------------------------------------------------------------------------------- mail in


def on_socket(path: Path, data: Path) -> Settings:
    return Settings(data=data, smtp_in=SmtpInSettings(protocol="lmtp", socket=path))


def test_a_socket_needs_a_folder_that_can_be_written(tmp_path: Path) -> None:
    verdict, detail = told(on_socket(tmp_path / "none" / "lmtp", tmp_path), "mail in")
    assert verdict is Verdict.BAD
    assert f"mkdir -p {tmp_path / 'none'}" in detail
    assert told(on_socket(tmp_path / "lmtp", tmp_path), "mail in")[0] is Verdict.OK
    long = tmp_path / ("x" * LONGEST_SOCKET)
    assert "shorter" in told(on_socket(long, tmp_path), "mail in")[1]
    (tmp_path / "file").write_text("x")
    assert "no socket" in told(on_socket(tmp_path / "file", tmp_path), "mail in")[1]


def test_a_socket_that_is_taken_is_ours_or_somebody_elses(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    up, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        smtp = SmtpIn(Place(path=path, lmtp=True), ("support@sapa.example",))
        task = asyncio.create_task(smtp.run(Store().accept))
        await smtp.listening.wait()
        up.set()
        await asyncio.to_thread(stop.wait, 30)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    serving = threading.Thread(target=asyncio.run, args=(serve(),))
    serving.start()
    try:
        up.wait(30)
        assert "another program" in told(on_socket(path, tmp_path), "mail in")[1]
        with alone_in(tmp_path):
            assert told(on_socket(path, tmp_path), "mail in") == (
                Verdict.OK,
                "answers, and Sapa is running in this data folder",
            )
    finally:
        stop.set()
        serving.join()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert told(on_socket(path, tmp_path), "mail in")[0] is Verdict.OK


def test_a_certificate_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, smtp_in=SmtpInSettings(port=0, certificate=tmp_path / "no.pem"))
    assert told(settings, "STARTTLS")[0] is Verdict.BAD
    assert (
        told(
            Settings(data=tmp_path, smtp_in=SmtpInSettings(port=0, check_senders=True)), "checks of senders"
        )[0]
        is Verdict.OK
    )


# ------------------------------------------------------------------------------------------------ mail out


@contextlib.contextmanager
def relay(**server: Any) -> Iterator[int]:
    class Free(Controller):
        """On a port that the system chooses."""

        def _trigger_server(self) -> None:
            assert self.server is not None
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    controller = Free(object(), hostname="127.0.0.1", port=0, **server)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def by(port: int, data: Path, **given: Any) -> Settings:
    return Settings(
        data=data,
        smtp_in=SmtpInSettings(enabled=False),
        relay=RelaySettings(host="localhost", port=port, **given),
    )


def test_without_a_relay_mail_stays_here(tmp_path: Path) -> None:
    assert told(Settings(data=tmp_path, smtp_in=SmtpInSettings(enabled=False)), "mail out")[0] is Verdict.NOTE


def test_a_relay_that_answers_is_told_with_what_it_can(tmp_path: Path) -> None:
    with relay(data_size_limit=10 * 1024**2) as port:
        assert told(by(port, tmp_path, tls="none"), "mail out") == (
            Verdict.OK,
            "answers, in the clear, takes mails of up to 10 MB",
        )
        verdict, detail = told(by(port, tmp_path, tls="starttls"), "mail out")
        assert verdict is Verdict.BAD
        assert "STARTTLS" in detail
    assert "cannot be reached" in told(by(port, tmp_path, tls="none"), "mail out")[1]
    assert (
        "open line"
        in told(
            Settings(data=tmp_path, relay=RelaySettings(host="mx.example", tls="none", user="x")), "mail out"
        )[1]
    )


def test_a_login_and_a_certificate_are_tried(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    with relay(
        tls_context=server_context(certificate), authenticator=authenticator, auth_required=True
    ) as port:
        verdict, detail = told(by(port, tmp_path, user="sapa", password="right"), "mail out")
        assert verdict is Verdict.BAD  # a certificate nobody knows
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        verdict, detail = told(by(port, tmp_path, user="sapa", password="right"), "mail out")
        assert (verdict, detail.split(", takes mails")[0]) == (
            Verdict.OK,
            "answers, safely by STARTTLS, takes the login",
        )
        verdict, detail = told(by(port, tmp_path, user="sapa", password="wrong"), "mail out")
        assert verdict is Verdict.BAD
        assert "refuses our login" in detail
        assert "wrong" not in detail


# -------------------------------------------------------------------------------------------------- DKIM


def test_the_key_is_looked_at_and_the_dns_only_when_asked(tmp_path: Path) -> None:
    key = tmp_path / "dkim.pem"
    settings = Settings(
        data=tmp_path,
        smtp_in=SmtpInSettings(enabled=False),
        dkim=DkimSettings(selector="s1", domain="sapa.example", key=key),
    )
    assert "cannot be read" in told(settings, "DKIM")[1]
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    verdict, detail = told(settings, "DKIM")
    assert verdict is Verdict.OK
    assert "s1._domainkey.sapa.example" in detail
    public = (
        subprocess.run(["openssl", "rsa", "-in", str(key), "-pubout"], check=True, capture_output=True)
        .stdout.decode()
        .splitlines()[1:-1]
    )
    right = (b"v=DKIM1; k=rsa; ", f"p={''.join(public)}".encode())  # long records come in pieces
    asked: list[str] = []

    def dns(*records: tuple[bytes, ...]) -> Any:
        def lookup(name: str, kind: str, seconds: float) -> list[tuple[bytes, ...]]:
            asked.append(f"{kind} {name}")
            return list(records)

        return lookup

    assert told(settings, "DKIM", dns(right)) == (
        Verdict.OK,
        "the key and s1._domainkey.sapa.example fit together",
    )
    assert "nothing stands" in told(settings, "DKIM", dns())[1]
    assert "not the other half" in told(settings, "DKIM", dns((b"v=DKIM1; k=rsa; p=",)))[1]
    assert asked == ["TXT s1._domainkey.sapa.example"] * 3
