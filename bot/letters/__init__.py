"""Letters: what leaves by email, complete and final when it is committed.

Pure: the same arguments give the same letter, byte for byte, so that a letter sent twice is one letter. The
words to a customer come worded from the dialogue; here they get their headers, the short quote below and the
HTML alternative. Every letter is marked as automatic (RFC 3834), so that machines do not answer it.

Three kinds, told apart by their Message-ID:

* an answer in a customer's thread: `sapa.TOKEN.KEY@domain`, Reply-To `support+TOKEN@domain`. The signed token
  leads an answer back into the conversation, whatever a mail client does to subject and references.
* a letter to a department, and one with an identity code: `letter.SEAL.KEY@domain`, Reply-To without a token.
  An answer to those must never be taken for the customer's words (see `answers_letter`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from bot.dialogue.clock import moment
from bot.dialogue.wording import fill, phrase_of
from bot.letters import body, head, html
from bot.letters.additions import addition
from bot.letters.department import Line, to_departments
from bot.letters.head import Mailbox
from bot.letters.others import stranger_wrote, to_participant, to_reporter
from bot.sop.model import Sop
from channels.base import Attachment, MailFacts, Outbound

__all__ = [
    "Line",
    "MailThread",
    "Mailbox",
    "addition",
    "answer",
    "answers_letter",
    "code_letter",
    "stranger_wrote",
    "to_departments",
    "to_participant",
    "to_reporter",
]

CHANNEL = "email"
MAX_RELATED = 5
"""Ticket numbers of earlier threads that a new one remembers."""


class MailThread(Struct, frozen=True, omit_defaults=True):
    """What must be known of a mail thread to write the next letter in it: kept as JSON in `threads.body`.

    Of the last mail that came: its subject, id, references, the writer's name, the visible text and when it
    was sent. `numbers` are the ticket numbers issued in this thread, in order. `whose` is the address of
    the customer it is with. `link` says why it began beside another thread (subject, later, stranger) and
    `related` are that one's ticket numbers. `reporter` is the colleague who passed the matter on. `verdicts`
    are what was judged of the last mail's sender, by method. `told` are the addresses, besides that of
    the customer, that were told once that their mail arrived.
    """

    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    name: str = ""
    text: str = ""
    at: datetime | None = None
    numbers: tuple[str, ...] = ()
    whose: str = ""
    link: str = ""
    related: tuple[str, ...] = ()
    reporter: str = ""
    reporter_name: str = ""
    verdicts: dict[str, str] = {}
    told: tuple[str, ...] = ()

    @classmethod
    def load(cls, stored: bytes) -> MailThread:
        """What `dump` gave; an empty thread for no bytes."""
        return msgspec.json.decode(stored, type=cls) if stored else cls()

    def dump(self) -> bytes:
        """The thread as JSON."""
        return msgspec.json.encode(self)

    def heard(self, mail: MailFacts, *, name: str, text: str, at: datetime) -> MailThread:
        """The thread after a mail of the customer."""
        own = head.message_id(mail.message_id)
        before = mail.references or mail.in_reply_to or self.references  # written anew, but in this thread
        return msgspec.structs.replace(
            self,
            subject=head.one_line(mail.subject, 4 * head.MAX_SUBJECT) or self.subject,
            message_id=own or self.message_id,
            references=head.references((*before, own)) or self.references,
            name=head.one_line(name, head.MAX_NAME) or self.name,
            text=body.words(text)[: 2 * body.MAX_QUOTE],
            at=at,
        )

    def going_on(self, old: MailThread, link: str) -> MailThread:
        """The memory of a new thread that began beside `old`."""
        related = tuple(dict.fromkeys((*old.related, *old.numbers)))[-MAX_RELATED:]
        return msgspec.structs.replace(self, link=link, related=related)

    def issued(self, *numbers: str) -> MailThread:
        """The thread after tickets were issued in it."""
        return msgspec.structs.replace(self, numbers=tuple(dict.fromkeys((*self.numbers, *numbers))))


def answer(
    *,
    key: str,
    mailbox: Mailbox,
    to: str,
    thread: MailThread,
    token: str,
    text: str,
    at: datetime,
    sop: Sop,
    language: str,
    thread_key: str = "",
    attachments: Sequence[Attachment] = (),
) -> Outbound:
    """Our answer in a customer's thread. `key` is the outbox key, `text` the worded letter from salutation
    to signature, `token` the signed token of the thread, `at` the time of the turn (aware)."""
    own = body.words(text).strip()
    subject = head.reply_subject(thread.subject, thread.numbers, sop.about.company.name)
    quote, quote_head = body.quoted(thread.text, _word(sop, language, "letter_cut")), ""
    if quote:
        who = head.one_line(thread.name, head.MAX_NAME) or _word(sop, language, "letter_quote_who")
        when = moment(thread.at or at, sop.about.timezone, language)
        quote_head = _word(sop, language, "letter_quote", when=when, who=who)
    page = body.Page(
        language=language,
        title=subject,
        blocks=body.blocks(own, numbers=thread.numbers, pages=body.own_pages(sop)),
        quote_head=quote_head,
        quote=quote,
    )
    full = f"{own}\n\n{quote_head}\n{body.below(quote.splitlines(), '> ')}" if quote else own
    return Outbound(
        id=key,
        channel=CHANNEL,
        account=mailbox.address,
        to=head.address(to),
        thread=thread_key,
        text=full + "\n",
        html=html.render(page),
        attachments=tuple(attachments),
        mail=mailbox.head(
            key,
            subject,
            at,
            token=token,
            in_reply_to=head.message_id(thread.message_id),
            after=(*thread.references, thread.message_id),
            automatic="auto-replied",
        ),
    )


def code_letter(
    *,
    key: str,
    mailbox: Mailbox,
    to: str,
    text: str,
    number: str,
    at: datetime,
    sop: Sop,
    language: str,
) -> Outbound:
    """An identity code to the address on record. No token and no quote: whoever answers it is not thereby
    let into the conversation that asked for the code."""
    own = body.words(text).strip()
    subject = head.one_line(_word(sop, language, "letter_code_subject", number=number), head.MAX_SUBJECT)
    page = body.Page(language=language, title=subject, blocks=body.blocks(own, pages=body.own_pages(sop)))
    return Outbound(
        id=key,
        channel=CHANNEL,
        account=mailbox.address,
        to=head.address(to),
        text=own + "\n",
        html=html.render(page),
        mail=mailbox.head(key, subject, at),
    )


def answers_letter(mail: MailFacts, secret: bytes) -> bool:
    """Whether a mail answers a letter to a department or one with a code: not a customer's message in a
    thread, whatever ticket number its subject has. An id that we have not sealed is nobody's letter."""
    return any(head.is_letter(each, secret) for each in (*mail.in_reply_to, *mail.references))


def _word(sop: Sop, language: str, key: str, **values: str) -> str:
    """A word of the letter's frame, from the pack."""
    return fill(phrase_of(sop, language, key).variants("email")[0], values)
