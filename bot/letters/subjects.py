"""Subjects as they are compared: whether a mail goes on with its thread's matter or brings another one."""

from __future__ import annotations

import re

from bot.letters.head import one_line

MAX_KEY = 200
_MARKS = "re|fwd?|fw|bls|balas|tr|trs|terusan|teruskan|aw|wg|antw|sv|vs|ynt|odp|rif|res|enc|rv|回复|答复|转发"
_MARK = re.compile(rf"\s*(?:{_MARKS})\s*(?:\[\d{{1,3}}\]|\(\d{{1,3}}\))?\s*[:：]", re.IGNORECASE)
_BRACKETS = re.compile(r"\[[^\]\n]{0,80}\]")
_WORD = re.compile(r"[^\W\d_]{3,}")
_NOTHING = """
yang dan dari untuk dengan pada atas ini itu akan sudah belum mau saya kami anda bapak ibu kak pak mohon
tolong minta perihal hal tentang soal mengenai terkait
lanjutan susulan tambahan revisi balasan jawaban data dokumen
berkas file lampiran terlampir foto gambar bukti nota faktur invoice nomor tiket surat jalan info informasi
konfirmasi update status tanya halo selamat pagi siang sore malam terima kasih maaf penting urgent segera
kepada customer service layanan pelanggan email pesan tanpa judul subjek subject none
the and for from about regarding your our you please more further additional details photo photos picture
attached attachment document number ticket reply answer question hello thanks thank information confirmation
message
"""
_SAYS_NOTHING = frozenset(_NOTHING.split())
"""Words of a subject that could stand over any matter."""


def plain(subject: str) -> str:
    """A subject without reply and forward marks and without what stands in brackets, in lower case."""
    base = one_line(subject, 4 * MAX_KEY).casefold()
    for _ in range(20):
        shorter = _BRACKETS.sub(" ", base, count=1).strip()
        if match := _MARK.match(shorter):
            shorter = shorter[match.end() :]
        shorter = " ".join(shorter.split())
        if shorter == base:
            break
        base = shorter
    return base[:MAX_KEY]


def answers(subject: str) -> bool:
    """Whether a subject begins with a reply mark."""
    return _MARK.match(subject) is not None


def changed(old: str, new: str) -> bool:
    """Whether `new` (both are `plain`) is about something else than `old`.

    Only when that is sure: both must say something, and have no word in common, not even in another form
    ("kurang", "kekurangan").
    """
    before, now = _words(old), _words(new)
    if not before or len(now) < 2:
        return False
    return not any(_alike(one, other) for one in now for other in before)


def _words(subject: str) -> list[str]:
    """What of a subject says anything; a number or a name of a document does not."""
    return [word for word in _WORD.findall(subject) if word not in _SAYS_NOTHING][:20]


def _alike(one: str, other: str) -> bool:
    if len(one) > len(other):
        one, other = other, one
    return (
        one in other or (len(one) > 4 and one[:5] == other[:5]) or (len(one) > 5 and one[-5:] == other[-5:])
    )
