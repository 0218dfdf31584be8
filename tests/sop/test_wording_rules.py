"""Faults of the wording: what one language lacks, says of its own, or says too long."""

from __future__ import annotations

import pytest

from tests.sop.pack_edits import faults_of, files, line_of

ID, EN = "wording/id.yaml", "wording/en.yaml"


@pytest.fixture(scope="module")
def base() -> dict[str, str]:
    return files()


def with_phrases(base: dict[str, str], id_: str, en: str) -> dict[str, str]:
    """The pack with a field `po` more, whose question is written as given (and needed)."""
    fields = base["fields.yaml"] + "po:\n  reader: text\n  label: {id: nomor PO, en: PO number}\n"
    return base | {"fields.yaml": fields, ID: base[ID] + id_, EN: base[EN] + en}


def new_faults(base: dict[str, str], id_: str, en: str) -> dict[tuple[str, int], str]:
    before = faults_of(base)
    return {(fault.path, fault.line): fault.what for fault in faults_of(with_phrases(base, id_, en)) - before}


def test_a_question_in_both_languages_is_sound(base: dict[str, str]) -> None:
    assert (
        new_faults(base, 'ask_po: ["Boleh minta nomor PO-nya, {s}?"]\n', "ask_po: May I have the PO?\n") == {}
    )


def test_each_field_needs_its_question_in_each_language(base: dict[str, str]) -> None:
    found = new_faults(base, "", "")
    assert {path for path, _ in found} == {ID, EN}
    assert all("`ask_po` is missing" in what and "`po`" in what for what in found.values())


def test_a_phrase_missing_in_one_language_names_where_the_other_has_it(base: dict[str, str]) -> None:
    text = with_phrases(base, 'ask_po: ["Nomor PO?"]\n', "")[ID]
    assert new_faults(base, 'ask_po: ["Nomor PO?"]\n', "") == {
        (EN, 1): f"the phrase `ask_po` is missing ({ID} has it in line {line_of(text, 'ask_po:')}); write it"
    }


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('ask_po: ["Nomor {po}?"]\n', "there is no value {po}"),
        ('ask_po: ["Nomor {PO}?"]\n', "a curly bracket that marks no value"),
        ('ask_po: ["Nomor {s?"]\n', "a curly bracket that marks no value"),
        ("ask_po: []\n", "must have at least one entry"),
        ("ask_po:\n", "empty"),
        ('ask_po: ["Nomor PO?", ""]\n', "must not be empty"),
        ('ask_po: ["Nomor PO?", "Nomor PO?"]\n', "the same variant twice"),
        ('ask_po: {chat: ["Nomor PO?"], sms: ["' + "a" * 161 + '"]}\n', "has 161 characters; at most 160"),
        ('ask_po: {chat: ["Nomor PO?"], sms: ["Nomor PO – ya?"]}\n', "not in the basic SMS alphabet: –"),
        ('ask_po: {chat: ["Nomor PO?"], wa: ["Nomor PO?"]}\n', "unknown key `wa`"),
    ],
)
def test_a_fault_of_a_phrase_is_named_at_its_line(said: str, words: str, base: dict[str, str]) -> None:
    found = new_faults(base, said, "ask_po: May I have the PO number?\n")
    line = line_of(with_phrases(base, said, "")[ID], "ask_po:")
    assert words in found.get((ID, line), ""), found


def test_a_value_that_only_one_language_tells_is_named(base: dict[str, str]) -> None:
    texts = base | {ID: base[ID] + "empathy_order_excess_x: x\n"}
    assert any("nobody says `empathy_order_excess_x`" in fault.what for fault in faults_of(texts))
    spoiled = base[EN].replace("{number}", "your number")
    found = faults_of(base | {EN: spoiled}) - faults_of(base)
    assert any(fault.path == EN and "`ticket` leaves out {number}" in fault.what for fault in found)


def test_a_button_of_the_dialogue_fits_on_a_button(base: dict[str, str]) -> None:
    line = next(line for line in base[ID].splitlines() if line.startswith("choice_yes:"))
    spoiled = base | {ID: base[ID].replace(line, 'choice_yes: ["Ya, betul sekali begitu"]', 1)}
    found = faults_of(spoiled) - faults_of(base)
    assert [(fault.path, "at most 20 fit" in fault.what) for fault in found] == [(ID, True)]


def test_a_language_that_the_pack_does_not_have_is_refused(base: dict[str, str]) -> None:
    assert any(
        fault.path == "wording/jv.yaml" and "not a language" in fault.what
        for fault in faults_of(base | {"wording/jv.yaml": base[ID]})
    )


def test_a_missing_language_is_one_fault_and_not_one_per_phrase(base: dict[str, str]) -> None:
    without = {path: text for path, text in base.items() if path != EN}
    assert {(fault.path, fault.line) for fault in faults_of(without) - faults_of(base)} == {(EN, 1)}
