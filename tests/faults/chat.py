"""SIGKILL at random under a flood from Telegram (by polling) and WhatsApp (by webhook) at the same time; then
every promise is checked: no update lost, none answered twice, the order of each chat kept, each photo shown.

`python -m tests.faults.chat 100` kills a hundred times under 1,000 updates, then under 1,000 more as long as
kills are left, and prints one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from bot.store.files import digest_of
from tests.faults.house import House
from tests.faults.kill import settle
from tests.faults.promises import broken_promises
from tests.faults.trial import trial
from tests.standins import graph as whatsapp
from tests.standins import telegram
from tests.standins.faults import Fails

LINES = (
    "siang, saya beli 5 dus minyak goreng 1 liter kemarin, yg datang cuma 4, INV-2611-0457",
    "iya betul",
    "Budi Santoso",
    "0812 3456 7890",
    "halo?",
    "budi.santoso@contoh.co.id",
    "tidak ada",
    "tidak ada",
    "ya, sudah benar",
    "tidak, terima kasih",
)
PHOTOS = 0.2
"""How many of the messages are photos."""
NOT_YET = 0.2
"""How often a provider does not give a photo yet; now and then: all at once is a provider that is away."""
PORCHES = 0.3
"""How often the porch is killed a moment before the house."""
FEW = 8
"""Photos that WhatsApp does not give: after twenty within an hour the channel rests for Meta's sake."""
SENT = """select o.key, o.state, o.body, t.key from outbox o join threads t on t.id = o.thread_id
    where t.channel = ? order by o.id"""
ITEMS = """select i.thread_id, n.external_id, i.inbox_id from items i
    join inbox n on n.id = i.inbox_id join threads t on t.id = i.thread_id
    where t.channel = ? and i.author = 'customer' order by i.thread_id, i.seq"""


