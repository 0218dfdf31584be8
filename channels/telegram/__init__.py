"""Telegram, by the Bot API: updates in by polling or by webhook, messages out, files fetched.

`reading.read` is pure: one update to `Inbound`. `provider.Telegram` is the Provider. python-telegram-bot is
the client for calls, imported when the first call is made; updates are read from the raw JSON, because its
parser gives up a whole batch for one odd update and its own polling acknowledges before anything is stored.
"""

CHANNEL = "telegram"
"""The channel's name in every `Inbound` and cursor."""
