"""What a mail is to the house: whose word in which thread, or only on record. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

from msgspec import Struct, structs

from bot import tokens
from bot.letters import answers_letter, subjects
from bot.sop.model import Sop
from bot.store import inbox, people
from bot.store.arrivals import Place
from bot.store.belonging import Letter
from bot.store.clean import clean, fit
from bot.store.inputs import MessageIn
from bot.store.people import Held
from bot.store.returned import Returned
from bot.tickets import number
from channels.base import Bounce, MailFacts, Message

LONGEST_TEXT = 20_000
"""Characters of one message that the conversation works with; the whole text is then also kept as a file."""

MOST_REFERENCES = 50
"""Message-IDs of one mail that are looked up: the nearest ones name the thread."""

MOST_OTHERS = 20
"""Addresses of one mail, besides ours, that become participants of its thread."""

FOR_A_PERSON = "department: for a person to read"


class Judged(Struct, frozen=True):
    """A mail as the house takes it. With `outcome` it is on record only, for `cause`, and `returned` is what
    a bounce says of a letter; else it waits for its turn, `same` is it whatever way it comes, and `writer`
    reads mail at the address it came from."""

    place: Place
    body: MessageIn
    outcome: str = ""
    cause: str = ""
    returned: Returned | None = None
    same: str = ""
    writer: str = ""


class Mails:
    """Judges mails. `own` are our addresses, `staff` addresses and domains of colleagues; the departments are
    the pack's; `secret` signs reply tokens."""

    def __init__(self, sop: Sop, *, secret: bytes, own: Collection[str], staff: Collection[str]) -> None:
        self._secret = secret
        self._prefix = sop.about.ticket_prefix
        self._own = frozenset(address.lower() for address in own)
        self._departments = frozenset(d.email.lower() for d in sop.departments.values()) - self._own
        self._staff = frozenset(each.strip().lower().removeprefix("@") for each in staff)

    def judge(self, message: Message, mail: MailFacts, place: Place, body: MessageIn) -> Judged:
        """What is to be done with a mail, whose words and files are in `body`."""
        sender = place.sender.lower()
        of_ours = answers_letter(mail, self._secret)
        colleague = self._is_staff(sender, mail.verdicts)
        department = sender in self._departments or (colleague and of_ours)
        cause = mail.automatic or ("own: it comes from our own address" if sender in self._own else "")
        letter = self._letter(mail, sender, of_ours=of_ours, department=department, record=bool(cause))
        reply_to = mail.reply_to if "@" in mail.reply_to and " " not in mail.reply_to else ""
        address = fit(reply_to or message.sender.email or message.sender.id, 320)
        theirs = mail.verdicts.get("dmarc", "") == "pass" and not (cause or department or colleague)
        held = (Held(people.EMAIL, mailbox, "dmarc"),) if theirs and (mailbox := people.email(sender)) else ()
        place = Place(place.key, fit(sender, 320), address, place.name, (), letter, held=held)
        if cause or department:
            word, outcome = (cause, inbox.IGNORED) if cause else (FOR_A_PERSON, inbox.APPENDED)
            news = self._returned(mail.bounce, mail.tokens) if mail.bounce else None
            return Judged(place, body, outcome, word[:2000], news)
        if colleague:
            place, body = self._reported(mail, place, body)
        elif mail.forwarded is not None and mail.forwarded.text.strip():
            passed = mail.forwarded  # its head names others: not who is asking here
            body = structs.replace(body, note=clean(passed.note), passed=clean(passed.text)[:LONGEST_TEXT])
        return Judged(place, body, same=_same(mail, sender, body), writer=sender)

    def _returned(self, bounce: Bounce, found: Sequence[str]) -> Returned:
        """What a bounce says of a letter. Our return path holds a token as an answer's address does."""
        signed = (tokens.verify(self._secret, token) for token in found)
        return Returned(
            original=clean(bounce.original_message_id).strip("<> ")[:900],
            threads=tuple(thread for thread in signed if thread is not None),
            action=bounce.action,
            status=bounce.status,
            cause=bounce.cause,
            recipient=clean(bounce.recipient),
            reason=clean(bounce.diagnostic)[:1000],
            departments=self._departments,
        )

    def _letter(
        self, mail: MailFacts, sender: str, *, of_ours: bool, department: bool, record: bool
    ) -> Letter:
        """What names the mail's thread. What answers a letter to a department, or one with a code, is not a
        customer's word in a thread, whatever stands in it."""
        nearest = (*mail.in_reply_to, *reversed(mail.references))
        signed = (tokens.verify(self._secret, token) for token in mail.tokens)
        ours = {*self._own, *self._departments, sender}
        others = dict.fromkeys(address.lower() for address in (*mail.cc, *mail.to))
        return Letter(
            message_id=fit(mail.message_id, 255) if mail.message_id else "",
            tokens=() if of_ours and not department else tuple(t for t in signed if t is not None),
            answers=()
            if of_ours
            else tuple(dict.fromkeys(fit(i, 255) for i in nearest if i))[:MOST_REFERENCES],
            tickets=self._tickets(mail, department) if department or not of_ours else (),
            subject=subjects.plain(mail.subject),
            answering=subjects.answers(mail.subject),
            others=tuple(fit(each, 320) for each in others if _canonical(each) not in ours)[:MOST_OTHERS],
            department=department,
            record=record,
        )

    def _tickets(self, mail: MailFacts, department: bool) -> tuple[str, ...]:
        """The numbers in the subject; of a department's answer also the one in our letter's id."""
        named = (
            mail.subject,
            *(mail.in_reply_to if department else ()),
            *(mail.references if department else ()),
        )
        return number.find(" ".join(named), self._prefix)

    def _is_staff(self, sender: str, verdicts: Mapping[str, str]) -> bool:
        """Whether a colleague wrote - unless a server we trust says that the sender is forged."""
        if sender not in self._staff and sender.rpartition("@")[2] not in self._staff:
            return False
        return verdicts.get("dmarc", "") != "fail"

    def _reported(self, mail: MailFacts, place: Place, body: MessageIn) -> tuple[Place, MessageIn]:
        """What a colleague passed on (S2): the customer is who wrote it, the colleague its reporter.

        A forwarded mail whose writer can be read is the customer's: it opens or goes on with the customer's
        thread, and the answer goes to the customer. Otherwise the matter is talked over with the colleague.
        """
        passed = mail.forwarded
        whose = clean(passed.email).strip().lower() if passed else ""
        reported = structs.replace(body, reporter=place.sender, reporter_name=place.name)
        strange = not whose or "@" not in whose or whose in self._own or whose in self._departments
        if passed is None or strange or self._is_staff(whose, {}):
            return place, structs.replace(reported, name="", email="")
        letter = place.letter
        assert letter is not None  # noqa: S101 - a mail has one
        subject = clean(passed.subject) or body.subject
        theirs = replace(
            letter,
            tokens=(),
            answers=(),
            tickets=number.find(subject, self._prefix),
            subject=subjects.plain(subject),
            answering=False,
            others=(),
        )
        customer = Place(place.key, fit(whose, 320), fit(whose, 320), clean(passed.name)[:200], (), theirs)
        return customer, structs.replace(
            reported,
            text=clean(passed.text).strip() or body.text,
            note=clean(passed.note).strip(),
            subject=subject,
            name=customer.name,
            email=whose,
            message_id="",
            in_reply_to=(),
            references=(),
        )


def _same(mail: MailFacts, sender: str, body: MessageIn) -> str:
    """What makes two mails with other bytes one mail: who sent it, its id, its words and its files."""
    words = (sender, mail.message_id, mail.subject, body.text, *(file.digest for file in body.files))
    return sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(address: str) -> str:
    """An address without a plus tag: every reply token is another tag of ours."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
