"""Names, honorifics and addresses."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from itertools import islice

from bot.understanding.text import Reading
from bot.understanding.words import FILLERS, HAJI, HONORIFICS, NO, PLACES, YES, words_of

_MOST = 10
_LED = re.compile(
    r"\b(?:nama(?:\s+(?:saya|aku|lengkap|sy|gw|gue|pelanggan|pemesan|pembeli))*\s*(?:adalah|itu|ialah)?\s*[:=]?|(?:my|full)\s+name(?:\s+is|\s*[:=]|'s)|(?:atas\s+nama|a\.?\s?n\.?(?=[\s:.])|a/n)\s*[:.]?|(?:panggil|call)\s+(?:saja|aja|saya|me)(?:\s+saja)?|name\s*[:=]|(?:pelanggan|konsumen|customer)\s*[:=])\s*"
)
_IAM = re.compile(
    r"\b(?:saya|aku|sy|dengan|dgn|ini|i\s?am|i'm|this\s+is|it's)\s+(?=(?:pak|bapak|bpk|bu|ibu|mas|mbak|mba|koh|ko|ci|cik|kak|bang|om|tante|haji|hj?|mr|mrs|ms|uda|uni|kang|teh)?\.?\s*[^\W\d_])"
)
_SELF = re.compile(
    r"\b(?:saya|sy|aku|dengan|dgn|ini|nama(?:\s+saya)?|panggil(?:\s+(?:saja|saya|aja))*|i'?m"
    r"|this is|call me)"
    r"\s*[:,]?\s+(?=\w)"
)
_TITLES = HONORIFICS.keys() | HAJI.keys()
_FROM = re.compile(r"\s*,?\s*(?:dari|from|di|at|pemilik|owner|toko|warung)\b")
_OF = re.compile(r"\s*[,(\-]?\s*(?:dari|from|di|toko|warung|pemilik|owner|at)\b")
_GOES_ON = re.compile(r"\s*(?:dari|from|di|,|\.|-|/|\()")
_TITLE = re.compile(r"([^\W\d_]+)(?:\s*/\s*[^\W\d_]+)?\.?\s+")
_BLANK = re.compile(" {1,2}")
_NAME_WORD = re.compile(r"[^\W\d_]+(?:['’.\-][^\W\d_]+)*\.?")
_STOP = words_of(
    """
    dari di dan mau ingin tapi nomor no hp wa alamat email telp telepon yang dengan untuk beli pesan
    order from and or at with my phone number want the here saya sy aku i is adalah itu pelanggan
    customer toko warung tokonya kak min admin ya nih sini disini tadi kemarin sudah belum komplain
    keluhan mohon tolong minta bisa mengirim kirim minta selaku pemilik owner bagian umur usia jalan jl
    tinggal speaking again wrong salah betul benar bukan tidak tetapi but correct nya pt cv ud semua
    inv sj do
    juga dr sebagai atau lagi mau pengen faktur invoice nomornya barang pembelian a an not have bought
    ordered please tentang soal
    """
)
_ADDRESS_LED = re.compile(
    r"\b(?:alamat(?:\s*(?:saya|kami|rumah|toko|lengkap|pengiriman|kirim|baru|nya|sy|surat|di|adalah|ada))*|alamatnya(?:\s*(?:di|adalah))?|address(?:\s*(?:is|line))?|dikirim\s+ke\s+alamat|ship\s+to|deliver\s+to)\s*[:=]?\s*"
)
_STREET = re.compile(
    r"\b(?:jl|jln|jalan|gang|gg|perum(?:ahan)?|komplek|kompleks|blok|rt|rw|kel(?:urahan)?|kec(?:amatan)?|desa|dusun|kota|kab(?:upaten)?|no|ruko|pasar|street|st|road|kios|kampung|kp)\b"
)
_UNASKED = re.compile(
    r"(?:\b(?:jl|jln|gg|gang)|(?<!\bdi )\bjalan)\b\.?\s+(?!\d|tol\b|terus\b)(?:[^\W\d_]+\s+){1,4}"
    r"(?:no\.?\s*)?"
    r"\d{1,4}[a-z]?\b(?![\d\s]{5}|\s*(?:hari|jam|menit|minggu|bulan|kali|dus|karton)\b)"
    r"(?:,?\s+(?:rt|rw)[\s./]*\d+(?:/\d+)?)*(?:,?\s+(?!(?:hp|wa|telp|no|nomor|atas|nama|saya|sudah|belum|barang|dan|tapi)\b)"
    r"[^\W\d_]{4,}(?=\s*(?:[,.\n]|$)))?"
)
"""A street with its number, written without the word "alamat"."""
_PLACE_WORDS = 14
_NONE_BUT = re.compile(
    r"\s*(?:g|ga|gak|nggak|enggak|ngga|tdk|tidak|tak|no|don't have)\b(?:\s+(?:ada|punya|pny|pakai|pake)\w*)?"
    r"(?:\s+e-?mail\w*)?(?:\s+(?:kak|pak|bu|min|mas|mbak))?\s*[,.;]\s*"
)
"""What was asked for is not there, and what follows stands instead: "gak punya email, toko di ..."."""
_SHOPS = words_of("toko tk warung wr pt cv ud fa kedai kios ruko depot agen grosir minimarket shop store")
_SENTENCE = words_of(
    """
    belum tidak sudah mau minta kirim dikirim datang sampai kurang rusak pecah bocor salah tapi karena yang
    kenapa kok bukan barang barangnya punya pakai email emailnya lupa nanti ke berapa
    """
)
"""Words by which a message that names a place tells something else."""
_SEEN = 1500
_ROAD = re.compile(r"\b(?:jl|jln|jalan|gang|gg)\b")
_ASKED_LEAD = re.compile(
    r"^\s*(?:(?:alamat(?:nya)?|rumah|toko|saya|kami|di|ada|adalah|my|address|is|it's|it is|yang benar)\b"
    r"[\s:,]*)+"
)


def name(
    reading: Reading, asked: bool, known: AbstractSet[str]
) -> tuple[str, str, int, int, float, str] | None:
    """(name, honorific, start, end, score, rule) or None. `known` are words that are no names."""
    low = reading.low
    for match in islice(_LED.finditer(low), _MOST):
        heard = _name_at(reading, match.end(), known, strict=False)
        if heard:
            return (*heard, 0.9, "name")
    for match in islice(_IAM.finditer(low), _MOST):
        heard = _name_at(reading, match.end(), known, strict=True)
        if heard:
            value, honorific, start, end = heard
            followed = _FROM.match(low, end) is not None
            raw = reading.said(start, end)
            if honorific or followed or (raw[:1].isupper() and not reading.raw[:CAPITAL_SAMPLE].isupper()):
                ends_here = end >= len(low.rstrip(" .,!"))
                return (
                    value,
                    honorific,
                    start,
                    end,
                    0.9 if followed or honorific else (0.8 if asked or ends_here else 0.65),
                    "name",
                )
            if asked:
                return value, honorific, start, end, 0.85, "name"
    if asked:
        return _bare(reading, known)
    return None


CAPITAL_SAMPLE = 200


def _bare(reading: Reading, known: AbstractSet[str]) -> tuple[str, str, int, int, float, str] | None:
    low = reading.low.rstrip()
    start = 0
    words = list(_NAME_WORD.finditer(low[:120]))
    while (
        words
        and words[0].group().strip(".") in FILLERS
        and words[0].group().strip(".") not in HONORIFICS
        and len(words) > 1
    ):
        words = words[1:]
    while words and words[0].group() in ("ya", "iya", "oke", "ok", "baik", "yes") and len(words) > 1:
        words = words[1:]
    if not words:
        return None
    start = words[0].start()
    heard = _name_at(reading, start, known, strict=False)
    if not heard:
        return None
    value, honorific, begin, end = heard
    rest = low[end:].strip(" .,!-")
    plain = [match.group().strip(".'") for match in words]
    if any(word in YES or word in NO for word in plain[:1]):
        return None
    led = _OF.match(low, end) is not None
    telling = [word for word in plain if word not in FILLERS and word not in HONORIFICS and word not in HAJI]
    sentence = 0 if led else sum(1 for word in telling if word in known)
    if sentence and sentence * 2 >= len(telling):
        return None
    score = 0.9 if not rest else 0.75
    if len(plain) > 6 and rest and "," not in low[end : end + 2] and not _GOES_ON.match(low, end):
        return None
    if sentence and rest:
        score = 0.65
    return value, honorific, begin, end, score, "name asked"


def _name_at(
    reading: Reading, at: int, known: AbstractSet[str], *, strict: bool
) -> tuple[str, str, int, int] | None:
    """(name, honorific, start, end) of the name at `at` in `low`."""
    low = reading.low
    honorific, start = honorific_at(low, at)
    parts: list[tuple[int, int]] = []
    position = start
    while len(parts) < 5:
        match = _NAME_WORD.match(low, position)
        if not match:
            break
        word = match.group().strip(".'’")
        if word in _STOP or not word:
            break
        if word in known and (strict or not parts or word in FILLERS):
            break
        parts.append(match.span())
        position = match.end()
        gap = _BLANK.match(low, position)
        if not gap:
            break
        position = gap.end()
    if not parts or (len(parts) == 1 and parts[0][1] - parts[0][0] < 2):
        return None
    begin, end = parts[0][0], parts[-1][1]
    shown = " ".join(reading.said(begin, end).split()).strip(" .'’-")
    if low[end - 1 : end] == "." and end - 1 > begin:
        end -= 1
    return cased(shown), honorific, begin, end


def honorific_at(low: str, at: int) -> tuple[str, int]:
    """The honorific at `at` ("Pak Haji"), and where the name after it begins."""
    heard: list[str] = []
    position = at
    for _ in range(3):
        match = _TITLE.match(low, position, position + 30)
        if not match:
            break
        word = match.group(1)
        if word in HONORIFICS and not heard:
            heard.append(HONORIFICS[word])
        elif word in HAJI and (heard or word not in ("h",) or "." in match.group()):
            heard.append(HAJI[word])
        else:
            break
        position = match.end()
    return " ".join(heard), position


def cased(name_: str) -> str:
    """A name written all small or all large in its usual form; as the customer wrote it otherwise."""
    if name_.islower() or (name_.isupper() and len(name_) > 3):
        return " ".join(part[:1].upper() + part[1:].lower() for part in name_.split())
    return name_


def honorific(reading: Reading) -> str:
    """What the customer calls themselves: "saya Pak Haji Mahmud", "dengan Koh Aseng". Calling us Kak or Min
    says nothing about them."""
    if _TITLES.isdisjoint(reading.spelt):
        return ""
    for match in _SELF.finditer(reading.low):
        heard, end = honorific_at(reading.low + " ", match.end())
        if heard and (
            (end < len(reading.low) and reading.low[end].isalpha())
            or "panggil" in match.group()
            or "call" in match.group()
        ):
            return heard
    return ""


def address(reading: Reading, asked: bool) -> tuple[int, int, float] | None:
    """The span of an address in `low`, and a score. Without being asked only after "alamat"."""
    low = reading.low
    for match in islice(_ADDRESS_LED.finditer(low), _MOST):
        start = match.end()
        if low[max(0, match.start() - 6) : match.start()].strip() in ("salah", "e-mail", "email") or low[
            start : start + 5
        ] in ("email", "e-mai", "salah"):
            continue
        end = _address_end(low, start)
        text = low[start:end]
        if (
            len(text) >= 8
            and (_STREET.search(text) or any(c.isdigit() for c in text) or asked or "," in text)
            and "@" not in text
        ):
            return start, end, 0.85 if _STREET.search(text) else 0.65
    if not asked:
        street = _UNASKED.search(low[:_SEEN]) if _ROAD.search(low) else None
        if street and "?" not in low[street.end() : street.end() + 2]:
            return street.start(), street.end(), 0.8
    if asked:
        lead = _ASKED_LEAD.match(low)
        start = lead.end() if lead else 0
        end = len(low.rstrip())
        if end - start >= 4 and len(reading.words) >= 2 and "?" not in low:
            return (
                start,
                end,
                0.85 if _STREET.search(low[start:end]) or any(c.isdigit() for c in low[start:end]) else 0.6,
            )
    return None


def place(reading: Reading) -> tuple[int, int, float] | None:
    """The whole message as an address, where it is one without being called so: a shop and its town, a market
    and its block."""
    low = reading.low.rstrip(" .,")
    none = _NONE_BUT.match(low)
    first = none.end() if none else len(low) - len(low.lstrip())
    words = low[first:].replace(",", " ").split()
    if not 2 <= len(words) <= _PLACE_WORDS or "?" in low or "@" in low:
        return None
    shop = words[0].strip(".") in _SHOPS
    where = _STREET.search(low, first) is not None or any(word in PLACES for word in words)
    lead = _ASKED_LEAD.match(low[first:]) if not shop else None
    start = first + lead.end() if lead else first
    return (start, len(low), 0.7) if where and not _SENTENCE.intersection(words) else None


def _address_end(low: str, start: int) -> int:
    end = len(low)
    for match in re.finditer(
        r"\n|;|[.,]?\s*\b(?:no\s*)?(?:hp|telp|tlp|telepon|wa|email|e-mail|phone|atas nama|nama(?:\s+saya)?"
        r"|tapi|saya mau)\b|(?<=[a-z]{4})\.\s",
        low[start : start + 300],
    ):
        if match.start() >= 8:
            end = start + match.start()
            break
    end = min(end, start + 300)
    return start + len(low[start:end].rstrip(" ,.;"))
