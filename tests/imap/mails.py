"""Mails as customers write them, each one different."""

from __future__ import annotations

import base64

HEAD = (
    "From: Sari Dewi <sari{n}@pelanggan.example>\r\nTo: cs@toko.example\r\nSubject: Barang kurang {n}\r\n"
    "Date: Mon, 16 Nov 2026 09:12:00 +0700\r\nMessage-ID: <{n}.{run}@pelanggan.example>\r\n"
    "MIME-Version: 1.0\r\n"
)
BODY = (
    "Selamat siang,\r\n\r\nSaya beli 5 dus minyak goreng, yang datang cuma 4.\r\n"
    "Nomor faktur INV-2611-{n:04d}.\r\n"
    "\r\nTerima kasih\r\nSari\r\n"
)


def mail(n: int, run: str = "a", *, more: str = "") -> bytes:
    """A plain mail; `n` and `run` make it unlike every other."""
    head = HEAD.format(n=n, run=run) + more + "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    return (head + BODY.format(n=n % 10_000)).encode()


def mails(count: int, run: str = "a", first: int = 1) -> list[bytes]:
    """Several of them."""
    return [mail(n, run) for n in range(first, first + count)]


def large(n: int, size: int, run: str = "big") -> bytes:
    """A mail with a video of about `size` bytes, a text in two versions and a small note attached."""
    video = base64.encodebytes(bytes(range(256)) * (size * 3 // 4 // 256)).replace(b"\n", b"\r\n")
    return (
        HEAD.format(n=n, run=run)
        + 'Content-Type: multipart/mixed; boundary="luar"\r\n\r\n'
        + 'pembuka\r\n--luar\r\nContent-Type: multipart/alternative; boundary="dalam"\r\n\r\n'
        + "--dalam\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        + BODY.format(n=n)
        + "\r\n--dalam\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        + "<p>Versi <b>HTML</b></p>\r\n--dalam--\r\n"
        + "--luar\r\nContent-Type: video/mp4\r\nContent-Transfer-Encoding: base64\r\n"
        + "Content-Disposition: attachment; filename*=utf-8''b%C3%BCkti%20rusak.mp4\r\n\r\n"
    ).encode() + video + b"\r\n--luar--\r\n"  # fmt: skip
