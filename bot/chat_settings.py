"""The settings of Telegram, WhatsApp and SMS. A group that is absent is a channel that is off."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from bot.setting_group import Group, NeededSecret, Secret

NONE = SecretStr("")


def is_url(value: str) -> str:
    """An http(s) address without a final slash. Raises `ValueError` for anything else."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{value!r} is not an address like https://sapa.example.com")
    return value.rstrip("/")


class TelegramSettings(Group):
    """A bot of Telegram. `token` is what @BotFather gave. `polling` needs nothing else; `webhook` needs
    `web.public_url`, and a `webhook_secret` of one's own only where several installations share it.

    `base_url` is the Bot API server's; files are fetched from `base_url`/file. `business`: also answer in the
    chats of business accounts that the bot is connected to.
    """

    token_file: Path | None = None
    token: NeededSecret = NONE
    mode: Literal["polling", "webhook"] = "polling"
    webhook_secret_file: Path | None = None
    webhook_secret: Secret = NONE
    base_url: str = "https://api.telegram.org"
    business: bool = False

    _base_url = field_validator("base_url")(is_url)

    @field_validator("token")
    @classmethod
    def _is_a_token(cls, value: SecretStr) -> SecretStr:
        number, colon, rest = value.get_secret_value().partition(":")
        if not colon or not number.isdecimal() or not rest or any(c.isspace() or c == "/" for c in rest):
            raise ValueError("it does not look like what @BotFather gives: 123456789:AAE…")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _is_a_header(cls, value: SecretStr) -> SecretStr:
        found = value.get_secret_value()
        if len(found) > 256 or not all(c.isascii() and (c.isalnum() or c in "_-") for c in found):
            raise ValueError("at most 256 of A-Z a-z 0-9 _ and - are allowed")
        return value


class WhatsAppTemplates(Group):
    """The approved templates that are sent when the 24 hours after a customer's last message are over.
    `update` has one variable in its body, which takes our text; "" means that such a message waits for a
    person. `language` is the code under which they were approved."""

    update: str = Field("", pattern=r"^[a-z0-9_]*$")
    language: str = "id"


class WhatsAppSettings(Group):
    """One app of the WhatsApp Cloud API with one or more numbers.

    `token` is a system user's, `app_secret` signs what Meta sends, `verify_token` is a word of your own that
    is entered beside the callback address. `numbers` are phone number ids (not phone numbers), the first one
    being that which `sapa doctor` asks; `business_account` is the id under which the templates stand.
    """

    token_file: Path | None = None
    token: NeededSecret = NONE
    app_secret_file: Path | None = None
    app_secret: NeededSecret = NONE
    verify_token_file: Path | None = None
    verify_token: NeededSecret = NONE
    numbers: tuple[str, ...] = Field(min_length=1)
    business_account: str = Field("", pattern=r"^\d*$")
    base_url: str = "https://graph.facebook.com"
    version: str = Field("v26.0", pattern=r"^v\d+\.\d+$")
    templates: WhatsAppTemplates = WhatsAppTemplates()

    _base_url = field_validator("base_url")(is_url)

    @field_validator("numbers")
    @classmethod
    def _are_ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [each for each in value if not each.isdecimal()]:
            raise ValueError(f"{', '.join(wrong)}: the *id* of a phone number is wanted, digits only")
        return value


class SmsSettings(Group):
    """An SMS gateway: it calls us with what came in, and is called with what leaves. `secret` is what it
    shows or signs with."""

    secret_file: Path | None = None
    secret: NeededSecret = NONE
    sender: str = ""
