"""The mailboxes of the settings, each with its listener."""

from __future__ import annotations

from bot.memory import StoredMemory
from bot.settings import Settings
from bot.store import Store
from channels.imap.listener import Imap


def listeners(settings: Settings, store: Store) -> list[Imap]:
    """A listener for each mailbox. All mail belongs to the one account that answers: a customer who writes
    to two of our addresses is one customer."""
    memory = StoredMemory(store)
    return [
        Imap(
            each.mailbox(),
            memory,
            account=settings.mail.address,
            own=settings.own_addresses,
            trusted=settings.mail.trusted,
        )
        for each in settings.imap
    ]
