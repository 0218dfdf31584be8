"""Whatever a signed webhook holds, it is stored: a post that always fails would come again for seven days."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot import packs
from bot.inbox import Inbox
from bot.store import Bells, Files, Store
from channels.base import Accepted
from channels.whatsapp.reading import read_each
from tests.whatsapp.test_any_webhook import any_value

AT = datetime(2026, 11, 22, tzinfo=UTC)


def test_any_json_is_stored_and_known_when_it_comes_again(tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        store = runner.run(Store.open(tmp_path / "sapa.db", bells=Bells()))
        inbox = Inbox(store, Files(tmp_path / "files"), secret=b"s" * 32, sop=packs.load(None))

        @settings(phases=[Phase.generate])
        @given(st.lists(any_value, min_size=1, max_size=3))
        def stored(values: list[Any]) -> None:
            changes = [{"field": "messages", "value": each} for each in values]
            raw = json.dumps({"entry": [{"id": "1", "changes": changes}]}).encode()
            if batch := read_each(raw, AT):
                runner.run(inbox.accept(batch))  # raises when it is not stored
                assert set(runner.run(inbox.accept(batch))) == {Accepted.DUPLICATE}

        try:
            stored()
        finally:
            runner.run(store.close())
