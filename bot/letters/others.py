"""Letters to people beside the customer: a participant, the colleague who passed a matter on, a department
that must know that a stranger wrote.

Participant and colleague hear that their mail arrived and who will be told, and nothing of the ticket's
customer or its status: those are told to the customer alone.
"""

from __future__ import annotations

from datetime import datetime

from bot.dialogue.talk import Talk
from bot.dialogue.wording import common, fill, phrase_of
from bot.letters import body, head, html
from bot.letters.head import Mailbox
from bot.sop.model import Sop
from channels.base import Outbound

MAX_SAID = 4_000
"""Characters of a stranger's mail in the letter about it."""


def to_participant(
    *,
    key: str,
    mailbox: Mailbox,
    to: str,
    subject: str,
    message_id: str,
    token: str,
    at: datetime,
    sop: Sop,
    talk: Talk,
) -> Outbound:
    """To somebody the customer wrote to besides us, who wrote in the thread: it is taken along, the customer
    is answered. `subject` and `message_id` are of that mail; it brought the token, so it may have it."""
    return _letter(
        key=key,
        mailbox=mailbox,
        to=to,
        subject=head.reply_subject(subject, (), sop.about.company.name),
        paragraphs=("copied",),
        values={},
        at=at,
        sop=sop,
        talk=talk,
        token=token,
        answers=message_id,
    )


def to_reporter(
    *,
    key: str,
    mailbox: Mailbox,
    to: str,
    subject: str,
    customer: str,
    number: str,
    at: datetime,
    sop: Sop,
    talk: Talk,
) -> Outbound:
    """To the colleague who passed a customer's mail on (S2): who is being answered, and the ticket once there
    is one (`number`, else "")."""
    return _letter(
        key=key,
        mailbox=mailbox,
        to=to,
        subject=head.reply_subject(subject, (number,) if number else (), sop.about.company.name),
        paragraphs=("passed_on_ticket",) if number else ("passed_on",),
        values={"customer": head.one_line(customer, head.MAX_SUBJECT), "number": number},
        at=at,
        sop=sop,
        talk=talk,
    )


def stranger_wrote(
    *,
    key: str,
    mailbox: Mailbox,
    sop: Sop,
    department: str,
    number: str,
    who: str,
    text: str,
    at: datetime,
) -> Outbound:
    """To the `department` of ticket `number`: somebody who is not its customer answered in its
    conversation."""
    language = sop.about.languages[0]
    word = body.labels(language)
    whom = sop.departments[department]
    subject = head.one_line(word["stranger_subject"].format(number=number), head.MAX_SUBJECT)
    blocks = body.blocks(
        "\n\n".join(
            (
                word["opening"].format(department=whom.name.in_(language), head=whom.head),
                word["stranger"].format(who=head.one_line(who, head.MAX_SUBJECT), number=number),
            )
        )
    )
    said = body.bounded(body.words(text).strip(), MAX_SAID, word["cut"])
    record = body.Record((), word["stranger_heading"], (body.Entry("", said),)) if said else None
    closing = word["closing"].format(bot=sop.about.bot_name)
    page = body.Page(
        language=language,
        title=subject,
        blocks=blocks,
        record=html.render_record(record) if record else "",
        closing=body.blocks(closing),
    )
    quoted = (record.transcript_heading.upper(), body.below(said.split("\n"), "| ")) if record else ()
    lines = ["\n".join("".join(span.text for span in line) for line in block.lines) for block in blocks]
    return Outbound(
        id=key,
        channel="email",
        account=mailbox.address,
        to=head.address(whom.email),
        text="\n\n".join((*lines, "\n".join(quoted), closing)) + "\n",
        html=html.render(page),
        mail=mailbox.head(key, subject, at, after=(mailbox.letter_id(number),)),
    )


def _letter(
    *,
    key: str,
    mailbox: Mailbox,
    to: str,
    subject: str,
    paragraphs: tuple[str, ...],
    values: dict[str, str],
    at: datetime,
    sop: Sop,
    talk: Talk,
    token: str = "",
    answers: str = "",
) -> Outbound:
    nobody = Talk(
        channel=talk.channel,
        medium="email",
        language=talk.language,
        pack=talk.pack,
        procedure=talk.procedure,
        step=talk.step,
        opened_at=talk.opened_at,
        last_at=talk.last_at,
    )
    shared = {**common(nobody, sop), **values}
    text = "\n\n".join(
        fill(phrase_of(sop, talk.language, phrase).variants("email")[0], shared)
        for phrase in ("letter_salutation_unknown", *paragraphs, "letter_signature")
    )
    text = body.words(text).strip()
    number = values.get("number", "")
    page = body.Page(
        language=talk.language,
        title=subject,
        blocks=body.blocks(text, numbers=(number,) if number else (), pages=body.own_pages(sop)),
    )
    answered = head.message_id(answers)
    return Outbound(
        id=key,
        channel="email",
        account=mailbox.address,
        to=head.address(to),
        text=text + "\n",
        html=html.render(page),
        mail=mailbox.head(
            key,
            subject,
            at,
            token=token,
            in_reply_to=answered,
            after=(answered,),
            automatic="auto-replied",
        ),
    )
