"""Most mail is broken at 72 or 78 columns: what belongs to one sentence is understood as one."""

from __future__ import annotations

import textwrap

from hypothesis import given
from hypothesis import strategies as st

from bot.letters.reflow import joined

STORY = (
    "Saya Rina dari Toko Sinar, Bekasi. Kemarin kami terima kiriman untuk INV-2611-0461. Kami pesan 5 dus "
    "Minyak Sari Murni 1 L, tetapi yang datang hanya 3 dus. Mohon kekurangannya dikirim."
)


def test_a_sentence_that_a_program_broke_is_whole_again() -> None:
    """ "Kami pesan 5 dus / Minyak Sari Murni 1 L" was read as two kinds of goods, one of them without a
    name."""
    broken = "Selamat pagi,\n\n" + "\n".join(textwrap.wrap(STORY, 76)) + "\n\nTerima kasih,\nRina"
    assert joined(broken) == f"Selamat pagi,\n\n{STORY}\n\nTerima kasih,\nRina"


def test_lines_that_a_person_ended_stay() -> None:
    for text in (
        "minyak kurang 2 dus\nINV-2611-0461\nhp 0812",
        "x" * 70 + "\n- gula 1 dus\n- mi 2 dus",
        "x" * 70 + "\nAlamat: Jl. Melati No. 12",
        "x" * 70 + "\n2. gula",
        STORY + "\nRina",
    ):
        assert joined(text) == text


@given(st.text(st.sampled_from("ab \n-:1."), max_size=400))
def test_no_word_is_lost(text: str) -> None:
    assert joined(text).split() == text.split()
