"""Yes and no in several words: language data for `answers`."""

from __future__ import annotations

Phrases = dict[str, list[tuple[str, ...]]]
"""Phrases by their first word, the longest first."""


def _by_first(text: str) -> Phrases:
    table: Phrases = {}
    for phrase in sorted((tuple(part.split()) for part in text.split("|")), key=len, reverse=True):
        table.setdefault(phrase[0], []).append(phrase)
    return table


HARMLESS = _by_first(
    """
    tidak salah | tidak masalah | tidak keberatan | no problem | no problems | no doubt | no mistake
    | not wrong | why not | no objection | no objections | bukan masalah | no worries | without
    doubt | no question | not mistaken | can not agree more | could not agree more | tidak ada yang
    salah | tidak ada salah | tidak ada masalah | without question | nothing wrong | tidak apa | can
    not deny | not incorrect
    """
)
"""A no in these is none: "tidak salah" agrees."""
YES_PHRASES = _by_first(
    """
    of course | you bet | for sure | i agree | that works | uh huh | mm hmm | go ahead | sounds good
    | i think so | i believe so | i suppose so | you got it | very much so | by all means | without
    doubt | without question | no doubt | why not | as you say | begitu | tidak masalah | no problem
    | tidak salah | tidak ada yang salah | tidak ada salah | no mistake | not wrong | can not agree
    more | could not agree more | nothing wrong | no objection | tidak keberatan | tidak ada masalah
    | you are right | not mistaken | not incorrect | that is so | that is the case | that is a fact
    | that is what i | you know it | please do | i am in | make it so | oh yes
    """
)
WHOLE_YES = _by_first(
    """
    i do | it is | that is it | i would | it does | it was | they are | they do | i am | i have | it
    has | i did | i will | i can | we do | we are | it did | that is
    """
)
"""Yes only as the whole answer: "it is", but not "it is a no"."""
NO_PHRASES = _by_first(
    """
    i disagree | far from it | i doubt it | i doubt that | uh uh | nuh uh | kurang tepat | kurang
    benar | kurang pas | kurang sesuai | kurang betul | i refuse | i deny | i decline | masih salah
    | ada yang kurang | ada yang keliru | ada yang salah | mana ada | out of the question | kok
    begitu | a lie | i will pass | i pass | hard pass | count me out | i am out | as if | fat chance
    | beda | berbeda | keliru | tukang bohong | hardly | i oppose | disagree | forget it | refuse
    """
)
UNSURE_PHRASES = _by_first(
    """
    yes and no | yes or no | could be | can be | may or | may be | kind of | sort of | not
    necessarily | who knows | hard to | on the fence | either way | it could | toss up | 50 50 | i
    guess | benar tidak | betul tidak | ya atau tidak | antara ya | bisa jadi | iya atau tidak | up
    to you | terserah | mixed feelings | need to think | let me think | may not | do not care | no
    opinion | no preference | either one | possible | both | skeptical | a chance
    """
)
