"""Every kind of fault is found, with the file and the line where a person has to correct it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.sop.check import Faults, check, hash_of
from tests.sop.pack_edits import edited, faults_of, files, line_of

COMPLAINT = "procedures/complaint.yaml"
TALKS = "procedures/conversations.yaml"

SPOILED: dict[str, dict[str, str]] = yaml.safe_load(
    Path(__file__).with_name("faults.yaml").read_text(encoding="utf-8")
)
UNROUTED = "  - classes: [service_general]\n    to: customer_service\n    clauses: [K5]\n"


@pytest.fixture(scope="module")
def base() -> dict[str, str]:
    return files()


@pytest.fixture(scope="module")
def already(base: dict[str, str]) -> set[object]:
    return set(faults_of(base))


@pytest.mark.parametrize("name", SPOILED)
def test_a_fault_is_named_with_its_file_and_line(
    name: str, base: dict[str, str], already: set[object]
) -> None:
    spoiled = SPOILED[name]
    path, mark, words = spoiled["file"], spoiled["named at"], spoiled["saying"]
    texts = edited(path, spoiled["instead of"], spoiled["write"], base)
    found = [fault for fault in faults_of(texts) - already if fault.path == path]
    line = line_of(texts[path], mark)
    said = "\n".join(map(str, sorted(found)))
    assert any(fault.line == line and words in fault.what for fault in found), f"line {line}:\n{said}"


def test_the_faults_of_all_files_are_named_at_once(base: dict[str, str], already: set[object]) -> None:
    texts = base
    spoiled = (
        "K1: unknown role",
        "unknown field of a class",
        "unknown department",
        "bad pattern",
        "review before issue",
    )
    for name in spoiled:
        texts = edited(SPOILED[name]["file"], SPOILED[name]["instead of"], SPOILED[name]["write"], texts)
    with pytest.raises(Faults) as raised:
        check(texts)
    new_faults = [fault for fault in raised.value.faults if fault not in already]
    assert {fault.path for fault in new_faults} == {SPOILED[name]["file"] for name in spoiled}
    assert len(new_faults) == len(spoiled)
    for fault in new_faults:
        assert f"{fault.path}:{fault.line}: {fault.what}" in str(raised.value)


def test_one_faulty_entry_is_reported_once_and_not_by_all_that_refer_to_it(
    base: dict[str, str], already: set[object]
) -> None:
    texts = edited("pack.yaml", "  cs_agent:\n    title:", "  cs_agent:\n    titel:", base)
    found = faults_of(texts) - already
    assert {fault.path for fault in found} == {"pack.yaml"}
    assert len(found) == 2  # the misspelt key, and the key that is missing


@pytest.mark.sop("K5")
def test_a_class_that_no_rule_takes_is_named_where_the_class_stands(base: dict[str, str]) -> None:
    found = faults_of(edited("departments.yaml", UNROUTED, "", base))
    line = line_of(base["matters.yaml"], "  service_general:")
    assert any(
        f.path == "matters.yaml" and f.line == line and "no routing rule takes" in f.what for f in found
    )


def test_a_class_routed_for_one_principal_only_is_named(base: dict[str, str]) -> None:
    rule = "  - classes: [service_general]\n"
    found = faults_of(edited("departments.yaml", rule, rule + "    principals: [sari_murni]\n", base))
    assert any("`service_general`" in fault.what and "`principals`" in fault.what for fault in found)


def test_a_kind_that_no_procedure_handles_is_named(base: dict[str, str]) -> None:
    found = faults_of(edited(TALKS, "kinds: [criticism, suggestion]", "kinds: [suggestion]", base))
    line = line_of(base["matters.yaml"], "  criticism:")
    assert any(
        f.path == "matters.yaml" and f.line == line and "no procedure handles" in f.what for f in found
    )


@pytest.mark.parametrize("missing", ["forward", "summarise", "more", "close", "greet", "listen"])
def test_a_conversation_without_one_of_its_steps_is_refused(missing: str, base: dict[str, str]) -> None:
    texts = edited(COMPLAINT, f"      does: {missing}\n", "      does: answer\n", base)
    assert any(f"does `{missing}` is missing" in fault.what for fault in faults_of(texts))


def test_a_ticket_before_the_summary_is_refused(base: dict[str, str]) -> None:
    texts = edited(COMPLAINT, "does: summarise", "does: XX", base)
    texts = edited(COMPLAINT, "does: ticket", "does: summarise", texts)
    texts = edited(COMPLAINT, "does: XX", "does: ticket", texts)
    found = [fault for fault in faults_of(texts) if fault.path == COMPLAINT]
    assert any("comes too early" in fault.what for fault in found)


def test_a_missing_file_and_a_strange_file_are_named(base: dict[str, str]) -> None:
    texts = {path: text for path, text in base.items() if path != "hours.yaml"} | {"jam.yaml": "x: 1\n"}
    found = {(fault.path, fault.what.split(";")[0]) for fault in faults_of(texts)}
    assert ("hours.yaml", "the file is missing") in found
    assert ("jam.yaml", "not a file of a pack") in found


@pytest.mark.parametrize(
    "text", ["", "# nothing but a comment\n", "- a\n- b\n", "just words\n", "---\na: 1\n---\nb: 2\n"]
)
def test_a_file_of_the_wrong_shape_is_one_fault_and_no_crash(text: str, base: dict[str, str]) -> None:
    for path in ("pack.yaml", "fields.yaml", "cues.yaml", COMPLAINT, "wording/id.yaml"):
        assert any(fault.path == path for fault in faults_of(base | {path: text}))


def test_nesting_without_end_is_a_fault_and_no_crash(base: dict[str, str]) -> None:
    found = faults_of(base | {"faq.yaml": "a: " + "[" * 3_000})
    assert any(fault.path == "faq.yaml" for fault in found)


@given(
    st.sampled_from(
        ["fields.yaml", "hours.yaml", "matters.yaml", "faq.yaml", "wording/en.yaml", "cues.yaml"]
    ),
    st.text(max_size=200),
    st.floats(0, 1),
)
def test_any_text_in_any_place_gives_a_pack_or_faults_and_nothing_else(
    path: str, junk: str, where: float
) -> None:
    at = int(len(_TEXTS[path]) * where)
    spoiled = _TEXTS[path][:at] + junk + _TEXTS[path][at:]
    try:
        sop = check(_TEXTS | {path: spoiled})
    except Faults as found:
        named = found.faults
    else:
        assert sop.files[path] == spoiled
        return
    assert named
    assert all(fault.line >= 1 and fault.what for fault in named)


_TEXTS = files()


def test_yaml_surprises_stay_what_was_written() -> None:
    texts = edited("matters.yaml", "{id: Berbahaya, en: Harmful}", "{id: no, en: on}")
    texts = edited("matters.yaml", "{id: kritik, en: criticism}", "{id: 0457, en: 12:30}", texts)
    found = {fault for fault in faults_of(texts) if fault.path == "matters.yaml"}
    assert not found
    sop = check(texts)
    assert (sop.classes["product_harmful"].button.id, sop.classes["product_harmful"].button.en) == (
        "no",
        "on",
    )
    assert (sop.kinds["criticism"].label.id, sop.kinds["criticism"].label.en) == ("0457", "12:30")


def test_the_hash_tells_packs_apart_and_names_from_texts() -> None:
    assert hash_of({"a": "bc"}) != hash_of({"ab": "c"})
    assert hash_of({"a": "1", "b": "2"}) == hash_of({"b": "2", "a": "1"})
    assert hash_of({"a": "1"}) != hash_of({"a": "2"})
