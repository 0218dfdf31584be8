"""Who a request belongs to, and whether it comes from our own page."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

COOKIE_AGE = 365 * 24 * 3600
_SECRET = re.compile(r"^[A-Za-z0-9_-]{43}$")
_PLAIN, _SECURE = "sapa_visitor", "__Host-sapa_visitor"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser that holds a secret of 256 random bits. Only its hash, the thread key, is ever stored."""

    secret: str
    known: bool

    @property
    def thread_key(self) -> str:
        """SHA-256 of the secret, 64 hex digits: knowing it does not let anyone in."""
        return hashlib.sha256(self.secret.encode("ascii")).hexdigest()

    def remember(self, request: Request, response: Response) -> None:
        """Set the cookie, again and again, so that it does not run out while it is in use."""
        secure = request.url.scheme == "https"
        response.set_cookie(
            _SECURE if secure else _PLAIN,
            self.secret,
            max_age=COOKIE_AGE,
            path="/",
            secure=secure,
            httponly=True,
            samesite="lax",
        )


def visitor_of(request: Request) -> Visitor:
    """The visitor of a request; a new one (`known` is False) when there is no sound cookie."""
    secret = request.cookies.get(_SECURE if request.url.scheme == "https" else _PLAIN, "")
    if _SECRET.match(secret):
        return Visitor(secret, known=True)
    return Visitor(secrets.token_urlsafe(32), known=False)


def from_our_page(request: Request) -> bool:
    """False when a browser says that another site made this request.

    Browsers always tell where a POST comes from. A client that says nothing is no browser and holds no
    visitor's cookie that it was not given, so it passes.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return True
    host = request.headers.get("host", "").lower()
    # by either scheme: a proxy in front may speak https to the browser and http to us
    return bool(host) and origin.lower() in (f"http://{host}", f"https://{host}")


def address_of(request: Request) -> str:
    """The address the request came from, for limits; an IPv6 address by its /64 network."""
    host = request.client.host if request.client else ""
    if ":" in host:
        return ":".join(host.split(":")[:4])
    return host
