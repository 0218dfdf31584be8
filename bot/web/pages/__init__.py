"""The calm pages around the chat: health, mailbox, and what is said when something is not there."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import jinja2
import yaml
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

_HERE = files(__name__)
_TYPES = {"css": "text/css", "svg": "image/svg+xml"}


@cache
def words(language: str) -> dict[str, Any]:
    """The words of the pages in one language."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((_HERE / "words.yaml").read_text("utf-8"))
    return loaded[language]


@cache
def _environment() -> jinja2.Environment:
    def load(name: str) -> str:
        return (_HERE / name).read_text("utf-8")

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(load),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def language_of(request: Request) -> str:
    """As chosen (`?lang=`, or in the chat), else as the browser asks, else Indonesian."""
    asked = request.query_params.get("lang") or request.cookies.get("sapa_lang", "")
    if asked in ("id", "en"):
        return asked
    for part in request.headers.get("accept-language", "").lower().split(","):
        tag = part.strip()[:2]
        if tag in ("id", "in"):
            return "id"
        if tag == "en":
            return "en"
    return "id"


def wants_page(request: Request) -> bool:
    """Whether a browser asks, and not a program."""
    return "text/html" in request.headers.get("accept", "")


def render(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page from a template in the language of the one who asks."""
    language = language_of(request)
    page = _environment().get_template(template)
    said = words(language)
    body = page.render(
        said=said,
        language=language,
        company=getattr(request.app.state, "company", "Sapa"),
        status=status,
        **values,
    )
    return HTMLResponse(body, status, {"Cache-Control": "no-store"})


def in_words(at: datetime, language: str) -> str:
    """An instant in words, in its own zone: 22 November 2026, 14.30."""
    said = words(language)
    return f"{at.day} {said['months'][at.month - 1]} {at.year}, {at.hour:02}{said['clock']}{at.minute:02}"


def download(content: bytes, name: str) -> Response:
    """Bytes to be saved under a name, never shown as a page of ours."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, headers=headers, media_type="application/octet-stream")


def asset(name: str) -> Response:
    """A style or picture of the pages."""
    media_type = _TYPES.get(name.rpartition(".")[2])
    if media_type is None or not name.replace(".", "").isalnum() or not (_HERE / name).is_file():
        return Response(status_code=404)
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response((_HERE / name).read_bytes(), headers=headers, media_type=media_type)
