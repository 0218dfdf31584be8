"""Where an input belongs, and which of its files are still to come, as its channel says. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.store import people
from bot.store.arrivals import Place
from bot.store.clean import clean, fit
from bot.store.fetches import Wanted
from bot.store.inputs import Unfetched
from bot.store.people import Held
from channels.base import Attachment, Inbound

NO_WAY = "the provider named no way to it"
"""Why a file that has neither bytes nor a reference never comes."""

LARGEST_CLAIM = 2**53
"""Bytes that a sender may say a file has: what the column takes, and more than any file."""

_DIGEST = re.compile(r"[0-9A-Fa-f]{64}")


def place_of(inbound: Inbound) -> Place:
    """Where an input belongs, as its channel says."""
    sender, claims = inbound.sender, inbound.sender.claims
    number = people.phone(sender.phone)
    named = [each for each in (sender.id, *claims) if number and people.phone(each) == number]
    held = [Held(people.PHONE, number, "channel")] if number and "phone" in sender.proven else []
    if "email" in sender.proven and (address := people.email(sender.email)):
        held.append(Held(people.EMAIL, address, "channel"))
    return Place(
        key=fit(inbound.thread, 320),
        sender=fit(sender.id, 320),
        address=fit(sender.email or inbound.thread, 320),
        name=clean(sender.name)[:200],
        claims=tuple(fit(claim, 320) for claim in claims if claim),
        phone=fit(named[0], 320) if named else "",
        held=tuple(held),
    )


def files_missing(attachments: Sequence[Attachment]) -> tuple[Unfetched, ...]:
    """What of a message's files is not here."""
    return tuple(
        Unfetched(n, clean(one.name)[:255], clean(one.media_type), "" if one.reference else NO_WAY)
        for n, one in enumerate(attachments)
        if one.content is None
    )


def files_wanted(attachments: Sequence[Attachment]) -> tuple[Wanted, ...]:
    """What of a message's files is to be fetched."""
    return tuple(
        Wanted(
            position=n,
            reference=clean(one.reference),
            name=clean(one.name)[:255],
            media_type=clean(one.media_type)[:128],
            size=min(max(one.size, 0), LARGEST_CLAIM),
            digest=one.digest.lower() if _DIGEST.fullmatch(one.digest) else "",
        )
        for n, one in enumerate(attachments)
        if one.content is None and one.reference
    )
