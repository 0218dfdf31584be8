"""Fetching: files that lie with a provider are brought in, each once, however often the provider fails."""

from __future__ import annotations

from bot.fetching.loop import Fetching

__all__ = ["Fetching"]
