"""How the way in is: when Meta called last, what it refused or warned of, and since when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from channels.base import Health, Inbound, Noted, Unreadable
from channels.whatsapp.reading import ALERT, WARNING

ALERT_LASTS = timedelta(hours=24)
"""Trouble of the account turns green by itself after this long without another word of it. What kept messages
from leaving is over as soon as one left; what Meta only warns of is not."""
MISSIGNED_LASTS = timedelta(hours=6)
"""Meta sends again what was refused, at longer and longer distances: red so long after the last of them."""
MISSIGNED_TOLERATED = 3
"""Webhooks with a wrong signature that name one of our numbers, and none with a right one among them, before
the secret counts as wrong. Only Meta and we know the ids of our numbers: what a stranger sends is told of,
and turns nothing red."""
MOST_ALERTS = 20


@dataclass(slots=True)
class Wellbeing:
    """What was seen since the start. `numbers` are the ids of our numbers."""

    numbers: Collection[str] = ()
    last: datetime | None = None
    webhooks: int = 0
    refused: int = 0
    warned_at: datetime | None = None
    missigned: int = 0
    missigned_since: datetime | None = None
    missigned_at: datetime | None = None
    not_stored: int = 0
    unusable: str = ""
    unusable_since: datetime | None = None
    alerts: dict[str, datetime] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)

    def came(self, batch: Sequence[Inbound | Unreadable], now: datetime) -> None:
        """A signed webhook was taken in."""
        self.last, self.missigned, self.missigned_since, self.missigned_at = now, 0, None, None
        self.webhooks += 1
        for one in batch:
            if isinstance(one, Noted) and one.cause.startswith((ALERT, WARNING)):
                while len(self.alerts) >= MOST_ALERTS:
                    del self.alerts[min(self.alerts, key=lambda words: self.alerts[words])]
                self.alerts[one.cause] = now
            elif (
                not isinstance(one, Noted)
                and self.numbers
                and one.account not in self.numbers
                and len(self.strangers) < MOST_ALERTS
            ):
                self.strangers.add(one.account)

    def was_missigned(self, body: bytes, now: datetime) -> bool:
        """A webhook with a wrong signature was turned away. Whether to say so in the log: once a minute, so
        that a flood of them is no flood of the log."""
        self.refused += 1
        if any(f'"{number}"'.encode() in body for number in self.numbers):
            self.missigned += 1
            self.missigned_since, self.missigned_at = self.missigned_since or now, now
        telling = self.warned_at is None or now - self.warned_at > timedelta(minutes=1)
        if telling:
            self.warned_at = now
        return telling

    def looked(self, unusable: str, now: datetime) -> None:
        """Our own look at the account: why it cannot be used, "" when it can."""
        self.unusable_since = (self.unusable_since or now) if unusable else None
        self.unusable = unusable

    def left(self) -> None:
        """A message was taken by Meta: whatever kept the account from writing is over."""
        self.alerts = {words: at for words, at in self.alerts.items() if not words.startswith(ALERT)}

    def health(self, now: datetime) -> Health:
        """For people. Quiet is no fault: perhaps nobody wrote."""
        for words in [words for words, at in self.alerts.items() if now - at > ALERT_LASTS]:
            del self.alerts[words]
        figures = {
            "webhooks": float(self.webhooks),
            "refused": float(self.refused),
            "not_stored": float(self.not_stored),
        }
        if self.last is not None:
            figures["last_webhook"] = self.last.timestamp()
        if self.unusable:
            return Health(False, self.unusable, self.unusable_since, figures)
        if self.alerts:
            told = "; ".join(words.removeprefix(ALERT).removeprefix(WARNING) for words in self.alerts)
            return Health(False, told, min(self.alerts.values()), figures)
        if self._is_secret_wrong(now):
            detail = (
                "webhooks for our numbers come with a wrong signature and are refused: compare "
                "whatsapp.app_secret with the App secret in Meta's dashboard (App settings, Basic)"
            )
            return Health(False, detail, self.missigned_since, figures)
        return Health(True, self._seen(now), None, figures)

    def _is_secret_wrong(self, now: datetime) -> bool:
        at = self.missigned_at
        return at is not None and self.missigned >= MISSIGNED_TOLERATED and now - at < MISSIGNED_LASTS

    def _seen(self, now: datetime) -> str:
        if self.last is None:
            turned = f"; {self.refused} calls that Meta did not sign were refused" if self.refused else ""
            return f"no webhook since the start{turned}"
        seen = f"last webhook {max(0, round((now - self.last).total_seconds()))} s ago"
        if self.strangers:
            seen += f"; whatsapp.numbers does not name {', '.join(sorted(self.strangers))}"
        return seen
