"""The chat page: its template, words, style and modules, read once and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import msgspec
import yaml
from starlette.requests import Request
from starlette.responses import Response

from channels.history import Item
from channels.webchat.kinds import SHOWN

LANGUAGES = ("id", "en")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_HERE = files(__name__)

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    # not `no-referrer`: with it browsers say `Origin: null` on the form's POST, as if it were another site's
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class House:
    """Whose chat this is: what the page says about the company, and its time zone.

    `facts` are lines shown beside the chat, per language: (label, value), for instance opening hours.
    """

    company: str
    bot_name: str = "Sapa"
    account: str = "web"
    timezone: str = "Asia/Jakarta"
    facts: Mapping[str, Sequence[tuple[str, str]]] | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """A file the page loads."""

    content: bytes
    media_type: str


@cache
def assets() -> dict[str, Asset]:
    """The page's files by name."""
    found = {}
    for entry in _HERE.iterdir():
        ending = "." + entry.name.rpartition(".")[2]
        if ending in _TYPES:
            found[entry.name] = Asset(entry.read_bytes(), _TYPES[ending])
    return found


@cache
def version() -> str:
    """Changes when any asset changes; part of their address, so that they may be kept for ever."""
    digest = hashlib.sha256()
    for name, asset in sorted(assets().items()):
        digest.update(name.encode() + b"\0" + asset.content)
    return digest.hexdigest()[:12]


@cache
def words(language: str) -> dict[str, Any]:
    """The words of the page in one language."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((_HERE / "words.yaml").read_text("utf-8"))
    return {name: in_[language] for name, in_ in loaded.items()}


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string((_HERE / "chat.html").read_text("utf-8"))


def language_of(request: Request) -> str:
    """`?lang=`, else the cookie of an earlier choice, else the browser's first of our languages, else id."""
    for asked in (request.query_params.get("lang", ""), request.cookies.get("sapa_lang", "")):
        if asked in LANGUAGES:
            return asked
    best, weight = LANGUAGES[0], 0.0
    for part in request.headers.get("accept-language", "").split(",")[:20]:
        tag, _, rest = part.strip().partition(";")
        language = {"in": "id"}.get(tag[:2].lower(), tag[:2].lower())
        try:
            quality = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        if language in LANGUAGES and quality > weight:
            best, weight = language, quality
    return best


def render(
    house: House,
    language: str,
    items: Sequence[Item],
    *,
    form_id: str,
    accept: str,
    limits: Mapping[str, int],
    draft: str = "",
    notice: str = "",
    status: int = 200,
) -> Response:
    """The whole page, with the conversation in it: it can be read and answered without a script."""
    said = words(language)
    zone = ZoneInfo(house.timezone)
    script = {name: text for name, text in said.items() if name != "page"}
    html = _template().render(
        house=house,
        language=language,
        other="en" if language == "id" else "id",
        said=said,
        page=said["page"],
        version=version(),
        items=[_row(item, zone, said["page"]) for item in items],
        choices=items[-1].choices if items and items[-1].author != "customer" else (),
        last=items[-1].seq if items else 0,
        facts=(house.facts or {}).get(language, ()),
        form_id=form_id,
        accept=accept,
        draft=draft,
        notice=notice,
        config=msgspec.json.encode({"words": script, "limits": limits, "bot": house.bot_name}).decode(),
    )
    return Response(html, status, PAGE_HEADERS, media_type="text/html")


def _row(item: Item, zone: ZoneInfo, page: Mapping[str, Any]) -> dict[str, Any]:
    at = item.at.astimezone(zone)
    return {
        "item": item,
        "day": day(at, page),
        "time": at.strftime("%H.%M" if page["clock"] == "." else "%H:%M"),
        "files": [(file, file.media_type in SHOWN) for file in item.files],
    }


def day(at: datetime, page: Mapping[str, Any]) -> str:
    """A local day in words: Senin, 23 November 2026."""
    return f"{page['days'][at.weekday()]}, {at.day} {page['months'][at.month - 1]} {at.year}"
