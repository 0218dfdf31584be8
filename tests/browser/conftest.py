"""A real Chromium, and real servers for it to talk to."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.conftest import ROOT, needs
from tests.web.double import Server, serving

Open: TypeAlias = Callable[..., Awaitable[Page]]
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-default-apps", "--disable-sync", "--no-first-run",
)  # fmt: skip
PHONE = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}


on_one_loop = partial(pytest_asyncio.fixture, loop_scope="session")
"""A fixture on the loop that all browser tests share: a browser lives on the loop it was launched on."""


def chromium() -> str | None:
    """Where a Chromium is, by SAPA_CHROMIUM or on the path."""
    named = os.environ.get("SAPA_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome-stable"))), None
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@on_one_loop(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests of a worker; each test has contexts of its own, which share nothing."""
    path = chromium()
    needs("Chromium", path is not None)
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        await launched.close()


@on_one_loop
async def server() -> AsyncIterator[Server]:
    """The page in front of a store in memory and a bot of few words."""
    async with serving() as running:
        yield running


class Complaints:
    """What the browser complained about while a test ran; lost connections are no complaint."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.heard.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.heard.append(f"dialog: {dialog.message}"))
        page.on("console", self._console)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.heard.append(message.text)


@on_one_loop
async def complaints() -> AsyncIterator[Complaints]:
    heard = Complaints()
    yield heard
    assert heard.heard == []


@on_one_loop
async def open_context(browser: Browser) -> AsyncIterator[Callable[..., Awaitable[BrowserContext]]]:
    made: list[BrowserContext] = []

    async def make(**given: Any) -> BrowserContext:
        context = await browser.new_context(**{"locale": "id-ID", **DESK, **given})
        context.set_default_timeout(15_000)
        made.append(context)
        return context

    yield make
    for context in made:
        await context.close()


@on_one_loop
async def open_chat(
    open_context: Callable[..., Awaitable[BrowserContext]], server: Server, complaints: Complaints
) -> Open:
    """Opens the chat page in a context of its own and waits until it is connected."""

    async def make(*, context: BrowserContext | None = None, url: str = "", **given: Any) -> Page:
        context = context or await open_context(**given)
        page = await context.new_page()
        complaints.listen(page)
        await page.goto(f"{url or server.url}/chat")
        if given.get("java_script_enabled", True):
            await page.wait_for_selector(".line.online", state="attached")
        return page

    return make


async def texts(page: Page) -> list[str]:
    """The words of all messages in the order shown."""
    return await page.eval_on_selector_all(
        "#log .msg", "all => all.map(m => m.querySelector('.text')?.innerText ?? '')"
    )


async def numbers(page: Page) -> list[int]:
    """The numbers of all messages in the order shown; 0 for one without."""
    return await page.eval_on_selector_all("#log .msg", "all => all.map(m => Number(m.dataset.seq ?? 0))")


async def say(page: Page, text: str) -> None:
    """Type and send."""
    await page.fill("#text", text)
    await page.press("#text", "Enter")


async def shown(page: Page, seq: int) -> None:
    """Wait until a number is shown."""
    await page.wait_for_selector(f"#log [data-seq='{seq}']")


async def until(page: Page, true: str) -> None:
    """Wait until an expression is true in the page (Playwright's own way needs `eval`, which is barred)."""
    async with asyncio.timeout(15):
        while not await page.evaluate(true):
            await asyncio.sleep(0.02)


class Sapa:
    """The real `sapa run` in a process of its own, on a port that it keeps over restarts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", "from bot.cli import main; main()", "run",
                "--data", str(self.folder / "data"),
                "--web-port", str(self.port), "--smtp-port", "0", "--ready-file", str(ready),
                stdout=log, stderr=log, cwd=ROOT,
            )  # fmt: skip
        async with asyncio.timeout(180):
            while not ready.exists():
                assert self._process.returncode is None, (self.folder / "log").read_text()
                await asyncio.sleep(0.02)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it; its exit code."""
        assert self._process
        self._process.send_signal(how)
        async with asyncio.timeout(20):
            return await self._process.wait()


@on_one_loop
async def running_sapa(tmp_path: Path) -> AsyncIterator[Sapa]:
    sapa = Sapa(tmp_path)
    await sapa.start()
    yield sapa
    assert await sapa.stop() == 0, (tmp_path / "log").read_text()


@on_one_loop(scope="session")
async def kept_sapa(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sapa]:
    """A `sapa run` that many customers talk to, one after the other: for tests that leave it alone."""
    sapa = Sapa(tmp_path_factory.mktemp("sapa"))
    await sapa.start()
    yield sapa
    assert await sapa.stop() == 0, (sapa.folder / "log").read_text()
