"""The ticket (K4): made once for a matter, its number given on a line of its own."""

from __future__ import annotations

from datetime import datetime

from bot.dialogue import goods
from bot.dialogue.draft import NODS, Draft
from bot.dialogue.events import TicketRequested
from bot.dialogue.hours import calendar
from bot.dialogue.restating import lines, particulars
from bot.dialogue.steps.walk import Went
from bot.dialogue.talk import Matter
from bot.dialogue.turn import IssueTicket
from bot.dialogue.wording import has
from bot.sop.model import Does, Sop
from bot.tickets.routing import route


def enter(d: Draft) -> Went:
    """Ask for the ticket and say its number. A matter gets one ticket, whatever happens."""
    matter = d.matter
    if matter.state == "ticketed":
        return Went.DONE
    sop = d.sop
    urgent = bool(matter.urgent) or bool(matter.class_ and sop.classes[matter.class_].urgent)
    principals = tuple(
        dict.fromkeys(sop.products[g.product].principal for g in matter.goods if g.product in sop.products)
    )
    routed = route(sop, matter.kind, matter.class_, principals, urgent)
    ref = f"m{matter.no}"
    due_at = due(sop, matter, d.now)
    first = sop.about.languages[0]
    rows = particulars(d, first, brief=False)
    if matter.words:
        rows.append(("words", d.word("label_words"), matter.words))
    for kind, text in matter.notes:
        label = f"label_{kind}" if has(sop, f"label_{kind}") else "label_note"
        rows.append((kind, d.word(label), text))
    rows += [("question", d.word("label_question"), question) for question in matter.questions]
    d.want(
        IssueTicket(
            ref=ref,
            matter=matter.no,
            kind=matter.kind,
            class_=matter.class_,
            department=routed.department,
            also=tuple(routed.also),
            due_at=due_at,
            urgent=urgent,
            title=title(d, first),
            particulars=tuple((label, value) for _, label, value in rows),
            identity=dict(d.talk.identity),
            files=matter.files,
        )
    )
    d.note(
        TicketRequested(
            matter=matter.no,
            ref=ref,
            department=routed.department,
            also=tuple(routed.also),
            due_at=due_at,
        )
    )
    if all(say.phrase in NODS for say in d.messages[-1]):
        d.messages[-1].clear()  # "sudah kami catat" says it
    d.new_message()
    key = "ticket_order" if matter.kind == "order" else "ticket"
    d.say(key, {"number": f"{{ticket:{ref}}}"})
    if d.email:
        rows_shown = "\n".join(f"- {label}: {value}" for _, label, value in lines(d))
        d.new_message()
        d.say("summary", {"list": rows_shown})
    return Went.DONE


def due(sop: Sop, matter: Matter, now: datetime) -> datetime:
    """Until when the first answer comes: the class's minutes, else those of the procedure's next person."""
    class_ = sop.classes.get(matter.class_)
    if class_ is not None:
        minutes = class_.minutes
    else:
        steps = sop.procedure_for(matter.kind).steps
        minutes = next((s.minutes for s in steps if s.does is Does.PERSON and s.minutes), 480)
    return calendar(sop).add(now, minutes)


def title(d: Draft, language: str) -> str:
    """The matter in one line: `produk rusak: 2 dus Minyak Goreng`."""
    matter, sop = d.matter, d.sop
    class_, kind = sop.classes.get(matter.class_), sop.kinds.get(matter.kind)
    label = class_.label.in_(language) if class_ else kind.label.in_(language) if kind else ""
    texts = [goods.phrase(g, goods.concerned(g), sop, language) for g in matter.goods]
    joined = ", ".join(text for text in texts if text) or (matter.words if not class_ else "")
    return f"{label}: {joined}" if joined else label
