"""What an operator may set: environment variables `SAPA_*`, or `sapa.toml` in the data folder; no need to."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from bot.chat_settings import SmsSettings, TelegramSettings, WhatsAppSettings, is_url
from bot.errors import WrongSettings
from bot.setting_group import Group, Port, Secret
from channels.base import Trusted
from channels.imap.mailbox import Mailbox

NO_ADDRESS = "support@localhost"
"""Our address as long as none is set: good for a first look on one machine."""


class WebSettings(Group):
    """The web chat and the pages. `public_hosts` are the names it may be reached by besides localhost;
    `open_pages` lets the operator's pages (/mailbox, /health with details) be read from other machines.
    `public_url` is the address under which providers reach us (https://sapa.example.com): their calls go to
    /hooks/... below it."""

    host: str = "127.0.0.1"
    port: Port = Field(8080, ge=0, le=65535)
    public_url: str = ""
    public_hosts: tuple[str, ...] = ()
    open_pages: bool = False
    per_visitor: float = Field(0.5, gt=0)
    per_address: float = Field(5.0, gt=0)
    proxies: tuple[str, ...] = ("127.0.0.1",)

    @field_validator("public_url")
    @classmethod
    def _is_an_url(cls, value: str) -> str:
        return is_url(value) if value else value


class MailSettings(Group):
    """Our own addresses: answers come from `address`; `addresses` are all that mail may be sent to.

    `quiet` in seconds: a mail waits so long for more of the same sender's, and they get one answer. What the
    servers in `trusted_authserv_ids` say of a sender (Authentication-Results) is kept; `trusted_hops` is how
    many Received lines your own servers put on top of a mail.
    `closed_days`: who answers in a conversation that was closed so long ago brings a new matter, linked to
    it. `staff` are addresses and domains of colleagues: what they forward is their customer's.
    """

    address: str = NO_ADDRESS
    name: str = ""
    addresses: tuple[str, ...] = ()
    quiet: float = Field(4.0, ge=0, le=600)
    trusted_authserv_ids: tuple[str, ...] = ()
    trusted_hops: int = Field(1, ge=0, le=10)
    closed_days: float = Field(30, gt=0)
    staff: tuple[str, ...] = ()

    @field_validator("address", "addresses")
    @classmethod
    def _are_addresses(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for address in (value,) if isinstance(value, str) else value:
            _is_address(address)
        return value

    @property
    def own(self) -> tuple[str, ...]:
        """All our own addresses, lower case, the answering one first."""
        return tuple(dict.fromkeys(a.lower() for a in (self.address, *self.addresses)))

    @property
    def domain(self) -> str:
        """The domain of the answering address."""
        return self.address.rpartition("@")[2].lower()

    @property
    def trusted(self) -> Trusted:
        """Whose word on a sender counts."""
        return Trusted(frozenset(each.lower() for each in self.trusted_authserv_ids), self.trusted_hops)


class SmtpInSettings(Group):
    """Where mail is received: by SMTP or LMTP, on a port or (`socket`) a unix socket with the permissions
    `socket_mode` (octal). `max_size` in bytes. With a certificate STARTTLS is offered, and with `require_tls`
    insisted on. `check_senders` asks the DNS for SPF, DKIM and DMARC (needs `sapa[mailauth]`)."""

    enabled: bool = True
    protocol: Literal["smtp", "lmtp"] = "smtp"
    host: str = "127.0.0.1"
    port: Port = Field(2525, ge=0, le=65535)
    socket: Path | None = None
    socket_mode: str = Field("0666", pattern="^0?[0-7]{3}$")
    max_size: int = Field(35 * 1024 * 1024, ge=10_000)
    max_connections: int = Field(200, ge=1)
    max_per_address: int = Field(50, ge=1)
    certificate: Path | None = None
    key: Path | None = None
    require_tls: bool = False
    check_senders: bool = False


class FileSettings(Group):
    """What customers send by Telegram, WhatsApp or SMS: a file of more than `max_size` bytes is not taken."""

    max_size: int = Field(25_000_000, ge=100_000)


class RelaySettings(Group):
    """Where outgoing mail goes. Without a `host`: into the local mailbox, which the page /mailbox shows. Up
    to `connections` are open at the same time; at most `per_minute` mails go to one domain (0: no limit)."""

    host: str = ""
    port: Port = Field(587, ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: Path | None = None
    password: Secret = SecretStr("")
    connections: int = Field(4, ge=1, le=50)
    per_minute: float = Field(300, ge=0)


class DkimSettings(Group):
    """The signature on outgoing mail (needs `sapa[mailauth]`), where the relay does not sign itself: the
    public half of the RSA `key` stands at `selector`._domainkey.`domain` (default: that of our address)."""

    selector: str = Field("", pattern=r"^[A-Za-z0-9._-]*$")
    domain: str = Field("", pattern=r"^[A-Za-z0-9.-]*$")
    key: Path | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> DkimSettings:
        if bool(self.selector) != (self.key is not None):
            raise ValueError("a selector and a key are needed, or neither")
        return self


class ImapSettings(Group):
    """A mailbox that is read by IMAP: see `channels.imap.Mailbox`, and docs/operating.md for each provider.

    `addresses` are those whose mail lies in it, the first one being the one customers know; `user` when it
    is an address. `password_file` holds the password in its first line.
    """

    host: str
    user: str
    port: Port = Field(0, ge=0, le=65535)
    tls: Literal["tls", "starttls", "none"] = "tls"
    authority: Path | None = None
    password_file: Path | None = None
    password: Secret = SecretStr("")
    token_command: str = ""
    addresses: tuple[str, ...] = ()
    folders: tuple[str, ...] = ("INBOX",)
    first: Literal["now", "history"] = "now"
    after: str = "keep"
    poll: float = Field(60.0, ge=5, le=3600)
    idle: float = Field(540.0, ge=5, le=1740)
    timeout: float = Field(60.0, ge=1, le=600)
    max_size: int = Field(35 * 1024 * 1024, ge=10_000)

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        self.mailbox()
        if self.authority is not None and not self.authority.is_file():
            raise ValueError(f"authority {self.authority} is not there")
        for address in self.own:
            _is_address(address)
        return self

    @property
    def own(self) -> tuple[str, ...]:
        """Its addresses, lower case."""
        return tuple(dict.fromkeys(a.lower() for a in self.addresses or (self.user,)))

    def mailbox(self) -> Mailbox:
        """As the listener wants it. Raises `ValueError` for what cannot be."""
        given = ("host", "user", "port", "tls", "authority", "token_command", "folders", "first", "after")
        return Mailbox(
            **{name: getattr(self, name) for name in given},
            password=self.password.get_secret_value(),
            poll=self.poll,
            idle=self.idle,
            timeout=self.timeout,
            max_size=self.max_size,
        )


def _is_address(address: str) -> None:
    local, _, domain = address.rpartition("@")
    if not local or not domain or any(c.isspace() for c in address):
        raise ValueError(f"{address!r} is not an email address like support@company.example")


class Settings(BaseSettings):
    """All settings. Environment first (`SAPA_WEB__PORT=9000`), then `sapa.toml`, then these defaults."""

    model_config = SettingsConfigDict(
        env_prefix="SAPA_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    data: Path = Path("data")
    database: SecretStr = SecretStr("")
    pack: Path | None = None
    web: WebSettings = WebSettings()
    mail: MailSettings = MailSettings()
    smtp_in: SmtpInSettings = SmtpInSettings()
    imap: tuple[ImapSettings, ...] = ()
    relay: RelaySettings = RelaySettings()
    dkim: DkimSettings = DkimSettings()
    telegram: TelegramSettings | None = None
    whatsapp: WhatsAppSettings | None = None
    sms: SmsSettings | None = None
    files: FileSettings = FileSettings()
    log: Literal["auto", "json", "text"] = "auto"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, then environment, then `sapa.toml` in the data folder."""
        given: dict[str, Any] = getattr(init_settings, "init_kwargs", {})
        folder = Path(given.get("data") or os.environ.get("SAPA_DATA") or "data")
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, folder / "sapa.toml"))

    @field_validator("imap", mode="before")
    @classmethod
    def _is_a_list(cls, value: object) -> object:
        if isinstance(value, dict):
            raise ValueError("there may be several mailboxes: write [[imap]], in two pairs of brackets")
        return value

    @model_validator(mode="after")
    def _mailboxes_fit(self) -> Self:
        keys = [each.mailbox().key for each in self.imap]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"imap: {', '.join(twice)} is named twice; name all its folders in one [[imap]]")
        if self.imap and self.mail.address == NO_ADDRESS:  # answers come from where mail is read
            object.__setattr__(self, "mail", self.mail.model_copy(update={"address": self.imap[0].own[0]}))
        return self

    @model_validator(mode="after")
    def _webhook_has_an_address(self) -> Self:
        telegram = self.telegram
        if telegram is not None and telegram.mode == "webhook" and not self.web.public_url:
            raise ValueError('telegram.mode "webhook" needs web.public_url, the https address of this Sapa')
        return self

    @property
    def own_addresses(self) -> tuple[str, ...]:
        """All our addresses, those of the mailboxes too: mail from one of them is a loop, and none is sent
        there."""
        return tuple(dict.fromkeys((*self.mail.own, *(own for each in self.imap for own in each.own))))

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL: one SQLite file in the data folder, unless another database is set."""
        return self.database.get_secret_value() or f"sqlite:///{self.data.absolute() / 'sapa.db'}"

    @property
    def shared(self) -> bool:
        """Whether the database is a server's: several processes may work on it."""
        return bool(self.database.get_secret_value())

    @property
    def porch_book(self) -> Path:
        """Where webhooks stand that were acknowledged and not yet taken in."""
        return self.data / "porch.db"

    @property
    def files_folder(self) -> Path:
        """Where attachments lie, by content hash."""
        return self.data / "files"

    @property
    def mailbox_folder(self) -> Path | None:
        """The local mailbox for outgoing mail; None when a relay is set."""
        return None if self.relay.host else self.data / "mailbox"


