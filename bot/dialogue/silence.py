"""Silence (E10): one reminder, only by day, then a polite close. The next message begins anew."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue import clock, colleagues
from bot.dialogue import events as e
from bot.dialogue.colleagues import PHONE
from bot.dialogue.draft import Draft
from bot.dialogue.interrupts import back_to_bot
from bot.dialogue.talk import BOT, NOBODY
from bot.dialogue.turn import CallPerson, ClearTimer, SetTimer


def came_due(d: Draft, timer: str) -> bool:
    """A timer came due. True when the steps go on after it (a person did not come in time)."""
    d.quiet = True
    if d.talk.owner == NOBODY and timer == "remind":
        back_to_bot(d, "overdue")
        d.say("person_late")
        d.quiet = False
        return True
    if d.talk.owner == PHONE:
        return colleagues.came_due(d, timer)
    if d.talk.owner != BOT:
        return False
    if timer == "remind" and not d.talk.reminded:
        _remind(d)
    elif timer == "close" and d.talk.reminded:
        _close(d)
    return False


def _remind(d: Draft) -> None:
    standards, zone = d.sop.standards, d.sop.about.timezone
    at = clock.in_window(d.now, standards.remind_from, standards.remind_to, zone)
    if at != d.now:
        d.want(SetTimer("remind", at))
        return
    if d.email and (d.talk.asked is None or d.talk.asked.what == "more"):
        _end(d, "done")  # nobody is pressed by letter when everything is done
        return
    after = standards.email_close_after if d.email else standards.close_after
    closes_at = d.now + timedelta(minutes=after)
    d.note(e.Reminded(at=d.now, closes_at=closes_at))
    today = clock.distance(closes_at, d.now, zone) == "today"
    hour = clock.hour(closes_at, zone, d.talk.language)
    said = hour if today else clock.moment(closes_at, zone, d.talk.language)
    done = d.talk.asked is not None and d.talk.asked.what == "more"
    d.say("reminder_done" if done else "reminder", {"hour": said})
    d.want(ClearTimer("remind"))
    d.want(SetTimer("close", closes_at))


def _close(d: Draft) -> None:
    unfinished = any(m.is_open and m.kind for m in d.talk.matters)
    d.say("closing_unfinished" if unfinished else "closing_silent")
    if unfinished:  # what was said is not lost: a person sees it
        d.want(CallPerson("unreachable"))
        d.note(e.PersonCalled(reason="unreachable"))
    _end(d, "silence")


def _end(d: Draft, why: str) -> None:
    for matter in d.talk.matters:
        if matter.is_open:
            d.note(e.MatterDropped(matter=matter.no, why="abandoned"))
    d.note(e.Closed(at=d.now, why=why))
