"""What one message or burst added to a conversation."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.dialogue.draft import Draft
from bot.dialogue.turn import Aside
from bot.sop.model import Reader
from bot.understanding.heard import SURE, Act, Guess, Heard, Slot

SWITCH = 4
"""A message must have more words than this to change the language of a conversation by itself."""
CLEARLY = 0.7
"""A second class counts as a second matter from this score on."""


@dataclass
class Gain:
    """What one message or burst added, for the rules that answer it.

    `corrected` are the fields whose value was replaced; `problems` values that cannot be right; `acts` all
    acts and `heard` all fields heard; `added` whether anything at all was learnt; `changed` whether what is
    restated changed; `second` the numbers of matters that were put aside for later; `urgent` what was newly
    heard as urgent; `meant` what a value with a slip was probably meant to be, by field; `tells` whether the
    message names goods or what is wrong; `about` the matter that waits and that the message is about, 0 for
    the one in hand; `corrects` whether it puts something right; `aside` whether
    a value went to a matter that waits; `late` whether something was added to a matter that has its ticket;
    `reworded` whether new key words stand instead of the old ones; `refined` whether it made clear what was
    vague; `lacks` the fields of which it says that there is no value; `asides` what was no
    words and answered nothing; `command` a command of the channel; `stale` whether a button was pressed that
    does not belong to what is asked; `lost` whether a file will not come, `too_large` whether one will not
    for its size; `agrees` whether it says once more what was restated, or tells more of the same; `spoken`
    whether there were words at all, or a button that answers; `showed` whether the customer showed a number
    that the channel made sure of.
    """

    acts: set[Act] = field(default_factory=set)
    corrected: list[str] = field(default_factory=list)
    problems: list[Slot] = field(default_factory=list)
    added: bool = False
    changed: bool = False
    filled: list[str] = field(default_factory=list)
    second: list[int] = field(default_factory=list)
    urgent: list[str] = field(default_factory=list)
    files: bool = False
    voice: bool = False
    faq: str = ""
    chosen: str = ""
    heard: set[str] = field(default_factory=set)
    tickets: tuple[str, ...] = ()
    code: str = ""
    salam: str = ""
    language: str = ""
    guesses: tuple[Guess, ...] = ()
    meaningless: bool = True
    text: str = ""
    meant: dict[str, str] = field(default_factory=dict)
    tells: bool = False
    about: int = 0
    corrects: bool = False
    aside: bool = False
    late: bool = False
    reworded: bool = False
    refined: bool = False
    lacks: tuple[str, ...] = ()
    asides: tuple[Aside, ...] = ()
    command: str = ""
    stale: bool = False
    lost: bool = False
    too_large: bool = False
    agrees: bool = False
    spoken: bool = False
    showed: bool = False

    @property
    def yes(self) -> bool:
        """Whether the message says yes: pressed, or heard surely and without a no."""
        return self.chosen == "yes" or (not self.chosen and Act.YES in self.acts and Act.NO not in self.acts)

    @property
    def no(self) -> bool:
        """Whether the message says no, or that something is to be corrected."""
        return self.chosen in ("no", "wrong") or (
            not self.chosen and bool({Act.NO, Act.CORRECTION} & self.acts) and Act.YES not in self.acts
        )

    @property
    def refuses(self) -> bool:
        """Whether the message says that there is no answer: none, skip, forgotten, a bare no."""
        if self.chosen in ("none", "skip") or {Act.UNKNOWN, Act.DECLINE} & self.acts:
            return True
        return Act.NO in self.acts and not self.added


def is_empty(heard: Heard) -> bool:
    """Whether the message says nothing at all: no word, no sign that is an answer."""
    if heard.chosen or any(act.score >= SURE for act in heard.acts if act.act is not Act.QUESTION):
        return False
    return heard.meaningless or not any(c.isalnum() for c in heard.text)


def is_correction(d: Draft, gain: Gain, heard: Heard) -> bool:
    """Whether what is said now stands instead of what was said before."""
    asked = d.talk.asked.what if d.talk.asked else ""
    says_so = heard.does(Act.CORRECTION) or (heard.does(Act.NO) and asked in ("restating", "summary"))
    return says_so or asked in ("correction", "which")


def answers_text(d: Draft) -> bool:
    """Whether a free text was asked for: its words describe the matter in hand, they are not a new one."""
    asked = d.talk.asked
    if asked is None or asked.what not in ("field", "stuck") or asked.field not in d.sop.fields:
        return False
    return d.spec(asked.field).reader in (Reader.TEXT, Reader.ADDRESS, Reader.NAME)
