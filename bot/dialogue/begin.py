"""The beginning of a conversation, and what it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from msgspec import Struct

from bot.dialogue import clock, goods
from bot.dialogue.events import Event, HonorificLearned, Linked, Opened, Reported
from bot.dialogue.talk import Talk
from bot.sop.model import Does, Procedure, Sop
from bot.understanding.heard import Expecting


class Opening(Struct, frozen=True):
    """How a conversation begins: where, in which form, with what is known of the person (`identity`: field
    id to value, from an earlier conversation or the channel itself), when, in which language, and the last
    `ticket` made there; `linked` when it begins beside another one, `reported` when a colleague passed it on;
    `honorific` is how they call themselves in the name they write under."""

    channel: str
    medium: str
    identity: Mapping[str, str]
    now: datetime
    language: str = "id"
    ticket: str = ""
    linked: Linked | None = None
    reported: Reported | None = None
    honorific: str = ""


def begin(opening: Opening, sop: Sop) -> tuple[Event, ...]:
    """The first events. The talk stands on that procedure's first step until it is known what the
    matter is; only identity fields of the pack are taken over."""
    procedure = front(sop)
    language = opening.language if opening.language in sop.about.languages else sop.about.languages[0]
    known = {f: v for f, v in opening.identity.items() if v and f in sop.fields and sop.fields[f].identity}
    called = HonorificLearned(honorific=opening.honorific) if opening.honorific else None
    more = (event for event in (opening.linked, opening.reported, called) if event is not None)
    return (
        Opened(
            at=opening.now,
            channel=opening.channel,
            medium=opening.medium,
            language=language,
            pack=sop.hash,
            procedure=procedure.id,
            step=procedure.steps[0].id,
            identity=known,
            ticket=opening.ticket,
        ),
        *more,
    )


@lru_cache(maxsize=16)
def front(sop: Sop) -> Procedure:
    """The procedure a conversation begins with: the first that greets or listens."""
    talking = (Does.GREET, Does.LISTEN)
    every = [p for p in sop.procedures.values() if any(step.does in talking for step in p.steps)]
    return next((p for p in every if "complaint" in p.kinds), every[0])


_YES_NO = frozenset({"restating", "summary", "more", "person", "stuck", "meant"})


def expecting(talk: Talk, now: datetime, sop: Sop) -> Expecting:
    """What the conversation waits for, for `understand`: flow state comes first."""
    asked = talk.asked
    today = clock.local(now, sop.about.timezone).date()
    matter = talk.matter or talk.late
    open_ = tuple(p for line in matter.goods if goods.unclear(line) for p in line.among) if matter else ()
    if asked is None:
        return Expecting(today=today, language=talk.language, medium=talk.medium, open=open_)
    return Expecting(
        today=today,
        language=talk.language,
        field=asked.field if asked.what in ("field", "stuck", "meant") and asked.field in sop.fields else "",
        yes_no=asked.what in _YES_NO,
        choices=tuple((choice.value, choice.label) for choice in asked.choices),
        code=asked.what == "code",
        medium=talk.medium,
        open=open_,
    )
