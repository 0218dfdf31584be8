"""Yes, no, and "yes, but": read by leading words and by what stands after them, never by likeness.

To take a no for a yes costs a customer's trust, the other way round costs one more question. So a yes counts
only when nothing in the message speaks against it.
"""

from __future__ import annotations

from bot.understanding.heard import Act, ActHeard, Evidence
from bot.understanding.text import Reading
from bot.understanding.words import BUT, FILLERS, NEGATIONS, NO, NUMBERS, RIGHTING, UNSURE, YES

_NUMBER_AFTER = frozenset(
    """hp wa whatsapp handphone telepon telp tel ponsel pesanan order faktur invoice inv nota resi do po surat rekening
    ktp nik batch seri produksi kontak kendaraan plat tiket antrian urut cs rumah npwp kode lot""".split()
)
_FIELD_WORDS = frozenset(
    """nomor nama alamat email tanggal jumlah jumlahnya produk produknya barangnya nomornya namanya alamatnya emailnya
    tanggalnya order pesanan faktur invoice hp telepon handphone whatsapp kode batch do number name address phone date
    quantity product amount mail fakturnya notanya nota surat""".split()
)
_HARMLESS = (
    ("tidak", "salah"), ("tidak", "masalah"), ("tidak", "keberatan"), ("no", "problem"), ("no", "problems"), ("no", "doubt"),
    ("no", "mistake"), ("not", "wrong"), ("why", "not"), ("no", "objection"), ("no", "objections"), ("bukan", "masalah"), ("no", "worries"),
    ("without", "doubt"), ("no", "question"), ("not", "mistaken"), ("can", "not", "agree", "more"), ("could", "not", "agree", "more"),
    ("tidak", "ada", "yang", "salah"), ("tidak", "ada", "salah"), ("tidak", "ada", "masalah"), ("without", "question"), ("nothing", "wrong"),
    ("tidak", "apa"), ("can", "not", "deny"), ("not", "incorrect"),
)  # fmt: skip
_OPENERS = frozenset(("not", "do", "does", "is", "it", "that", "this", "i", "am", "are", "you", "would", "my", "the", "answer", "a", "be", "say", "will", "to", "have", "on", "and", "for", "of", "course", "has", "its", "was", "what", "said", "just"))  # fmt: skip
_YES_PHRASES = (
    ("of", "course"), ("you", "bet"), ("for", "sure"), ("you", "know", "it"), ("i", "agree"), ("i", "do"), ("it", "is"), ("that", "works"), ("uh", "huh"),
    ("go", "ahead"), ("sounds", "good"), ("i", "think", "so"), ("i", "believe", "so"), ("that", "is", "it"), ("you", "got", "it"), ("i", "would"), ("it", "does"), ("it", "was"), ("they", "are"), ("they", "do"),
    ("i", "am"), ("very", "much", "so"), ("by", "all", "means"), ("without", "doubt"), ("without", "question"), ("no", "doubt"), ("why", "not"), ("as", "you", "say"), ("begitu",), ("iya", "begitu"),
    ("i", "have"), ("it", "has"), ("i", "did"), ("i", "will"), ("i", "can"), ("i", "suppose", "so"), ("tidak", "masalah"), ("no", "problem"), ("tidak", "salah"), ("tidak", "ada", "yang", "salah"), ("tidak", "ada", "salah"), ("no", "mistake"),
    ("not", "wrong"), ("can", "not", "agree", "more"), ("could", "not", "agree", "more"), ("nothing", "wrong"), ("no", "objection"), ("tidak", "keberatan"), ("tidak", "ada", "masalah"), ("damn", "right"), ("you", "are", "right"), ("not", "mistaken"), ("not", "incorrect"),
    ("that", "is", "so"), ("that", "is", "the", "case"), ("that", "is", "a", "fact"),
)  # fmt: skip
_NO_PHRASES = (
    ("no", "way"), ("not", "at", "all"), ("do", "not", "think", "so"), ("of", "course", "not"), ("not", "really"), ("i", "disagree"), ("absolutely", "not"), ("certainly", "not"),
    ("definitely", "not"), ("no", "chance"), ("nothing", "of", "the", "sort"), ("far", "from", "it"), ("i", "doubt", "it"), ("uh", "uh"), ("nuh", "uh"), ("kurang", "tepat"), ("kurang", "benar"), ("kurang", "pas"),
    ("kurang", "sesuai"), ("bukan", "begitu"), ("bukan", "itu"), ("i", "refuse"), ("i", "deny"), ("hell", "no"), ("not", "true"), ("not", "right"), ("not", "correct"), ("that", "is", "a", "lie"), ("masih", "salah"), ("ada", "yang", "salah"), ("ada", "salah"),
    ("ada", "yang", "kurang"), ("ada", "yang", "keliru"), ("not", "the", "case"), ("not", "a", "chance"), ("mana", "ada"), ("apaan",), ("kok", "begitu"), ("not", "exactly"), ("not", "quite"), ("i", "decline"), ("out", "of", "the", "question"),
    ("not", "a"), ("not", "it"), ("not", "happening"), ("i", "do", "not"), ("it", "is", "not"), ("i", "am", "not"), ("i", "did", "not"), ("that", "is", "not"), ("i", "would", "not"), ("i", "have", "not"), ("do", "not"), ("not", "ever"), ("not", "for"), ("not", "on"), ("not", "in"), ("not", "what"),
)  # fmt: skip
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
        return _signs(reading)
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
    verdict = _verdict(reading, head, asked)
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


def _signs(reading: Reading) -> tuple[ActHeard, ...]:
    """A message without a word: a thumb is an answer too."""
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


