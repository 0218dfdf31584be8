"""A page to type in: the customer's phone with Telegram, WhatsApp and SMS."""

from .app import Desk
from .phones import SmsPhone, TelegramPhone, WhatsAppPhone

__all__ = ["Desk", "SmsPhone", "TelegramPhone", "WhatsAppPhone"]