_IN_WORDS = {
    "extra_forbidden": "there is no such setting; see docs/operating.md",
    "missing": "it must be given",
    "tuple_type": 'it is a list: write ["…", "…"]',
}
"""What the library says of some faults, in words for who writes `sapa.toml`."""


def load(**given: Any) -> Settings:
    """The settings, `given` values first (None means not given).

    Raises:
        WrongSettings: with every fault named at once, no secret shown.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'settings'}: "
            f"{_IN_WORDS.get(fault['type']) or fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_input=False)
        )
        raise WrongSettings(faults) from None
    except SettingsError as error:
        raise WrongSettings(f"environment: {error}; lists and groups are written as JSON there") from None
    except ValueError as error:  # TOML that is no TOML
        raise WrongSettings(f"sapa.toml: {error}") from None


def secret(folder: Path) -> bytes:
    """The installation's own secret, 32 bytes: made at first start, readable by its owner only.

    Reply tokens and identity codes hang on it: a lost secret makes old reply tokens worthless, no more.
    """
    path = folder / "secret"
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        found = b""
    if len(found) >= 32:
        return found
    made = secrets.token_bytes(32)
    part = path.with_suffix(".new")
    handle = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        os.write(handle, made)
        os.fsync(handle)
    finally:
        os.close(handle)
    part.replace(path)
    return made
