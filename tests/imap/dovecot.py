"""A real Dovecot in a folder of its own, started, killed and changed by the tests."""

from __future__ import annotations

import contextlib
import imaplib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

DOVECOT = shutil.which("dovecot") or "/usr/sbin/dovecot"
PASSWORD = "rahasia"
PRESENT = Path(DOVECOT).exists() and bool(shutil.which("openssl"))

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{folder}/mail/%u:LAYOUT=fs
mail_max_userip_connections = 500
auth_mechanisms = plain login {mechanisms}
auth_failure_delay = 0
imap_idle_notify_interval = 2 mins
{more}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service stats {{
  client_limit = 100
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home/%u
}}
"""


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Dovecot:
    """One server for many users; each test has a user of its own, so that one server serves all."""

    def __init__(self, *, mechanisms: str = "", more: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sapa-imap-"))
        self.port, self.tls_port = free_port(), free_port()
        self._root = os.geteuid() == 0
        user = "nobody" if self._root else _name("-un")
        group = _name("-gn", user)
        for name in ("run", "state", "mail", "home"):
            (self.folder / name).mkdir()
        # made beforehand: Dovecot looks at its list of users once a second
        self._users = {f"cs{n}@toko.example": PASSWORD for n in range(1, 201)}
        self._taken = iter(list(self._users))
        self._number = 0
        config = CONFIG.format(
            folder=self.folder,
            user=user,
            group=group,
            port=self.port,
            tls_port=self.tls_port,
            mechanisms=mechanisms,
            more=more.replace("{folder}", str(self.folder)),
        )
        (self.folder / "dovecot.conf").write_text(config)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
            cwd=self.folder, check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        self._write_users()
        if self._root:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, user, group)
        self._as = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"] if self._root else []
        self._owner = (user, group)
        self.process: subprocess.Popen[bytes] | None = None

    # ------------------------------------------------------------------------------------------- the server

    def start(self) -> None:
        """Start it and wait until it answers."""
        config = str(self.folder / "dovecot.conf")
        self.process = subprocess.Popen(
            [*self._as, DOVECOT, "-F", "-c", config], start_new_session=True, stderr=subprocess.PIPE
        )
        until = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as probe:
                if probe.recv(4) == b"* OK":
                    return
            if self.process.poll() is not None or time.monotonic() > until:
                said = self.process.stderr.read() if self.process.stderr and self.process.poll() else b""
                raise AssertionError(f"dovecot did not start: {said!r} {self.log()}")
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL the server and every process it made."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it and remove what it leaves."""
        self._end(signal.SIGTERM)
        self._end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        if how is signal.SIGKILL and self.process.stderr:
            self.process.stderr.close()
            self.process = None

    def log(self) -> str:
        """The end of its log."""
        path = self.folder / "log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    # -------------------------------------------------------------------------------------------- its users

    def new_user(self) -> str:
        """A user with an empty mailbox."""
        return next(self._taken)

    def set_password(self, user: str, password: str | None) -> None:
        """Within a second this password opens the mailbox; None: nothing does."""
        if password is None:
            self._users.pop(user, None)
        else:
            self._users[user] = password
        self._write_users()

    def _write_users(self) -> None:
        path, new = self.folder / "users", self.folder / "users.new"
        new.write_text("".join(f"{user}:{{PLAIN}}{word}::::::\n" for user, word in self._users.items()))
        new.chmod(0o644)
        new.replace(path)

    @contextlib.contextmanager
    def client(self, user: str, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Another mail program on the same mailbox."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=30)
        client.login(user, self._users[user])
        assert client.select(f'"{folder}"')[0] == "OK"
        try:
            yield client
        finally:
            with contextlib.suppress(Exception):
                client.logout()

    def make_folder(self, user: str, folder: str) -> None:
        """Make a folder."""
        with self.client(user) as client:
            assert client.create(f'"{folder}"')[0] == "OK"

    def put(self, user: str, mails: Iterable[bytes], folder: str = "INBOX") -> None:
        """Deliver mails as a mail server does: into the maildir, whole or not at all, in this order."""
        place = self._maildir(user, folder)
        if not place.is_dir():
            with self.client(user):  # Dovecot makes it at the first login
                pass
        for number, raw in enumerate(mails):
            self._number += 1
            name = f"{1_700_000_000 + number}.M{self._number:09d}P1.test"
            (place / "tmp" / name).write_bytes(raw)
            if self._root:
                shutil.chown(place / "tmp" / name, *self._owner)
            (place / "tmp" / name).rename(place / "new" / name)

    def _maildir(self, user: str, folder: str) -> Path:
        place = self.folder / "mail" / user
        return place if folder == "INBOX" else place / folder

    def uids(self, user: str, folder: str = "INBOX") -> list[int]:
        """What lies in a folder."""
        with self.client(user, folder) as client:
            return [int(uid) for uid in client.uid("SEARCH", "ALL")[1][0].split()]

    def flags(self, user: str, folder: str = "INBOX") -> list[set[str]]:
        """The flags of each mail in a folder."""
        with self.client(user, folder) as client:
            found = client.uid("FETCH", "1:*", "(FLAGS)")[1]
        lines = [each.decode() for each in found if isinstance(each, bytes)]
        return [set(re.search(r"FLAGS \(([^)]*)\)", line)[1].split()) - {"\\Recent"} for line in lines]  # type: ignore[index]

    def number_anew(self, user: str, folder: str = "INBOX") -> None:
        """The server forgets its numbers and starts again: every mail has a new UID under a new
        UIDVALIDITY."""
        self.kill()
        place = self._maildir(user, folder)
        before = int((place / "dovecot-uidlist").read_text().split()[1][1:])
        for path in (*place.glob("dovecot.index*"), place / "dovecot-uidlist"):
            path.unlink()
        mails = [*(place / "cur").iterdir(), *(place / "new").iterdir()]
        # what was delivered last comes last again
        names = sorted((path.name for path in mails), key=lambda name: int(re.search(r"M(\d+)", name)[1]))  # type: ignore[index]
        lines = [f"3 V{before + 7} N{len(names) + 1} G0123456789abcdef0123456789abcdef"]
        lines += [f"{uid} :{name.partition(':')[0]}" for uid, name in enumerate(names, 1)]
        (place / "dovecot-uidlist").write_text("\n".join(lines) + "\n")
        if self._root:
            shutil.chown(place / "dovecot-uidlist", *self._owner)
        self.start()


def _name(what: str, *user: str) -> str:
    done = subprocess.run(["id", what, *user], capture_output=True, text=True, check=True)
    return done.stdout.strip()
