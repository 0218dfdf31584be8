"""A talk played from a script: a customer's lines in, Sapa's lines out, and what differs from the script.

Pure: the clock, the ticket numbers, the timers, the look-ups and the agents are played too. A script is a
mapping, written in YAML:

```yaml
name: Barang kurang satu dus
sop: [E2, E3, K4]            # the clauses that this talk shows working
channel: chat                # chat (with buttons), terminal (chat without), telegram, whatsapp, email, sms
language: id                 # what the conversation begins in; default id
start: 2026-11-23T09:00      # local time of the pack
identity: {email: budi@toko.example}      # what the channel knows of the person
tickets:                     # tickets of the past, for questions about their status
  SP-2611-0042-7: {state: open, department: warehouse, label: barang kurang, due: 2026-11-23T12:00,
                   proven: true, code: "123456"}
steps:
  - customer: siang, minyak datang cuma 1 dari 2 dus      # a list of lines is a burst, answered together
    files: [foto.jpg]                                     # by name; the ending says what it is
    after: 5m                                             # time that passes before (default 1m)
  - press: "yes"                                          # a button, by its value
  - silence: 70m                                          # timers come due meanwhile
  - agent: takes over                                     # or: hands back
  - sapa:                                                 # about everything said since the last customer line
      contains: [Betul begitu, INV-2611-0457]             # in any of the messages, letter case ignored
      lacks: [nomor HP]                                   # in none of them
      phrases: [right]                                    # said, by key
      asks: order                                         # the field or thing asked for now; "" for nothing
      choices: [yes, no]                                  # the values offered
      messages: 2                                         # how many messages
      ticket: true                                        # a ticket was issued in this turn (false: none)
      department: warehouse                               # of that ticket
      class: order_shortage                               # of the matter in hand, or of the last one
      kind: complaint
      particulars: [hari minggu]                          # stands in that ticket, as the department reads it
      urgent: true                                        # of that ticket
      calls: health                                       # a person was called for this reason
      owner: bot
      language: en
      closed: true
      goods: [{product: gula_kristal, affected: 1 dus}]   # of the matter
      values: {phone: "+6281233445566"}                   # of the person or the matter
  - sapa: [Betul begitu]                                  # short for contains
  - sapa: nothing                                         # silence
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.dialogue import goods as lines
from bot.dialogue.afterword import is_afterword
from bot.dialogue.begin import Opening, begin, expecting
from bot.dialogue.decide import decide
from bot.dialogue.events import Event, PersonCalled, TicketRequested
from bot.dialogue.finish import finish
from bot.dialogue.fold import fold
from bot.dialogue.talk import Matter, Talk
from bot.dialogue.turn import (
    Carrying,
    CheckCode,
    ClearTimer,
    CodeChecked,
    Due,
    File,
    Found,
    HandedBack,
    Input,
    IssueTicket,
    LookUp,
    Said,
    SetTimer,
    TicketFacts,
    TookOver,
    Turn,
    Worded,
)
from bot.sop.model import Sop
from bot.tickets import number as numbers
from bot.understanding.heard import Expecting, Heard, Quantity


class Understands(Protocol):
    """Text to `Heard`; `bot.understanding.Understander` is one."""

    def understand(self, text: str, expecting: Expecting) -> Heard:
        """What was understood of `text`."""


@dataclass
class Line:
    """One line of the transcript: who (customer, sapa, agent, clock) said what when."""

    who: str
    text: str
    at: datetime
    choices: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()

    def __str__(self) -> str:
        buttons = f"  [{'] ['.join(self.choices)}]" if self.choices else ""
        return f"{self.at:%H:%M} {self.who:>8}  {self.text.replace(chr(10), chr(10) + ' ' * 16)}{buttons}"


@dataclass
class Played:
    """A talk that was played: its transcript, where it differs from the script, its events and states.

    `talks` is the talk after each turn; a conversation that was closed and followed by another one starts
    a new list in `conversations`.
    """

    name: str
    transcript: list[Line] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    talk: Talk | None = None
    conversations: list[tuple[list[Event], Talk]] = field(default_factory=list)
    turns: list[list[Worded]] = field(default_factory=list)
    tickets: list[IssueTicket] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(str(line) for line in self.transcript)


CARRYING = {
    "chat": Carrying("chat", 4096, 10, 10),
    "terminal": Carrying("chat", 4096, 0, 0),
    "telegram": Carrying("chat", 4096, 12, 0, label=40),
    "whatsapp": Carrying("chat", 4096, 3, 10, max_with_choices=1024, label=20),
    "email": Carrying("email", 100_000, 0, 0),
    "sms": Carrying("sms", 612, 0, 0, max_with_choices=612),
}
_SPAN = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_MEDIA = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "pdf": "application/pdf",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
}


def play(script: Mapping[str, Any], sop: Sop, understander: Understands) -> Played:
    """Play a script. Raises `KeyError`, `TypeError` or `ValueError` when the script itself is not one."""
    return _Rehearsal(script, sop, understander).run()


def span(text: str) -> timedelta:
    """`70m`, `2h`, `1d 3h` as a time span. Raises `ValueError` when it is none."""
    found = _SPAN.findall(str(text))
    if not found:
        raise ValueError(f"not a time span: {text!r}; write 70m, 2h or 1d")
    return sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in found), timedelta())


class _Rehearsal:
    def __init__(self, script: Mapping[str, Any], sop: Sop, understander: Understands) -> None:
        self.script, self.sop, self.understander = script, sop, understander
        self.zone = ZoneInfo(sop.about.timezone)
        start = script.get("start", "2026-11-23T09:00")
        start = datetime.fromisoformat(start) if isinstance(start, str) else start
        self.now = start.replace(tzinfo=self.zone)
        channel = script.get("channel", "chat")
        self.channel, self.carrying = channel, CARRYING[channel]
        self.played = Played(str(script.get("name", "")))
        self.timers: dict[str, datetime] = {}
        self.count = 0
        self.said: list[Worded] = []
        self.new: list[Event] = []
        self.talk: Talk | None = None
        self.step = 0

    # ---------------------------------------------------------------------------------------- the script

    def run(self) -> Played:
        for number, step in enumerate(self.script["steps"], 1):
            self.step = number
            if "customer" in step or "press" in step or "files" in step:
                self._customer(step)
            elif "silence" in step:
                self._heard_anew()
                self._pass(span(step["silence"]))
            elif "agent" in step:
                self._agent(str(step["agent"]))
            elif "sapa" in step:
                self._expect(step["sapa"])
            else:
                raise ValueError(f"step {self.step} has none of customer, press, files, silence, agent, sapa")
        if self.talk is not None:
            self.played.talk = self.talk
            self.played.conversations.append((list(self.played.events), self.talk))
        return self.played

    def _heard_anew(self) -> None:
        self.said, self.new = [], []

    def _customer(self, step: Mapping[str, Any]) -> None:
        self._heard_anew()
        self._pass(span(step.get("after", "1m")))
        self._heard_anew()
        if self.talk is None or (self.talk.closed and not self._afterword(step)):
            self._begin()
        assert self.talk is not None  # noqa: S101 - begun above
        expected = expecting(self.talk, self.now, self.sop)
        if "press" in step:
            value = str(step["press"])
            label = dict(expected.choices).get(value, value)
            heard: tuple[Heard, ...] = (Heard(text=label, chosen=value),)
        else:
            heard = self._heard(step, expected)
        files = tuple(_file(name) for name in step.get("files", ()))
        for h in heard:
            self._line("customer", h.text)
        for file in files:
            self._line("customer", f"<{file.name}>")
        self._take(Said(heard=heard, files=files, inputs=(self.step,)))

    def _heard(self, step: Mapping[str, Any], expected: Expecting) -> tuple[Heard, ...]:
        said = step.get("customer", [])
        texts = [said] if isinstance(said, str) else list(said)
        return tuple(self.understander.understand(text, expected) for text in texts)

    def _afterword(self, step: Mapping[str, Any]) -> bool:
        """Whether the customer only thanks for the talk that is closed."""
        if self.talk is None or "press" in step or "files" in step:
            return False
        heard = self._heard(step, expecting(self.talk, self.now, self.sop))
        return is_afterword(self.talk, Said(heard=heard), self.now)

    def _begin(self) -> None:
        if self.talk is not None:
            self.played.conversations.append((list(self.played.events), self.talk))
            self.played.events = []
        identity = {**self.script.get("identity", {})}
        if self.talk is not None:
            identity |= self.talk.identity
        opening = Opening(
            channel=self.channel,
            medium=self.carrying.medium,
            identity=identity,
            now=self.now,
            language=self.script.get("language", "id"),
            ticket=self.talk.last_ticket if self.talk is not None else "",
        )
        events = begin(opening, self.sop)
        self.talk = fold(None, events)
        self.played.events.extend(events)
        self.timers.clear()

    def _agent(self, act: str) -> None:
        self._heard_anew()
        self._line("agent", act)
        back = "back" in act
        self._take(HandedBack("1", "Rina") if back else TookOver("1", "Rina"))

    # ------------------------------------------------------------------------------------------ the turns

    def _pass(self, time: timedelta) -> None:
        until = self.now + time
        while due := sorted((at, name) for name, at in self.timers.items() if at <= until):
            at, name = due[0]
            self.now = max(self.now, at)
            del self.timers[name]
            self._line("clock", f"({name})")
            self._take(Due(name))
        self.now = until

    def _take(self, input_: Input) -> None:
        assert self.talk is not None  # noqa: S101 - a talk was begun before anything is taken
        turn = decide(self.talk, input_, self.now, self.sop)
        while (more := self._looked_up(turn)) is not None:
            talk = fold(self.talk, turn.events) if turn.events else self.talk
            after = decide(talk, more, self.now, self.sop)
            kept = tuple(e for e in turn.effects if not isinstance(e, LookUp | CheckCode))
            turn = Turn(turn.events + after.events, turn.replies + after.replies, kept + after.effects)
        bound = {}
        for effect in turn.effects:
            if isinstance(effect, IssueTicket):
                self.count += 1
                bound[effect.ref] = numbers.make(self.sop.about.ticket_prefix, self.now, self.count)
                self.played.tickets.append(effect)
            elif isinstance(effect, SetTimer):
                self.timers[effect.name] = effect.at
            elif isinstance(effect, ClearTimer):
                self.timers.pop(effect.name, None)
        done = finish(self.talk, turn, bound, self.sop, self.carrying)
        self.talk = done.talk
        self.played.events.extend(done.events)
        self.played.turns.append(list(done.messages))
        self.new.extend(done.events)
        self.said.extend(done.messages)
        for message in done.messages:
            self._line("sapa", message.text, tuple(c.label for c in message.choices), message.phrases)

    def _looked_up(self, turn: Turn) -> Input | None:
        for effect in turn.effects:
            if isinstance(effect, LookUp):
                return Found(effect.number, self._ticket(effect.number, proven=False))
            if isinstance(effect, CheckCode):
                known = self.script.get("tickets", {}).get(effect.number, {})
                right = known.get("code") == effect.code
                ticket = self._ticket(effect.number, proven=True) if right else None
                return CodeChecked(ticket, 0 if right else 2)
        return None

    def _ticket(self, number: str, *, proven: bool) -> TicketFacts | None:
        if not number:
            return None
        known = self.script.get("tickets", {}).get(number)
        if known is not None:
            due = known.get("due")
            due = datetime.fromisoformat(due) if isinstance(due, str) else due
            return TicketFacts(
                number=number,
                state=known.get("state", "open"),
                department=known["department"],
                label=known.get("label", ""),
                opened_at=self.now - timedelta(days=1),
                due_at=due.replace(tzinfo=self.zone) if due else None,
                proven=proven or bool(known.get("proven")),
            )
        assert self.talk is not None  # noqa: S101 - only a talk looks anything up
        earlier = [talk for _, talk in self.played.conversations]
        for matter in (matter for talk in (self.talk, *earlier) for matter in talk.matters):
            if matter.number == number:
                return TicketFacts(
                    number=number,
                    state="open",
                    department=matter.department,
                    label=self.sop.kinds[matter.kind].label.in_(self.talk.language),
                    opened_at=self.talk.opened_at,
                    due_at=matter.due_at,
                    proven=True,
                )
        return None

    def _line(
        self, who: str, text: str, choices: tuple[str, ...] = (), phrases: tuple[str, ...] = ()
    ) -> None:
        self.played.transcript.append(Line(who, text, self.now, choices, phrases))

    # -------------------------------------------------------------------------------------- the expectations

    def _expect(self, wanted: Any) -> None:
        if wanted == "nothing":
            wanted = {"messages": 0}
        elif isinstance(wanted, str):
            wanted = {"contains": [wanted]}
        elif isinstance(wanted, Sequence):
            wanted = {"contains": list(wanted)}
        for key, value in wanted.items():
            for difference in self._check(key, value):
                said = " / ".join(m.text for m in self.said) or "(nothing)"
                self.played.differences.append(f"step {self.step}: {difference}; Sapa said: {said}")

    def _check(self, key: str, value: Any) -> Iterator[str]:
        talk = self.talk
        assert talk is not None  # noqa: S101 - an expectation follows a line
        text = "\n".join(m.text for m in self.said).lower()
        issued = [e for e in self.new if isinstance(e, TicketRequested)]
        matter = talk.matter or (talk.matters[-1] if talk.matters else None)
        match key:
            case "contains":
                yield from (f"lacks {w!r}" for w in _many(value) if str(w).lower() not in text)
            case "lacks":
                yield from (f"should not say {w!r}" for w in _many(value) if str(w).lower() in text)
            case "phrases":
                said = {p for m in self.said for p in m.phrases}
                yield from (f"phrase {p!r} was not said" for p in _many(value) if p not in said)
            case "asks":
                asked = (talk.asked.field or talk.asked.what) if talk.asked else ""
                if asked != (value or ""):
                    yield f"asks for {asked!r}, not {value!r}"
            case "choices":
                offered = [c.value for c in talk.asked.choices] if talk.asked else []
                yield from (f"offers no {c!r} but {offered}" for c in _many(value) if c not in offered)
            case "messages":
                if len(self.said) != value:
                    yield f"{len(self.said)} messages, not {value}"
            case "ticket":
                if bool(issued) != bool(value):
                    yield "a ticket was issued" if issued else "no ticket was issued"
            case "particulars":
                ticket = self.played.tickets[-1].particulars if self.played.tickets else ()
                told = "\n".join(f"{label}: {words}" for label, words in ticket).lower()
                yield from (f"{w!r} is not in {told!r}" for w in _many(value) if str(w).lower() not in told)
            case "calls":
                called = [e.reason for e in self.new if isinstance(e, PersonCalled)]
                if value not in called:
                    yield f"called {called}, not {value!r}"
            case "goods":
                yield from _goods(matter, value)
            case "values":
                have = {**(matter.values if matter else {}), **talk.identity}
                yield from (
                    f"{f} is {have.get(f)!r}, not {v!r}" for f, v in value.items() if have.get(f) != v
                )
            case _:
                facts = {
                    "department": matter.department if matter else "",
                    "class": matter.class_ if matter else "",
                    "kind": matter.kind if matter else "",
                    "urgent": bool(self.played.tickets and self.played.tickets[-1].urgent),
                    "owner": talk.owner,
                    "language": talk.language,
                    "closed": talk.closed,
                }
                if key not in facts:
                    raise ValueError(f"step {self.step}: nobody knows the expectation {key!r}")
                if facts[key] != value:
                    yield f"{key} is {facts[key]!r}, not {value!r}"


def _many(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else list(value)


def _goods(matter: Matter | None, wanted: Sequence[Mapping[str, str]]) -> Iterator[str]:
    have = matter.goods if matter else ()
    if len(have) != len(wanted):
        yield f"goods are {have}"
        return
    for line, want in zip(have, wanted, strict=True):
        for key, value in want.items():
            is_ = getattr(line, key)
            if is_ != (lines.parse(value) if isinstance(is_, Quantity) else value):
                yield f"{key} of {line} is not {value!r}"


def _file(name: str) -> File:
    ending = name.rpartition(".")[2].lower()
    return File(
        sha256(name.encode()).hexdigest(), name, _MEDIA.get(ending, "application/octet-stream"), len(name)
    )
