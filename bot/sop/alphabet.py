"""The basic alphabet of SMS (GSM 03.38): with it a message holds 160 characters, with any other only 70."""

from __future__ import annotations

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€")
"""These take the room of two."""

_WRITTEN = str.maketrans({
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "`": "'", "´": "'",
    "–": "-", "—": "-", "−": "-", "‑": "-", "…": "...", "•": "-", "\xa0": " ", "\u202f": " ", "\u2009": " ",
    "\t": " ", "×": "x", "½": "1/2", "¼": "1/4", "¾": "3/4",
})  # fmt: skip
_SIGNS = ("S", "C", "M")
"""Categories of what is dropped where it cannot be written: emoji, invisible marks, accents."""


def plain(text: str) -> str:
    """The text in the basic alphabet, as far as that can be: quotes straight, dashes short, emoji left out,
    letters without their accents. Letters of another script stay: the message is then simply longer."""
    text = text.translate(_WRITTEN)
    if BASIC.issuperset(text):
        return text
    kept = "".join(_written(character) for character in text)
    return "\n".join(" ".join(line.split()) for line in kept.split("\n"))


def _written(character: str) -> str:
    if character in BASIC or character in EXTENDED:
        return character
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if c in BASIC or c in EXTENDED)
    if bare:
        return bare
    return "" if unicodedata.category(character)[0] in _SIGNS else character
