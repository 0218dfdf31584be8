"""How each part is: alive, well, and how long the oldest thing has been waiting for it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.store import waiting
from channels.base import Health

if TYPE_CHECKING:
    from bot.house import House
    from bot.porch.keeper import Keeper
    from bot.supervisor import Part
    from channels.imap.listener import Imap
    from channels.smtp_in import SmtpIn
    from channels.webchat import WebChat

LATE = 60.0
"""Seconds that an input may wait for its turn before the part counts as not well."""
FRESH = 1.0
"""Seconds for which a look at the store is good enough, however often health is asked for."""


class Watch:
    """Looks at the parts of one process for `/health` and `/metrics`."""

    def __init__(
        self, house: House, *, smtp: SmtpIn | None, imap: Mapping[str, Imap], webchat: WebChat
    ) -> None:
        self._house = house
        self._smtp = smtp
        self._imap = imap
        self._webchat = webchat
        self.parts: Sequence[Part] = ()
        self.porch: Keeper | None = None
        self._seen: waiting.Waiting | None = None
        self._seen_at = 0.0

    async def health(self) -> Mapping[str, Any]:
        """`{"ok", "parts": {name: {"ok", "detail", "lag"}}}`; lag in seconds."""
        parts: dict[str, dict[str, Any]] = {}
        try:
            seen = await self._look()
        except Exception as error:  # whatever the driver says: the store does not answer
            parts["store"] = _part(
                False, f"does not answer ({type(error).__name__}); see the disk and the log"
            )
            seen = None
        else:
            fault = self._house.store.writer.fault
            parts["store"] = _part(
                not fault, f"the last write failed ({fault}); see the disk" if fault else ""
            )
        own = {
            "outbox": self._house.outbox.health(),
            "timers": self._house.timers.health(),
            "files": self._house.fetching.health(),
        }
        if self._smtp is not None:
            own["smtp"] = self._smtp.health()
        if self.porch is not None:
            own["webhooks"] = self.porch.health()
        own |= {name: mailbox.health() for name, mailbox in self._imap.items()}
        own |= self._providers()
        lags = self._lags(seen)
        for part in self.parts:
            word = own.get(part.name, Health())
            ok, detail = part.alive and word.ok, word.detail
            if not part.alive:
                detail = f"died: {part.last_fault}; it is started again by itself"
            lag = lags.get(part.name)
            if ok and lag is not None and lag > LATE and part.name not in self._imap:
                what = "file" if part.name == "files" else "input"
                ok, detail = False, f"the oldest {what} has waited {lag:.0f} s for its turn"
            parts[part.name] = _part(ok, detail, lag)
        for name in self._house.providers:
            if name not in parts:  # another process fetches; what providers call us with comes here
                parts[name] = _part(own[name].ok, own[name].detail)
        if seen is not None:
            parts["quarantine"] = _part(True, _count(seen.quarantined, "input"))
            parts["departments"] = _part(not seen.untold, _untold(seen.untold))
            parts["dead letters"] = _part(True, _count(seen.stuck, "message"))
            if lying := _without_channel(seen):
                parts["without a channel"] = _part(True, lying)
        return {"ok": all(part["ok"] for part in parts.values()), "parts": parts}

    async def metrics(self) -> bytes:
        """The text for Prometheus."""
        from bot.metrics import Figures, exposition  # only who is asked for figures needs its library

        house = self._house
        seen = await self._look()
        ways_out = house.outbox.channels()
        figures = Figures(
            counts={
                "turns": house.turns.taken,
                "commits": house.store.writer.commits,
                "sent": house.outbox.sent,
                "files_fetched": house.fetching.fetched,
                "files_lost": house.fetching.lost,
                **(
                    {
                        f"smtp_{name}": value
                        for name, value in self._smtp.health().figures.items()
                        if name != "connections"
                    }
                    if self._smtp
                    else {}
                ),
            },
            levels={
                "inbox_waiting": seen.inputs,
                "inbox_quarantined": seen.quarantined,
                "outbox_waiting": seen.letters,
                "outbox_stuck": seen.stuck,
                "files_waiting": seen.files,
                "streams": self._webchat.open_streams,
                "writes_waiting": house.store.writer.waiting,
            },
            up={part.name: part.alive for part in self.parts},
            lag={name: lag for name, lag in self._lags(seen).items() if lag is not None},
            mailboxes={mailbox.mailbox.key: mailbox.health().figures for mailbox in self._imap.values()},
            ways={
                (name, way): ok
                for name, provider in house.providers.items()
                for way, ok in (("in", provider.health().ok), ("out", ways_out[name].ok))
            },
            channels={name: provider.health().figures for name, provider in house.providers.items()},
        )
        return exposition(figures)

    def _providers(self) -> dict[str, Health]:
        """How Telegram, WhatsApp and SMS are: the way in as the channel sees it, the way out as the outbox
        does."""
        out = self._house.outbox.channels()
        told: dict[str, Health] = {}
        for name, provider in self._house.providers.items():
            ways = (("in", provider.health()), ("out", out.get(name, Health())))
            bad = [f"way {way}: {one.detail or 'not well'}" for way, one in ways if not one.ok]
            told[name] = Health(ok=not bad, detail="; ".join(bad) or ways[0][1].detail)
        return told

    async def _look(self) -> waiting.Waiting:
        if self._seen is None or time.monotonic() - self._seen_at > FRESH:
            channels = tuple(self._house.senders)
            departments = {each.email for each in self._house.sop.departments.values()}
            self._seen = await self._house.store.read(
                lambda conn: waiting.look(
                    conn, datetime.now(UTC), channels, departments, self._house.providers
                )
            )
            self._seen_at = time.monotonic()
        return self._seen

    def _lags(self, seen: waiting.Waiting | None) -> dict[str, float | None]:
        now = datetime.now(UTC)
        mailboxes: dict[str, float | None] = {name: each.lag(now) for name, each in self._imap.items()}
        if seen is None:
            return mailboxes

        def age(since: datetime | None) -> float:
            return max((now - since).total_seconds(), 0.0) if since else 0.0

        return {
            "turns": age(seen.oldest_input),
            "outbox": age(seen.oldest_letter),
            "timers": age(seen.oldest_timer),
            "files": age(seen.oldest_file),
            **mailboxes,
        }


def _part(ok: bool, detail: str = "", lag: float | None = None) -> dict[str, Any]:
    return {"ok": ok, "detail": detail, "lag": None if lag is None else round(lag, 3)}


def _untold(count: int) -> str:
    if not count:
        return "every letter to a department is on its way"
    return f"{_count(count, 'letter')}: a department was not told of a ticket; see `sapa outbox list`"


def _without_channel(seen: waiting.Waiting) -> str:
    """What waits for a channel that was taken out of the settings, "" when nothing does."""
    waits = [
        f"{count} {what}{'s' if count > 1 else ''}"
        for count, what in ((seen.letters_without_channel, "message"), (seen.files_without_channel, "file"))
        if count
    ]
    if not waits:
        return ""
    return f"{' and '.join(waits)} of channels that are not in the settings; given up a week after they came"


def _count(count: int, what: str) -> str:
    if not count:
        return "empty"
    return f"{count} {what}{'s' if count > 1 else ''} for a person to look at"
