"""The documents say what the code does."""

from __future__ import annotations

from tests import sop_coverage


def test_the_coverage_page_is_what_the_pack_and_the_tests_say() -> None:
    written = sop_coverage.PAGE.read_text(encoding="utf-8")
    assert written == sop_coverage.page(), "run scripts/sop-coverage and commit docs/sop-coverage.md"
