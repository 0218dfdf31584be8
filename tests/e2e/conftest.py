"""A real `sapa run` for each test module, and real clients to talk to it."""

from __future__ import annotations

import email
import email.policy
import smtplib
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tests.faults.house import House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`sapa run` on a fresh data folder; stopped as an operator stops it."""
    house = House(tmp_path_factory.mktemp("house") / "data")
    house.start()
    yield house
    assert house.stop() == 0, house.log.read_text()[-3000:]


class MailClient:
    """A person with a mail program: sends by SMTP, and reads what Sapa sent to an address."""

    def __init__(self, house: House) -> None:
        self._house = house

    def send(
        self,
        sender: str,
        subject: str,
        text: str,
        *,
        answer_to: EmailMessage | None = None,
        to: str = "support@localhost",
        headers: dict[str, str] | None = None,
        files: dict[str, bytes] | None = None,
    ) -> EmailMessage:
        """Write a mail, or answer one as mail programs do: quoted below, threaded, to its Reply-To."""
        mail = EmailMessage()
        mail["From"], mail["Subject"] = sender, subject
        mail["Message-ID"] = f"<{time.monotonic_ns()}@toko.example>"
        if answer_to is not None:
            mail["In-Reply-To"] = answer_to["Message-ID"]
            mail["References"] = f"{answer_to.get('References', '')} {answer_to['Message-ID']}".strip()
            to = answer_to.get("Reply-To", answer_to["From"])
            quoted = "\n".join(f"> {line}" for line in plain(answer_to).splitlines())
            text = (
                f"{text}\n\nPada Min, 22 Nov 2026 pukul 10.27 Sapa <support@localhost> menulis:\n{quoted}\n"
            )
        mail["To"] = to
        for name, value in (headers or {}).items():
            mail[name] = value
        mail.set_content(text)
        for name, content in (files or {}).items():
            mail.add_attachment(content, maintype="image", subtype="jpeg", filename=name)
        with smtplib.SMTP("127.0.0.1", self._house.smtp_port, timeout=30) as client:
            client.send_message(mail)
        return mail

    def inbox(self, address: str, count: int = 1, seconds: float = 20) -> list[EmailMessage]:
        """At least `count` mails that left for `address`, the oldest first."""
        until = time.monotonic() + seconds
        while len(found := self.here(address)) < count:
            assert time.monotonic() < until, f"{len(found)} of {count} mails for {address}"
            time.sleep(0.05)
        return found

    def here(self, address: str) -> list[EmailMessage]:
        """The mails that left for `address` so far."""
        folder = self._house.data / "mailbox"
        files = (
            sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns) if folder.is_dir() else []
        )
        mails = [_read(file) for file in files]
        return [mail for mail in mails if address in str(mail["To"])]

    def settled(self) -> None:
        """Wait until nothing waits: what has not been answered by then will not be."""
        with httpx.Client(base_url=self._house.web, timeout=10) as client:
            until = time.monotonic() + 20
            while time.monotonic() < until:
                figures = dict(
                    line.rsplit(" ", 1)
                    for line in client.get("/metrics").text.splitlines()
                    if not line.startswith("#")
                )
                if float(figures["sapa_inbox_waiting"]) == 0 == float(figures["sapa_outbox_waiting"]):
                    return
                time.sleep(0.3)
        raise AssertionError("still busy")


def _read(file: Path) -> EmailMessage:
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def plain(mail: EmailMessage) -> str:
    """The text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture
def mail(house: House) -> MailClient:
    """A mail program that talks to the house."""
    return MailClient(house)
