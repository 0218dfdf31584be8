"""The letter to a department on what a customer added to a ticket that it has already."""

from __future__ import annotations

from datetime import datetime

from bot.dialogue.additions import Addition
from bot.letters import body, enclosed, head, html
from bot.letters.head import Mailbox
from bot.sop.model import Sop
from channels.base import Outbound

MAX_VALUE = 4_000


def addition(*, key: str, mailbox: Mailbox, sop: Sop, added: Addition, at: datetime) -> Outbound:
    """The letter; mail programs show it below the one about the ticket. `key` is the outbox key, `at` the
    time of the turn (aware)."""
    language = sop.about.languages[0]
    word = body.labels(language)
    whom = sop.departments[added.department]
    subject = head.one_line(word["addition_subject"].format(number=added.number), head.MAX_SUBJECT)
    inside, outside = enclosed.fit(added.files)
    values = tuple(
        (_capital(head.one_line(label, 80)), _value(value, was, word)) for label, value, was in added.rows
    )
    tables = (
        body.Table(word["particulars_heading"], values),
        body.Table(
            word["files_heading"],
            (
                *enclosed.rows(inside, outside, word, language),
                *((head.one_line(name, 120), word["file_lost"]) for name in added.lost),
            ),
        ),
    )
    record = body.Record(tuple(table for table in tables if table.rows), "", ())
    opening = (
        word["opening"].format(department=whom.name.in_(language), head=whom.head),
        word["addition" if added.rows or added.files else "addition_lost"].format(number=added.number),
    )
    closing = word["closing"].format(bot=sop.about.bot_name)
    page = body.Page(
        language=language,
        title=subject,
        blocks=body.blocks("\n\n".join(body.words(part) for part in opening)),
        record=html.render_record(record),
        closing=body.blocks(closing),
    )
    return Outbound(
        id=key,
        channel="email",
        account=mailbox.address,
        to=head.address(whom.email),
        text="\n\n".join((body.plain(page.blocks), body.plain_record(record), closing)) + "\n",
        html=html.render(page),
        attachments=enclosed.attached(inside),
        mail=mailbox.head(key, subject, at, after=(mailbox.letter_id(added.number),)),
    )


def _value(value: str, was: str, word: dict[str, str]) -> str:
    text = body.bounded(body.words(value).strip(), MAX_VALUE, "…")
    return word["addition_was"].format(value=text, was=head.one_line(was, 200)) if was else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
