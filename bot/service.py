"""`sapa run`: builds the house, keeps its parts alive, and stops them so that nothing is half done."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import json
import logging
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from bot.errors import WrongSettings
from bot.health import Watch
from bot.house import Ground, House, alone_in, open_house, server_tls
from bot.porch.protocol import protocols
from bot.settings import Settings, WebSettings
from bot.store import fetches
from bot.supervisor import Part, Supervisor
from bot.tickets import number
from bot.web.app import make_app
from bot.web.attention import StoreWaiting
from bot.web.facts import facts
from bot.web.history import StoredHistory
from channels.smtp_in import Place, SmtpIn
from channels.webchat import House as ChatHouse
from channels.webchat import Rates, WebChat
from channels.webchat.rates import Rate

if TYPE_CHECKING:
    from bot.porch.keeper import Keeper
    from channels.base import Provider, SenderOut
    from channels.imap.listener import Imap
    from channels.smtp_in.checks import Checks

log = logging.getLogger(__name__)

PROVIDERS = ("telegram", "whatsapp", "sms")
PARTS = ("web", "smtp", "imap", *PROVIDERS, "files", "timers", "turns", "outbox")
"""In the order they stop: what takes things in first, what sends them out last."""
PORCH = ("porch", "webhooks")
"""Parts that stand before those, where the pages are and providers call us."""
ACCOUNT = "web"
LEAVING = 1.5
"""Seconds in which the porch of a killed house may still hold the address: it ends with its last write."""
PORT_PATIENCE = 3.0
"""Seconds to wait for the mail port before saying on the terminal that it is taken; it is tried on and on."""


def run(settings: Settings, *, only: frozenset[str] | None = None, ready_file: Path | None = None) -> int:
    """Run until SIGTERM or SIGINT; the exit code. `only` names the parts that run in this process."""
    parts = frozenset(PARTS) if only is None else only
    if unknown := parts - frozenset(PARTS):
        raise WrongSettings(
            f"--only: no part is called {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}."
        )
    with contextlib.nullcontext() if settings.shared else alone_in(settings.data):
        asyncio.run(_serve(settings, parts, ready_file))
    return 0


async def _serve(settings: Settings, parts: frozenset[str], ready_file: Path | None) -> None:
    stopping = asyncio.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(wanted, stopping.set)

    def channels(ground: Ground) -> Mapping[str, SenderOut]:
        return {WebChat.name: _web_chat(ground, settings.web)}

    async with open_house(settings, channels, providers=True) as house:
        webchat = house.senders[WebChat.name]
        assert isinstance(webchat, WebChat)  # noqa: S101 - made three lines above
        smtp = _smtp(settings) if "smtp" in parts and settings.smtp_in.enabled else None
        listening = _listen(settings.web.host, settings.web.port) if "web" in parts else None
        keeper: Keeper | None = None
        mailboxes = _mailboxes(house) if "imap" in parts else {}
        accept, providers = house.inbox.accept, house.providers
        watch = Watch(house, smtp=smtp, imap=mailboxes, webchat=webchat)
        runs: dict[str, Callable[[], Awaitable[None]]] = {
            "timers": house.timers.run,
            "turns": house.turns.run,
            "outbox": house.outbox.run,
        }
        if smtp is not None:
            runs["smtp"] = lambda: smtp.run(accept)
        if listening is not None:
            app = make_app(
                routes=[*webchat.routes(accept), *(r for p in providers.values() for r in p.routes(accept))],
                health=watch.health,
                metrics=watch.metrics,
                mailbox=settings.mailbox_folder,
                sop=house.sop,
                waiting=StoreWaiting(house.store, house.files),
                public_hosts=settings.web.public_hosts,
                open_pages=settings.web.open_pages,
            )
            gates = [gate for provider in providers.values() for gate in provider.gates()]
            if not settings.shared and (gates or settings.porch_book.exists()):
                from bot.porch.keeper import Keeper  # only who is called by providers needs it

                keeper = Keeper(app, gates, listening=listening, book=settings.porch_book)
                runs["webhooks"] = keeper.work_off
                watch.porch = keeper
            if keeper is not None and gates:
                runs["porch"] = keeper.run
            runs["web"] = lambda: _serve_web(settings, app, listening, webchat, keeper)
        order = list(PORCH)
        order += [each for name in PARTS for each in (mailboxes if name == "imap" else (name,))]
        for name, mailbox in mailboxes.items():
            runs[name] = partial(mailbox.run, accept)
        for name, provider in providers.items():
            runs[name] = _listening(house, provider)
        lying = await house.store.read(fetches.are_any)  # perhaps with providers that were taken out
        if providers or lying:
            runs["files"] = house.fetching.run
        supervisor = Supervisor(
            [
                Part(name, runs[name])
                for name in order
                if name in runs and (name in parts or name in mailboxes or name in PORCH)
            ]
        )
        watch.parts = supervisor.parts
        supervisor.start()
        try:
            if smtp is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(smtp.listening.wait(), PORT_PATIENCE)
            addresses = _addresses(settings, listening, smtp)
            _announce(house, addresses, smtp)
            if ready_file is not None:
                _write_ready(ready_file, addresses)
            gc.freeze()  # what the start made stays: no later collection looks at it again
            gc.enable()
            running = [part.name for part in supervisor.parts]
            log.info("up", extra={"parts": running, "pack": house.sop.hash[:12]})
            await stopping.wait()
            log.info("stopping")
        finally:
            await supervisor.stop()
            if keeper is not None:
                await keeper.close()
    log.info("stopped")


# -------------------------------------------------------------------------------------------------- channels


def _mailboxes(house: House) -> dict[str, Imap]:
    """The listeners of all mailboxes, by the name of their part."""
    if not house.settings.imap:
        return {}
    from bot.mailboxes import listeners  # only who reads mailboxes needs it

    made: dict[str, Imap] = {}
    for each in listeners(house.settings, house.store):
        made[each.name if each.name not in made else f"{each.name} at {each.mailbox.host}"] = each
    return made


def _listening(house: House, provider: Provider) -> Callable[[], Awaitable[None]]:
    from bot.memory import StoredMemory
    from bot.providers import listen  # only who has a provider needs them

    return partial(listen, provider, house.inbox.accept, StoredMemory(house.store))


def _web_chat(ground: Ground, web: WebSettings) -> WebChat:
    history = StoredHistory(ground.store, ground.files, ground.bells, channel=WebChat.name, account=ACCOUNT)
    about = ground.sop.about
    return WebChat(
        history,
        ChatHouse(
            about.company.name,
            about.bot_name,
            ACCOUNT,
            about.timezone,
            facts=facts(ground.sop, datetime.now(UTC)),
        ),
        rates=Rates(
            visitor=Rate(40 * web.per_visitor, web.per_visitor),
            address=Rate(40 * web.per_address, web.per_address),
        ),
        numbers=lambda text: number.find(text, about.ticket_prefix),
    )


def _smtp(settings: Settings) -> SmtpIn:
    smtp, mail = settings.smtp_in, settings.mail
    return SmtpIn(
        Place(smtp.host, smtp.port, smtp.socket, int(smtp.socket_mode, 8), smtp.protocol == "lmtp"),
        mail.own,
        account=mail.address,
        own=settings.own_addresses,
        hostname=mail.domain,
        max_size=smtp.max_size,
        max_connections=smtp.max_connections,
        max_per_address=smtp.max_per_address,
        trusted=mail.trusted,
        checks=_checks(settings),
        spool=_spool(settings.data),
        tls=server_tls(settings),
        require_tls=smtp.require_tls,
    )


def _checks(settings: Settings) -> Checks | None:
    if not settings.smtp_in.check_senders:
        return None
    from channels.smtp_in.checks import Checks  # only who asks the DNS pays for it

    try:
        return Checks()
    except ImportError as error:
        raise WrongSettings(
            f"smtp_in.check_senders needs more libraries ({error.name}): pip install 'sapa[mailauth]'"
        ) from None


def _spool(data: Path) -> Path:
    """The folder for large mails on their way in: what lies there has no name and ends with the process."""
    folder = data / "spool"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


# ------------------------------------------------------------------------------------------------------- web


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: when to stop is decided in one place."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


async def _serve_web(
    settings: Settings, app: object, listening: socket.socket, webchat: WebChat, keeper: Keeper | None
) -> None:
    """Serve until cancelled; then end the streams, answer what is being asked, and close. Where there is a
    porch, it takes the connections."""
    config = uvicorn.Config(
        keeper.reception if keeper else app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=list(settings.web.proxies),
        timeout_graceful_shutdown=5,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=64 * 1024,
        lifespan="off",
        ws="none",
    )
    config.load()
    server = _Server(config)
    own = [] if keeper else [listening.dup()]
    with contextlib.ExitStack() as taking:
        if keeper is not None:
            taking.enter_context(keeper.connections(protocols(config, server.server_state)))
        serving = asyncio.create_task(server.serve(own), name="uvicorn")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            webchat.close()
            server.should_exit = True
            taking.close()  # who connects now finds nobody
            await serving
            raise


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    until = time.monotonic() + LEAVING
    while True:
        try:
            listening = socket.create_server((host, port), family=family, backlog=2048)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < until:
                time.sleep(0.1)
                continue
            raise WrongSettings(
                f"The web chat cannot listen on {host}:{port}: {error.strerror}."
                " Choose another with --web-port."
            ) from None
        listening.setblocking(False)
        return listening


# -------------------------------------------------------------------------------------------------- greeting


def _addresses(settings: Settings, listening: socket.socket | None, smtp: SmtpIn | None) -> dict[str, str]:
    """Where the doors are, by name."""
    found: dict[str, str] = {}
    if listening is not None:
        host, port = listening.getsockname()[:2]
        host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
        found["web"] = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if smtp is not None and smtp.listening.is_set():
        found["smtp"] = smtp.where
    return found


def _announce(house: House, addresses: dict[str, str], smtp: SmtpIn | None) -> None:
    """Say on the terminal where to go."""
    settings = house.settings
    lines = [f"Sapa is up for {house.sop.about.company.name}."]
    if web := addresses.get("web"):
        lines.append(f"  Web chat   {web}/")
    if mail_in := addresses.get("smtp"):
        protocol = settings.smtp_in.protocol.upper()
        lines.append(f"  Mail in    {protocol} on {mail_in}, for {', '.join(settings.mail.own)}")
    elif smtp is not None:
        lines.append(f"  Mail in    not yet: {smtp.health().detail}. It is tried again; or use --smtp-port")
    for mailbox in settings.imap:
        lines.append(f"  Mail in    IMAP, {', '.join(mailbox.folders)} of {mailbox.user} at {mailbox.host}")
    lines += [f"  Chat       {_where(settings, name)}" for name in sorted(house.providers)]
    if settings.mailbox_folder is not None:
        page = f"{addresses['web']}/mailbox" if "web" in addresses else str(settings.mailbox_folder)
        lines.append(f"  Mail out   no relay is set: read it at {page}")
    else:
        lines.append(f"  Mail out   by {settings.relay.host}:{settings.relay.port}")
    if web:
        lines.append(f"  Health     {web}/health   Figures {web}/metrics")
    lines.append(f"  Data       {settings.data.absolute()}")
    lines.append("Stop with Ctrl-C.")
    print("\n".join(lines), flush=True)


def _where(settings: Settings, name: str) -> str:
    """A provider's channel, and how it reaches us."""
    called = {"telegram": "Telegram", "whatsapp": "WhatsApp", "sms": "SMS"}[name]
    if name == "telegram" and settings.telegram is not None and settings.telegram.mode == "polling":
        return f"{called}, by polling"
    public = settings.web.public_url
    return f"{called} at {public or '<web.public_url is not set>'}/hooks/{name}"


def _write_ready(path: Path, addresses: dict[str, str]) -> None:
    """Tell another program that all is up: written whole or not at all."""
    part = path.with_name(path.name + ".new")
    part.write_text(json.dumps(addresses), encoding="utf-8")
    part.replace(path)
