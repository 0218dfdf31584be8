"""Binds ticket numbers and words the replies: what comes out is what is committed and sent."""

from __future__ import annotations

from collections.abc import Mapping

from bot.dialogue.events import Event, Replied, TicketNumbered
from bot.dialogue.fold import fold
from bot.dialogue.talk import Talk
from bot.dialogue.turn import Carrying, Finished, IssueTicket, Option, Reply, Turn, Worded
from bot.dialogue.wording import bind, common, hang, split, word
from bot.sop.model import Sop

SELF_EVIDENT = frozenset({"yes", "no", "wrong", "none", "bot", "no_more", "yes_more"})
"""Choices that need no numbered list: a yes or a no is typed as it is, and the question says the rest."""


def finish(talk: Talk, turn: Turn, numbers: Mapping[str, str], sop: Sop, carrying: Carrying) -> Finished:
    """The turn, ready to be committed.

    `talk` is the talk before the turn; `numbers` maps each `IssueTicket.ref` of the turn to the number it
    got. Events come back with the tickets' numbers and one `Replied` per message at their end.
    """
    issued = [effect for effect in turn.effects if isinstance(effect, IssueTicket)]
    bound = tuple(TicketNumbered(ref=e.ref, number=numbers[e.ref]) for e in issued if e.ref in numbers)
    after = turn.talk if turn.talk is not None else fold(talk, turn.events)
    if bound:
        after = fold(after, bound)
    messages: list[Worded] = []
    replied: list[Event] = []
    if turn.replies:
        shared = common(after, sop)
        for reply in _letters(turn.replies, carrying.medium):
            if carrying.medium == "email":
                worded = [_email(after, reply, numbers, sop, shared)]
            else:
                worded = _message(after, reply[0], numbers, sop, shared, carrying)
            worded = [each for each in worded if each.text]
            new = [Replied(text=each.text, phrases=each.phrases, choices=each.choices) for each in worded]
            after = fold(after, new)  # the variants of the next message follow on those of this one
            messages += worded
            replied += new
    return Finished(after, (*turn.events, *bound, *replied), tuple(messages), turn.effects)


def _letters(replies: tuple[Reply, ...], medium: str) -> list[tuple[Reply, ...]]:
    """The replies as they leave: one letter by email, all in one text by SMS, one message each on a chat."""
    if medium == "email":
        return [replies]
    if medium == "sms":
        return [(Reply(tuple(part for reply in replies for part in reply.parts)),)]
    return [(reply,) for reply in replies]


def _message(
    talk: Talk,
    reply: Reply,
    numbers: Mapping[str, str],
    sop: Sop,
    shared: Mapping[str, str],
    carrying: Carrying,
) -> list[Worded]:
    choices = tuple(choice for part in reply.parts for choice in part.choices)
    phrases = tuple(part.phrase for part in reply.parts)
    text = _fresh(talk, reply, numbers, sop, shared)
    shown = choices if can_press(choices, carrying) else ()
    if choices and not shown and not all(choice.value in SELF_EVIDENT for choice in choices):
        text += "\n" + "\n".join(f"{n}. {choice.label}" for n, choice in enumerate(choices, 1))
    *before, last = hang(text, carrying.max_with_choices) if shown else [text]
    pieces = [piece for part in before for piece in split(part, carrying.max_text)]
    pieces += split(last, carrying.max_text)
    end = len(pieces) - 1
    return [
        Worded(piece, shown if n == end else (), phrases if n == end else ())
        for n, piece in enumerate(pieces)
    ]


def can_press(choices: tuple[Option, ...], carrying: Carrying) -> bool:
    """Whether the channel shows these choices to press: as buttons, or as a list that a button opens."""
    fit = all(len(choice.label) <= carrying.label for choice in choices)
    return fit and len(choices) <= max(carrying.buttons, carrying.list_rows)


def _fresh(talk: Talk, reply: Reply, numbers: Mapping[str, str], sop: Sop, shared: Mapping[str, str]) -> str:
    """The message in the first variants that neither repeat the last messages nor open as the last did."""
    before = talk.last_texts
    kept = ""
    for skip in range(4):
        text = _join(_worded(talk, reply, numbers, sop, shared, skip))
        if text in before:
            continue
        if not before or _opening(text) != _opening(before[-1]):
            return text
        kept = kept or text
    if kept or text != before[-1]:
        return kept or text
    return _join([word(talk, sop, "once_more", {}, shared), text])


def _worded(
    talk: Talk, reply: Reply, numbers: Mapping[str, str], sop: Sop, shared: Mapping[str, str], skip: int
) -> list[str]:
    """The parts' texts. An SMS calls the customer by name once."""
    texts: list[str] = []
    for part in reply.parts:
        texts.append(word(talk, sop, part.phrase, bind(part.values, numbers), shared, skip))
        if talk.medium == "sms" and shared["s"] and shared["s"] in texts[-1]:
            shared = {**shared, "s": ""}
    return texts


def _opening(text: str) -> str:
    return " ".join(text.split(maxsplit=2)[:2]).rstrip(",.!")


def _join(texts: list[str]) -> str:
    """Parts in one breath: a blank between them, a line break where a part brings its own lines."""
    out = ""
    for text in texts:
        if not text:
            continue
        if out:
            out += "\n" if "\n" in text or out.rpartition("\n")[1] else " "
        out += text
    return out


def _email(
    talk: Talk,
    replies: tuple[Reply, ...],
    numbers: Mapping[str, str],
    sop: Sop,
    shared: Mapping[str, str],
) -> Worded:
    """One letter: salutation, a paragraph for each reply, what is asked as a list, signature."""

    def say(key: str, values: Mapping[str, str]) -> str:
        return word(talk, sop, key, bind(values, numbers), shared)

    salutation = "letter_salutation" if shared["s"] else "letter_salutation_unknown"
    paragraphs = [say(salutation, {})]
    phrases = [salutation]
    choices: tuple[Option, ...] = ()
    for reply in replies:
        sentences: list[str] = []
        items: list[str] = []
        for part in reply.parts:
            phrases.append(part.phrase)
            choices += part.choices
            text = say(part.phrase, part.values)
            if part.phrase.startswith("ask_"):
                items.append(f"- {text}")
            elif text:
                if items:
                    sentences.append("\n" + "\n".join(items) + "\n")
                    items = []
                sentences.append(text)
        if items:
            sentences.append("\n" + "\n".join(items))
        paragraph = " ".join(sentences).replace(" \n", "\n").replace("\n ", "\n").strip()
        if paragraph:
            paragraphs.append(paragraph)
    listed = [choice for choice in choices if choice.value not in SELF_EVIDENT]
    if listed:
        paragraphs.append("\n".join(f"{n}. {choice.label}" for n, choice in enumerate(listed, 1)))
    paragraphs.append(say("letter_signature", {}))
    phrases.append("letter_signature")
    text = "\n\n".join(paragraphs)
    if text in talk.last_texts:
        text = "\n\n".join([paragraphs[0], say("once_more", {}), *paragraphs[1:]])
        phrases.append("once_more")
    return Worded(text, (), tuple(phrases))
