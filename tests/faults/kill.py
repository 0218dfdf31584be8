"""SIGKILL at random moments under load from web chat and SMTP together; then every promise is checked.

`python -m tests.faults.kill 200` kills two hundred times on one data folder, which grows all the while, and
prints one JSON line at the end.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path

from tests.faults.customers import MailCustomer, WebCustomer
from tests.faults.house import House
from tests.faults.promises import broken_promises
from tests.faults.trial import trial

WEB, MAIL = 6, 2
LEAVING = """select count(*) from outbox
    where state in ('queued', 'sending') and next_at < datetime('now', '+30 seconds')"""
MESSAGE_IDS = """select substr(raw, instr(raw, 'Message-ID: ') + 12, 60) from inbox
    where channel = 'email' and raw is not null"""


async def kill_many(data: Path, times: int, seed: int, *, say: bool = False) -> dict[str, int]:
    """Kill `times` times, let it settle, check; what was counted. `AssertionError` names every fault."""
    rng = random.Random(seed)
    house = House(data)
    stop = asyncio.Event()
    web = [WebCustomer(house.web, no) for no in range(WEB)]
    mail = [MailCustomer(house.smtp_port, no) for no in range(MAIL)]
    house.start()
    tasks = [asyncio.create_task(one.talk(stop)) for one in web] + [
        asyncio.create_task(one.write(stop)) for one in mail
    ]
    try:
        for turn in range(times):
            await asyncio.sleep(rng.uniform(0.02, 0.7))
            house.kill()
            await asyncio.to_thread(house.start)
            if say:
                print(f"\rkilled {turn + 1} of {times}", end="", file=sys.stderr, flush=True)
        stop.set()
        await asyncio.gather(*tasks)
        await settle(house.database)
        for one in web:  # what a visitor sees when the page is opened again
            await one.listen("")
    finally:
        stop.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in web:
            await one.close()
        if house.process and house.process.poll() is None:
            house.stop()
    return _check(house.database, web, mail, times)


async def settle(database: Path, seconds: float = 60) -> None:
    """Wait until nothing waits."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            waiting = connection.execute("select count(*) from inbox where state = 'new'").fetchone()[0]
            leaving = connection.execute(LEAVING).fetchone()[0]
        if waiting == leaving == 0:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(
        f"not idle after {seconds} s: {waiting} inputs wait, {leaving} messages are to leave"
    )


def _check(database: Path, web: list[WebCustomer], mail: list[MailCustomer], times: int) -> dict[str, int]:
    faults: list[str] = []
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        outcomes = {
            key: (state, cause)
            for key, state, cause in connection.execute(
                "select external_id, state, cause from inbox where channel = 'webchat'"
            )
        }
        keys = Counter(key.partition("/")[2] for key in outcomes)
        by_client = {key.partition("/")[2]: outcome for key, outcome in outcomes.items()}
        mails = dict(connection.execute("select message_id, thread_id from mail_ids").fetchall())
        raws = Counter(row[0] for row in connection.execute(MESSAGE_IDS))
        counted = {
            "kills": times,
            "acknowledged_web": sum(len(one.acknowledged) for one in web),
            "acknowledged_mail": sum(len(one.acknowledged) for one in mail),
            "tickets": connection.execute("select count(*) from tickets").fetchone()[0],
            "inputs": connection.execute("select count(*) from inbox").fetchone()[0],
            "duplicate_mails": sum(count - 1 for count in raws.values()),
        }
    suspected = 0
    for one in web:
        faults += one.faults
        for client_id in one.acknowledged:
            state, cause = by_client.get(client_id, ("lost", ""))
            if state == "dead" and cause.startswith("the process ended"):
                suspected += 1  # killed again and again just while this was decided: a person looks at it
            elif state != "done":
                faults.append(f"web {client_id} was acknowledged and is {state}: {cause}")
            if keys[client_id] > 1:
                faults.append(f"web {client_id} is stored {keys[client_id]} times")
        shown = Counter(item["client_id"] for item in one.seen if item.get("client_id"))
        for client_id in one.acknowledged:
            if shown[client_id] != 1:
                faults.append(f"web {client_id} is shown {shown[client_id]} times to its customer")
    for letter in mail:
        faults += letter.faults
        faults += [
            f"mail {key} was acknowledged and is not there"
            for key in letter.acknowledged
            if key.strip("<>") not in mails and key not in mails
        ]
    if counted["duplicate_mails"]:
        faults.append(f"{counted['duplicate_mails']} mails are stored twice")
    if suspected > max(1, times // 10):
        faults.append(f"{suspected} innocent messages are in quarantine")
    counted["suspected"] = suspected
    faults += broken_promises(database)
    assert not faults, "\n".join([f"{len(faults)} broken promises", *faults[:40]])
    return counted


if __name__ == "__main__":
    sys.exit(trial("kill", kill_many, sys.argv[1:], times=200))
