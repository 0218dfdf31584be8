"""The rooms of one process, built from the settings and wired once: the only place that knows them all."""

from __future__ import annotations

import fcntl
import os
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias

from bot import packs
from bot import settings as settings_of
from bot.errors import FolderInUse, WrongSettings
from bot.fetching import Fetching
from bot.inbox import Inbox
from bot.letters import Mailbox
from bot.outbox import Gate, Outbox
from bot.settings import Settings
from bot.store import Bells, Files, Store
from bot.timers import Timers
from bot.turns import Turns
from channels.pacing import Pace
from channels.smtp_out import LocalMailbox, Relay

if TYPE_CHECKING:
    from bot.sop.model import Sop
    from channels.base import Provider, SenderOut
    from channels.smtp_out.signing import Signer

EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Ground:
    """What a channel may stand on: the pack, and the store with its files and bells."""

    sop: Sop
    store: Store
    files: Files
    bells: Bells


Channels: TypeAlias = "Callable[[Ground], Mapping[str, SenderOut]]"
"""Makes the ways out besides email, by channel name."""


@dataclass(frozen=True, slots=True)
class House:
    """One process's rooms around one store."""

    settings: Settings
    sop: Sop
    store: Store
    files: Files
    bells: Bells
    inbox: Inbox
    turns: Turns
    outbox: Outbox
    timers: Timers
    fetching: Fetching
    senders: Mapping[str, SenderOut]
    providers: Mapping[str, Provider] = field(default_factory=dict)


@asynccontextmanager
async def open_house(
    settings: Settings, channels: Channels, *, providers: bool = False
) -> AsyncIterator[House]:
    """Build the rooms on the settings' data folder, with the senders that `channels` makes, and email.

    With `providers` also Telegram, WhatsApp and SMS, as far as they are set. The data folder is made when
    it is not there. Closing the house commits what is on its way. Raises `StepsGone` when the pack lacks a
    step on which an open conversation stands.
    """
    sop = packs.load(settings.pack)
    _make(settings.data)
    secret = settings_of.secret(settings.data)
    mail_out = _mail_out(settings)
    bells = Bells()
    store = await Store.open(settings.database_url, bells=bells)
    made: dict[str, Provider] = {}
    try:
        if providers:
            made = _providers(settings, secret, store)
        files = Files(settings.files_folder)
        called = settings.mail.name or sop.about.company.name
        mailbox = Mailbox(settings.mail.address, called, secret=secret)
        senders: dict[str, SenderOut] = {
            EMAIL: mail_out,
            **channels(Ground(sop, store, files, bells)),
            **made,
        }
        inbox = Inbox(
            store,
            files,
            secret=secret,
            sop=sop,
            own_addresses=settings.own_addresses,
            quiet=timedelta(seconds=settings.mail.quiet),
            closed_for=timedelta(days=settings.mail.closed_days),
            staff=settings.mail.staff,
        )
        departments = [department.email for department in sop.departments.values()]
        turns = Turns(
            store,
            files,
            sop=sop,
            secret=secret,
            mailbox=mailbox,
            capabilities={name: sender.capabilities for name, sender in senders.items()},
        )
        await turns.take_pack()
        yield House(
            settings=settings,
            sop=sop,
            store=store,
            files=files,
            bells=bells,
            inbox=inbox,
            turns=turns,
            outbox=Outbox(
                store,
                files,
                bells,
                senders,
                gate=Gate(settings.own_addresses, departments),
                alone=store.sqlite,
            ),
            timers=Timers(store, bells),
            fetching=Fetching(
                store, files, bells, made, most_bytes=settings.files.max_size, alone=store.sqlite
            ),
            senders=senders,
            providers=made,
        )
    finally:
        for provider in made.values():
            await provider.close()
        if isinstance(mail_out, Relay):
            await mail_out.close()
        await store.close()


def _providers(settings: Settings, secret: bytes, store: Store) -> dict[str, Provider]:
    from bot.memory import StoredMemory
    from bot.providers import Site, build  # only who runs them needs them

    return build(Site(settings, secret, StoredMemory(store)))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # what customers wrote is nobody else's
    except OSError as error:
        raise WrongSettings(f"The data folder {folder} cannot be made: {error.strerror}.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise WrongSettings(f"The data folder {folder} is not writable for you.")


def _mail_out(settings: Settings) -> LocalMailbox | Relay:
    if settings.mailbox_folder is not None:
        return LocalMailbox(settings.mailbox_folder)
    return relay_of(settings)


def relay_of(settings: Settings, *, sign: bool = True, timeout: float = 60.0) -> Relay:
    """The way out by the relay that is set; `timeout` in seconds a step. Raises `WrongSettings`."""
    relay = settings.relay
    try:
        return Relay(
            relay.host,
            relay.port,
            tls=relay.tls,
            user=relay.user,
            password=relay.password.get_secret_value(),
            hostname=settings.mail.domain,
            connections=relay.connections,
            pace=Pace(per_minute=relay.per_minute, at_once=relay.connections),
            signer=signer(settings) if sign else None,
            timeout=timeout,
        )
    except ValueError as error:
        raise WrongSettings(f"relay: {error}") from None


def signer(settings: Settings) -> Signer | None:
    """What signs outgoing mail, None when no key is set. Raises `WrongSettings`."""
    dkim = settings.dkim
    if dkim.key is None:
        return None
    from channels.smtp_out.signing import BadKey, Signer  # only who signs pays for it

    try:
        return Signer.load(dkim.domain or settings.mail.domain, dkim.selector, dkim.key)
    except BadKey as error:
        raise WrongSettings(f"dkim.key {dkim.key}: {error}") from None
    except ImportError as error:
        raise WrongSettings(
            f"dkim needs more libraries ({error.name}): pip install 'sapa[mailauth]'"
        ) from None


def server_tls(settings: Settings) -> ssl.SSLContext | None:
    """The certificate for STARTTLS on the way in, None when none is set."""
    smtp = settings.smtp_in
    if smtp.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(smtp.certificate, smtp.key)
    except (OSError, ssl.SSLError) as error:
        raise WrongSettings(f"smtp_in.certificate {smtp.certificate}: {error}") from None
    return context


@contextmanager
def alone_in(folder: Path) -> Iterator[IO[bytes]]:
    """Hold the lock on a data folder. Raises `FolderInUse` when another process holds it.

    The kernel frees it when the process ends, however it ends.
    """
    _make(folder)
    with (folder / "lock").open("ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(str(folder.absolute())) from None
        yield handle
