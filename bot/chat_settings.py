"""The settings of Telegram, WhatsApp and SMS. A group that is absent is a channel that is off."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from bot.setting_group import Group, NeededSecret, Secret
from channels.sms.gateway import START, STOP, Fields, Gateway, Hook, Out, Reports

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
    chats of business accounts that the bot is connected to. `take_over`: take away a webhook that another
    program has set for this bot. `wait` is how many seconds Telegram keeps a question for news open, and
    `max_connections` how many it may open to our webhook.
    """

    token_file: Path | None = None
    token: NeededSecret = NONE
    mode: Literal["polling", "webhook"] = "polling"
    webhook_secret_file: Path | None = None
    webhook_secret: Secret = NONE
    base_url: str = "https://api.telegram.org"
    business: bool = False
    take_over: bool = False
    wait: int = Field(25, ge=1, le=50)
    max_connections: int = Field(40, ge=1, le=100)

    _base_url = field_validator("base_url")(is_url)

    @field_validator("token")
    @classmethod
    def _is_a_token(cls, value: SecretStr) -> SecretStr:
        number, colon, rest = value.get_secret_value().partition(":")
        sound = all(c.isascii() and (c.isalnum() or c in "_-") for c in rest)
        if not colon or not (number.isascii() and number.isdecimal()) or not rest or not sound:
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
    """The names of the approved templates that are sent when the 24 hours after a customer's last message are
    over: `update` has one variable in its body, which takes our text; `reply` has none, and asks the customer
    to write, because there is news that does not fit; `ticket` has two, name and ticket number. "" is none.
    `languages` are the codes under which all of them were approved; who speaks another gets the first.
    """

    update: str = Field("", pattern=r"^[a-z0-9_]*$")
    reply: str = Field("", pattern=r"^[a-z0-9_]*$")
    ticket: str = Field("", pattern=r"^[a-z0-9_]*$")
    languages: tuple[str, ...] = Field(("id",), min_length=1)

    @field_validator("languages")
    @classmethod
    def _are_codes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [each for each in value if not re.fullmatch("[a-z]{2,3}(_[A-Z]{2})?", each)]:
            raise ValueError(f"{', '.join(wrong)}: a code like id, en or en_US is wanted")
        return value


class WhatsAppSettings(Group):
    """One app of the WhatsApp Cloud API with one or more numbers.

    `token` is a system user's; `app_secret` signs what Meta sends (while it is changed, `old_app_secret` is
    believed too); `verify_token` is a word of your own that is entered beside the callback address.
    `numbers` are phone number ids (not phone numbers), the first one being that which `sapa doctor` asks;
    `business_account` is the id under which the templates stand. `direct_send`: Meta lets this account write
    texts outside the 24 hours without a template.
    """

    token_file: Path | None = None
    token: NeededSecret = NONE
    app_secret_file: Path | None = None
    app_secret: NeededSecret = NONE
    old_app_secret_file: Path | None = None
    old_app_secret: Secret = NONE
    verify_token_file: Path | None = None
    verify_token: NeededSecret = NONE
    numbers: tuple[str, ...] = Field(min_length=1)
    business_account: str = Field("", pattern=r"^\d*$")
    base_url: str = "https://graph.facebook.com"
    version: str = Field("v26.0", pattern=r"^v\d+\.\d+$")
    templates: WhatsAppTemplates = WhatsAppTemplates()
    direct_send: bool = False

    _base_url = field_validator("base_url")(is_url)

    @field_validator("numbers")
    @classmethod
    def _are_ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [each for each in value if not each.isdecimal()]:
            raise ValueError(f"{', '.join(wrong)}: the *id* of a phone number is wanted, digits only")
        return value


class SmsSettings(Group):
    """An SMS gateway: it calls us with what came in, and is called with what leaves. docs/channels/sms.md has
    worked examples.

    `numbers` are ours, E.164 or a short code, the first one being what answers come from. `secret` is what
    the gateway shows us or signs with, `key` what we show it. A text of Sapa's goes in at most `max_parts`
    parts, each at the `price`; `per_minute` messages leave at most (0: no limit). Numbers without a country
    are of `region`. `stop` and `start` are the words by which a customer ends and takes up automatic SMS.
    `hook`, `fields`, `reports` and `out` say how the gateway speaks: see `channels.sms.gateway`.
    """

    secret_file: Path | None = None
    secret: NeededSecret = NONE
    key_file: Path | None = None
    key: Secret = NONE
    numbers: tuple[str, ...] = Field(min_length=1)
    region: str = Field("ID", pattern="^[A-Z]{2}$")
    max_parts: int = Field(4, ge=2, le=20)
    per_minute: float = Field(60.0, ge=0)
    price: float = Field(0.0, ge=0)
    stop: tuple[str, ...] = STOP
    start: tuple[str, ...] = START
    hook: Hook = Hook()
    fields: Fields = Fields()
    reports: Reports = Reports()
    out: Out

    @field_validator("secret")
    @classmethod
    def _is_long(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 12:
            raise ValueError("it has fewer than 12 characters; make one: openssl rand -hex 24")
        return value

    @field_validator("numbers")
    @classmethod
    def _are_there(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not each.strip() for each in value):
            raise ValueError("an empty number; write it like +6281100001111")
        return value

    @field_validator("stop", "start")
    @classmethod
    def _in_small(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each.casefold() for each in value)

    @model_validator(mode="after")
    def _has_a_key(self) -> Self:
        if self.out.auth != "none" and not self.key.get_secret_value():
            raise ValueError(f'out.auth "{self.out.auth}" needs key (or key_file)')
        if self.out.uses("key") and not self.key.get_secret_value():
            raise ValueError("out uses {key}: key (or key_file) must be given")
        return self

    @property
    def gateway(self) -> Gateway:
        """As the channel wants it."""
        return Gateway(
            **{each.name: getattr(self, each.name) for each in dataclasses.fields(Gateway)},
        )
