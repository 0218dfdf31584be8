"""The pack renders as a controlled document: everything a reader or an auditor looks for is in it."""

from __future__ import annotations

import re

import pytest

from bot.packs import load
from bot.sop.check import check
from bot.sop.model import Language
from bot.sop.show import show
from tests.sop.pack_edits import edited

HEADINGS: dict[Language, list[str]] = {
    "id": [
        "Tujuan", "Ruang lingkup", "Definisi", "Referensi", "Peran", "Prosedur", "Jenis keperluan",
        "Jenis keluhan", "Bagian", "Aturan penerusan", "Standar dan jam kerja",
        "Prinsipal dan kriteria klaim", "Riwayat revisi", "Pengesahan", "Daftar distribusi", "Sumber",
    ],
    "en": [
        "Purpose", "Scope", "Definitions", "References", "Roles", "Procedures", "Kinds of matter",
        "Classes of complaint", "Departments", "Routing rules", "Standards and working hours",
        "Principals and claim criteria", "Revision history", "Approval", "Distribution list", "Credits",
    ],
}  # fmt: skip


@pytest.mark.sop("W5")
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_document_has_every_part_of_a_controlled_document(language: Language) -> None:
    sop = load()
    text = show(sop, language)
    assert re.findall(r"^## \d+\. (.+)$", text, re.MULTILINE) == HEADINGS[language]
    about = sop.about
    assert text.startswith(f"# {about.title.in_(language)}\n")
    for part in (about.number, about.approved_by, about.company.name, *about.references, *about.distribution):
        assert part in text
    for source in about.credits:
        assert source in text
    assert sop.hash[:16] in text
    assert "1 November 2027" in text
    assert "2 November 2026" in text


@pytest.mark.sop("W3", "W5")
@pytest.mark.parametrize("language", ["id", "en"])
def test_each_procedure_is_a_table_of_step_role_time_document_and_clause(language: Language) -> None:
    sop = load()
    text = show(sop, language)
    for procedure in sop.procedures.values():
        heading = re.search(rf"^### [\d.]+ {re.escape(procedure.title.in_(language))}$", text, re.MULTILINE)
        assert heading is not None
        table = [line for line in text[heading.end() :].splitlines() if line.startswith("|")]
        for number, step in enumerate(procedure.steps, 1):
            cells = [cell.strip() for cell in table[number + 1].strip("|").split("|")]
            assert cells[0] == str(number)
            assert cells[1] == step.title.in_(language)
            assert cells[2] == sop.roles[step.role].title.in_(language)
            assert cells[3]
            assert cells[4] == ", ".join(step.documents)
            assert cells[5] == ", ".join(step.clauses)


def test_every_table_is_whole_whatever_the_pack_says() -> None:
    nasty = '{id: "Menyapa | <b>pelanggan</b> *ramah*", en: "Greet | _now_"}'
    plain = "{id: Menyapa pelanggan, en: Greet the customer}"
    sop = check(edited("procedures/complaint.yaml", plain, nasty))
    columns = 0
    for line in show(sop, "id").splitlines():
        count = len(re.findall(r"(?<!\\)\|", line))
        if not line.startswith("|"):
            columns = 0
            continue
        columns = columns or count
        assert count == columns, line
    assert r"Menyapa \| \<b\>pelanggan\</b\> \*ramah\*" in show(sop, "id")


def test_times_are_told_in_hours_and_minutes() -> None:
    sop = load()
    assert "| 1 jam |" in show(sop, "id")
    assert "| 30 menit |" in show(sop, "id")
    assert "| 1 h |" in show(sop, "en")
    assert "| 30 min |" in show(sop, "en")
