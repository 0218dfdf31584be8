"""The outbox: sends what was decided, in order, through the one gate, and writes down what became of it."""

from bot.outbox.gate import CHAT_CAPS, MAIL_CAPS, Cap, Caps, Gate
from bot.outbox.loop import Outbox
from bot.store.gate import canonical

__all__ = ["CHAT_CAPS", "MAIL_CAPS", "Cap", "Caps", "Gate", "Outbox", "canonical"]
