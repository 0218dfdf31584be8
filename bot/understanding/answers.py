"""Yes, no, and "yes, but": read by leading words and by what stands after them, never by likeness.

To take a no for a yes costs a customer's trust, the other way round costs one more question. So a yes counts
only when nothing in the message speaks against it.
"""

from __future__ import annotations

from bot.understanding.heard import Act, ActHeard, Evidence
from bot.understanding.phrases import HARMLESS, NO_PHRASES, UNSURE_PHRASES, WHOLE_YES, YES_PHRASES, Phrases
from bot.understanding.text import Reading
from bot.understanding.words import BUT, FILLERS, NEGATIONS, NO, NUMBERS, RIGHTING, UNSURE, YES, words_of

_NUMBER_AFTER = words_of(
    """
    hp wa whatsapp handphone telepon telp tel ponsel pesanan order faktur invoice inv nota resi do po
    surat rekening ktp nik batch seri produksi kontak kendaraan plat tiket antrian urut cs rumah npwp
    kode lot
    """
)
_FIELD_WORDS = words_of(
    """
    nomor nama alamat email tanggal jumlah jumlahnya produk produknya barangnya nomornya namanya
    alamatnya emailnya tanggalnya order pesanan faktur invoice hp telepon handphone whatsapp kode batch
    do number name address phone date quantity product amount mail fakturnya notanya nota surat
    """
)
_KNOWING = words_of(
    """
    tahu ingat hafal hapal yakin know sure certain remember idea clue positive tell recall decide
    decided opinion certainty answer conclude determine confident figure aware confirm preference mind
    decision verify
    """
)
_LINKING = words_of(
    """
    it is that this i am do does was are would will
    """
)
_CHANGES = words_of(
    """
    ganti diganti ubah diubah change update perbaiki edit fix revisi mengubah mengganti
    """
)
_PUTS_RIGHT = (
    _CHANGES
    | RIGHTING
    | words_of(
        """
    ralat koreksi correction meant typo salah keliru wrong incorrect yang the maksud maksudku bukan not
    """
    )
)
"""Without one of these nothing is put right."""
_CONTACT = words_of(
    "nama alamat email hp telepon handphone name address phone whatsapp mail nomor number tanggal date"
)
_DASHES = frozenset(("-", "--", "---", "–", "—", "n/a"))
_ARRIVING = words_of(
    """
    sampai datang tiba diterima terima dikirim kirim diantar lengkap muncul dibalas direspon ditanggapi
    arrived arrive come came delivered received shipped sent
    """
)
_BRIEF = 5
_DENIED = words_of(
    """
    benar betul tepat sesuai itu begitu gitu pas cocok juga pernah pesan beli order memesan membeli
    right correct it that true so the my what
    """
)
"""Words after a no in the middle of a longer answer that make it a denial of what was asked."""
_MAY_I = frozenset(("boleh", "bisa", "bisakah", "bolehkah", "can", "could", "may"))
_ASKS_WHETHER = _MAY_I | {"ada", "dapat", "apa", "apakah", "masih", "terima", "melayani"}
_THUMBS = {
    "👍": Act.YES,
    "👌": Act.YES,
    "✅": Act.YES,
    "🆗": Act.YES,
    "👎": Act.NO,
    "❌": Act.NO,
    "🙏": Act.THANKS,
}


def answer(reading: Reading, asked: bool, in_field: bool) -> tuple[ActHeard, ...]:
    """Yes, no, correction - or nothing. `asked`: a yes or no was asked for; `in_field`: a field was."""
    words = reading.words
    if not words:
        return _signs(reading, in_field)
    head = _head(words)
    rest = words[head:]
    found: list[ActHeard] = []
    righting = _righting(reading, asked, in_field)
    if righting:
        found.append(righting)
    if not rest:
        yes = next((i for i, word in enumerate(words) if word in ("ya", "iya")), None)
        if yes is not None and len(words) <= 6:
            found.append(
                ActHeard(Act.YES, 0.95 if asked else 0.7, (reading.word_evidence("yes", yes, yes + 1),))
            )
        return tuple(found)
    verdict = None if _tagged(rest) else _verdict(reading, head, asked)
    if verdict:
        act, score, first, after = verdict
        evidence = (reading.word_evidence(act.value, first, after),)
        if act is Act.YES and righting and righting.score >= 0.6:
            score = 0.3
        if act is Act.CORRECTION:
            if not any(heard.act is act and heard.score >= score for heard in found):
                found = [heard for heard in found if heard.act is not act]
                found.append(ActHeard(act, score, evidence))
        else:
            found.append(ActHeard(act, score, evidence))
            if act is Act.NO and asked and not righting and _says_more(rest):
                found.append(ActHeard(Act.CORRECTION, 0.75, evidence))
    return tuple(found)


