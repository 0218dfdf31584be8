"""What may come at any step and leads back to where the talk was: a question, a wish, a mood, a danger."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto

from bot.dialogue import asides, clock, status
from bot.dialogue.draft import Draft
from bot.dialogue.events import (
    AskedFor,
    GivenBack,
    MatterDropped,
    Misunderstood,
    PersonCalled,
    QuestionNoted,
)
from bot.dialogue.fields import thing
from bot.dialogue.gain import Gain
from bot.dialogue.hours import calendar, when
from bot.dialogue.steps import answer, greet
from bot.dialogue.steps.walk import go_to
from bot.dialogue.turn import CallPerson, ClearTimer, SetTimer
from bot.sop.model import Does, Reader
from bot.understanding.heard import Act, Urgent

HALF = 0.45
"""A class is offered as a choice from this score on; a weaker guess would only distract."""
_FORM = frozenset({"field", "letter", "restating", "summary"})
_ASKING = frozenset({Act.QUESTION, Act.GREETING, Act.THANKS})
ASKS = 4
"""A question of fewer words is about what was just said."""
WORDS = 200
"""Characters of a question that are put down."""
_POLITE = frozenset({Act.GREETING, Act.YES, Act.DONE, Act.BYE})


class Then(Enum):
    """How the turn goes on: with the answer to what was asked, straight to the steps, or not at all."""

    ANSWER = auto()
    STEPS = auto()
    STOP = auto()


def interrupt(d: Draft, gain: Gain) -> Then:
    """Deal with everything in the message that is not an answer; say what has to be said of it."""
    _hello(d, gain)
    _urgent(d, gain)
    asides.answer_asides(d, gain)
    if not gain.spoken and not (gain.added or gain.late or gain.heard):
        return _wordless(d, gain)
    if gain.chosen == "person" and (d.talk.asked is None or d.talk.asked.what != "stuck"):
        gain.acts.add(Act.PERSON)
    if Act.PERSON in gain.acts and not _asked_about_person(d):
        return Then.STOP if call_person(d) else Then.STEPS
    if gain.language:
        d.say("language_changed")
        if not gain.added and not gain.chosen:
            return Then.STEPS
    if Act.RESTART in gain.acts:
        return _restart(d)
    if Act.CANCEL in gain.acts and (d.talk.uses or not gain.faq):
        return _cancel(d)  # a first "batalkan pesanan saya" is about an order, and answered
    asking = status.heard(d, gain)
    if asking is not None:
        return Then.STOP if asking else Then.STEPS
    if gain.meaningless and not (gain.added or gain.late or gain.chosen):
        return _nonsense(d, gain)
    return _asides(d, gain)


def _wordless(d: Draft, gain: Gain) -> Then:
    """Stickers, old buttons, commands: what is asked is asked again. A second sticker in a row gets no more
    words than the first."""
    if asides.only_stickers_again(d, gain):
        return Then.STOP
    return Then.STOP if asides.ask_again(d) else Then.STEPS


def _asked_about_person(d: Draft) -> bool:
    return d.talk.asked is not None and d.talk.asked.what in ("person", "stuck")


def _hello(d: Draft, gain: Gain) -> None:
    """A greeting on the first message of a day; a salam in kind, once, at any time (E2)."""
    first = d.talk.greeted_on is None
    if first and d.step().does is Does.GREET:
        greet.greet(d, gain.salam)
        return
    today = clock.local(d.now, d.sop.about.timezone).date()
    if d.talk.greeted_on != today and (gain.salam or Act.GREETING in gain.acts):
        greet.greet(d, gain.salam)
    elif gain.salam and not d.talk.salam and f"salam_{gain.salam}" in d.sop.wording["id"]:
        d.say(f"salam_{gain.salam}")


def _urgent(d: Draft, gain: Gain) -> None:
    """Danger to health, a driver who waits, a threat to go public: a person at once, and calm words."""
    for kind in sorted(gain.urgent, key=lambda kind: kind != Urgent.HEALTH):
        if kind in d.talk.called:
            continue
        d.want(CallPerson(kind))
        d.note(PersonCalled(reason=kind))
        if kind == Urgent.HEALTH:
            d.new_message()
            d.say("health", {"thing": thing(d)})
            d.say("health_emergency")
            d.new_message()
        else:
            d.say(f"urgent_{kind}")


def call_person(d: Draft, *, say: bool = True) -> bool:
    """Call a person for the customer; True when the bot steps back.

    In working hours nobody owns the conversation until a person takes it, and the bot is silent meanwhile -
    but the customer may go on with the bot, and is told so. Outside working hours nobody would come: the
    wish is put down for the morning and the bot goes on noting what is wrong.
    """
    open_now = calendar(d.sop).is_open(d.now)
    d.want(CallPerson("wanted", release=open_now))
    d.note(PersonCalled(reason="wanted", released=open_now))
    d.new_message()
    if not open_now:
        d.settle()
        d.say("person_closed", {"when": when(d, calendar(d.sop).next_open(d.now))})
        return False
    d.say("person_coming")
    d.ask("person_or_bot", "stay", choices=d.options("bot"))
    d.quiet = True
    d.want(ClearTimer("close"))
    if not d.email:
        d.want(SetTimer("remind", d.now + timedelta(minutes=d.sop.standards.remind_after)))
    else:
        d.want(ClearTimer("remind"))
    return True


def back_to_bot(d: Draft, why: str) -> None:
    """The bot speaks again."""
    d.note(GivenBack(why=why))
    d.settle()


def _restart(d: Draft) -> Then:
    for matter in d.talk.matters:
        if matter.is_open:
            d.note(MatterDropped(matter=matter.no, why="restarted"))
    d.settle()
    d.say("restarted")
    go_to(d, Does.LISTEN)
    d.ask("help_fresh", "help")
    return Then.STOP


def _cancel(d: Draft) -> Then:
    matter = d.talk.matter
    d.settle()
    if matter is not None and matter.is_open:
        d.note(MatterDropped(matter=matter.no, why="cancelled"))
        d.say("cancelled")
        go_to(d, Does.MORE)
        return Then.STEPS
    ticket = next((m for m in reversed(d.talk.matters) if m.number), None)
    if ticket is not None:
        # what a department already has is taken back by a person
        d.want(CallPerson("wanted"))
        d.note(PersonCalled(reason="wanted"))
        d.say("cancel_ticket", {"number": ticket.number})
        go_to(d, Does.MORE)
        return Then.STEPS
    d.say("cancelled")
    go_to(d, Does.MORE)
    return Then.STEPS


def _nonsense(d: Draft, gain: Gain) -> Then:
    """Rephrase with an example; then offer a person; never a third time the same."""
    times = d.talk.misunderstood + 1
    d.note(Misunderstood(times=times))
    asked = d.talk.asked
    limit = d.sop.standards.misunderstood_before_person
    if times < limit:
        d.explained = True
        d.say("not_understood")
        if asked is not None:
            d.note(AskedFor(what=asked.what, field=asked.field, choices=asked.choices, tries=asked.tries))
        elif not d.talk.uses:
            pass
        return Then.STEPS
    offer_person(d, times)
    return Then.STOP


def offer_person(d: Draft, times: int) -> None:
    """After the explanations: offer a person once, then tell one, then wait for words with a meaning."""
    d.stop = True
    if "offer_person" not in d.talk.uses:
        d.ask("offer_person", "person", choices=d.options("person", "go_on"))
    elif "misunderstood" not in d.talk.called:
        d.want(CallPerson("misunderstood"))
        d.note(PersonCalled(reason="misunderstood"))
        d.say("person_told")


def _asides(d: Draft, gain: Gain) -> Then:
    """Things said beside the matter: what they get is a word, and then the talk is where it was."""
    d.guesses = tuple(g.id for g in gain.guesses if g.score >= HALF)
    _second(d, gain)
    aside = _late(d, gain) or _files(d, gain)
    if Act.ROBOT in gain.acts:
        d.say("robot")
        aside = True
    aside = _calm(d, gain) or aside
    then = _question(d, gain)
    if then is Then.STEPS and d.talk.matter is None:
        return then
    aside = aside or then is Then.STEPS
    if gain.acts and not gain.added and not gain.chosen:
        word = _word(d, gain)
        if word is not None and word is not Then.ANSWER:
            return word
        aside = aside or word is not None
    return Then.STEPS if aside and not gain.added and not gain.chosen else Then.ANSWER


def _second(d: Draft, gain: Gain) -> None:
    """Another matter was put aside: its name, to say that it comes next."""
    if gain.second:
        class_ = d.sop.classes.get(d.talk.matters[gain.second[0] - 1].class_)
        d.second = class_.label.in_(d.talk.language) if class_ else ""


def _late(d: Draft, gain: Gain) -> bool:
    """Something was added to a matter that has its ticket: a person tells the department, which has the form
    already."""
    if not gain.late or d.talk.ticketed is None:
        return False
    d.want(CallPerson("wanted"))
    d.note(PersonCalled(reason="wanted"))
    d.say("added_late", {"number": d.talk.ticketed.number})
    d.explained = True
    return True


def _files(d: Draft, gain: Gain) -> bool:
    """Files get a word."""
    asked = d.talk.asked
    if (
        not gain.files
        or not d.talk.uses
        or d.talk.matter is None
        or (asked is not None and asked.what == "letter")
    ):
        return False
    if asked is not None and asked.field and d.spec(asked.field).reader is Reader.PHOTO:
        return False
    d.say("got_files")
    if asked is not None and asked.what == "field" and not gain.corrected:
        d.explained = True  # what is asked again now was not misunderstood
    return True


def _calm(d: Draft, gain: Gain) -> bool:
    """Abuse is answered calmly, once, and never echoed."""
    matter = d.talk.matter
    if d.talk.mood != "abusive" or gain.added or matter is None or not matter.empathised:
        return False
    if "calm" not in d.talk.uses:
        d.say("calm")
    return True


def _question(d: Draft, gain: Gain) -> Then:
    """A known question is answered at once and the talk returns; without a matter, E9 is next."""
    d.faq = gain.faq
    matter, asked = d.talk.matter, d.talk.asked
    if not gain.faq:
        return _unanswered(d, gain)
    if matter is None or not matter.is_open:
        answer.answer(d, gain.faq)
        d.faq = ""
        d.settle()
        go_to(d, Does.MORE)
        return Then.STEPS
    story = asked is not None and asked.what == "field" and d.spec(asked.field).reader is Reader.TEXT
    if matter.kind in ("question", "") and not (asked is not None and asked.what == "restating"):
        return Then.ANSWER
    if story:
        return Then.ANSWER
    answer.answer(d, gain.faq)
    d.faq = ""
    d.explained = True  # what is asked again now was not misunderstood
    d.new_message()
    return Then.STEPS


def _unanswered(d: Draft, gain: Gain) -> Then:
    """A question in the middle of the form that the pack has no answer to: it is put down for the department,
    said so honestly, and the talk returns."""
    matter, asked = d.talk.matter, d.talk.asked
    text = " ".join(gain.text.split())[:WORDS]
    if (
        matter is None
        or not matter.is_open
        or matter.kind == ""
        or asked is None
        or (matter.kind == "question" and asked.what not in ("restating", "summary"))
        or asked.what not in _FORM
        or Act.QUESTION not in gain.acts
        or not gain.acts <= _ASKING
        or gain.added
        or gain.heard
        or gain.chosen
        or len(text.split()) < ASKS
        or _about_the_form(d, asked.field, text)
    ):
        return Then.ANSWER
    if text not in matter.questions:
        d.note(QuestionNoted(matter=matter.no, text=text))
    d.say("question_noted")
    d.explained = True
    d.new_message()
    return Then.STEPS


def _about_the_form(d: Draft, field: str, text: str) -> bool:
    """Whether a question is about what was asked itself ("nomor fakturnya di sebelah mana?"), which asking
    again with its example answers better; and an open question takes every words as its answer."""
    if field not in d.sop.fields:
        return False
    spec = d.spec(field)
    words = text.lower()
    return spec.reader is Reader.TEXT or any(
        len(word) > 2 and word in words for word in spec.label.in_(d.talk.language).lower().split()
    )


def _word(d: Draft, gain: Gain) -> Then | None:
    """A message that is nothing but thanks, a greeting, "wait", "what do you mean": None when it is neither.

    `Then.ANSWER` when a word was said and what was asked is asked again.
    """
    asked = d.talk.asked
    what = asked.what if asked else ""
    if Act.WAIT in gain.acts and gain.acts <= {Act.WAIT, Act.YES, Act.THANKS}:
        d.say("take_your_time")
        return Then.STOP
    if d.talk.uses and what == "help":
        over = {Act.BYE, Act.DONE} if d.talk.matters or d.talk.status_asked else {Act.BYE}
        if over & gain.acts:
            d.settle()
            go_to(d, Does.CLOSE)
            return Then.STEPS
    story = what == "field" and asked is not None and d.spec(asked.field).reader is Reader.TEXT
    if Act.REPEAT in gain.acts and not story:
        d.say("explain")
        return Then.ANSWER
    thanks = Act.THANKS in gain.acts and gain.acts <= {*_POLITE, Act.THANKS}
    if thanks and what not in ("more", "summary", "restating", "stuck"):
        if d.talk.uses:
            d.say("welcome")
        return Then.STOP if what == "letter" else Then.ANSWER
    if gain.acts <= {Act.GREETING}:
        if d.talk.uses and not d.messages[-1] and what != "help":
            d.say("here")
        return Then.ANSWER
    return None
