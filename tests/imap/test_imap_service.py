"""A real `sapa run` with a mailbox: the answer is written, and health and figures tell how the mailbox is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.faults.house import House
from tests.imap.dovecot import PASSWORD, Dovecot
from tests.imap.mails import mail


def test_a_mail_in_the_mailbox_is_answered_and_health_tells_of_the_mailbox(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    dovecot.put(user, [mail(1, "old")])
    sound = {"host": "127.0.0.1", "port": dovecot.port, "tls": "none", "user": user, "password": PASSWORD}
    wrong = {**sound, "user": dovecot.new_user(), "folders": ["INBOX", "Retur"]}
    house = House(tmp_path / "data", env={"SAPA_IMAP": json.dumps([sound, wrong])})
    house.start()
    letters = house.data / "mailbox"
    try:
        with httpx.Client(base_url=house.web) as client:

            def health() -> dict[str, dict[str, object]]:
                parts: dict[str, dict[str, object]] = client.get("/health").json()["parts"]
                return parts

            _until(lambda: "read to the end" in str(health()[f"imap {user}"]["detail"]))
            assert health()[f"imap {user}"]["ok"]
            assert health()[f"imap {user}"]["lag"] == 0
            red = health()[f"imap {wrong['user']}"]
            assert not red["ok"]
            assert "Retur cannot be opened" in str(red["detail"])
            dovecot.put(user, [mail(2, "new")])
            _until(lambda: any(letters.glob("**/*.eml")))
            figures = client.get("/metrics").text
            assert f'sapa_imap_stored_total{{mailbox="{user}@127.0.0.1"}} 1.0' in figures
            assert f'sapa_imap_waiting{{mailbox="{user}@127.0.0.1"}} 0.0' in figures
    finally:
        assert house.stop() == 0
    (letter,) = letters.glob("**/*.eml")
    assert b"sari2@pelanggan.example" in letter.read_bytes()
    assert f"<{user}>".encode() in letter.read_bytes()  # from where the customer wrote to


def _until(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.05)
