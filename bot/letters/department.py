"""The letter to a department: all particulars, the customer's contacts, what was said, the attachments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.dialogue.clock import hour, local, moment
from bot.dialogue.fields import shown
from bot.dialogue.turn import IssueTicket
from bot.letters import body, enclosed, head, html
from bot.letters.head import Mailbox
from bot.sop.model import Sop
from channels.base import Outbound
from channels.mail.verdicts import doubtful, words

MAX_MESSAGE = 4_000
MAX_TRANSCRIPT = 60_000
FIRST = 10
"""Messages kept from the beginning of a transcript that is too long; the rest are the last ones."""


NOBODY_JUDGED: Mapping[str, str] = MappingProxyType({})
_WORD = re.compile(r"[^\W\d_]{2}")


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the conversation. `author` is customer, bot or agent:<id>; `at` is aware; `by` names who
    wrote it where that was somebody the customer had written to besides us. `files` are names of files;
    those in `coming` are not here yet, and those in `lost` never will be. `earlier` are the words that `text`
    replaced, the oldest first; `deleted`: the customer took it back."""

    author: str
    at: datetime
    text: str
    files: tuple[str, ...] = ()
    by: str = ""
    coming: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    deleted: bool = False


def to_departments(
    *,
    keys: Mapping[str, str],
    mailbox: Mailbox,
    sop: Sop,
    ticket: IssueTicket,
    number: str,
    at: datetime,
    conversation: int,
    channel: str,
    transcript: Sequence[Line],
    evidence: Sequence[str] = (),
    reply_to: str = "",
    related: Sequence[str] = (),
    reporter: str = "",
    verdicts: Mapping[str, str] = NOBODY_JUDGED,
) -> list[Outbound]:
    """The letters about a new ticket: one to each department in `keys` (its id to the outbox key of its
    letter); a copy where another is in charge. What they have in common is written once.

    `evidence` are the customer's words that the class was read from. Attachments name their file by digest
    in `reference`; those that would make the letter too large are named in it instead. `reply_to` is where
    an answer goes: a mailbox people read; ours without a token by default. All letters on one ticket
    refer to one id, so that mail programs show them together. `related` are the tickets that this one goes on
    from, `reporter` the colleague who passed it on; `verdicts` what SPF, DKIM and DMARC say of the sender.
    """
    language = sop.about.languages[0]
    word = body.labels(language)
    inside, outside = enclosed.fit(ticket.files)
    kind = sop.kinds[ticket.kind].label.in_(language) if ticket.kind in sop.kinds else ticket.kind
    subject = _subject(ticket, number, kind, word)
    due = moment(ticket.due_at, sop.about.timezone, language)
    about = _about(sop, ticket, number, kind, at, channel, evidence, word, language)
    about += tuple(
        (word[label], head.one_line(value, head.MAX_SUBJECT))
        for label, value in (
            ("related", ", ".join(related)),
            ("reporter", reporter),
            ("sender", _judged(verdicts, word)),
        )
        if value
    )
    customer = _customer(sop, ticket, language)
    tables = (
        body.Table(word["ticket"], about),
        body.Table(word["customer_heading"], customer),
        body.Table(word["particulars_heading"], _particulars(sop, ticket, customer, language)),
        body.Table(
            word["files_heading"],
            enclosed.rows(inside, outside, word, language),
        ),
    )
    record = body.Record(
        tables=tuple(table for table in tables if table.rows),
        transcript_heading=word["transcript_heading"],
        transcript=_transcript(transcript, conversation, sop, word, language),
    )
    record_text, record_html = body.plain_record(record), html.render_record(record)
    attachments = enclosed.attached(inside)
    in_charge = _department(sop, ticket.department, language)
    answers_to = head.address(reply_to) or mailbox.address
    letters: list[Outbound] = []
    for department, key in keys.items():
        whom = sop.departments[department]
        copy = department != ticket.department
        what = ("for_copy" if copy else "new_matter") + ("_urgent" if ticket.urgent else "")
        opening = (
            word["opening"].format(department=whom.name.in_(language), head=whom.head),
            word[what].format(kind=kind, due=due, department=in_charge),
        )
        closing = [] if copy else [word["please"]]
        closing.append(word["closing"].format(bot=sop.about.bot_name))
        page = body.Page(
            language=language,
            title=subject,
            blocks=body.blocks("\n\n".join(body.words(part) for part in opening)),
            record=record_html,
            closing=body.blocks(" ".join(closing)),
        )
        text = "\n\n".join(
            part for part in (body.plain(page.blocks), record_text, body.plain(page.closing)) if part
        )
        letters.append(
            Outbound(
                id=key,
                channel="email",
                account=mailbox.address,
                to=head.address(whom.email),
                text=text + "\n",
                html=html.render(page),
                attachments=attachments,
                mail=replace(
                    mailbox.head(key, subject, at, after=(mailbox.letter_id(number),)), reply_to=answers_to
                ),
            )
        )
    return letters


def _subject(ticket: IssueTicket, number: str, kind: str, word: dict[str, Any]) -> str:
    mark = f"{word['urgent_mark']} - " if ticket.urgent else ""
    title = head.one_line(ticket.title, head.MAX_SUBJECT)
    return head.one_line(f"[{number}] {mark}{_capital(kind)}: {title}", head.MAX_SUBJECT)


