"""uvicorn's way to serve one connection, for connections that somebody else has accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import uvicorn
from uvicorn.server import ServerState


def protocols(config: uvicorn.Config, state: ServerState) -> Callable[[], asyncio.Protocol]:
    """What makes the protocol of a connection, by a config that is loaded; `state` knows them all."""

    def made() -> asyncio.Protocol:
        protocol: asyncio.Protocol = config.http_protocol_class(  # type: ignore[call-arg]
            config=config, server_state=state, app_state={}
        )
        return protocol

    return made