class Flood:
    """Two providers with their customers, and what these have done."""

    def __init__(self, api: telegram.BotApi, graph: whatsapp.Graph, rng: random.Random) -> None:
        self.api, self.graph, self.rng = api, graph, rng
        self.telegram: list[telegram.Person] = []
        self.whatsapp: list[whatsapp.Person] = []
        self.updates: list[tuple[int, int]] = []
        """(chat, message id) of what was said on Telegram."""
        self.wamids: list[str] = []
        self.photos: list[bytes] = []

    async def pour(self, updates: int, people: int, seconds: float) -> None:
        """So many updates from so many new people, half of them on each channel, spread over the time."""
        first = len(self.telegram)
        for n in range(first, first + people // 2):
            self.telegram.append(self.api.person(f"Tg {n}"))
            self.whatsapp.append(self.graph.person(f"Wa {n}"))
        said: Counter[str] = Counter()
        pause = seconds / max(updates, 1)
        for _ in range(updates // 2):
            one = self.rng.choice(self.telegram[first:])
            self.updates.append((one.id, self._says(one, _line(said, one.name))))
            other = self.rng.choice(self.whatsapp[first:])
            self.wamids.append(self._says(other, _line(said, other.name)))
            await asyncio.sleep(self.rng.uniform(0, 4 * pause))

    def _says(self, person: Any, text: str) -> Any:
        """Words; now and then below a photo, which the provider does not always give at once."""
        if self.rng.random() > PHOTOS:
            return person.says(text)
        self.photos.append(telegram.JPEG + str(len(self.photos)).encode())
        return person.sends_photo(self.photos[-1], text)

    async def taken(self, seconds: float = 120) -> None:
        """Until the providers have nothing left to tell."""
        until = time.monotonic() + seconds
        while self.api.updates.waiting():
            assert time.monotonic() < until, f"{len(self.api.updates.waiting())} updates were not fetched"
            await asyncio.sleep(0.1)
        await self.graph.hook.idle(seconds)


def _line(said: Counter[str], name: str) -> str:
    said[name] += 1
    return LINES[(said[name] - 1) % len(LINES)]


async def kill_many(
    data: Path,
    kills: int,
    seed: int,
    *,
    updates: int = 1000,
    people: int = 100,
    seconds: float = 12.0,
    say: bool = False,
) -> dict[str, int]:
    """Kill so often under the flood, let it settle, check; what was counted. `AssertionError` names every
    fault."""
    rng = random.Random(seed)
    killed = 0
    async with telegram.BotApi(scale=0.02) as api, whatsapp.Graph(scale=0.02) as graph:
        graph.hook.parallel, graph.hook.batch = 4, 5
        house = House(data, env=settings(api, graph))
        graph.hook.url = f"{house.web}/hooks/whatsapp"
        await asyncio.to_thread(house.start)
        flood = Flood(api, graph, rng)
        api.faults.next("file", Fails(502), times=10**9, when=lambda _: rng.random() < NOT_YET)
        graph.faults.next("media.download", Fails(503), times=FEW, when=lambda _: rng.random() < NOT_YET)
        try:
            while killed < kills:
                pouring = asyncio.create_task(flood.pour(updates, people, seconds))
                while killed < kills and not pouring.done():
                    await asyncio.sleep(rng.uniform(0.05, 1.5))
                    if rng.random() < PORCHES and (porch := house.porch):
                        os.kill(porch, signal.SIGKILL)
                        await asyncio.sleep(rng.uniform(0, 1))
                    house.kill()
                    killed += 1
                    await asyncio.to_thread(house.start)
                    if say:
                        print(f"\rkilled {killed} of {kills}", end="", file=sys.stderr, flush=True)
                await pouring
            await flood.taken()
            await _taken_in(house)
            await _fetched(house.database)
            await settle(house.database, 180)
        finally:
            if house.process and house.process.poll() is None:
                await asyncio.to_thread(house.stop)
        return {"kills": killed, **_check(house.database, flood)}


async def _taken_in(house: House, seconds: float = 60) -> None:
    """Until the house has taken in what its porch acknowledged."""
    until = time.monotonic() + seconds
    while waiting := house.acknowledged:
        assert time.monotonic() < until, f"{waiting} webhooks stand in the book"
        await asyncio.sleep(0.1)


async def _fetched(database: Path, seconds: float = 180) -> None:
    """Until no file lies with its provider any more."""
    until = time.monotonic() + seconds
    while True:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            states = dict(connection.execute("select state, count(*) from fetches group by state").fetchall())
        if states.keys() <= {"stored", "lost"}:
            return
        assert time.monotonic() < until, f"files are not fetched: {states}"
        await asyncio.sleep(0.2)


def settings(api: telegram.BotApi, graph: whatsapp.Graph) -> dict[str, str]:
    """The environment in which Sapa talks with the two."""
    return {
        "SAPA_TELEGRAM__TOKEN": api.token,
        "SAPA_TELEGRAM__BASE_URL": api.url,
        "SAPA_TELEGRAM__WAIT": "2",
        "SAPA_WHATSAPP__TOKEN": graph.token,
        "SAPA_WHATSAPP__APP_SECRET": graph.app_secret,
        "SAPA_WHATSAPP__VERIFY_TOKEN": graph.verify_token,
        "SAPA_WHATSAPP__NUMBERS": json.dumps(list(graph.numbers)),
        "SAPA_WHATSAPP__BASE_URL": graph.url,
    }


def _check(database: Path, flood: Flood) -> dict[str, int]:
    faults: list[str] = []
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        found = connection.execute(
            "select channel, external_id, state, cause from inbox where kind = 'message'"
        ).fetchall()
        items = {
            channel: connection.execute(ITEMS, (channel,)).fetchall() for channel in ("telegram", "whatsapp")
        }
        rows = {
            channel: connection.execute(SENT, (channel,)).fetchall() for channel in ("telegram", "whatsapp")
        }
        tickets = connection.execute("select count(*) from tickets").fetchone()[0]
        shown = connection.execute("select body from items where author = 'customer'").fetchall()
    faults += _photos(flood, [row[0] for row in shown])
    faults += _stored(flood, found)
    faults += _in_order(items)
    unknown = 0
    for channel, people in (("telegram", flood.telegram), ("whatsapp", flood.whatsapp)):
        said, doubtful = _answered_once(channel, rows[channel], people)
        faults += said
        unknown += doubtful
    faults += broken_promises(database)
    assert not faults, "\n".join([f"{len(faults)} broken promises", *faults[:40]])
    return {
        "photos": len(flood.photos),
        "updates": len(flood.updates) + len(flood.wamids),
        "tickets": tickets,
        "answers": sum(len(found) for found in rows.values()),
        "unknown": unknown,
        "suspected": sum(row[2] == "dead" for row in found),
    }


def _photos(flood: Flood, bodies: list[bytes]) -> list[str]:
    """Every photo is shown, once."""
    shown = Counter(file["digest"] for body in bodies for file in json.loads(body).get("files", ()))
    return [
        f"photo {n} is shown {shown[digest]} times"
        for n, digest in enumerate(map(digest_of, flood.photos))
        if shown[digest] != 1
    ]


def _stored(flood: Flood, found: list[Any]) -> list[str]:
    """What was said is there, once, and was handled - or was killed with the process again and again."""
    faults: list[str] = []
    states: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for channel, external_id, state, cause in found:
        key = external_id.partition("/")[2] if channel == "telegram" else external_id.rpartition(":")[2]
        states[channel, key].append((state, cause))
    wanted = [("telegram", f"{chat}/{number}") for chat, number in flood.updates]
    wanted += [("whatsapp", wamid) for wamid in flood.wamids]
    suspected = 0
    for key in wanted:
        there = states.pop(key, [])
        if len(there) != 1:
            faults.append(f"{key} is stored {len(there)} times")
        elif there[0][0] == "dead" and there[0][1].startswith("the process ended"):
            suspected += 1
        elif there[0][0] != "done":
            faults.append(f"{key} is {there[0]}")
    if suspected > max(1, len(wanted) // 100):
        faults.append(f"{suspected} innocent messages are in quarantine")
    return [*faults, *(f"{key} was never said" for key in states)]


def _in_order(items: dict[str, list[Any]]) -> list[str]:
    """Telegram keeps the order of a chat, and so do we; WhatsApp promises none, we keep that of arrival."""
    faults: list[str] = []
    last: dict[int, int] = {}
    for thread, external_id, _inbox in items["telegram"]:
        update = int(external_id.partition("/")[0])
        if update <= last.get(thread, 0):
            faults.append(f"telegram: {external_id} is shown after {last[thread]}")
        last[thread] = update
    last = {}
    for thread, external_id, inbox in items["whatsapp"]:
        if inbox <= last.get(thread, 0):
            faults.append(f"whatsapp: {external_id} is shown after a later one")
        last[thread] = inbox
    shown = Counter(row[1] for rows in items.values() for row in rows)
    return [*faults, *(f"{key} is shown {count} times" for key, count in shown.items() if count > 1)]


def _answered_once(channel: str, rows: list[Any], people: list[Any]) -> tuple[list[str], int]:
    """No message of ours came twice, none that is said to have left did not come."""
    faults: list[str] = []
    said: dict[str, Counter[str]] = defaultdict(Counter)
    doubtful: dict[str, Counter[str]] = defaultdict(Counter)
    unknown = 0
    for key, state, body, thread in rows:
        text = json.loads(body)["text"]
        if state == "sent":
            said[thread][text] += 1
        elif state == "unknown":
            unknown += 1
            doubtful[thread][text] += 1
        elif state != "withdrawn":
            faults.append(f"{channel}: {key} is {state}")
    for person in people:
        thread = str(person.id) if channel == "telegram" else f"+{person.phone}"
        got = Counter(each.text for each in person.got)
        for text, count in (got - said[thread] - doubtful[thread]).items():
            faults.append(f"{channel}: {person.name} got {count} more of {text[:60]!r}")
        for text, count in (said[thread] - got).items():
            faults.append(f"{channel}: {person.name} never got {count} of {text[:60]!r}")
    return faults, unknown


if __name__ == "__main__":
    sys.exit(trial("chat", kill_many, sys.argv[1:], times=100))