def _department(sop: Sop, id_: str, language: str) -> str:
    return sop.departments[id_].name.in_(language) if id_ in sop.departments else id_


def _judged(verdicts: Mapping[str, str], word: Mapping[str, str]) -> str:
    """`SPF pass, DKIM fail`, and in words when the sender is doubtful; "" when nobody judged."""
    said = words(verdicts)
    return word["doubtful"].format(verdicts=said) if said and doubtful(verdicts) else said


def _about(
    sop: Sop,
    ticket: IssueTicket,
    number: str,
    kind: str,
    at: datetime,
    channel: str,
    evidence: Sequence[str],
    word: dict[str, Any],
    language: str,
) -> tuple[tuple[str, str], ...]:
    class_ = sop.classes[ticket.class_].label.in_(language) if ticket.class_ in sop.classes else ""
    said = "; ".join(
        f"“{head.one_line(words, 120)}”" for words in dict.fromkeys(evidence) if _WORD.search(words)
    )
    rows = (
        (word["number"], number),
        (word["kind"], _capital(kind)),
        (word["class"], _capital(class_)),
        (word["evidence"], said),
        (word["urgent"], word["urgent_yes"] if ticket.urgent else ""),
        (word["department"], _department(sop, ticket.department, language)),
        (word["also"], ", ".join(_department(sop, id_, language) for id_ in ticket.also)),
        (word["due"], moment(ticket.due_at, sop.about.timezone, language)),
        (word["received"], moment(at, sop.about.timezone, language)),
        (word["channel"], word["channels"].get(channel, channel)),
    )
    return tuple((label, value) for label, value in rows if value)


def _customer(sop: Sop, ticket: IssueTicket, language: str) -> tuple[tuple[str, str], ...]:
    order = [*sop.fields, *(id_ for id_ in ticket.identity if id_ not in sop.fields)]
    rows: list[tuple[str, str]] = []
    for id_ in order:
        value, spec = ticket.identity.get(id_), sop.fields.get(id_)
        if value:
            label = _capital(spec.label.in_(language)) if spec else id_
            rows.append((label, _value(shown(spec, value, sop, language) if spec else value)))
    return tuple(rows)


def _particulars(
    sop: Sop, ticket: IssueTicket, customer: tuple[tuple[str, str], ...], language: str
) -> tuple[tuple[str, str], ...]:
    """The form without what the tables above say already."""
    said = set(customer)
    if ticket.kind in sop.kinds and ticket.class_ in sop.classes:
        kind, class_ = sop.kinds[ticket.kind], sop.classes[ticket.class_]
        said.add((_capital(kind.label.in_(language)), class_.label.in_(language)))
    rows = ((head.one_line(label, 80), _value(value)) for label, value in ticket.particulars if value)
    return tuple(row for row in rows if row not in said)


def _value(text: str) -> str:
    return body.bounded(body.words(text).strip(), MAX_MESSAGE, "…")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _transcript(
    lines: Sequence[Line], conversation: int, sop: Sop, word: dict[str, Any], language: str
) -> tuple[body.Entry, ...]:
    """The talk, bounded: the first messages and the last ones, with a note on what stands between."""
    cut = word["shortened"].format(conversation=conversation)
    entries: list[body.Entry] = []
    day = None
    for line in lines:
        on, day = day, local(line.at, sop.about.timezone).date()
        when = (hour if on == day else moment)(line.at, sop.about.timezone, language)
        text = "\n".join((body.words(line.text), *_beside(line, word))).strip()
        text = body.bounded(text, MAX_MESSAGE, cut)
        author = head.one_line(line.by, head.MAX_NAME) or _author(line.author, sop, word)
        entries.append(body.Entry(f"{author}, {when}", text))
    if sum(len(entry.text) for entry in entries) <= MAX_TRANSCRIPT:
        return tuple(entries)
    first, room = entries[:FIRST], MAX_TRANSCRIPT - sum(len(entry.text) for entry in entries[:FIRST])
    last: list[body.Entry] = []
    for entry in reversed(entries[FIRST:]):
        room -= len(entry.text)
        if room < 0:
            break
        last.append(entry)
    out = len(entries) - len(first) - len(last)
    if not out:
        return tuple(entries)
    note = word["left_out"].format(count=out, conversation=conversation)
    return (*first, body.Entry("", note), *reversed(last))


def _author(author: str, sop: Sop, word: dict[str, Any]) -> str:
    if author == "customer":
        return str(word["customer"])
    return sop.about.bot_name if author == "bot" else author.removeprefix("agent:")


def _beside(line: Line, word: Mapping[str, str]) -> list[str]:
    """What stands below the words of a message: its files, and what it said before."""
    told = [_file(name) for name in line.files]
    told += [_file(f"{name}: {word['file_coming']}") for name in line.coming]
    told += [_file(f"{name}: {word['file_lost']}") for name in line.lost]
    told += [f"[{word['earlier']}: “{body.words(text).strip()}”]" for text in line.earlier]
    return [*told, f"[{word['deleted']}]"] if line.deleted else told


def _file(name: str) -> str:
    return f"[{head.one_line(name, 120)}]"
