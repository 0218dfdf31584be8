"""From hits to guesses: evidence added up, denials left out, flow state and facts taken into account."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from math import log

from bot.sop.model import Reader
from bot.understanding import answers
from bot.understanding.faq import Faqs
from bot.understanding.goods import Line
from bot.understanding.heard import SURE, Act, ActHeard, Evidence, Expecting, Guess, Slot
from bot.understanding.patterns import Hit
from bot.understanding.text import Reading
from bot.understanding.words import BRIDGES, FILLERS, FINE, NEGATIONS, RECEIVED

Target = tuple[str, str]
"""What a cue points to: its group (kind, class, urgent, faq, act, department) and an id."""

Hits = dict[str, list[Hit[Target]]]
"""Hits by the id they point to."""

HARD = 3.0
"""A cue of this weight or more is a hard rule: what it points to goes before all that is only likely."""
_LET_IN = 0.3
_MOST_GUESSES = 5
_MOST_EVIDENCE = 4


def weigh(
    reading: Reading,
    found: Hits,
    also: Sequence[tuple[str, float, Evidence]] = (),
) -> tuple[Guess, ...]:
    """Guesses by the hits for each id: evidence on other words adds up, on the same words it does not."""
    if not found and not also:
        return ()
    weights: dict[str, float] = {}
    hard: set[str] = set()
    evidence: dict[str, list[Evidence]] = {}
    for id_, hits in found.items():
        hits.sort(key=lambda hit: (-hit.weight, hit.first - hit.after))
        used: list[Hit[Target]] = []
        for hit in hits:
            if len(used) < _MOST_EVIDENCE and not any(
                hit.first < u.after and u.first < hit.after for u in used
            ):
                used.append(hit)
        weights[id_] = sum(hit.weight for hit in used)
        if used and used[0].weight >= HARD:
            hard.add(id_)
        evidence[id_] = [reading.word_evidence(hit.rule, hit.first, hit.after) for hit in used]
    for id_, weight, one in also:
        weights[id_] = weights.get(id_, 0.0) + weight
        evidence.setdefault(id_, []).append(one)
    ranked = sorted(weights, key=lambda id_: (id_ not in hard, -weights[id_], id_))
    guesses = (
        Guess(id_, round(min(0.99, 1 - 0.35 ** weights[id_]), 3), tuple(evidence[id_])) for id_ in ranked
    )
    return tuple(guess for guess in guesses if guess.score >= _LET_IN)[:_MOST_GUESSES]


def known_questions(
    reading: Reading, faqs: Faqs, found: Hits, classes: tuple[Guess, ...]
) -> tuple[Guess, ...]:
    """The entries of the FAQ that were asked for: what a cue names, then what resembles an example."""
    near = faqs.find(reading)
    scores: dict[str, float] = {entry: score for entry, (score, _, _) in near.items() if score >= _LET_IN}
    for entry, hits in found.items():
        scores[entry] = max(scores.get(entry, 0.0), 0.72 + 0.05 * min(len(hits), 3)) + 0.2 * scores.get(
            entry, 0.0
        )
    if classes and classes[0].score >= SURE and not any(hits for hits in found.values()):
        scores = {entry: score * 0.7 for entry, score in scores.items()}
    guesses = []
    for entry in sorted(scores, key=lambda id_: (-scores[id_], id_)):
        evidence = [reading.word_evidence(hit.rule, hit.first, hit.after) for hit in found.get(entry, ())[:2]]
        if entry in near:
            _, first, after = near[entry]
            evidence.append(reading.word_evidence("example", first, after))
        if scores[entry] >= _LET_IN:
            guesses.append(Guess(entry, round(min(scores[entry], 0.99), 3), tuple(evidence)))
    return tuple(guesses[:3])


def acts_heard(
    reading: Reading,
    found: Hits,
    expecting: Expecting,
    reader: Reader | None,
    classes: tuple[Guess, ...],
    faq: tuple[Guess, ...],
) -> tuple[ActHeard, ...]:
    """The acts, the surest first. What a bare answer does depends on what was asked."""
    heard: dict[Act, ActHeard] = {}
    count = len(reading.words)
    known_question = bool(faq and faq[0].score >= SURE)
    for guess in weigh(reading, found):
        act = Act(guess.id)
        score = guess.score
        first = found[guess.id][0].first
        if (
            act in (Act.DONE, Act.DECLINE, Act.CANCEL, Act.BYE, Act.WAIT, Act.REPEAT, Act.UNKNOWN)
            and count > 12
        ):
            score *= 0.6
        if act is Act.GREETING and first > 4:
            score *= 0.5
        if act is Act.DECLINE and not (reader or expecting.yes_no) and count > 4:
            score *= 0.5
        if act is Act.CANCEL and classes and classes[0].score >= SURE:
            score *= 0.6
        heard[act] = ActHeard(act, round(score, 3), guess.evidence)
    for extra in answers.answer(reading, expecting.yes_no, reader is not None):
        heard[extra.act] = extra
    greeting = _greeting_by_hour(reading)
    if greeting is not None and Act.GREETING not in heard:
        heard[Act.GREETING] = ActHeard(Act.GREETING, 0.9, (greeting,))
    if "?" in reading.low and not (Act.QUESTION in heard and heard[Act.QUESTION].score >= 0.8):
        at = reading.low.index("?")
        heard[Act.QUESTION] = ActHeard(Act.QUESTION, 0.75, (reading.evidence("?", at, at + 1),))
    if Act.DECLINE in heard and Act.UNKNOWN in heard and not expecting.yes_no:
        heard.pop(Act.DECLINE)
    if not expecting.yes_no and not reader:
        for act in (Act.UNKNOWN, Act.DECLINE):
            if act in heard and (classes or count > 6):
                heard[act] = ActHeard(act, min(heard[act].score, 0.5), heard[act].evidence)
    if Act.NO in heard and Act.DECLINE in heard and (reader is not None) and not expecting.yes_no:
        heard[Act.NO] = ActHeard(Act.NO, min(heard[Act.NO].score, 0.5), heard[Act.NO].evidence)
    if Act.NO in heard and not expecting.yes_no and Act.UNKNOWN in heard:
        heard.pop(Act.NO)
    if Act.STATUS in heard and known_question and heard[Act.STATUS].score < 0.85:
        heard[Act.STATUS] = ActHeard(Act.STATUS, 0.5, heard[Act.STATUS].evidence)
    return tuple(sorted(heard.values(), key=lambda one: (-one.score, one.act.value)))


def kinds_of(
    reading: Reading,
    known: AbstractSet[str],
    found: Hits,
    classes: tuple[Guess, ...],
    urgent: tuple[Guess, ...],
    acts: tuple[ActHeard, ...],
    faq: tuple[Guess, ...],
) -> tuple[Guess, ...]:
    """The kinds of matter: a complaint is also what has a class, a question also what has its form."""
    also: list[tuple[str, float, Evidence]] = []
    question = next((act for act in acts if act.act is Act.QUESTION and act.score >= SURE), None)
    if classes and classes[0].evidence and "complaint" in known:
        also.append(("complaint", min(2.0, _weight(classes[0].score)), classes[0].evidence[0]))
    elif urgent and urgent[0].evidence and "complaint" in known:
        also.append(("complaint", 1.0, urgent[0].evidence[0]))
    if question and "question" in known:
        also.append(("question", 0.9, question.evidence[0]))
    if faq and faq[0].score >= SURE and faq[0].evidence and "question" in known:
        also.append(("question", 0.8, faq[0].evidence[0]))
    return weigh(reading, found, also)


def _weight(score: float) -> float:
    return log(1 - min(score, 0.99)) / log(0.35)


def negated(reading: Reading, hit: Hit[Target]) -> bool:
    """Whether the words before a hit deny it: "tidak rusak", "tidak ada yang pecah", "was not damaged"."""
    if hit.target[0] not in ("class", "urgent", "kind"):
        return False
    words = reading.words
    at = hit.first - 1
    if _still_fine(words, hit):
        return True
    if words[hit.first] in NEGATIONS:
        return False
    steps = 0
    while at >= 0 and steps < 4 and reading.clauses[at] == reading.clauses[hit.first]:
        word = words[at]
        if word in NEGATIONS:
            return not (
                word in ("bukan", "not")
                and at + 1 < len(words)
                and words[at + 1] in ("hanya", "cuma", "saja", "only", "just")
            )
        if word in (
            "takut",
            "khawatir",
            "semoga",
            "supaya",
            "agar",
            "afraid",
            "hopefully",
        ) and hit.target == ("urgent", "health"):
            return False
        if word not in BRIDGES:
            return False
        at -= 1
        steps += 1
    return False


def _still_fine(words: list[str], hit: Hit[Target]) -> bool:
    """Whether the words of a hit go on to say that it is not so yet: "expired masih lama"."""
    after = words[hit.after : hit.after + 2]
    if len(after) == 2 and after[0] in ("masih", "still") and after[1] in FINE:
        return True
    last = words[max(0, hit.after - 2) : hit.after]
    return hit.target[0] == "class" and len(last) == 2 and last[0] in ("masih", "still") and last[1] in FINE


def facts(
    words: Sequence[str], goods: list[Line], slots: list[Slot], expiry_field: str, today: date
) -> list[tuple[str, Evidence]]:
    """What the counts and dates of a message tell, as `:fact` cues name it, each with its evidence."""
    found: list[tuple[str, Evidence]] = []
    for line in goods:
        ordered, received = line.goods.ordered, line.goods.received
        if ordered and received and (ordered.unit == received.unit or not ordered.unit or not received.unit):
            less, more = received.count < ordered.count, received.count > ordered.count
            rule = ":received_less" if less else ":received_more" if more else ""
            if rule:
                found.append((rule, Evidence(rule, f"{ordered.count:g}/{received.count:g}")))
    wanted = [line.goods for line in goods if line.goods.ordered]
    other = next((line for line in goods if not line.goods.ordered and _came(words, line)), None)
    if wanted and other is not None:
        found.append((":received_other", Evidence(":received_other", other.goods.text)))
    for slot in slots:
        if expiry_field and slot.field == expiry_field and not slot.problem:
            passed = slot.value < today.isoformat()[: len(slot.value)]
            rule = ":expired" if passed else ":in_date"
            found.append((rule, Evidence(rule, slot.text, slot.start, slot.end)))
    return found


def _came(words: Sequence[str], line: Line) -> bool:
    """Whether named goods are what was delivered: counted so, or named right after a word for it."""
    if line.mention is None:
        return False
    first = line.mention.first
    return line.goods.received is not None or any(
        word in RECEIVED for word in words[max(0, first - 2) : first]
    )


def _greeting_by_hour(reading: Reading) -> Evidence | None:
    """The bare hour of the day as a greeting: "siang, saya ..."."""
    words = reading.words
    for at in range(min(2, len(words))):
        if words[at] in ("pagi", "siang", "sore", "malam", "morning", "afternoon", "evening"):
            if at and words[at - 1] not in FILLERS:
                return None
            after = words[at + 1] if at + 1 < len(words) else ""
            if after in ("ini", "tadi", "kemarin", "nanti", "hari"):
                return None
            return reading.word_evidence("greeting by hour", at, at + 1)
        if words[at] not in FILLERS:
            return None
    return None
