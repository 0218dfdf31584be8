"""The outbox's SQL: what waits to leave, in which order, and what became of it.

A row goes from `queued` to `sending` in a commit before the provider is called, and from there to what the
provider said. The messages of one thread are a *lane*: only the first that has not left yet is ever taken, so
that they leave in order. A row without a thread (a department's letter, an identity code) has no lane and no
owner. Nothing here scans what is done: every query runs on an index over what still waits.
"""

from bot.store.outbox.leaving import (
    abandon,
    halt,
    heads,
    heard,
    hurry,
    lock_gate,
    next_due,
    park,
    recover,
    settle,
    start,
    unclaim,
)
from bot.store.outbox.people import (
    Figures,
    Told,
    delivered,
    discard,
    figures,
    readdress,
    release,
    stuck,
    untold,
    withdraw,
)
from bot.store.outbox.rows import (
    BELL,
    RELEASED,
    STUCK,
    WEEK,
    NewRow,
    Settled,
    State,
    Waiting,
    decode,
    encode,
    queue,
)

__all__ = [
    "BELL",
    "RELEASED",
    "STUCK",
    "WEEK",
    "Figures",
    "NewRow",
    "Settled",
    "State",
    "Told",
    "Waiting",
    "abandon",
    "decode",
    "delivered",
    "discard",
    "encode",
    "figures",
    "halt",
    "heads",
    "heard",
    "hurry",
    "lock_gate",
    "next_due",
    "park",
    "queue",
    "readdress",
    "recover",
    "release",
    "settle",
    "start",
    "stuck",
    "unclaim",
    "untold",
    "withdraw",
]
