"""A receiver of webhooks for tests: it records what comes, and answers as told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from .faults import Held
from .serving import StandIn


@dataclass(frozen=True, slots=True)
class Post:
    """One delivery."""

    body: bytes
    headers: Headers
    query: str = ""

    def json(self) -> Any:
        return json.loads(self.body)


class Receiver(StandIn):
    """`posts` are the deliveries in the order they were answered, refused ones too; `answers` the statuses to
    answer next, then 200 for ever."""

    def __init__(self, verify_token: str = "") -> None:
        super().__init__()
        self.posts: list[Post] = []
        self.answers: list[int] = []
        self.verify_token = verify_token
        self._holds: list[tuple[Callable[[bytes], bool], Held]] = []
        self._bell = asyncio.Event()

    @property
    def url(self) -> str:
        return f"{super().url}/hook"

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/hook", self._take, methods=["GET", "POST"])]

    def hold(self, which: Callable[[bytes], bool]) -> Held:
        """The next delivery like this waits until it is released."""
        held = Held()
        self._holds.append((which, held))
        return held

    async def got(self, which: Callable[[Post], bool], timeout: float = 5.0) -> Post:
        """The first delivery like this, when it has come."""
        async with asyncio.timeout(timeout):
            while True:
                for post in self.posts:
                    if which(post):
                        return post
                self._bell.clear()
                await self._bell.wait()

    async def _take(self, request: Request) -> Response:
        if "hub.mode" in request.query_params:
            asked = request.query_params
            good = asked.get("hub.mode") == "subscribe" and asked.get("hub.verify_token") == self.verify_token
            return PlainTextResponse(asked["hub.challenge"] if good else "", 200 if good else 403)
        body = await request.body()
        for one in list(self._holds):
            if one[0](body):
                self._holds.remove(one)
                one[1].reached.set()
                await one[1].released.wait()
        self.posts.append(Post(body, request.headers, request.url.query))
        self._bell.set()
        return Response(status_code=self.answers.pop(0) if self.answers else 200)
