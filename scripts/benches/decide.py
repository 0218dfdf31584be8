"""What a turn costs before anything is stored: understanding, deciding, wording, in CPU time.

The talks of the bench `turns`, replayed in memory in this one process, the talk decoded from its record
before each turn as the turn-taker does; every customer with another name, number and mailbox. The goal is
for an ordinary machine, which adds ten million numbers in 0.6 s: the bench measures that of this one as well.
`--profile` prints where the time goes instead.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import pstats
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from turns import TALKS

from bot.dialogue import (
    Carrying,
    IssueTicket,
    Opening,
    Said,
    begin,
    decide,
    decode_talk,
    encode_talk,
    expecting,
    finish,
    fold,
)
from bot.packs import load
from bot.understanding import Understander

GOAL_MS, ORDINARY_S = 0.5, 0.6
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NAMES = ("Agus", "Bambang", "Citra", "Darto", "Endah", "Fitri", "Galih", "Hendra", "Kartika", "Lukman")
_NAME = re.compile(r"budi|siti|andi|john", re.IGNORECASE)
_END = re.compile(r"(?<=\d\d)\d\d\b(?!-)")
PARTS = ("decode", "understand", "decide", "finish")


def main() -> int:
    """Measure; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    replay = replayer()
    for _ in range(3):
        replay({})
    gc.collect()
    gc.freeze()  # as the turn-taker does
    gc.set_threshold(10_000, 20, 20)
    if given.profile:
        profile = cProfile.Profile()
        profile.runcall(lambda: [replay({}) for _ in range(given.rounds)])
        pstats.Stats(profile).sort_stats("tottime").print_stats(60)
        return 0
    spent = dict.fromkeys(PARTS, 0.0)
    turns, additions = 0, 0.0
    for _ in range(given.rounds):  # in turn, so that busy neighbours slow down both
        turns += replay(spent)
        additions += _additions()
    machine = 100 * additions / given.rounds
    ms = {part: 1000 * seconds / turns for part, seconds in spent.items()}
    whole = sum(ms.values())
    ordinary = whole * ORDINARY_S / machine
    print(
        json.dumps(
            {
                "bench": "decide",
                "turns": turns,
                "cpu_ms": round(whole, 4),
                **{f"{part}_ms": round(value, 4) for part, value in ms.items()},
                "s_per_10m_additions": round(machine, 2),
                "ordinary_cpu_ms": round(ordinary, 4),
                "goal_ms": GOAL_MS,
                "met": ordinary <= GOAL_MS,
            }
        )
    )
    return 0 if ordinary <= GOAL_MS else 1


def _additions() -> float:
    """CPU seconds of a hundred thousand additions: how fast this machine is just now."""
    begun, total = time.process_time(), 0
    for n in range(100_000):
        total += n
    return time.process_time() - begun


def replayer() -> Callable[[dict[str, float]], int]:
    """A function that plays every talk once, adds each part's seconds to what it is given, and counts."""
    sop = load()
    understander = Understander(sop)
    carrying = Carrying("chat", 4096, 10, 0)
    clock = time.process_time
    dice = random.Random(7)

    def replay(spent: dict[str, float]) -> int:
        turns = 0
        for lines in TALKS:
            record = b""
            for text in _somebody(lines, dice):
                at = [clock()]
                opened = begin(Opening("bench", "chat", {}, NOW), sop) if not record else ()
                talk = decode_talk(record) if record else fold(None, opened)
                at.append(clock())
                heard = understander.understand(text, expecting(talk, NOW, sop))
                at.append(clock())
                turn = decide(talk, Said((heard,)), NOW, sop)
                at.append(clock())
                numbers = {e.ref: "SP-2611-0001-0" for e in turn.effects if isinstance(e, IssueTicket)}
                finished = finish(talk, turn, numbers, sop, carrying)
                at.append(clock())
                record = encode_talk(finished.talk)
                turns += 1
                for part, before, after in zip(PARTS, at, at[1:], strict=False):
                    spent[part] = spent.get(part, 0.0) + after - before
        return turns

    return replay


def _somebody(lines: Sequence[str], dice: random.Random) -> Iterator[str]:
    """The lines with another name, mailbox and numbers: what is kept for one customer helps no other."""
    name = dice.choice(NAMES)
    for line in lines:
        line = _NAME.sub(lambda m: name if m[0][0].isupper() else name.lower(), line)
        yield _END.sub(lambda _: f"{dice.randrange(100):02}", line)


if __name__ == "__main__":
    sys.exit(main())
