"""The stand-ins as processes of their own: they say where they are, do as told, and end when told."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.conftest import ROOT


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    command = (sys.executable, "-m", *arguments)
    running = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
        await running.communicate()


@pytest.mark.parametrize("provider", ["telegram", "graph", "sms"])
async def test_a_provider_says_where_it_is_does_as_told_and_ends_when_told(provider: str) -> None:
    async with process(f"tests.standins.{provider}") as running, httpx.AsyncClient(verify=False) as client:
        assert running.stdout is not None
        url = (await running.stdout.readline()).decode().strip()
        told = {"person": "Budi", "act": "says", "args": ["halo"]}
        assert (await client.post(f"{url}/-/do", json=told)).json() == {"ok": True}
        assert (await client.get(f"{url}/-/got", params={"person": "Budi"})).json() == []
        assert (await client.get(f"{url}/-/calls")).json() == []
        running.terminate()
        assert await running.wait() == 0


async def test_all_of_them_say_what_to_put_into_the_settings_and_that_a_port_is_taken() -> None:
    taken = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    async with taken, process("tests.standins", "--port", str(port - 1)) as running:
        _, told = await running.communicate()
        assert running.returncode == 1
        assert b"A port is taken" in told
        assert b"--port" in told
