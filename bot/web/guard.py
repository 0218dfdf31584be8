"""What stands before every page: which names we answer to, who may see the operator's pages, safe headers."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
HOOKS = "/hooks/"
"""Where providers call us, by whatever name and proxy: what they send is signed, or shows a secret."""
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def name_of(host: str) -> str:
    """The name in a Host header, lower case, without its port and a final dot."""
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".")


@dataclass(frozen=True, slots=True)
class Doors:
    """`hosts`: the names we answer to besides localhost (`*` for any). `open_pages`: the operator's pages may
    be read from other machines."""

    hosts: Sequence[str] = ()
    open_pages: bool = False

    def knows(self, host: str) -> bool:
        """Whether a request for this host is for us. A page elsewhere that made its own name point at this
        machine (DNS rebinding) asks for that name, and is turned away."""
        name = name_of(host)
        return name in LOCAL_NAMES or "*" in self.hosts or name in {name_of(known) for known in self.hosts}

    def operator(self, request: Request) -> bool:
        """Whether the one who asks may see the operator's pages: someone on this very machine, by its local
        name, and not through a proxy (behind which everybody comes from this machine)."""
        if self.open_pages:
            return True
        if name_of(request.headers.get("host", "")) not in LOCAL_NAMES:
            return False
        if any(name in request.headers for name in _FORWARDED):
            return False
        try:
            address = ipaddress.ip_address(request.client.host if request.client else "")
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return bool((mapped or address).is_loopback)


def from_our_page(request: Request) -> bool:
    """Whether a POST was made by a page of ours, and not by another site through an operator's browser.

    Every browser says where a POST comes from; a program that says nothing is no browser, and nobody is
    logged in here whom it could borrow.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return True
    host = request.headers.get("host", "").lower()
    return origin.lower() in (f"http://{host}", f"https://{host}")  # a proxy may speak https for us


class Guard:
    """Turns away requests for names that are not ours, except a provider's, and gives every answer safe
    headers (ASGI)."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        host = Headers(scope=scope).get("host", "")
        if not self._doors.knows(host) and not scope["path"].startswith(HOOKS):
            words = (
                "This server does not answer to that name. If the name is right, add it to the settings: "
                "SAPA_WEB__PUBLIC_HOSTS."
            )
            await PlainTextResponse(words, 421)(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)
