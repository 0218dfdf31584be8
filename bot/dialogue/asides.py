"""What is sent besides words and files: stickers, places, contact cards, voices, commands, old buttons.

None of it is ever taken for a yes or a no. What can be used is kept as words; the rest gets a kind word, and
what was asked is asked again.
"""

from __future__ import annotations

from bot.dialogue import events as e
from bot.dialogue.draft import Draft
from bot.dialogue.gain import Gain
from bot.dialogue.turn import Aside, CallPerson, Said
from bot.dialogue.values import put
from bot.dialogue.wording import has
from bot.sop.model import Reader

NOTED = frozenset({"location", "venue", "live_location", "contact"})
"""Kinds that are kept as words, for who works on the matter."""
VOICES = frozenset({"voice", "audio", "video_note"})
"""Kinds that a person can listen to."""
LONGEST = 500
"""Characters of a note."""


def hear_proven(d: Draft, gain: Gain, said: Said) -> None:
    """What the channel made sure of need not be asked; what the customer gave by word stands before it - but
    a card of one's own that is sent now is the newest word."""
    card = any(aside.kind == "contact" for aside in said.asides)
    for field, value in said.proven.items():
        known = field in d.sop.fields and d.spec(field).identity
        if known and (card or not d.talk.identity.get(field)):
            put(d, gain, field, value, value)


def hear_asides(d: Draft, gain: Gain, said: Said) -> None:
    """Places and cards of others become notes; a place answers for an address that is asked for."""
    for aside in said.asides:
        if aside.kind in VOICES:
            gain.voice = True
        elif aside.kind == "contact" and "phone" in said.proven:
            gain.heard.add("phone")
            gain.showed = True
        elif aside.kind not in NOTED or not aside.text:
            gain.asides = (*gain.asides, aside)
        elif not _place(d, gain, aside):
            _note(d, aside)
            gain.asides = (*gain.asides, aside)


def _place(d: Draft, gain: Gain, aside: Aside) -> bool:
    """Whether a place answers what is asked: an address, or what an address may stand for."""
    asked = d.talk.asked.field if d.talk.asked is not None else ""
    if aside.kind == "contact" or asked not in d.sop.fields:
        return False
    spec = d.spec(asked)
    answers = (asked, *spec.alternatives)
    address = next((f for f in answers if d.spec(f).reader is Reader.ADDRESS), "")
    if not address:
        return False
    put(d, gain, address, aside.text[:LONGEST], aside.text[:LONGEST])
    return True


def _note(d: Draft, aside: Aside) -> None:
    matter, late = d.talk.matter, d.talk.late
    no = matter.no if matter is not None and matter.is_open else late.no if late is not None else 0
    d.note(e.NoteAdded(matter=no, kind=aside.kind, text=aside.text[:LONGEST]))


def adopt_notes(d: Draft) -> None:
    """Notes that came before there was a matter belong to the first one."""
    matter = d.talk.matter
    if d.talk.notes and matter is not None and matter.is_open:
        d.note(e.NotesAdopted(matter=matter.no))


def answer_asides(d: Draft, gain: Gain) -> None:
    """A word on each."""
    said = False
    told = ((gain.stale, "stale_button"), (gain.lost, "file_lost"), (gain.too_large, "file_too_large"))
    for happened, phrase in told:
        if happened:
            d.say(phrase)
            said = True
    if gain.voice:  # a person can listen
        if "misunderstood" not in d.talk.called:
            d.want(CallPerson("misunderstood"))
            d.note(e.PersonCalled(reason="misunderstood"))
        d.say("got_voice")
        said = True
    if gain.command == "help":
        d.say("what_i_do")
        said = True
    elif gain.command and d.talk.uses and not gain.spoken:
        d.say("here")
        said = True
    if only_stickers_again(d, gain):
        return
    if d.talk.uses or any(aside.kind != "sticker" for aside in gain.asides):  # a sticker says hello, too
        for kind in dict.fromkeys(aside.kind for aside in gain.asides):
            own = f"kind_{kind}"
            d.say(own if has(d.sop, own) else "kind_other")
            said = True
            if kind == "call" and "wanted" not in d.talk.called:
                d.want(CallPerson("wanted"))
                d.note(e.PersonCalled(reason="wanted"))
    d.explained = d.explained or said


def only_stickers_again(d: Draft, gain: Gain) -> bool:
    """Whether this is one more sticker in a row: it gets no more words than the first."""
    stickers = gain.asides and all(aside.kind == "sticker" for aside in gain.asides)
    return (
        bool(stickers) and d.talk.wordless > 1 and not (gain.stale or gain.command or gain.lost or gain.voice)
    )


def ask_again(d: Draft) -> bool:
    """Ask again what no step asks by itself; whether there was such a question."""
    asked = d.talk.asked
    if (d.has_said("file_lost") or d.has_said("file_too_large")) and asked is not None and asked.field:
        return d.spec(asked.field).reader is Reader.PHOTO  # which asks for it
    match asked.what if asked is not None else "":
        case "number":
            d.ask("which_number", "number")
        case "code":
            d.ask("enter_code_again", "code")
        case "person" | "stuck" if asked is not None:
            phrase = "offer_person" if asked.what == "person" else "stuck"
            d.ask(phrase, asked.what, field=asked.field, choices=asked.choices)
        case _:
            return False
    return True
