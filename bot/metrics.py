"""Figures for Prometheus, read when asked for; nothing is counted twice and nothing counts history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class Figures:
    """What there is to tell: counts since the start, and how things stand now; labels are (part,) names."""

    counts: Mapping[str, float] = field(default_factory=dict)
    levels: Mapping[str, float] = field(default_factory=dict)
    up: Mapping[str, bool] = field(default_factory=dict)
    lag: Mapping[str, float] = field(default_factory=dict)


HELP = {
    "turns": "Turns taken",
    "commits": "Write transactions committed",
    "sent": "Messages sent",
    "accepted": "Messages accepted",
    "duplicates": "Redeliveries that were already here",
    "inbox_waiting": "Inputs that wait for a turn",
    "inbox_quarantined": "Inputs in quarantine",
    "outbox_waiting": "Messages that wait to be sent",
    "outbox_stuck": "Messages a person must look at",
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


def exposition(figures: Figures) -> bytes:
    """The text of `/metrics`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(figures))
    return generate_latest(registry)
