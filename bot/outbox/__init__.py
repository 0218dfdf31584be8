"""The outbox: sends what was decided, in order, through the one gate, and writes down what became of it."""

from bot.outbox.gate import CHAT_CAPS, MAIL_CAPS, Cap, Caps, Gate, canonical
from bot.outbox.loop import Outbox

__all__ = ["CHAT_CAPS", "MAIL_CAPS", "Cap", "Caps", "Gate", "Outbox", "canonical"]
