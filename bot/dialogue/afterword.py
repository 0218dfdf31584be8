"""Thanks after the goodbye: a word in return at most, and nothing is opened for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.dialogue.draft import Draft
from bot.dialogue.events import CustomerSaid
from bot.dialogue.gain import CLEARLY
from bot.dialogue.talk import BOT, Talk
from bot.dialogue.turn import Said, Turn
from bot.sop.model import Sop
from bot.understanding.heard import SURE, Act, Heard, Mood

LATEST = timedelta(days=1)
"""So long after the last word of a conversation thanks belong to it."""
LONGEST = 12
"""A message of more words says more than thanks."""
_KIND = frozenset({Act.THANKS, Act.BYE})
_NODS = frozenset({Act.YES, Act.DONE})
_GOODBYES = frozenset({"closing_day", "closing_night"})
_MAY = _KIND | _NODS | {Act.GREETING, Act.WAIT}
"""Acts that stand beside thanks and a nod: "selamat malam, makasih", "oke ditunggu"."""


def is_afterword(talk: Talk, said: Said, now: datetime) -> bool:
    """Whether `said` is nothing but thanks, a goodbye or a nod to a closed talk. A nod to a talk that silence
    closed may mean "go on", and opens a new one."""
    if not talk.closed or talk.owner != BOT or talk.medium == "email" or now - talk.last_at > LATEST:
        return False
    wordless = said.files or said.coming or said.lost or said.command or said.stale or said.parts
    if wordless or any(aside.kind != "sticker" for aside in said.asides):
        return False
    if not all(_says_nothing_else(heard) for heard in said.heard):
        return False
    acts = frozenset(act for heard in said.heard for act in heard.sure)
    if acts & _KIND:
        return True
    parted = bool(_GOODBYES & talk.uses.keys())
    return parted and bool(said.asides or acts & _NODS) and Act.GREETING not in acts


def _says_nothing_else(heard: Heard) -> bool:
    """Whether a message is made of acts that stand beside thanks, and tells or asks nothing."""
    guesses = (*heard.kinds, *heard.classes, *heard.urgent)
    return (
        bool(heard.sure)
        and heard.sure <= _MAY
        and not (heard.slots or heard.goods or heard.tickets or heard.chosen or heard.code)
        and not any(guess.score >= SURE for guess in guesses)
        and not any(guess.score >= CLEARLY for guess in heard.faq)
        and "?" not in heard.text
        and len(heard.text.split()) <= LONGEST
        and heard.mood == Mood.CALM
    )


def afterword(talk: Talk, said: Said, now: datetime, sop: Sop) -> Turn:
    """Thanks are returned once, and by SMS not at all: each costs, and says nothing."""
    d = Draft(talk, now, sop)
    d.note(
        CustomerSaid(
            at=now,
            texts=tuple(heard.text for heard in said.heard),
            inputs=said.inputs,
            kinds=tuple(aside.kind for aside in said.asides),
        )
    )
    thanks = any(heard.sure & _KIND for heard in said.heard)
    if thanks and talk.medium != "sms" and "afterword" not in talk.uses:
        d.say("afterword")
    return d.turn()
