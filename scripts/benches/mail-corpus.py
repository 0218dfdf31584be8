"""What Sapa reads right in the real mails of other projects: `SAPA_FIXTURES/email`, by its index.jsonl.

One JSON line a figure, with its goal and whether it is met. `--misses` prints first what differed from what
the samples' authors expect, `--only NAME` the misses of one figure. Samples of `kind: body_*` go straight to
the function that finds the visible text, and once more as a new mail, where nothing says that it is a reply.
"""

from __future__ import annotations

import argparse
import email
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from channels.base import Message
from channels.mail.pages import to_text
from channels.mail.visible import is_mobile, visible

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from tests.mail.expectations import alike, plain, received  # noqa: E402 - after the project is on the path

SLOWEST = 2.0
"""Seconds of CPU one message may take."""


@dataclass
class Score:
    """Counts by name, and what differed."""

    counts: Counter[str] = field(default_factory=Counter)
    misses: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, right: bool, where: str, expected: object, got: object) -> None:
        """One judgement."""
        self.counts[name] += 1
        self.counts[f"{name} right"] += right
        if not right:
            self.misses[name].append(f"{where}\n    expected {expected!r}\n    got      {got!r}")

    def share(self, name: str) -> float:
        """Of all judgements of that name, how many are right; 1 when there were none."""
        return self.counts[f"{name} right"] / self.counts[name] if self.counts[name] else 1.0


@dataclass(frozen=True)
class Case:
    """A row of the index with its bytes."""

    row: dict[str, Any]
    raw: bytes

    @property
    def expected(self) -> dict[str, Any]:
        return self.row.get("expected") or {}

    @property
    def where(self) -> str:
        return str(self.row["file"])


def cases(folder: Path) -> Iterator[Case]:
    """Every sample of the index whose file is there."""
    for line in (folder / "index.jsonl").read_text("utf-8").splitlines():
        if line.strip():
            row = json.loads(line)
            path = folder / row["file"]
            if path.is_file():
                yield Case(row, path.read_bytes())


def heads(case: Case, message: Message, score: Score) -> None:
    """Subject, sender, attachments, what kind of mail."""
    facts, expected = message.mail, case.expected
    assert facts is not None
    for name, key, got in (
        ("subject", "subject", facts.subject),
        ("from", "from", message.sender.email),
        ("from name", "from_name", message.sender.name),
    ):
        if expected.get(key) is not None:
            score.add(name, alike(expected[key], got), case.where, expected[key], got)
    if expected.get("attachments") is not None:
        wanted = [
            each if isinstance(each, str) else (each or {}).get("name") for each in expected["attachments"]
        ]
        names = [each.name for each in message.attachments]
        right = all(any(alike(want, name) for name in names) for want in wanted if want)
        score.add("attachment names", right, case.where, wanted, names)
    kind = facts.automatic.partition(":")[0]
    if expected.get("is_bounce") is not None:
        found = kind == "bounce"
        score.add(
            f"bounce {bool(expected['is_bounce'])}",
            found == expected["is_bounce"],
            case.where,
            "",
            facts.automatic,
        )
    if {"list-id", "precedence-bulk"} & set(case.row.get("tags") or ()) and expected.get(
        "is_bounce"
    ) is False:
        score.add("list mail", kind != "bounce", case.where, "no bounce", facts.automatic)
    if expected.get("is_auto") is not None:
        score.add(
            "automatic",
            bool(facts.automatic) == expected["is_auto"],
            case.where,
            expected["is_auto"],
            facts.automatic,
        )


def words_of(case: Case, wrapped: bool) -> tuple[str, str]:
    """The visible text, and the text from which nothing is stripped."""
    if case.row["kind"] == "mime":
        message = received(case.raw)
        quoted = message.mail.quoted if message.mail else ""
        return message.text, f"{message.text}\n{quoted}"
    body = case.raw.decode("utf-8", "replace").replace("\r\n", "\n")
    is_page = case.row["kind"] == "body_html"
    whole = to_text(body) if is_page else body
    if wrapped:
        kind = "html" if is_page else "plain"
        head = f"From: a@b.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/{kind}; charset=utf-8\n"
        return received(f"{head}\n{body}".encode("utf-8", "replace")).text, whole
    return visible(whole).text, whole


def lost(expected: str, text: str) -> bool:
    """A line that should be there is not; a phone's own lines count as signature and not as lost."""
    seen = plain(text)
    lines = [line.strip() for line in expected.splitlines()]
    return any(plain(line) not in seen for line in lines if line.strip(" -_—>") and not is_mobile(line))


def texts(case: Case, score: Score) -> None:
    """The visible text against what the sample's authors expect."""
    expected = case.expected.get("visible_reply_text")
    if expected is None:
        return
    got, whole = words_of(case, wrapped=False)
    right = plain(got) == plain(expected)
    score.add("visible text", right, case.where, expected, got)
    score.add(f"visible text, {case.row['repo']}", right, case.where, expected, got)
    score.add("no line lost", not lost(expected, got), case.where, expected, got)
    score.add("no line lost, nothing stripped", not lost(expected, whole), case.where, expected, whole)
    if case.row["kind"] != "mime":
        got, _ = words_of(case, wrapped=True)
        score.add("visible text, as a new mail", plain(got) == plain(expected), case.where, expected, got)
        score.add("no line lost, as a new mail", not lost(expected, got), case.where, expected, got)


def languages(folder: Path, score: Score) -> None:
    """Reply headers in many languages."""
    path = folder / "reply_headers.jsonl"
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        row = json.loads(line)
        got = visible(row["body"].replace("\r\n", "\n")).text
        expected = row["visible_reply_text"]
        score.add(
            "languages", plain(got) == plain(expected), f"{row['lang']}: {row['source']}", expected, got
        )


