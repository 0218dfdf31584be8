"""Who may read the mailbox, and over which line: nothing is downgraded, nobody is locked out by knocking."""

from __future__ import annotations

import asyncio
import http.server
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from channels.imap.examining import examine
from channels.imap.mailbox import Mailbox
from tests.conftest import needs
from tests.imap.dovecot import PASSWORD, PRESENT, Dovecot
from tests.imap.kit import desk, have, listening, mailbox, rounds
from tests.imap.mails import mail
from tests.imap.proxy import Proxy
from tests.waiting import until


async def test_a_login_that_is_revoked_turns_red_is_tried_seldom_and_heals(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    async with (
        desk(tmp_path) as at,
        Proxy(dovecot.port) as proxy,
        listening(at, mailbox(dovecot, user, port=proxy.port)) as listener,
    ):
        await rounds(listener)
        dovecot.set_password(user, "another one")
        dovecot.kill()
        dovecot.start()
        dovecot.put(user, [mail(1)])
        await until(lambda: "is refused" in listener.health().detail)
        assert not listener.health().ok
        assert "check the user and the password" in listener.health().detail
        assert PASSWORD not in listener.health().detail
        begun, knocked = asyncio.get_running_loop().time(), proxy.connections
        dovecot.set_password(user, PASSWORD)
        await have(at, 1)
        passed = asyncio.get_running_loop().time() - begun
        assert proxy.connections - knocked <= passed / 0.2 + 2  # never faster than its pauses
        await until(lambda: listener.health().ok)


@pytest.mark.parametrize("tls", ["tls", "starttls"])
async def test_mail_over_a_secured_connection(dovecot: Dovecot, tmp_path: Path, tls: str) -> None:
    user = dovecot.new_user()
    port = dovecot.tls_port if tls == "tls" else dovecot.port
    box = mailbox(
        dovecot, user, tls=tls, port=port, authority=dovecot.folder / "cert.pem", poll=3600.0, idle=1740.0
    )
    async with desk(tmp_path) as at, listening(at, box) as listener:
        await until(lambda: listener.rounds > 0)
        for n in range(4):
            dovecot.put(user, [mail(n)])
            await have(at, n + 1)  # IDLE hears it, also where TLS has read ahead


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(dovecot: Dovecot, tls: str) -> None:
    port = dovecot.tls_port if tls == "tls" else dovecot.port
    looked = examine(mailbox(dovecot, dovecot.new_user(), tls=tls, port=port))
    assert not looked.ok
    assert "certificate" in looked.detail


async def test_without_starttls_nothing_is_sent(dovecot: Dovecot) -> None:
    """django-helpdesk fell back to plain text when STARTTLS failed."""
    async with Proxy(dovecot.port) as proxy:
        proxy.words = {b"STARTTLS": b"XTARTTLS"}
        box = mailbox(dovecot, dovecot.new_user(), tls="starttls", port=proxy.port)
        looked = await asyncio.to_thread(examine, box)
        assert not looked.ok
        assert "offers no STARTTLS" in looked.detail
        assert b"LOGIN" not in proxy.said
        assert b"AUTHENTICATE" not in proxy.said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"host": "imap.toko.example", "tls": "none"}, "everybody to read"),
        ({"password": ""}, "either a password or a token_command"),
        ({"token_command": "token"}, "either a password or a token_command"),
        ({"folders": ()}, "at least one name"),
        ({"folders": ("INBOX", "inbox")}, "named twice"),
        ({"after": "delete"}, "is not known"),
        ({"after": "move:Arsip", "folders": ("INBOX", "Arsip")}, "that is read itself"),
        ({"idle": 1800.0}, "at most 1740"),
    ],
)
def test_what_cannot_be_is_named(given: dict[str, object], said: str) -> None:
    usual = {"host": "imap.toko.example", "user": "cs@toko.example", "password": PASSWORD}
    with pytest.raises(ValueError, match=said):
        Mailbox(**{**usual, **given})  # type: ignore[arg-type]


def test_a_password_is_never_shown() -> None:
    assert PASSWORD not in repr(Mailbox(host="imap.toko.example", user="cs", password=PASSWORD))


def test_the_doctor_says_what_is_missing(dovecot: Dovecot) -> None:
    user = dovecot.new_user()
    assert examine(mailbox(dovecot, user)).ok
    missing = examine(mailbox(dovecot, user, folders=("INBOX", "Retur"), after="move:Selesai"))
    assert not missing.ok
    assert "the folder Retur cannot be opened" in missing.detail
    assert "Selesai, which is not there" in missing.detail
    assert "is refused" in examine(mailbox(dovecot, user, password="salah")).detail
    assert "refused" in examine(mailbox(dovecot, user, port=1)).detail  # nobody listens there


# ---------------------------------------------------------------------------------------------- OAuth2


class Tokens(http.server.BaseHTTPRequestHandler):
    """Says of a token whose it is, as Google and Microsoft do for their own servers."""

    valid: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        user = self.valid.get(self.path.rpartition("/")[2], "")
        self.send_response(200 if user else 401)
        self.end_headers()
        self.wfile.write(json.dumps({"email": user} if user else {"error": "invalid_token"}).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def oauth() -> Iterator[Dovecot]:
    needs("Dovecot", PRESENT)
    Tokens.valid = {}
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    server = Dovecot(
        mechanisms="xoauth2",
        more="passdb {\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {folder}/oauth2.conf\n}\n",
    )
    (server.folder / "oauth2.conf").write_text(
        f"tokeninfo_url = http://127.0.0.1:{web.server_address[1]}/\n"
        "introspection_mode = get\nusername_attribute = email\n"
    )
    server.start()
    yield server
    server.stop()
    web.shutdown()
    web.server_close()
    thread.join()


async def test_an_expired_access_token_is_asked_for_again(oauth: Dovecot, tmp_path: Path) -> None:
    user = oauth.new_user()
    runs, command = tmp_path / "runs", tmp_path / "token.py"
    command.write_text(
        "from pathlib import Path\n"
        f"runs = Path({str(runs)!r})\n"
        "count = len(runs.read_text()) if runs.exists() else 0\n"
        "runs.write_text('x' * (count + 1))\n"
        "print(f'token{count}')\nprint('more words')\n"
    )
    Tokens.valid = {"token0": user}
    async with desk(tmp_path) as at:
        box = mailbox(oauth, user, password="", token_command=f"{sys.executable} {command}")
        async with listening(at, box) as listener:
            await rounds(listener)
            assert runs.read_text() == "x"
            Tokens.valid = {"token1": user}
            oauth.kill()
            oauth.start()
            oauth.put(user, [mail(1)])
            await have(at, 1)
            assert runs.read_text() == "xx"
            Tokens.valid = {}
            oauth.kill()
            oauth.start()
            await until(lambda: "the token that the token_command gives" in listener.health().detail)
            assert not listener.health().ok


def test_a_token_command_that_fails_is_named(dovecot: Dovecot, tmp_path: Path) -> None:
    user = dovecot.new_user()
    for command, said in (
        ("/no/such/command", "cannot be run"),
        (f"{sys.executable} -c 'import sys; sys.exit(\"invalid_grant\")'", "invalid_grant"),
    ):
        looked = examine(mailbox(dovecot, user, password="", token_command=command))
        assert not looked.ok
        assert said in looked.detail
