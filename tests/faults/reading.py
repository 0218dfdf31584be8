"""SIGKILL at random moments while a mailbox is read over IMAP; then every mail, the cursor and every promise.

`python -m tests.faults.reading 100 10000` kills Sapa a hundred times while ten thousand mails arrive in a
real Dovecot, which is killed now and then too, and prints one JSON line at the end.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from channels.imap.standing import CHANNEL, Standing
from tests.faults.house import House
from tests.faults.promises import broken_promises
from tests.imap.dovecot import PASSWORD, Dovecot
from tests.imap.mails import mail

MOST_AT_ONCE = 250
DOVECOT_DIES = 7
"""At every so manieth kill of Sapa the mail server is killed as well."""


async def kill_reading(
    data: Path, dovecot: Dovecot, times: int, mails: int, seed: int, *, say: bool = False
) -> dict[str, int]:
    """Kill `times` times while `mails` arrive, let it settle, check. `AssertionError` names every fault."""
    rng = random.Random(seed)
    user = dovecot.new_user()
    box = {
        "host": "127.0.0.1", "port": dovecot.port, "tls": "none", "user": user, "password": PASSWORD,
        "first": "now", "poll": 5,
    }  # fmt: skip
    house = House(data, env={"SAPA_IMAP": json.dumps([box])})
    house.start()
    put = 0
    try:
        await _first_look(house.database)
        for turn in range(times):
            share = min(-(-(mails - put) // (times - turn)), MOST_AT_ONCE)
            dovecot.put(user, [mail(n, "kill") for n in range(put, put + share)])
            put += share
            await asyncio.sleep(rng.uniform(0.02, 1.2))
            house.kill()
            if turn % DOVECOT_DIES == DOVECOT_DIES - 1:
                dovecot.kill()
                dovecot.start()
            await asyncio.to_thread(house.start)
            if say:
                print(f"\rkilled {turn + 1} of {times}", end="", file=sys.stderr, flush=True)
        for begin in range(put, mails, MOST_AT_ONCE):
            dovecot.put(user, [mail(n, "kill") for n in range(begin, min(begin + MOST_AT_ONCE, mails))])
        await _settle(house.database, mails)
    finally:
        if house.process and house.process.poll() is None:
            house.stop()
    return _check(house.database, user, times, mails)


async def _first_look(database: Path) -> None:
    """Wait until the mailbox was opened for the first time: what comes from then on is to be answered."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            if connection.execute("select count(*) from cursors where channel = 'imap'").fetchone()[0]:
                return
        await asyncio.sleep(0.05)
    raise AssertionError("the mailbox was never opened")


async def _settle(database: Path, mails: int, patience: float = 120) -> None:
    """Wait until all mails are on record and nothing waits for its turn; as long as there is progress."""
    seen, since = -1, time.monotonic()
    while time.monotonic() < since + patience:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            there, done = connection.execute(
                "select count(*), sum(state <> 'new') from inbox where channel = 'email'"
            ).fetchone()
        if there >= mails and done == there:
            return
        if there + (done or 0) > seen:
            seen, since = there + (done or 0), time.monotonic()
        await asyncio.sleep(0.2)
    raise AssertionError(f"not idle: {there} mails of {mails} on record, {done} decided")


def _check(database: Path, user: str, times: int, mails: int) -> dict[str, int]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "select raw, state, outcome, cause, thread_id from inbox where channel = 'email'"
        ).fetchall()
        answers = dict(
            connection.execute("select thread_id, count(*) from outbox group by thread_id").fetchall()
        )
        value = connection.execute(
            "select value from cursors where channel = ? and account = ?",
            (CHANNEL, f"{user}@127.0.0.1/INBOX"),
        ).fetchone()[0]
    faults: list[str] = []
    came = Counter(_number(raw) for raw, *_ in rows)
    faults += [f"mail {n} is on record {came[n]} times" for n in range(mails) if came[n] != 1]
    suspected = 0
    for raw, state, outcome, cause, thread in rows:
        if outcome == "quarantined" and cause.startswith("the process ended"):
            suspected += 1  # killed twice just while this one was decided: a person looks at it
            if answers.get(thread, 0) > 1:  # the customer is told so, once
                faults.append(f"mail {_number(raw)} is in quarantine and has {answers[thread]} answers")
        elif (state, outcome) != ("done", "conversation"):
            faults.append(f"mail {_number(raw)} is {state}, {outcome}: {cause}")
        elif answers.get(thread) != 1:
            faults.append(f"mail {_number(raw)} has {answers.get(thread, 0)} answers")
    standing = Standing.decode(value)
    if standing is None or standing.uid != mails:
        faults.append(f"the cursor stands at {standing}, and {mails} mails were put")
    faults += broken_promises(database)
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:40])
    return {"kills": times, "mails": mails, "answers": sum(answers.values()), "quarantined": suspected}


def _number(raw: bytes) -> int:
    found = re.search(rb"Message-ID: <(\d+)\.", raw)
    return int(found[1]) if found else -1


def main(argv: list[str]) -> int:
    """Kill so many times while so many mails arrive."""
    times = int(argv[0]) if argv else 100
    mails = int(argv[1]) if len(argv) > 1 else 100 * times
    dovecot = Dovecot()
    dovecot.start()
    try:
        with tempfile.TemporaryDirectory(prefix="sapa-reading-") as folder:
            counted = asyncio.run(
                kill_reading(Path(folder) / "data", dovecot, times, mails, seed=2611, say=True)
            )
    finally:
        dovecot.stop()
    print(file=sys.stderr)
    print(json.dumps({"faults": "imap", **counted, "broken_promises": 0}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
