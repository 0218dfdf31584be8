"""Whether a conversation kept the etiquette of the SOP (E2 to E10), read from its record alone.

Every reply on record names the phrases it was made of, so that what was said can be measured without
reading prose. The same audit will measure agents once their words carry phrases too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from bot.dialogue import events as e
from bot.dialogue.events import Event

_GREETINGS = ("greet_", "salam_", "introduce")
_BEFORE_EMPATHY = ("help", "group", "class", "number", "code", "person", "stay", "more")


class Finding(Struct, frozen=True):
    """A clause that was not kept, with the position of the event that shows it and what was wrong."""

    clause: str
    at: int
    what: str


def audit(events: Iterable[Event]) -> tuple[Finding, ...]:
    """All findings of one conversation; empty when everything was kept."""
    record = list(events)
    return tuple(
        finding
        for rule in (_greeted, _restated, _one_question, _with_page, _empathy, _told_to_wait, _thanked)
        for finding in rule(record)
    )


def _greeted(record: list[Event]) -> Iterator[Finding]:
    """E2: a greeting comes with the first words, and not twice a day."""
    days = set()
    first = next((n for n, event in enumerate(record) if isinstance(event, e.Replied)), None)
    if first is not None:
        phrases = record[first].phrases if isinstance(record[first], e.Replied) else ()  # type: ignore[union-attr]
        if not any(p.startswith(_GREETINGS) or p.startswith("letter_salutation") for p in phrases):
            yield Finding("E2", first, "the first words are no greeting")
    for n, event in enumerate(record):
        if isinstance(event, e.Greeted):
            if event.on in days:
                yield Finding("E2", n, "greeted twice on one day")
            days.add(event.on)


def _restated(record: list[Event]) -> Iterator[Finding]:
    """E3: what goes to a department was said back before."""
    said = {event.matter for event in record if isinstance(event, e.Restated)}
    for n, event in enumerate(record):
        if isinstance(event, e.TicketRequested) and event.matter not in said:
            yield Finding("E3", n, f"matter {event.matter} was never restated")


def _one_question(record: list[Event]) -> Iterator[Finding]:
    """E4: one question at a time on a chat."""
    opened = next((event for event in record if isinstance(event, e.Opened)), None)
    if opened is None or opened.medium == "email":
        return
    for n, event in enumerate(record):
        if isinstance(event, e.Replied) and event.text.count("?") > 1 and "faq" not in event.phrases:
            yield Finding("E4", n, "more than one question in a message")


def _with_page(record: list[Event]) -> Iterator[Finding]:
    """E5: an answer from the list carries its official page."""
    said = "\n".join(event.text for event in record if isinstance(event, e.Replied))
    for n, event in enumerate(record):
        if isinstance(event, e.FaqAnswered) and event.page not in said:
            yield Finding("E5", n, f"the page of `{event.faq}` was not given")


def _empathy(record: list[Event]) -> Iterator[Finding]:
    """E6: compassion before questions."""
    shown: set[int] = set()
    current = 0
    for n, event in enumerate(record):
        if isinstance(event, e.Empathised):
            shown.add(event.matter)
        elif isinstance(event, e.MatterTaken) or (isinstance(event, e.MatterOpened) and not event.waiting):
            current = event.matter
        elif isinstance(event, e.AskedFor):
            due = current and current not in shown
            if due and event.what not in _BEFORE_EMPATHY:
                yield Finding("E6", n, f"asked for {event.field or event.what} before any empathy")


def _told_to_wait(record: list[Event]) -> Iterator[Finding]:
    """E8: with every ticket comes the word who has it and until when to wait."""
    yield from _after_ticket(record, "E8", "forwarded", "not told to wait, and for how long")
    yield from _after_ticket(
        record, "E9", ("more", "next_matter", "reminder_done"), "not asked for anything else"
    )


def _after_ticket(
    record: list[Event], clause: str, prefix: str | tuple[str, ...], what: str
) -> Iterator[Finding]:
    for n, event in enumerate(record):
        if not isinstance(event, e.TicketRequested):
            continue
        later = (p for after in record[n:] if isinstance(after, e.Replied) for p in after.phrases)
        if not any(p.startswith(prefix) for p in later):
            yield Finding(clause, n, what)


def _thanked(record: list[Event]) -> Iterator[Finding]:
    """E10: who is done, or silent, is thanked at the end; a silent one was reminded before."""
    opened = next((event for event in record if isinstance(event, e.Opened)), None)
    for n, event in enumerate(record):
        if not isinstance(event, e.Closed):
            continue
        later = [p for after in record[n:] if isinstance(after, e.Replied) for p in after.phrases]
        letter = opened is not None and opened.medium == "email"
        if not any(p.startswith("closing_") for p in later) and not letter:
            yield Finding("E10", n, "closed without thanks")
        if event.why == "silence" and not any(isinstance(x, e.Reminded) for x in record[:n]):
            yield Finding("E10", n, "closed without a reminder")
