"""Phrase and values to text. Every word stands in the pack; here is only how a variant is chosen and filled.

Values that every phrase may use: `{s}` the address with the name ("Kak Budi"), `{you}` the pronoun
("Kakak"), `{company}`, `{bot}`, `{office}` (phone), `{site}`, `{emergency}`. An empty value takes the comma
and the blank before it along, so that "Thank you, {s}." is right for a customer whose name is not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from bot.dialogue.talk import Talk
from bot.sop.model import Phrase, Sop

_HOLE = re.compile(r"(?P<lead>,? ?)\{(?P<name>[a-z_]+)\}")
_TICKET = re.compile(r"\{ticket:([^}]+)\}")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")

TITLES = {
    "pak": ("Pak", "Bapak"), "bapak": ("Pak", "Bapak"), "bu": ("Bu", "Ibu"), "ibu": ("Bu", "Ibu"),
    "mas": ("Mas", "Mas"), "mbak": ("Mbak", "Mbak"), "mba": ("Mbak", "Mbak"), "bang": ("Bang", "Abang"),
    "koh": ("Koh", "Koko"), "ko": ("Koh", "Koko"), "ci": ("Ci", "Cici"), "cik": ("Ci", "Cici"),
    "kak": ("Kak", "Kakak"), "pak haji": ("Pak Haji", "Pak Haji"), "bu haji": ("Bu Haji", "Bu Haji"),
    "om": ("Om", "Om"), "tante": ("Tante", "Tante"), "uda": ("Uda", "Uda"), "uni": ("Uni", "Uni"),
}  # fmt: skip
"""What customers call themselves: how they are addressed, and the pronoun that goes with it."""


HOUSES = frozenset({
    "toko", "tk", "wrg", "wr", "pt", "cv", "ud", "fa", "warung", "kedai", "rm", "resto", "restoran", "hotel",
    "koperasi", "depot", "apotek", "kantin", "agen", "grosir", "minimarket", "catering", "katering", "shop",
    "store", "the",
})  # fmt: skip
"""A name that begins with one of these is a business: it is said whole."""


def phrase_of(sop: Sop, language: str, key: str) -> Phrase:
    """The phrase in `language`, in Indonesian when the other has none. Raises `KeyError` when neither has."""
    words = sop.wording.get("en" if language == "en" else "id") or {}
    found = words.get(key)
    return found if found is not None else sop.wording["id"][key]


def has(sop: Sop, key: str) -> bool:
    """Whether the pack says anything under this key."""
    return any(key in words for words in sop.wording.values())


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its values. Values are never looked into again: braces in them are plain text."""
    pieces, last = _cut(template)
    if not pieces:
        return last
    text = ""
    for before, lead, name in pieces:
        value = values.get(name, "")
        if not value:
            text += before
        elif lead == " " and value[0] in ",.":
            text += before + value
        else:
            text += before + lead + value
    return text + last


@lru_cache(maxsize=4096)
def _cut(template: str) -> tuple[tuple[tuple[str, str, str], ...], str]:
    """The template as (plain text, comma and blank before a hole, its name) each, and what is left."""
    *pieces, last = _HOLE.split(template)
    return tuple(zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True)), last


def fragment(sop: Sop, language: str, key: str, values: Mapping[str, str]) -> str:
    """A phrase's first chat variant, filled: a piece of a sentence, a label."""
    return fill(phrase_of(sop, language, key).chat[0], values)


def address(talk: Talk, sop: Sop) -> tuple[str, str]:
    """How the customer is addressed, with the name once known, and the pronoun: ("Kak Budi", "Kakak")."""
    name = talk.identity.get("name", "")
    first = name.split()[0] if name else ""
    if talk.medium != "email":  # "Kak Toko Makmur" is nobody
        name = "" if first.lower().strip(".") in HOUSES else first
    if talk.language == "en":
        title = talk.honorific if talk.honorific.lower() in ("mr", "mrs", "ms", "miss", "dr") else ""
        return (f"{title} {name}".strip() if name else ""), "you"
    if talk.medium == "email" and first.lower().strip(".") in HOUSES:
        return name, sop.about.address.email  # a letter to a shop: "Yth. Toko Abadi,"
    called = TITLES.get(talk.honorific.lower().strip("."))
    if called is None:
        start: str = getattr(sop.about.address, talk.medium, sop.about.address.chat)
        called = TITLES.get(start.lower(), (start, start))
    return f"{called[0]} {name}".strip(), called[1]


def titled(name: str) -> tuple[str, str]:
    """How somebody calls themselves in a name, and the name without it: ("Pak", "Burhan")."""
    first, _, rest = name.strip().partition(" ")
    title = TITLES.get(first.lower().strip("."))
    return (title[0], rest.strip()) if title is not None and rest.strip() else ("", name)


def common(talk: Talk, sop: Sop) -> dict[str, str]:
    """The values every phrase may use."""
    s, you = address(talk, sop)
    return {**_of_company(sop), "s": s, "you": you}


@lru_cache(maxsize=16)
def _of_company(sop: Sop) -> Mapping[str, str]:
    company = sop.about.company
    return {
        "company": company.name,
        "bot": sop.about.bot_name,
        "office": company.phone,
        "site": company.site,
        "emergency": company.emergency,
    }


def word(
    talk: Talk, sop: Sop, key: str, values: Mapping[str, str], shared: Mapping[str, str], skip: int = 0
) -> str:
    """The phrase's next variant for this talk, filled. `skip` moves on to a later variant."""
    variants = phrase_of(sop, talk.language, key).variants(talk.medium)
    template = variants[(talk.uses.get(key, 0) + skip) % len(variants)]
    return fill(template, {**shared, **values} if values else shared)


def bind(values: Mapping[str, str], numbers: Mapping[str, str]) -> Mapping[str, str]:
    """Values with `{ticket:REF}` replaced by its number."""
    if not numbers:
        return values
    return {k: _TICKET.sub(lambda m: numbers.get(m[1], m[0]), v) for k, v in values.items()}


def split(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` characters, cut at sentences, at words, or where it must."""
    pieces: list[str] = []
    while len(text) > limit:
        window = text[: limit + 1]
        cuts = [m.start() for m in _SENTENCE.finditer(window) if m.start() > 0]
        cut = cuts[-1] if cuts else window.rfind(" ", 1)
        cut = cut if 0 < cut <= limit else limit
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*pieces, text] if text else pieces


def hang(text: str, limit: int) -> list[str]:
    """The text, its end a piece of its own of at most `limit` characters where the whole is longer: the last
    line, or the last sentence, that choices can hang on."""
    if len(text) <= limit:
        return [text]
    ends = [m for m in _SENTENCE.finditer(text) if 0 < len(text) - m.end() <= limit]
    lines = [m for m in ends if "\n" in m.group()]
    found = (lines or ends)[-1:]
    cut = found[0].end() if found else text.find(" ", len(text) - limit - 1) + 1 or len(text) - limit
    return [text[:cut].rstrip(), text[cut:]]
