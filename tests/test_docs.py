"""The documents say what the code does."""

from __future__ import annotations

from pathlib import Path

from channels.telegram.provider import Telegram
from channels.whatsapp import WhatsApp
from tests import sop_coverage

OPERATING = Path(__file__).parent.parent / "docs/operating.md"


def test_the_coverage_page_is_what_the_pack_and_the_tests_say() -> None:
    written = sop_coverage.PAGE.read_text(encoding="utf-8")
    assert written == sop_coverage.page(), "run scripts/sop-coverage and commit docs/sop-coverage.md"


def test_the_table_of_channels_says_what_they_can_carry() -> None:
    rows = [line.strip("| \n").split(" | ") for line in OPERATING.read_text(encoding="utf-8").splitlines()]
    table = {row[0]: row[1:] for row in rows if len(row) == 6}
    _, _, telegram, whatsapp, _ = zip(table["text"], table["choices"], strict=True)
    assert telegram == (str(Telegram.capabilities.max_text), f"{Telegram.capabilities.buttons} buttons")
    assert whatsapp == (
        str(WhatsApp.capabilities.max_text),
        f"{WhatsApp.capabilities.buttons} buttons, or a list of {WhatsApp.capabilities.list_rows}",
    )
