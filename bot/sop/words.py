"""Rules of the wording: every phrase in every language, with the same values, short enough for its medium."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.sop.faults import Fault
from bot.sop.model import Phrase
from bot.sop.parts import Parts
from bot.sop.rules import URGENT

_VALUE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BRACE = re.compile(r"[{}]")
GROUPS = ("service", "quality", "mismatch")
_SMS = 160
_SMS_ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)

_BUTTON = 20


def check_wording(parts: Parts) -> None:
    """Check the wording of all languages against each other and against what the dialogue says.

    Required are the phrases that the dialogue names, and the question of each field (`ask_<id>`). A pack may
    say more for its own kinds and classes, where the dialogue has a family for it (`empathy_<class>`).
    """
    from bot.dialogue.phrases import COMMON, PHRASES  # late: that package reads this room

    languages = _languages(parts)
    wording: dict[str, dict[str, Phrase]] = {code: parts.of(f"wording/{code}") for code in languages}
    for code in languages:
        if f"wording/{code}.yaml" not in parts.pages:
            parts.faults.append(Fault(f"wording/{code}.yaml", 1, "the file is missing; a pack needs it"))
    for path in parts.pages:
        if (
            path.startswith("wording/")
            and path.removeprefix("wording/").removesuffix(".yaml") not in languages
        ):
            parts.faults.append(
                Fault(path, 1, f"not a language of `about.languages` ({', '.join(languages)})")
            )
    asked = {f"ask_{field}": None for field in parts.ids.get("fields", ())}
    names = dict.fromkeys([*PHRASES, *asked])
    for code in languages:
        written = parts.ids.get(f"wording/{code}", set())
        for name in [name for name in names if name not in written]:
            _missing(parts, languages, code, name)
        for name in [name for name in written if name not in names]:
            others = [other for other in languages if name not in parts.ids.get(f"wording/{other}", ())]
            if _values_of(parts, name) is None:
                parts.fault(f"wording/{code}", name, f"nobody says `{name}`; remove it, or correct its name")
            elif others:
                _missing(parts, languages, others[0], name)
    for code in languages:
        for name, phrase in wording[code].items():
            _phrase(parts, code, name, phrase, _values_of(parts, name))
    _same_values(parts, wording, COMMON)


def _values_of(parts: Parts, name: str) -> frozenset[str] | None:
    """The values a phrase may use; None when nobody says it. Families go by the ids of this very pack."""
    from bot.dialogue.phrases import PHRASES, values_of

    if name not in PHRASES:
        matters = parts.ids.get("kinds", set()) | parts.ids.get("classes", set()) | set(GROUPS)
        own = {"empathy_": matters, "restate_": matters, "forwarded_": matters}
        fields, kinds = parts.ids.get("fields", set()), parts.ids.get("kinds", set())
        own["ask_"] = fields | {f"{field}_{kind}" for field in fields for kind in kinds}
        own["urgent_"] = set(URGENT)
        for prefix, ids in own.items():
            if name.startswith(prefix) and name.removeprefix(prefix) not in ids:
                return None
    return values_of(name)


def _languages(parts: Parts) -> tuple[str, ...]:
    about = parts.of("about").get("")
    return tuple(about.languages) if about and about.languages else ("id", "en")


def _missing(parts: Parts, languages: tuple[str, ...], code: str, name: str) -> None:
    path = f"wording/{code}.yaml"
    if path not in parts.pages or parts.pages[path].root is None:
        return  # reported as a whole
    elsewhere = next((other for other in languages if name in parts.ids.get(f"wording/{other}", ())), None)
    hint = ""
    if elsewhere is not None:
        hint = f" (wording/{elsewhere}.yaml has it in line {parts.line(f'wording/{elsewhere}', name)})"
    elif name.startswith("ask_"):
        hint = f": the question for the field `{name.removeprefix('ask_')}`, with an example"
    parts.faults.append(Fault(path, 1, f"the phrase `{name}` is missing{hint}; write it"))


def _said(phrase: Phrase) -> Iterator[tuple[str, int, str]]:
    for medium in ("chat", "email", "sms"):
        for position, text in enumerate(getattr(phrase, medium)):
            yield medium, position, text


def _phrase(parts: Parts, code: str, name: str, phrase: Phrase, given: frozenset[str] | None) -> None:
    where = (f"wording/{code}", name)
    for medium, position, text in _said(phrase):
        at = (medium, position)
        if _BRACE.search(_VALUE.sub("", text)):
            what = "a curly bracket that marks no value; values look like {order}, small letters and _ only"
            parts.fault(*where, what, *at)
        for value in sorted(set(_VALUE.findall(text)) - given) if given is not None else ():
            known = ", ".join(sorted(given or ()))
            parts.fault(*where, f"there is no value {{{value}}} for `{name}`; there are {known}", *at)
        if name.startswith("choice_") and len(text) > _BUTTON:
            what = f"the button `{text}` has {len(text)} characters; at most {_BUTTON} fit"
            parts.fault(*where, what, *at)
        if medium == "sms":
            if len(text) > _SMS:
                what = f"the SMS has {len(text)} characters; at most {_SMS} fit in one"
                parts.fault(*where, what, *at)
            strange = sorted(set(text) - _SMS_ALPHABET - set("{}"))
            if strange:
                what = f"not in the basic SMS alphabet: {' '.join(strange)}; write it plainly"
                parts.fault(*where, what, *at)
    for medium in ("chat", "email", "sms"):
        texts = getattr(phrase, medium)
        for position, text in enumerate(texts):
            if text in texts[:position]:
                parts.fault(*where, "the same variant twice; keep one", medium, position)


def _same_values(parts: Parts, wording: Mapping[str, Mapping[str, Phrase]], common: frozenset[str]) -> None:
    """A value that one language tells and another leaves out is a piece of news half the customers miss."""
    for name in dict.fromkeys(name for phrases in wording.values() for name in phrases):
        used = {code: _values(phrases[name]) - common for code, phrases in wording.items() if name in phrases}
        everything = frozenset().union(*used.values())
        for code, values in used.items():
            for value in sorted(everything - values):
                other = next(code for code, has in used.items() if value in has)
                line = parts.line(f"wording/{other}", name)
                there = f"wording/{other}.yaml has (line {line})"
                what = f"`{name}` leaves out {{{value}}}, which {there}; tell it too"
                parts.fault(f"wording/{code}", name, what)


def _values(phrase: Phrase) -> frozenset[str]:
    return frozenset(value for _, _, text in _said(phrase) for value in _VALUE.findall(text))
