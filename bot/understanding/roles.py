"""What a count is a count of: ordered, received, or concerned - read from the words around it."""

from __future__ import annotations

from bot.understanding.counts import Count
from bot.understanding.text import Reading
from bot.understanding.words import AFFECTED, ONLY, ORDERED, RECEIVED, words_of

_BREAKS = words_of(
    """
    tapi tetapi namun but sedangkan padahal ternyata sementara however while although
    """
)
_ABSENT = frozenset(("tidak", "belum", "not", "never"))


def part_of(words: list[str], count: Count, counted: list[Count], number: int) -> bool:
    """Whether a count is a part of the next: "3 dari 10 botol"."""
    return (
        number + 1 < len(counted)
        and counted[number + 1].first == count.after + 1
        and words[count.after] in ("dari", "of", "from")
    )


def role_of_part(
    words: list[str], count: Count, before: int, after: int, beyond: int, clause: list[int]
) -> str:
    """The role of the part in "3 dari 10 botol pecah": what is said around both, else concerned."""
    places = [
        *range(after, min(beyond, after + 8)),
        *range(count.first - 1, max(before, count.first - 8) - 1, -1),
    ]
    here = clause[count.first]
    return next((role for at in places if clause[at] == here and (role := _role_of(words, at))), "affected")


def denied(reading: Reading, first: int) -> bool:
    """Whether "bukan" stands right before the word `first`."""
    words = reading.words
    return bool(first) and (
        words[first - 1] in ("bukan", "not")
        or (
            first > 1
            and words[first - 2] in ("bukan", "not")
            and words[first - 1] in ("yang", "the", "a", "itu")
        )
    )


def delivered_before(reading: Reading, first: int) -> bool:
    """Whether "bukan" tells what should have come: "yang datang bukan gula"."""
    return any(word in RECEIVED for word in reading.words[max(0, first - 4) : first])


def clauses(reading: Reading) -> list[int]:
    """Clause numbers, "tapi" and its like beginning a new clause as well."""
    out = []
    extra = 0
    for word, clause in zip(reading.words, reading.clauses, strict=True):
        if word in _BREAKS:
            extra += 1
        out.append(clause + extra)
    return out


def _role_of(words: list[str], at: int) -> str:
    word = words[at]
    if word in RECEIVED:
        negated = at and words[at - 1] in _ABSENT
        if (
            word in ("sampai", "masuk")
            and not negated
            and at + 1 < len(words)
            and words[at + 1] in ("sekarang", "hari", "saat", "jam")
        ):
            return ""
        return "affected" if negated else "received"
    if word in ORDERED or (word == "jalan" and words[max(0, at - 2) : at] == ["di", "surat"]):
        return "ordered"
    if word in AFFECTED:
        if word == "lebih" and at and words[at - 1] == "kurang":
            return ""
        if (
            word == "kurang"
            and at + 1 < len(words)
            and words[at + 1] in ("lebih", "puas", "enak", "bagus", "jelas", "baik")
        ):
            return ""
        return "affected"
    return ""


def role(reading: Reading, count: Count, before: int, beyond: int, clause: list[int], previous: str) -> str:
    """ordered, received, affected, or "" when the words between `before` and `beyond` do not tell.

    `clause` numbers each word's clause; `previous` is the role of the count before, which holds on in a list.
    """
    words = reading.words
    here = clause[count.first]
    if (
        count.first
        and words[count.first - 1] in ("dari", "of", "from")
        and before == count.first - 1
        and before
    ):
        return "ordered"
    if (
        count.first
        and words[count.first - 1] == "dari"
        and any(w in AFFECTED or w in ONLY for w in words[count.after : beyond + 3])
    ):
        return "ordered"
    back = ""
    for at in range(count.first - 1, max(before, count.first - 12) - 1, -1):
        if clause[at] != here:
            break
        role = _role_of(words, at)
        if role:
            back = role
            if (
                role == "ordered"
                and words[at] in ("pesanan", "order", "faktur", "invoice", "nota", "total")
                and at > before
                and (
                    farther := next(
                        (
                            _role_of(words, i)
                            for i in range(at - 1, before - 1, -1)
                            if clause[i] == here and _role_of(words, i)
                        ),
                        "",
                    )
                )
            ):
                back = farther
            break
        if words[at] in ONLY and not back:
            continue
    if back:
        return back
    for at in range(count.after, min(beyond, count.after + 8, len(words))):
        if clause[at] != here:
            break
        role = _role_of(words, at)
        if (
            words[at] in ONLY
            and beyond < len(words)
            and any(
                clause[i] == here and _role_of(words, i) == "received"
                for i in range(at + 1, min(at + 3, beyond))
            )
        ):
            return "ordered"  # "indomie 3 dus cuma datang 2"
        if role == "affected" and words[at] in ("kurang", "kurangnya") and at + 1 == beyond < len(words):
            return "ordered"  # "2 dus kecap kurang 1 dus": it tells of the next count what this one lacks
        if role:
            return role
    if any(words[at] in ONLY for at in range(max(before, count.first - 3), count.first)):
        return "received" if previous == "ordered" else ("affected" if not previous else "received")
    if count.first and words[count.first - 1] in ("ada", "sisa") and previous == "ordered" and not count.bare:
        return "received"
    if previous and before and clause[count.first] - clause[before - 1] <= 1:
        return previous
    return ""
