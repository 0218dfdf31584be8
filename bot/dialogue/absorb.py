"""What a message adds to what is known: facts are taken wherever they are said, so nothing is asked twice."""

from __future__ import annotations

from bot.dialogue import events as e
from bot.dialogue.asides import adopt_notes, hear_asides, hear_proven
from bot.dialogue.draft import Draft
from bot.dialogue.files import adopt_files, hear_files
from bot.dialogue.gain import CLEARLY, SWITCH, Gain, is_empty
from bot.dialogue.matters import hear_matter
from bot.dialogue.turn import Said
from bot.dialogue.values import hear_goods, hear_slots
from bot.understanding.heard import SURE, Act, Heard

_ANSWERS = frozenset({Act.YES, Act.NO, Act.DECLINE, Act.UNKNOWN, Act.CORRECTION})


def absorb(d: Draft, said: Said) -> Gain:
    """Take in everything a burst says, message by message, and note it."""
    gain = Gain()
    for heard in said.heard:
        _acts(gain, heard)
        _person(d, gain, heard)
        hear_matter(d, gain, heard)
        hear_slots(d, gain, heard)
        hear_goods(d, gain, heard)
        gain.text = f"{gain.text} {heard.text}".strip()
    gain.meaningless = all(is_empty(h) for h in said.heard)
    gain.spoken = bool(said.heard)
    gain.command, gain.stale = said.command, said.stale
    hear_proven(d, gain, said)
    hear_asides(d, gain, said)
    hear_files(d, gain, said)
    adopt_files(d)
    adopt_notes(d)
    return gain


def _acts(gain: Gain, heard: Heard) -> None:
    gain.acts |= heard.sure
    gain.chosen = heard.chosen or gain.chosen
    gain.tickets = gain.tickets + heard.tickets
    gain.code = heard.code or gain.code
    gain.lacks += heard.lacks
    gain.salam = heard.salam or gain.salam
    gain.guesses = heard.classes[:3] or gain.guesses
    if heard.faq:
        _faq(gain, heard)


def _faq(gain: Gain, heard: Heard) -> None:
    """A known question: "nomor hp saya 0812..." looks like "nomor hp kantor berapa", but a fact or an answer
    is no question."""
    facts = bool(heard.slots or heard.goods) or any(g.score >= SURE for g in heard.classes)
    # "mau komplain", "mau order dong": a wish that the talk takes up, no question how that is done
    facts = facts or bool(heard.kinds and heard.kinds[0].id != "question" and heard.kinds[0].score >= SURE)
    doubtful = (facts or gain.acts & _ANSWERS) and "?" not in heard.text and not heard.does(Act.QUESTION)
    if heard.faq[0].score >= (0.9 if doubtful else CLEARLY) and not (facts and doubtful):
        gain.faq = heard.faq[0].id


def _person(d: Draft, gain: Gain, heard: Heard) -> None:
    """Language, honorific and mood."""
    languages = d.sop.about.languages
    if heard.wants_language and heard.wants_language in languages:
        gain.language = heard.wants_language
        if heard.wants_language != d.talk.language or not d.talk.language_wished:
            d.note(e.LanguageChanged(language=heard.wants_language, wished=True))
    elif heard.language in languages and heard.language != d.talk.language and not d.talk.language_wished:
        first = not d.talk.uses
        told = first or len(heard.text.split()) > SWITCH
        if heard.language and told and not _says_who(d, heard):
            d.note(e.LanguageChanged(language=heard.language))
    if heard.honorific and heard.honorific != d.talk.honorific:
        d.note(e.HonorificLearned(honorific=heard.honorific))
    if heard.mood != d.talk.mood:
        d.note(e.MoodHeard(mood=str(heard.mood)))


def _says_who(d: Draft, heard: Heard) -> bool:
    """Whether the message is a name or an address that was asked for: that tells nothing of a language."""
    asked = d.talk.asked.field if d.talk.asked is not None else ""
    return (
        asked in d.sop.fields
        and d.spec(asked).identity
        and any(slot.field in d.sop.fields and d.spec(slot.field).identity for slot in heard.slots)
    )
