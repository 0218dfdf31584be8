"""What the doctor looks at for mail: the place it comes in at, the relay it leaves by, its signature."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.doctor import Finding, Verdict, in_use, port_is_free
from bot.errors import WrongSettings
from bot.house import relay_of, server_tls, signer
from bot.settings import Settings
from channels.base import Retry

LONGEST_SOCKET = 107
"""Bytes a path of a unix socket may have on Linux."""

Lookup = Callable[[str, str, float], list[tuple[bytes, ...]]]


def examine(settings: Settings, *, dns: Lookup | None = None) -> Iterator[Finding]:
    """All checks of mail by SMTP and LMTP; with `dns` also whether the key's public half stands there."""
    if settings.smtp_in.enabled:
        yield _place(settings)
        if settings.smtp_in.certificate is not None:
            yield _certificate(settings)
        if settings.smtp_in.check_senders:
            yield _libraries()
    yield _relay(settings)
    if settings.dkim.key is not None:
        yield _signature(settings, dns)


def _place(settings: Settings) -> Finding:
    smtp = settings.smtp_in
    if smtp.socket is None:
        return port_is_free("mail in", smtp.host, smtp.port, settings.data)
    path = smtp.socket.absolute()
    name = f"mail in on {path}"
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        return Finding(name, Verdict.BAD, f"longer than {LONGEST_SOCKET} bytes; choose a shorter path")
    folder = path.parent
    if not folder.is_dir():
        return Finding(name, Verdict.BAD, f"there is no folder {folder}; make it: mkdir -p {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(
            name, Verdict.BAD, f"the folder is not writable for you; try: sudo chown $USER {folder}"
        )
    return _socket(name, path, settings.data)


def _socket(name: str, path: Path, data: Path) -> Finding:
    try:
        found = path.stat()
    except FileNotFoundError:
        return Finding(name, Verdict.OK, "the folder is writable")
    if not stat.S_ISSOCK(found.st_mode):
        return Finding(name, Verdict.BAD, "a file lies there that is no socket; take it away")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5.0)
        try:
            probe.connect(os.fspath(path))
            greeting = probe.recv(200)
        except ConnectionRefusedError:
            return Finding(name, Verdict.OK, "left by a process that is gone; `sapa run` takes it over")
        except OSError as error:
            return Finding(
                name, Verdict.BAD, f"does not answer ({error.strerror or error}); see its permissions"
            )
    if not in_use(data):
        return Finding(name, Verdict.BAD, "another program listens there; stop it, or choose another path")
    if not greeting.startswith(b"220"):
        return Finding(name, Verdict.BAD, "takes nobody in just now; see smtp in /health")
    return Finding(name, Verdict.OK, "answers, and Sapa is running in this data folder")


def _certificate(settings: Settings) -> Finding:
    try:
        server_tls(settings)
    except WrongSettings as error:
        return Finding("STARTTLS for mail in", Verdict.BAD, str(error))
    return Finding("STARTTLS for mail in", Verdict.OK, "certificate and key fit")


def _libraries() -> Finding:
    what = "checks of senders"
    try:
        from channels.smtp_in.checks import Checks

        Checks().close()
    except ImportError as error:
        return Finding(what, Verdict.BAD, f"{error.name} is not installed; run: pip install 'sapa[mailauth]'")
    return Finding(what, Verdict.OK, "SPF, DKIM and DMARC are asked of the DNS")


def _relay(settings: Settings) -> Finding:
    if not settings.relay.host:
        return Finding(
            "mail out", Verdict.NOTE, "no relay set: mail goes into the local mailbox, page /mailbox"
        )
    name = f"mail out by {settings.relay.host}:{settings.relay.port}"

    async def greet() -> Finding:
        relay = relay_of(settings, sign=False, timeout=15.0)
        opened = await relay.connections.open()
        if isinstance(opened, Retry):
            return Finding(name, Verdict.BAD, f"{opened.reason}; check SAPA_RELAY__HOST, PORT, TLS, USER")
        how = {"starttls": "answers, safely by STARTTLS", "tls": "answers, safely by TLS"}
        said = [how.get(settings.relay.tls, "answers, in the clear")]
        if settings.relay.user:
            said.append("takes the login")
        if opened.supports_extension("dsn"):
            said.append("gives delivery reports")
        limit = opened.esmtp_extensions.get("size", "").strip()
        if limit.isdigit() and int(limit):
            said.append(f"takes mails of up to {int(limit) / 1024**2:.0f} MB")
        relay.connections.give_back(opened)
        await relay.close()
        return Finding(name, Verdict.OK, ", ".join(said))

    try:
        return asyncio.run(greet())
    except WrongSettings as error:
        return Finding(name, Verdict.BAD, str(error))


def _signature(settings: Settings, dns: Lookup | None) -> Finding:
    what = "DKIM signature"
    try:
        made = signer(settings)
    except WrongSettings as error:
        return Finding(what, Verdict.BAD, str(error))
    assert made is not None  # noqa: S101 - the caller looked for a key
    if dns is None:
        return Finding(
            what, Verdict.OK, f"the key signs for {made.domain}; `sapa doctor --dns` looks for {made.name}"
        )
    try:
        records = [b"".join(each) for each in dns(made.name, "TXT", 10.0)]
    except TimeoutError:
        return Finding(what, Verdict.BAD, f"the DNS does not answer for {made.name}; try again later")
    if not records:
        return Finding(
            what, Verdict.BAD, f"nothing stands at {made.name}; publish the public half of the key"
        )
    if not any(made.published(record) for record in records):
        return Finding(what, Verdict.BAD, f"what stands at {made.name} is not the other half of the key")
    return Finding(what, Verdict.OK, f"the key and {made.name} fit together")
