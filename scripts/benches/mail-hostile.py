"""How long Sapa needs for mails that are made to be slow: each kind at about 1 MB and at 4 MB.

One JSON line a kind: seconds of CPU at both sizes, with the goal (2 s at 1 MB) and whether the time grows
with the size only (four times the mail may take six times as long). Of libraries measured on such mails, four
of five that strip quotes take more than 15 s, and so does the standard library's modern policy.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from channels.mail import read

GOAL = 2.0
GROWTH = 6.0
UNNOTICED = 0.15
"""Seconds below which growth is noise."""

HEAD = b"From: a@b.example\r\nTo: s@z.example\r\nSubject: Re: x\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
PAGE = HEAD + b"Content-Type: text/html\r\n\r\n"


def filled(unit: bytes, size: int) -> bytes:
    """`unit` over and over, about `size` bytes."""
    return unit * (size // len(unit) + 1)


UNITS: dict[str, tuple[bytes, bytes]] = {
    "On On On": (HEAD + b"\r\n", b"On "),
    "Pada Pada": (HEAD + b"\r\n", b"Pada tanggal "),
    "wrote lines": (HEAD + b"\r\n", b"wrote:\n"),
    "On lines": (HEAD + b"\r\n", b"On Mon, 3 Mar 2026 10:12 a@b.example\n"),
    "half headers": (HEAD + b"\r\n", b"Pada 3 Mar 2026 10.12, <a@b.example\n"),
    "labels": (HEAD + b"\r\n", b"Dari: x\nTanggal: y\n"),
    "dashes": (HEAD + b"\r\n", b"-"),
    "ruled words": (HEAD + b"\r\n", b"---- Pesan asli "),
    "blanks": (HEAD + b"\r\n", b" "),
    "blank lines": (HEAD + b"\r\n", b"\n"),
    "tabs and letters": (HEAD + b"\r\n", b"\t " * 280 + b"x\n"),
    "quote marks": (HEAD + b"\r\n", b">"),
    "quoted lines": (HEAD + b"\r\n", b"> x\ny\n"),
    "phone signatures": (HEAD + b"\r\n", b"Dikirim dari iPhone saya\n"),
    "disclaimers": (HEAD + b"\r\n", b"\nE-mail ini beserta \n"),
    "forwards": (
        HEAD.replace(b"Re:", b"Fwd:") + b"\r\n",
        b"---------- Forwarded message ---------\nFrom: a@b.example\n",
    ),
    "one long line": (HEAD + b"\r\n", b"a"),
    "glued headers": (HEAD + b"\r\n", b"x On Mon, 3 Mar 2026 10:12 a@b.example wrote:\n> y\n"),
    "uuencoded beginnings": (HEAD + b"\r\n", b"begin 644 x\n"),
    "half UTF-7": (HEAD + b"\r\n", b"+AAAA"),
    "high bytes": (HEAD + b"\r\n", b"\xc4\xe3 "),
    "soft quoted-printable": (HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n", b"=\r\n"),
    "flowed": (HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n", b"> x \r\n"),
    "parts": (MIXED, b"--b\r\n\r\nhi\r\n"),
    "boundaries of nobody": (
        HEAD + b"Content-Type: multipart/mixed; boundary=zz\r\n\r\n",
        b"--" + b"a" * 60 + b"\r\n",
    ),
    "recipients": (HEAD[:-2] + b"\r\nCc: ", b'"U" <u@x.example>, '),
    "comments": (b"From: ", b"("),
    "quotes in addresses": (b"From: ", b'"a'),
    "folded headers": (b"X-A: b\r\n", b" c\r\n"),
    "headers": (b"", b"X-A: b\r\n"),
    "parameters": (b"Content-Type: text/plain", b"; a*0*=b"),
    "semicolons": (b"Content-Type: text/plain", b";"),
    "encoded words without end": (b"Subject: ", b"=?utf-8?q?a"),
    "encoded words": (b"Subject: ", b"=?utf-8?q?=C3?= "),
    "references": (HEAD + b"References: ", b"<a@b.example> "),
    "elements": (PAGE, b"<div>x</div>"),
    "breaks": (PAGE, b"<br>"),
    "paragraphs": (PAGE, b"<p>kata kata kata kata</p>"),
    "nested elements": (PAGE, b"<div>"),
    "nested tables": (PAGE, b"<table><tr><td>"),
    "nested quotes": (PAGE, b"<blockquote type=cite>x"),
    "flat quotes": (PAGE, b"<blockquote type=cite>x</blockquote>y:"),
    "table cells": (PAGE, b"<td>x</td>"),
    "bad nesting": (PAGE, b"<b><p></b></p>"),
    "open tags": (PAGE, b"<a "),
    "less than": (PAGE, b"<"),
    "comments in HTML": (PAGE, b"<!--"),
    "styles": (PAGE, b'<p style="border-top:   x">'),
    "scripts": (PAGE, b"<script>"),
    "entities": (PAGE, b"&amp;"),
}
BUILT: dict[str, Callable[[int], bytes]] = {
    "nested multiparts": lambda size: (
        HEAD
        + b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
            for i in range(size // 60)
        )
    ),
    "winmail.dat of tiny objects": lambda size: (
        MIXED
        + b"--b\r\nContent-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22\x00\x00"
        + b"\x01\x02\x90\x06\x00\x00\x00\x00\x00\x00\x00" * (size // 11)
        + b"\r\n--b--\r\n"
    ),
}


def seconds(raw: bytes) -> float:
    """CPU time of one reading."""
    began = time.process_time()
    read(
        raw,
        account="support@sapa.example",
        envelope_from="a@b.example",
        envelope_to=("support@sapa.example",),
        received_at=datetime(2026, 11, 16, tzinfo=UTC),
    )
    return time.process_time() - began


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="bytes of the smaller mail")
    parser.add_argument("--only", default="", help="kinds whose name begins so")
    given = parser.parse_args()
    makes = {
        **{name: (lambda n, h=head, u=unit: h + filled(u, n)) for name, (head, unit) in UNITS.items()},
        **BUILT,
    }
    all_met = True
    for name, make in makes.items():
        if not name.startswith(given.only):
            continue
        took = seconds(make(given.size))
        larger = seconds(make(4 * given.size))
        met = took <= GOAL and (larger <= UNNOTICED or larger <= GROWTH * max(took, UNNOTICED / 4))
        all_met = all_met and met
        line = {"bench": "mail-hostile", "kind": name, "bytes": given.size, "s": round(took, 3)}
        print(json.dumps({**line, "s_four_times": round(larger, 3), "goal": GOAL, "met": met}), flush=True)
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main())
