"""Figures for Prometheus, read when asked for; nothing is counted twice and nothing counts history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class Figures:
    """What there is to tell: counts since the start, and how things stand now, by part. `ways` says
    whether each provider's way in and out are well, by (channel, way); `channels` are its own figures."""

    counts: Mapping[str, float] = field(default_factory=dict)
    levels: Mapping[str, float] = field(default_factory=dict)
    up: Mapping[str, bool] = field(default_factory=dict)
    lag: Mapping[str, float] = field(default_factory=dict)
    mailboxes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    ways: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    channels: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


LEVELS = frozenset({"waiting", "pending"})
"""Figures that say how things stand; the others are counted since the start."""

HELP = {
    "turns": "Turns taken",
    "received": "Messages of customers received",
    "reports": "Delivery reports received",
    "not_understood": "Calls of a provider that could not be read",
    "turned_away": "Calls of a hook without the right secret or signature",
    "parts_sent": "Parts of SMS sent, each of which is paid for",
    "cost": "What the parts sent cost, at the price of the settings",
    "commits": "Write transactions committed",
    "sent": "Messages sent",
    "waiting": "Mails on the server that are not stored yet, as last seen",
    "stored": "Mails and updates stored",
    "gone": "Mails that others removed before they were read",
    "only_texts": "Mails of which only the texts were taken",
    "unreadable": "Mails and updates put on record unread",
    "left_alone": "Mails of before Sapa that were left alone after the server numbered its mails anew",
    "rebuilt": "Times that the server numbered its mails anew",
    "connections": "Connections made",
    "accepted": "Messages accepted",
    "duplicates": "Redeliveries that were already here",
    "refused": "Calls that were sent away: without the secret, or too large",
    "pending": "Updates that wait at the provider, as last seen",
    "inbox_waiting": "Inputs that wait for a turn",
    "inbox_quarantined": "Inputs in quarantine",
    "outbox_waiting": "Messages that wait to be sent",
    "outbox_stuck": "Messages a person must look at",
    "files_fetched": "Files of customers fetched from their providers",
    "files_lost": "Files of customers that could not be fetched, for good",
    "files_waiting": "Files of customers that still lie with their providers",
    "streams": "Open event streams of the web chat",
    "writes_waiting": "Functions that wait for the writer",
}


class _Told(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """One family for each figure."""
        told = self._figures
        for name, value in told.counts.items():
            yield CounterMetricFamily(f"sapa_{name}", HELP.get(name, name), value=value)
        for name, value in told.levels.items():
            yield GaugeMetricFamily(f"sapa_{name}", HELP.get(name, name), value=value)
        up = GaugeMetricFamily("sapa_up", "Whether a part is alive", labels=["part"])
        for part, alive in told.up.items():
            up.add_metric([part], float(alive))
        yield up
        lag = GaugeMetricFamily("sapa_lag_seconds", "Age of the oldest thing that waits", labels=["part"])
        for part, seconds in told.lag.items():
            lag.add_metric([part], seconds)
        yield lag
        yield from _each("imap", "mailbox", told.mailboxes)
        ways = GaugeMetricFamily("sapa_way_up", "Whether a way is well", labels=["channel", "way"])
        for (channel, way), well in told.ways.items():
            ways.add_metric([channel, way], float(well))
        yield ways
        yield from _each("channel", "channel", told.channels)


def _each(
    prefix: str, label: str, told: Mapping[str, Mapping[str, float]]
) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
    """A family for each figure that one of several brings, the others at nought."""
    for name in sorted({figure for figures in told.values() for figure in figures}):
        kind = GaugeMetricFamily if name in LEVELS else CounterMetricFamily
        family = kind(f"sapa_{prefix}_{name}", HELP.get(name, name), labels=[label])
        for which, figures in told.items():
            family.add_metric([which], figures.get(name, 0.0))
        yield family


def exposition(figures: Figures) -> bytes:
    """The text of `/metrics`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(figures))
    return generate_latest(registry)
