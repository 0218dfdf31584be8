"""`Heard` as plain data, for `sapa understand` and for whoever asks why."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.understanding.heard import Heard


def explain(heard: Heard) -> dict[str, Any]:
    """All that was understood, as JSON-ready values. What is empty is left out, the text is always there."""
    plain = _bare(msgspec.to_builtins(heard))
    return {"text": heard.text, **plain}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        bare = {key: _bare(part) for key, part in value.items()}
        return {key: part for key, part in bare.items() if part not in ("", None, [], {}, False)}
    if isinstance(value, list | tuple):
        return [_bare(part) for part in value]
    return value