def run(folder: Path) -> tuple[Score, dict[str, float], list[str]]:
    """Read everything once."""
    score, took, failed = Score(), {}, []
    for case in cases(folder):
        began = time.process_time()
        try:
            if case.row["kind"] == "mime":
                message = received(case.raw)
                took[case.where] = time.process_time() - began
                if message.mail is None or "unreadable" in message.mail.warnings:
                    failed.append(case.where)
                    continue
                heads(case, message, score)
            texts(case, score)
        except Exception as fault:
            failed.append(f"{case.where}: {fault!r}")
        took.setdefault(case.where, time.process_time() - began)
    languages(folder, score)
    return score, took, failed


PLAIN = (
    "From: Sari Dewi <sari@pelanggan.example>\r\nTo: support@localhost\r\nSubject: Barang kurang\r\n"
    "Date: Mon, 16 Nov 2026 09:12:00 +0700\r\nMessage-ID: <1.2@pelanggan.example>\r\nMIME-Version: 1.0\r\n"
)
TEXT = (
    "Selamat siang,\r\n\r\nSaya beli 2 dus minyak goreng Sari Murni, yang datang cuma 1.\r\n"
    "Nomor faktur INV-2611-0003, HP 0812-3344-5566.\r\n\r\nTerima kasih\r\nSari\r\n\r\n"
    "Pada Sen, 16 Nov 2026 pukul 09.00 Layanan <support@localhost> menulis:\r\n\r\n"
    + "> Boleh minta nomor fakturnya, Ibu Sari? Contohnya INV-2611-0457.\r\n"
    * 24
)
PARAGRAPH = '<p class="MsoNormal"><span style="font-size:11pt">Gulanya <b>basah</b> semua, 3 sak.</span></p>'
MIXED = (
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n'
    f"<html><body><div>{PARAGRAPH * 12}</div></body></html>\r\n--b\r\nContent-Type: image/png; name=a.png\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n" + "QUJD" * 500 + "\r\n--b--\r\n"
)


def milliseconds(raw: bytes, read_one: Callable[[bytes], object]) -> float:
    """CPU time of one reading, the best of many short rounds: other processes disturb single ones."""
    best = float("inf")
    for _ in range(60):
        began = time.process_time()
        for _ in range(20):
            read_one(raw)
        best = min(best, (time.process_time() - began) / 20)
    return best * 1000


def speed() -> list[bool]:
    """Two mails as most are, beside the standard library's bare parser in the same run."""
    met = []
    for name, text, goal in (("plain", f"\r\n{TEXT}", 0.4), ("HTML and a picture", MIXED, 1.5)):
        raw = (PLAIN + text).encode()
        took, bare = milliseconds(raw, received), milliseconds(raw, email.message_from_bytes)
        more = {"bytes": len(raw), "bare_parser_ms": round(bare, 3)}
        met.append(figure(f"one mail, {name}, ms of CPU", took, goal, most=True, **more))
    return met


def figure(name: str, value: float, goal: float | None, *, most: bool = False, **more: object) -> bool:
    """Print one line; true when there is no goal or it is met."""
    met = goal is None or (value <= goal if most else value >= goal)
    line = {
        "bench": "mail-corpus",
        "figure": name,
        "value": round(value, 4),
        "goal": goal,
        "met": met,
        **more,
    }
    print(json.dumps({key: each for key, each in line.items() if each is not None}, ensure_ascii=False))
    return met


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="print what differed")
    parser.add_argument("--only", default="", help="misses of the figures whose name begins so")
    given = parser.parse_args()
    folder = Path(os.environ.get("SAPA_FIXTURES", ROOT.parent / "shared" / "fixtures")) / "email"
    if not (folder / "index.jsonl").exists():
        print(
            f"There are no mails at {folder}; name the folder that holds email/ in SAPA_FIXTURES.",
            file=sys.stderr,
        )
        return 2
    score, took, failed = run(folder)
    if given.misses or given.only:
        for name, each in score.misses.items():
            if name.startswith(given.only) and "/" not in name:
                for miss in each:
                    print(f"--- {name}: {miss}")
        for where in failed:
            print(f"--- exception: {where}")
    slowest = max(took, key=lambda name: took[name], default="")
    met = [
        figure("exceptions", len(failed), 0, most=True, messages=len(took)),
        figure("slowest message, s of CPU", took.get(slowest, 0.0), SLOWEST, most=True, file=slowest),
        figure("all messages, s of CPU", sum(took.values()), None),
    ]
    goals = {"subject": 0.96, "from": 0.96, "attachment names": 0.95, "visible text": 0.72, "languages": 1.0}
    met += speed()
    for name in sorted(score.counts):
        if name.endswith(" right") or name.startswith(("bounce", "no line lost")):
            continue
        goal = 1.0 if name == "list mail" else goals.get(name)
        met.append(
            figure(name, score.share(name), goal, right=score.counts[f"{name} right"], of=score.counts[name])
        )
    bounces, others = score.counts["bounce True"], score.counts["bounce False"]
    found, false = score.counts["bounce True right"], others - score.counts["bounce False right"]
    if bounces:
        met.append(figure("bounce recall", found / bounces, 0.98, right=found, of=bounces))
        met.append(
            figure("bounce precision", found / max(found + false, 1), 0.995, false=false, negatives=others)
        )
    untouched = 1 - score.share("no line lost, nothing stripped")
    for name in ("no line lost", "no line lost, as a new mail"):
        gone = 1 - score.share(name)
        met.append(
            figure(
                name.replace("no line", "a line is"),
                gone,
                round(untouched + 0.01, 4),
                most=True,
                of=score.counts[name],
            )
        )
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
