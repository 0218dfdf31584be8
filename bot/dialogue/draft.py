"""A turn while it is being made: what is noted is folded at once, so that every rule sees the newest talk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from bot.dialogue import clock
from bot.dialogue.events import Answered, AskedFor, Event
from bot.dialogue.fold import FOLDS
from bot.dialogue.talk import Asked, Matter, Talk
from bot.dialogue.turn import ClearTimer, Effect, Option, Reply, Say, SetTimer, Turn
from bot.dialogue.wording import fragment
from bot.sop.model import FieldSpec, Sop, Step

NODS = frozenset({"noted", "no_matter", "corrected_it", "with_bot", "go_on", "corrected", "please_choose"})
"""Short words that open a message but are none by themselves."""


_NO_CLOSE = ClearTimer("close")


class Draft:
    """Collects the events, replies and effects of one turn.

    `say` adds to the message in hand; `new_message` starts the next one; `ask` says a question and remembers
    what was asked. `guesses` are classes that were half understood, `faq` the question that was recognised;
    `explained`: the message in hand already says what was wrong with an answer; `stop`: the steps are not
    walked; `quiet`: leave timers alone.
    """

    def __init__(self, talk: Talk, now: datetime, sop: Sop) -> None:
        self.talk = talk
        self.now = now
        self.sop = sop
        self.events: list[Event] = []
        self.effects: list[Effect] = []
        self.messages: list[list[Say]] = [[]]
        self.guesses: tuple[str, ...] = ()
        self.faq = ""
        self.second = ""
        self.asked_now = False
        self.explained = False
        self.stop = False
        self.quiet = False

    # ------------------------------------------------------------------------------------------- facts

    def note(self, *events: Event) -> None:
        """Facts happened."""
        for event in events:
            self.events.append(event)
            self.talk = FOLDS[type(event)](self.talk, event)

    def want(self, effect: Effect) -> None:
        """Something is to be done by the turn-taker."""
        self.effects.append(effect)

    # ------------------------------------------------------------------------------------------- words

    def say(
        self, phrase: str, values: Mapping[str, str] | None = None, choices: tuple[Option, ...] = ()
    ) -> None:
        """Add a phrase to the message in hand."""
        self.messages[-1].append(Say(phrase, values or {}, choices))

    def has_said(self, phrase: str) -> bool:
        """Whether this turn says the phrase already."""
        return any(say.phrase == phrase for says in self.messages for say in says)

    def second_say(self) -> Say:
        """The word that another matter of the same message comes next."""
        return Say("second_later", {"label": self.second})

    def new_message(self) -> None:
        """What follows is a message of its own; a bare "noted" is not worth one and goes along."""
        if any(say.phrase not in NODS for say in self.messages[-1]):
            self.messages.append([])

    def ask(
        self,
        phrase: str,
        what: str,
        *,
        field: str = "",
        values: Mapping[str, str] | None = None,
        choices: tuple[Option, ...] = (),
        tries: int | None = None,
    ) -> None:
        """Say a question and remember it. Asked again without `tries`, the failed answers are kept."""
        before = self.talk.asked
        if tries is None:
            same = before is not None and before.what == what and before.field == field
            tries = before.tries if same and before else 0
        self.say(phrase, values, choices)
        self.note(AskedFor(what=what, field=field, choices=choices, tries=tries))
        self.asked_now = True

    def settle(self) -> None:
        """What was asked is answered."""
        if self.talk.asked is not None:
            self.note(Answered())

    def failed(self, asked: Asked) -> None:
        """Count a failed answer; what is asked stays."""
        self.note(AskedFor(what=asked.what, field=asked.field, choices=asked.choices, tries=asked.tries + 1))

    def word(self, phrase: str, **values: str) -> str:
        """A fragment of the pack in the talk's language, to stand inside a sentence."""
        return fragment(self.sop, self.talk.language, phrase, values)

    def option(self, value: str, phrase: str = "") -> Option:
        """A choice whose label is the phrase `choice_<value>` (or `phrase`)."""
        return Option(value, self.word(phrase or f"choice_{value}"))

    def options(self, *values: str) -> tuple[Option, ...]:
        """Several choices."""
        return tuple(self.option(value) for value in values)

    # -------------------------------------------------------------------------------------- short cuts

    @property
    def matter(self) -> Matter:
        """The matter in hand; only where there is one."""
        matter = self.talk.matter
        if matter is None:
            raise LookupError("no matter is in hand")
        return matter

    @property
    def email(self) -> bool:
        """Whether the talk is by letters: everything is asked at once, nothing waits for a yes."""
        return self.talk.medium == "email"

    @property
    def health(self) -> bool:
        """Whether health is at risk in the matter in hand: the fewest words and questions."""
        return self.talk.matter is not None and "health" in self.talk.matter.urgent

    def spec(self, field: str) -> FieldSpec:
        """The pack's word on a field."""
        return self.sop.fields[field]

    def step(self) -> Step:
        """The step the talk stands on."""
        return find_step(self.sop, self.talk.procedure, self.talk.step)

    # ------------------------------------------------------------------------------------------ the end

    def turn(self) -> Turn:
        """The finished turn, with its timers: a conversation that waits for the customer is watched."""
        replies = tuple(Reply(tuple(says)) for says in self.messages if says)
        if self.talk.closed:
            self.effects += [ClearTimer("remind"), ClearTimer("close")]
        elif not self.quiet:
            self._watch()
        return Turn(tuple(self.events), replies, tuple(self.effects), self.talk)

    def _watch(self) -> None:
        standards = self.sop.standards
        after = standards.email_remind_after if self.email else standards.remind_after
        at = clock.in_window(
            self.now + timedelta(minutes=after),
            standards.remind_from,
            standards.remind_to,
            self.sop.about.timezone,
        )
        self.effects += [_NO_CLOSE, SetTimer("remind", at)]


@lru_cache(maxsize=256)
def find_step(sop: Sop, procedure: str, step: str) -> Step:
    """The step, by its id or by an older id of it; the procedure's first when neither is known."""
    steps = (sop.procedures.get(procedure) or next(iter(sop.procedures.values()))).steps
    return next(
        (s for s in steps if s.id == step),
        next((s for s in steps if step in s.moved), steps[0]),
    )
