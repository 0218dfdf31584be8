"""A Bot API server with the semantics of the real one, on 127.0.0.1, and the people who write to its bot.

    async with BotApi() as api:
        bot = Bot(api.token, base_url=api.base_url, base_file_url=api.base_file_url)
        budi = api.person("Budi")
        budi.says("Siang")

By hand or as a process of its own: `python -m tests.standins.telegram --port 9101`.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ..faults import Fails
from ..serving import Clock, StandIn
from .chats import Chats
from .markup import Refusal, bad
from .person import Person
from .sending import METHODS, Sending
from .updates import BY_WEBHOOK, WEBHOOK_ACTIVE, Updates
from .webhook import Hook, Pusher

FIRST_UPDATE = 2_342_342_343_242
"""Beyond 32 bits, as some have seen them."""
REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


class BotApi(StandIn):
    """One bot. `strict_webhook`: only https on Telegram's ports, as api.telegram.org has it; off, as a local
    Bot API server. `per_chat`, `overall`: messages a second before 429 is said (None: no limit), with a burst
    of three in a chat."""

    def __init__(
        self,
        *,
        token: str = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
        username: str = "sapa_uji_bot",
        port: int = 0,
        scale: float = 1.0,
        clock: Clock | None = None,
        first_update: int = FIRST_UPDATE,
        strict_webhook: bool = False,
        per_chat: float | None = None,
        overall: float | None = None,
    ) -> None:
        super().__init__(port=port, scale=scale, clock=clock)
        self.token = token
        self.revoked = False
        self.strict_webhook = strict_webhook
        self.me = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Sapa",
            "username": username,
        }
        self.updates = Updates(self.clock, first_update)
        self.chats = Chats(self.clock, self.me)
        self.sending = Sending(self.chats, self.me, per_chat, overall)
        self.hook = Pusher(self.updates, self.clock, self.push)
        self._people: dict[str, Person] = {}

    @property
    def base_url(self) -> str:
        """What python-telegram-bot wants as `base_url`."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """What python-telegram-bot wants as `base_file_url`."""
        return f"{self.url}/file/bot"

    def person(self, name: str, *, started: bool = True, language: str = "id", phone: str = "") -> Person:
        """Somebody with Telegram; a `started` one has pressed Start before and can be written to."""
        if name not in self._people:
            id_ = 100_000_001 + len(self._people)
            self._people[name] = Person(self, id_, name, started=started, language=language, phone=phone)
        return self._people[name]

    def revoke(self) -> None:
        """The token is no longer valid (as after /revoke at BotFather)."""
        self.revoked = True
        self.updates.abort("Unauthorized")

    async def stopped(self) -> None:
        self.hook.stop()
        await asyncio.sleep(0)

    async def started(self) -> None:
        if self.hook.hook.url:
            self.hook.set(self.hook.hook)

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._download),
        ]

    def failure(self, fault: Fails) -> Response:
        reason = fault.reason or REASONS.get(fault.status, "Internal Server Error")
        return _refusal(Refusal(fault.status, reason, fault.retry_after))

    async def _call(self, request: Request) -> Response:
        token, method = request.path_params["token"], request.path_params["method"]
        if not re.fullmatch(r"[1-9][0-9]{0,18}:[A-Za-z0-9_-]{20,80}", token):
            return _refusal(Refusal(404, "Not Found"))
        if token != self.token or self.revoked:
            return _refusal(Refusal(401, "Unauthorized"))
        try:
            args = await _args(request)
        except ClientDisconnect:  # killed while it asked
            return Response(status_code=400)
        name = _CANONICAL.get(method.lower(), method)

        async def work() -> Response:
            try:
                return JSONResponse({"ok": True, **await self._do(name, args)})
            except Refusal as refused:
                return _refusal(refused)

        return await self.answer(request, name, args, work)

    async def _do(self, method: str, args: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "getMe":
                more = {"can_join_groups": False, "can_read_all_group_messages": False}
                return {"result": {**self.me, **more, "supports_inline_queries": False}}
            case "getUpdates":
                return {"result": await self._get_updates(args)}
            case "setWebhook":
                return self._set_webhook(args)
            case "deleteWebhook":
                was = bool(self.hook.hook.url)
                self._drop_pending(args)
                self.hook.set(Hook())
                told = "Webhook was deleted" if was else "Webhook is already deleted"
                return {"result": True, "description": told}
            case "getWebhookInfo":
                return {"result": self.hook.info()}
        if method not in METHODS:
            raise Refusal(404, "Not Found: method not found")
        return {"result": await self.sending.do(method, args)}

    async def _get_updates(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        if self.hook.hook.url:
            raise await self.updates.conflict(WEBHOOK_ACTIVE)
        self._remember_allowed(args)
        return await self.updates.get(
            _int(args, "offset", 0), _int(args, "limit", 100), _int(args, "timeout", 0), self.closing
        )

    def _set_webhook(self, args: dict[str, Any]) -> dict[str, Any]:
        url, secret = str(args.get("url") or ""), str(args.get("secret_token") or "")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise bad(
                "secret token contains unallowed characters"
                if len(secret) <= 256
                else "secret token is too long"
            )
        if url and self.strict_webhook:
            parts = urlsplit(url)
            if parts.scheme != "https":
                raise bad("bad webhook: An HTTPS URL must be provided for webhook")
            if (parts.port or 443) not in (80, 88, 443, 8443):
                raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        self._remember_allowed(args)
        self._drop_pending(args)
        was = self.hook.hook.url
        self.updates.abort(BY_WEBHOOK)
        most = min(max(_int(args, "max_connections", 40), 1), 100)
        self.hook.set(Hook(url, secret, most))
        if not url:
            return {
                "result": True,
                "description": "Webhook was deleted" if was else "Webhook is already deleted",
            }
        return {"result": True, "description": "Webhook was set"}

    def _remember_allowed(self, args: dict[str, Any]) -> None:
        """`allowed_updates`, when given, holds from now on; an empty list is the default set."""
        if "allowed_updates" not in args:
            return
        given = args["allowed_updates"]
        if isinstance(given, str):
            try:
                given = json.loads(given or "[]")
            except ValueError:
                raise bad("can't parse allowed_updates: expected an Array of String") from None
        self.updates.allowed = [str(kind) for kind in given]

    def _drop_pending(self, args: dict[str, Any]) -> None:
        if str(args.get("drop_pending_updates", "")).lower() in ("true", "1"):
            self.updates.drop()

    async def _download(self, request: Request) -> Response:
        path = request.path_params["path"]

        async def work() -> Response:
            if request.path_params["token"] != self.token or self.revoked:
                return _refusal(Refusal(401, "Unauthorized"))
            file = self.chats.files.at(path)
            if file is None:
                return _refusal(Refusal(404, "Not Found"))
            return Response(file.content, media_type="application/octet-stream")

        return await self.answer(request, "file", {"path": path}, work)


_CANONICAL = {name.lower(): name for name in METHODS} | {
    name.lower(): name for name in ("getMe", "getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo")
}


async def _args(request: Request) -> dict[str, Any]:
    """The parameters, from wherever they may come: query, form, multipart, JSON."""
    args: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        args.update(json.loads(await request.body() or b"{}"))
    elif kind:
        async with request.form(max_part_size=60 * 1024 * 1024) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    content = await value.read()
                    args[name] = (value.filename or "file", content, value.content_type or "")
                else:
                    args[name] = value
    return args


def _int(args: dict[str, Any], name: str, default: int) -> int:
    try:
        return int(args.get(name, default))
    except (TypeError, ValueError):
        return default


def _refusal(refused: Refusal) -> Response:
    body: dict[str, Any] = {
        "ok": False,
        "error_code": refused.status,
        "description": refused.description,
    }
    headers = {}
    if refused.retry_after is not None:
        body["description"] = f"Too Many Requests: retry after {refused.retry_after}"
        body["parameters"] = {"retry_after": refused.retry_after}
        headers["Retry-After"] = str(refused.retry_after)
    return JSONResponse(body, refused.status, headers=headers)