def _tagged(rest: list[str]) -> bool:
    """Whether a "tidak" at the end only asks: "bisa cod ga", "ada cabang di medan tidak ya"."""
    while rest and rest[-1] in FILLERS:
        rest = rest[:-1]
    return len(rest) > 2 and rest[-1] == "tidak" and rest[0] in _ASKS_WHETHER


def _signs(reading: Reading, in_field: bool) -> tuple[ActHeard, ...]:
    """A message without a word: a thumb is an answer too, and a dash is how forms are left empty."""
    if in_field and reading.raw.strip() in _DASHES:
        return (ActHeard(Act.DECLINE, 0.9, (Evidence("dash", reading.raw.strip()),)),)
    for sign, act in _THUMBS.items():
        where = reading.raw[:200].find(sign)
        if where >= 0:
            return (ActHeard(act, 0.8, (Evidence("sign", sign, where, where + len(sign)),)),)
    return ()


def _head(words: list[str]) -> int:
    """How many leading words only warm up: "oh", "maaf kak" - but a leading yes stays."""
    at = 0
    while at < len(words) and at < 6 and words[at] in FILLERS and words[at] not in ("ya", "iya", "it", "is"):
        at += 1
    return at


def _negative(reading: Reading, at: int) -> bool:
    """Whether the word at `at` is a no, where "no" may be short for number and "tidak salah" a yes."""
    words = reading.words
    word = words[at]
    if word not in NO and word not in NEGATIONS:
        return False
    if (
        word == "no"
        and at + 1 < len(words)
        and "," not in reading.low[reading.ends[at] : reading.starts[at + 1]]  # "no, 1 box" is a no
        and (words[at + 1] in _NUMBER_AFTER or words[at + 1][0].isdigit())
    ):
        return False
    for start in range(max(0, at - 3), at + 1):
        for phrase in HARMLESS.get(words[start], ()):
            if start + len(phrase) > at and tuple(words[start : start + len(phrase)]) == phrase:
                return False
    return True


def _verdict(reading: Reading, head: int, asked: bool) -> tuple[Act, float, int, int] | None:
    """(act, score, first word, word after) of what the words answer; the no is looked for first."""
    words = reading.words
    count = len(words)
    first = words[head]
    left = count - head
    bare = asked or left <= 3
    if asked and "?" in reading.low and left >= 2 and first in _MAY_I:
        return Act.CORRECTION, 0.7, head, min(head + 2, count)
    negative = next((i for i in range(head, min(count, head + 40)) if _negative(reading, i)), None)
    unsure = (
        any(word in UNSURE for word in words[head : head + 8])
        or _phrase(words, head, UNSURE_PHRASES) is not None
    )
    if unsure and negative != head:
        return None
    if negative == head:
        return _leading_no(words, head, bare)
    leading = _leading_yes(words, head)
    if leading is not None:
        return _after_yes(reading, leading, negative, asked)
    if negative is not None:
        if not asked or _unknown(words, negative) or negative > head + 11:
            return None
        if words[negative + 1 : negative + 2] and words[negative + 1] in _ARRIVING:
            return None  # "dari Rabu belum sampai" tells what is wrong and denies nothing
        if negative > head + 1 and left > _BRIEF and not _denies(words, negative):
            return None  # "tolong pakai plastik biar tidak basah"
        return Act.NO, 0.85 if negative <= head + 6 or left <= 9 else 0.5, negative, negative + 1
    no = _phrase(words, head, NO_PHRASES)
    if no and (asked or no[0] == head) and (left <= 10 or no[0] == head):
        return Act.NO, 0.8 if asked else 0.5, *no
    if "?" in reading.low or left > 8 or not asked:
        return None
    yes = _phrase(words, head, YES_PHRASES)
    if yes is None and left <= 4:
        whole = _phrase(words[: head + 3], head, WHOLE_YES)
        yes = whole if whole and whole[0] == head and whole[1] >= count - 1 else None
    if yes is None:
        place = next((i for i in range(head, count) if words[i] in YES), None)
        yes = None if place is None else (place, place + 1)
    return None if yes is None else (Act.YES, 0.75, *yes)


def _denies(words: list[str], at: int) -> bool:
    """Whether the no at `at`, in the middle, denies what was asked and is no part of a story."""
    return words[at] in ("bukan", "salah", "no", "nope") or at + 1 == len(words) or words[at + 1] in _DENIED


def _leading_no(words: list[str], head: int, bare: bool) -> tuple[Act, float, int, int] | None:
    first = words[head]
    if first in ("tidak", "belum", "no", "not", "never") and _unknown(words, head):
        return None
    if _turns_to_yes(words, head):
        return Act.NO, 0.5, head, head + 1
    sure = bare or first in ("bukan", "salah", "no", "nope")
    return Act.NO, 0.95 if sure else 0.65, head, head + 1


