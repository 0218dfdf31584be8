"""The messaging providers of the settings, built once for a process: their ways in and out stand together.

A channel is switched on by its group in the settings. `BUILDERS` says how each is made: the name of its
group, and a function that takes a `Site` and imports the channel when it is called.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from bot.errors import WrongSettings
from bot.memory import StoredMemory

if TYPE_CHECKING:
    from bot.settings import Settings
    from channels.base import Accept, Provider


@dataclass(frozen=True, slots=True)
class Site:
    """What a provider is made of: the settings, the installation's secret, and what it may know of the store
    (the cursor it committed last, and whether it polls alone)."""

    settings: Settings
    secret: bytes
    memory: StoredMemory

    def derived(self, purpose: str) -> str:
        """A secret of its own for `purpose`, hex; the same as long as the installation's secret lives."""
        return hmac.new(self.secret, purpose.encode(), hashlib.sha256).hexdigest()

    def hook(self, name: str) -> str:
        """The address that the provider calls; "" as long as no public address is set."""
        public = self.settings.web.public_url
        return f"{public}/hooks/{name}" if public else ""


class Alone(Protocol):
    """What makes a process the only one that polls."""

    def alone(self, name: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Hold `name`; the event says when it was lost."""


Builder: TypeAlias = "Callable[[Site], Provider]"


def _telegram(site: Site) -> Provider:
    from channels.telegram.provider import Telegram

    telegram = site.settings.telegram
    assert telegram is not None  # noqa: S101 - only what is set is built
    return Telegram(
        telegram.token.get_secret_value(),
        site.memory,
        mode=telegram.mode,
        base_url=telegram.base_url,
        hook=site.hook("telegram"),
        secret=telegram.webhook_secret.get_secret_value() or site.derived("telegram webhook"),
        business=telegram.business,
        take_over=telegram.take_over,
        wait=telegram.wait,
        max_connections=telegram.max_connections,
    )


def _sms(site: Site) -> Provider:
    from channels.sms import Sms

    sms = site.settings.sms
    assert sms is not None  # noqa: S101 - only what is set is built
    if not site.settings.web.public_url and ("{url}" in sms.hook.signed or sms.out.uses("callback_url")):
        what = "{url} in sms.hook.signed" if "{url}" in sms.hook.signed else "{callback_url} in sms.out"
        raise WrongSettings(f"{what} needs web.public_url, the https address that the gateway calls")
    secret, key = sms.secret.get_secret_value(), sms.key.get_secret_value()
    return Sms(sms.gateway, secret=secret, key=key, url=site.hook("sms"))


def _whatsapp(site: Site) -> Provider:
    from channels.whatsapp import Graph, Template, Templates, WhatsApp

    whatsapp = site.settings.whatsapp
    assert whatsapp is not None  # noqa: S101 - only built when it is set
    names = whatsapp.templates
    by_role = {
        role: {code.partition("_")[0]: Template(name, code) for code in reversed(names.languages)}
        for role, name in (("update", names.update), ("reply", names.reply), ("ticket", names.ticket))
        if name
    }
    given = (whatsapp.app_secret, whatsapp.old_app_secret)
    return WhatsApp(
        Graph(whatsapp.base_url, whatsapp.version, whatsapp.token.get_secret_value()),
        secrets=[each.get_secret_value().encode() for each in given if each.get_secret_value()],
        verify_token=whatsapp.verify_token.get_secret_value(),
        numbers=whatsapp.numbers,
        templates=Templates(by_role, names.languages[0].partition("_")[0]),
        largest=site.settings.files.max_size,
        direct=whatsapp.direct_send,
    )


BUILDERS: Mapping[str, Builder] = {"sms": _sms, "telegram": _telegram, "whatsapp": _whatsapp}


def build(site: Site) -> dict[str, Provider]:
    """Every provider whose group is in the settings, by name. Raises `WrongSettings`."""
    return {name: make(site) for name, make in BUILDERS.items() if getattr(site.settings, name) is not None}


async def listen(provider: Provider, accept: Accept, memory: Alone) -> None:
    """What a provider does by itself, in one process at a time: two that poll with one token steal from each
    other. Until cancelled."""
    while True:
        async with memory.alone(f"provider/{provider.name}") as lost:
            running = asyncio.create_task(provider.run(accept), name=provider.name)
            losing = asyncio.create_task(lost.wait())
            try:
                await asyncio.wait({running, losing}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                losing.cancel()
                running.cancel()
                await asyncio.wait({running})
            if not lost.is_set():
                running.result()  # raises what ended it: the part dies, is seen dead, and is started again
                return