def _negative(words: list[str], at: int) -> bool:
    """Whether the word at `at` is a no, where "no" may be short for number and "tidak salah" a yes."""
    word = words[at]
    if word not in NO and word not in NEGATIONS:
        return False
    if (
        word == "no"
        and at + 1 < len(words)
        and (words[at + 1] in _NUMBER_AFTER or words[at + 1][0].isdigit())
    ):
        return False
    for phrase in _HARMLESS:
        for back in range(len(phrase)):
            start = at - back
            if start >= 0 and phrase[back] == word and tuple(words[start : start + len(phrase)]) == phrase:
                return False
    return True


def _verdict(reading: Reading, head: int, asked: bool) -> tuple[Act, float, int, int] | None:
    words = reading.words
    count = len(words)
    window = words[: head + 40]
    first = words[head]
    negative = next((i for i in range(len(window)) if _negative(words, i)), None)
    unsure = next((i for i, word in enumerate(window) if word in UNSURE), None)
    phrase_no = _phrase(words, head, _NO_PHRASES)
    phrase_yes = _phrase(words, head, _YES_PHRASES)
    short = count - head <= 8
    for_sure = asked or count - head <= 3
    if (
        asked
        and "?" in reading.low
        and first in ("boleh", "bisa", "bisakah", "bolehkah", "can", "could", "may")
        and count - head >= 2
    ):
        return Act.CORRECTION, 0.7, head, min(head + 2, count)
    if unsure is not None and negative is None and unsure <= head + 5:
        return None
    if negative is not None and negative == head:
        if first in ("tidak", "belum", "no", "not") and head + 1 < count and _unknown(words, head):
            return None
        if _turns_to_yes(words, head):
            return Act.NO, 0.5, head, head + 1
        return Act.NO, 0.95 if for_sure or first in ("bukan", "salah", "no", "nope") else 0.65, head, head + 1
    if phrase_no and (asked or phrase_no[0] == head):
        return Act.NO, 0.85 if for_sure or phrase_no[0] == head else 0.5, *phrase_no
    leading_yes = _leading_yes(words, head, phrase_yes)
    if leading_yes:
        after = leading_yes[1]
        against = next((i for i in range(after, min(count, after + 40)) if _negative(words, i)), None)
        but = next(
            (i for i in range(after, min(count, after + 12)) if words[i] in BUT or words[i] in RIGHTING), None
        )
        if against is not None:
            if words[after - 1] in ("ya", "iya", "yes", "ok", "oke") and against <= after + 1 and but is None:
                if _unknown(words, against):
                    return None
                if asked or count <= 4:
                    return Act.NO, 0.75, against, against + 1
                return Act.YES, 0.4, head, after
            if asked:
                return Act.CORRECTION, 0.8, against, against + 1
            return Act.YES, 0.4, head, after
        if but is not None:
            if asked:
                return Act.CORRECTION, 0.85, but, but + 1
            return Act.YES, 0.5, head, after
        if asked and "?" in reading.low[reading.ends[after - 1] : reading.ends[after - 1] + 3]:
            return Act.YES, 0.5, head, after
        return Act.YES, 0.95 if for_sure else 0.65, leading_yes[0], after
    if negative is not None:
        if asked and (short or negative <= head + 3) and not _unknown(words, negative):
            return Act.NO, 0.8 if negative <= head + 6 else 0.5, negative, negative + 1
        return None
    if asked and short:
        yes = next((i for i in range(head, count) if words[i] in YES), None)
        if yes is not None and "?" not in reading.low:
            return Act.YES, 0.75, yes, yes + 1
        if phrase_yes:
            return Act.YES, 0.75, *phrase_yes
    return None


def _leading_yes(words: list[str], head: int, phrase: tuple[int, int] | None) -> tuple[int, int] | None:
    """The span of a yes at the start: "ya", "iya betul", "of course"."""
    at = head
    while at < len(words) and (words[at] in YES or (at > head and words[at] in FILLERS)):
        at += 1
    if at > head:
        return head, at
    if phrase and phrase[0] == head:
        return phrase
    return None


def _phrase(words: list[str], head: int, phrases: tuple[tuple[str, ...], ...]) -> tuple[int, int] | None:
    for at in range(head, min(len(words), head + 10)):
        for phrase in phrases:
            if words[at] == phrase[0] and tuple(words[at : at + len(phrase)]) == phrase:
                return at, at + len(phrase)
    return None


def _unknown(words: list[str], at: int) -> bool:
    """Whether the no at `at` means not knowing, or not having."""
    ahead = words[at + 1 : at + 4]
    return any(
        word in ("tahu", "ingat", "hafal", "hapal", "yakin", "know", "sure", "certain", "remember", "idea", "clue", "positive",
                 "say", "tell", "recall", "decide", "decided", "opinion")
        for word in ahead
    )  # fmt: skip


def _turns_to_yes(words: list[str], head: int) -> bool:
    """ "Tidak, sudah benar": a no that goes on to agree, so nobody can be sure."""
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
        ):
            score, after = 0.8, at + 2
        elif word in ("maksud", "maksudku") and at + 1 < count and words[at + 1] in ("saya", "aku"):
            score, after = 0.8, at + 2
        elif word in (
            "ganti",
            "diganti",
            "ubah",
            "diubah",
            "change",
            "update",
            "perbaiki",
            "edit",
            "fix",
            "revisi",
            "mengubah",
            "mengganti",
        ):
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
    return any(
        word in ("nama", "alamat", "email", "hp", "telepon", "handphone", "name", "address", "phone", "whatsapp", "mail", "nomor", "number", "tanggal", "date")
        for word in words
    )  # fmt: skip