def _after_yes(
    reading: Reading, leading: tuple[int, int], negative: int | None, asked: bool
) -> tuple[Act, float, int, int] | None:
    """A yes, as far as nothing after it takes it back."""
    words = reading.words
    count = len(words)
    head, after = leading
    if negative is not None and negative < after:
        negative = next((i for i in range(after, min(count, after + 40)) if _negative(reading, i)), None)
    but = next(
        (i for i in range(after, min(count, after + 12)) if words[i] in BUT or words[i] in RIGHTING), None
    )
    bare = asked or count - head <= 3
    if negative is not None:
        if (
            any(word in ("and", "or", "dan", "atau") for word in words[after:negative])
            and negative <= after + 1
        ):
            return None
        if _unknown(words, negative):
            return None
        between = words[after:negative]
        if (
            but is None
            and (asked or count <= 4)
            and (len(between) <= 1 or all(word in _LINKING for word in between))
        ):
            return Act.NO, 0.75, negative, negative + 1
        return (Act.CORRECTION, 0.8, negative, negative + 1) if asked else (Act.YES, 0.4, head, after)
    if but is not None:
        return (Act.CORRECTION, 0.85, but, but + 1) if asked else (Act.YES, 0.5, head, after)
    if asked and reading.low[reading.ends[after - 1] :].lstrip()[:1] == "?":
        return Act.YES, 0.5, head, after
    return Act.YES, 0.95 if bare else 0.65, head, after


def _leading_yes(words: list[str], head: int) -> tuple[int, int] | None:
    """The span of a yes at the start: "ya", "iya betul kak", "of course"."""
    at = head
    while at < len(words) and (words[at] in YES or (at > head and words[at] in FILLERS)):
        at += 1
    if at > head:
        return head, at
    phrase = _phrase(words[: head + 5], head, YES_PHRASES)
    return phrase if phrase and phrase[0] == head else None


def _phrase(words: list[str], head: int, phrases: Phrases) -> tuple[int, int] | None:
    for at in range(head, min(len(words), head + 10)):
        for phrase in phrases.get(words[at], ()):
            if tuple(words[at : at + len(phrase)]) == phrase:
                return at, at + len(phrase)
    return None


def _unknown(words: list[str], at: int) -> bool:
    """Whether the no at `at` means not knowing, or not having."""
    return any(word in _KNOWING for word in words[at + 1 : at + 6])


def _turns_to_yes(words: list[str], head: int) -> bool:
    """Whether a no goes on to agree ("tidak, sudah benar"), so that nobody can be sure."""
    after = words[head + 1 : head + 6]
    for index, word in enumerate(after):
        if word in ("betul", "benar", "correct", "right") and not (
            index and after[index - 1] in (*NEGATIONS, "yang", "not")
        ):
            return index > 0
    return False


def _says_more(rest: list[str]) -> bool:
    """Whether after the no a value follows."""
    tail = [word for word in rest[1:] if word not in FILLERS and word not in NO and word not in YES]
    return len(tail) >= 2 or any(word in NUMBERS or word[0].isdigit() for word in tail)


def _righting(reading: Reading, asked: bool, in_field: bool) -> ActHeard | None:
    """Words that put something right: "ralat", "nomor hp salah, yang benar ...", "maksud saya ..."."""
    words = reading.words
    if _PUTS_RIGHT.isdisjoint(words):
        return None
    count = len(words)
    for at, word in enumerate(words[:200]):
        score = 0.0
        after = at + 1
        if word in ("ralat", "koreksi", "correction", "meant"):
            score = 0.9
        elif word == "typo" or (
            word == "salah"
            and at + 1 < count
            and words[at + 1] in ("ketik", "tulis", "sebut", "input", "kasih")
        ):
            score, after = 0.9, min(at + 2, count)
        elif word in ("salah", "keliru", "wrong", "incorrect"):
            near = words[max(0, at - 3) : at] + words[at + 1 : at + 3]
            if any(other in _FIELD_WORDS for other in near) and not (at and words[at - 1] in NEGATIONS):
                score = 0.8 if asked or in_field or _contact(near) else 0.5
        elif (
            word in ("yang", "the")
            and at + 1 < count
            and words[at + 1] in ("benar", "betul", "correct", "right")
        ) or (word in ("maksud", "maksudku") and at + 1 < count and words[at + 1] in ("saya", "aku")):
            score, after = 0.8, at + 2
        elif word in _CHANGES:
            if any(other in _FIELD_WORDS for other in words[at + 1 : at + 4] + words[max(0, at - 3) : at]):
                score = 0.75
        elif word in ("bukan", "not") and asked:
            ahead = words[at + 1 : at + 7]
            if any(other in ("tapi", "tetapi", "melainkan", "but") for other in ahead):
                score = 0.85
        elif word in RIGHTING and asked:
            score = 0.7
        if score:
            return ActHeard(Act.CORRECTION, score, (reading.word_evidence("correction", at, after),))
    return None


def _contact(words: list[str]) -> bool:
    return any(word in _CONTACT for word in words)
