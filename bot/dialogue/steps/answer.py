"""Answering a question (E4, E5): from the pack's list, with the official page."""

from __future__ import annotations

from bot.dialogue.draft import Draft
from bot.dialogue.events import FaqAnswered, MatterFinished
from bot.dialogue.steps.walk import Went, go_to
from bot.sop.model import Does


def enter(d: Draft) -> Went:
    """A known question is answered and its matter finished; an unknown one goes on to a person."""
    if not d.faq:
        return Went.DONE
    answer(d, d.faq)
    d.faq = ""
    d.note(MatterFinished(matter=d.matter.no))
    return Went.MOVED if go_to(d, Does.MORE) else Went.WAITS


def answer(d: Draft, faq_id: str) -> None:
    """Say the answer and the page where it stands."""
    faq = d.sop.faq[faq_id]
    key = "faq_technical" if faq.technical else "faq"
    d.say(key, {"answer": faq.answer.in_(d.talk.language), "page": faq.page})
    d.note(FaqAnswered(faq=faq_id, page=faq.page))
