"""All stand-ins on fixed ports of this machine, with a page to type in: see `scripts/stand-ins --help`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from .graph import Graph
from .page import Desk, SmsPhone, TelegramPhone, WhatsAppPhone
from .serving import Clock
from .sms import DIALECTS, Gateway
from .telegram import BotApi

MADE = "# Made by scripts/stand-ins: Sapa with providers that are not the real ones."

TEMPLATES = (  # role in Sapa's settings, name, in Indonesian, in English
    (
        "update",
        "kabar_laporan",
        "Halo Kak, ada kabar dari kami: {{1}} Balas pesan ini bila ada pertanyaan, ya.",
        "Hello, here is news from us: {{1}} Reply to this message if you have questions.",
    ),
    (
        "reply",
        "minta_balas",
        "Halo Kak, ada kabar soal laporan Kakak. Balas pesan ini supaya kami bisa mengirimkannya, ya.",
        "Hello, there is news about your report. Reply to this message so that we can send it to you.",
    ),
    (
        "ticket",
        "laporan_dicatat",
        "Halo {{1}}, laporan Kakak sudah kami catat dengan nomor {{2}}.",
        "Hello {{1}}, your report has been taken down under number {{2}}.",
    ),
)


def main() -> None:
    """Start them, say how to use them, run until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="scripts/stand-ins",
        description="Telegram, WhatsApp and SMS without accounts: stand-ins for the three providers on this "
        "machine, and a page on which you are the customer.",
    )
    parser.add_argument("--with-sapa", action="store_true", help="start `sapa run` with them as well")
    parser.add_argument("--data", type=Path, help="Sapa's data folder (default: one that is thrown away)")
    parser.add_argument("--web-port", type=int, default=8080, help="where Sapa listens (8080)")
    parser.add_argument("--smtp-port", type=int, default=2525, help="where Sapa takes mail (2525)")
    parser.add_argument("--port", type=int, default=9100, help="the page; the providers get the next three")
    parser.add_argument("--webhook", action="store_true", help="Telegram by webhook instead of polling")
    parser.add_argument("--sms", choices=sorted(DIALECTS), default="forms", help="how the gateway speaks")
    args = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(run(args)))


def settings(telegram: BotApi, graph: Graph, sms: Gateway, web_port: int, *, webhook: bool) -> dict[str, Any]:
    """What Sapa needs in its settings to talk to these."""
    mode = {"mode": "webhook"} if webhook else {}
    return {
        "web": {"public_url": f"http://127.0.0.1:{web_port}"},
        "telegram": {"token": telegram.token, "base_url": telegram.url, **mode},
        "whatsapp": {
            "token": graph.token,
            "app_secret": graph.app_secret,
            "verify_token": graph.verify_token,
            "numbers": list(graph.numbers),
            "business_account": graph.waba,
            "base_url": graph.url,
            "templates": {**{role: name for role, name, _, _ in TEMPLATES}, "languages": ["id", "en"]},
        },
        "sms": sms.settings(),
    }


def toml(tables: dict[str, Any], path: str = "") -> str:
    """Tables as TOML."""
    values = {name: value for name, value in tables.items() if not isinstance(value, dict)}
    lines = [f"[{path}]"] if path and values else []
    lines += [f"{name} = {_value(value)}" for name, value in values.items()]
    text = "\n".join(lines) + ("\n" if lines else "")
    for name, value in tables.items():
        if isinstance(value, dict):
            inner = toml(value, f"{path}.{name}" if path else name)
            text += ("\n" if text and inner else "") + inner
    return text


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


async def run(args: argparse.Namespace) -> int:
    """The exit code."""
    telegram = BotApi(port=args.port + 1)
    graph = Graph(port=args.port + 2, clock=Clock())
    sms = Gateway(port=args.port + 3, dialect=args.sms)
    for _, name, indonesian, english in TEMPLATES:
        graph.template(name, indonesian)
        graph.template(name, english, "en")
    sapa = f"http://127.0.0.1:{args.web_port}"
    sms.hook = f"{sapa}/hooks/sms"
    desk = Desk([TelegramPhone(telegram), WhatsAppPhone(graph), SmsPhone(sms)], sapa, port=args.port)
    end, wanted = asyncio.Event(), settings(telegram, graph, sms, args.web_port, webhook=args.webhook)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    async with contextlib.AsyncExitStack() as stack:
        try:
            for standin in (telegram, graph, sms, desk):
                await stack.enter_async_context(standin)
        except OSError as taken:
            print(f"A port is taken ({taken}). Choose another with --port.", file=sys.stderr)
            return 1
        joins = asyncio.create_task(_subscribe(graph, f"{sapa}/hooks/whatsapp"))
        process = None
        if args.with_sapa:
            folder = args.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sapa-")))
            process = await _start_sapa(folder, wanted, args)
            if process is None:
                joins.cancel()
                return 1
        else:
            print(f"Put this into sapa.toml in Sapa's data folder, then start Sapa:\n\n{toml(wanted)}")
        if process is None or process.returncode is None:
            print(f"Be the customer on  http://127.0.0.1:{args.port}/   (Ctrl-C ends it)", flush=True)
        code = await _until(end, process)
        joins.cancel()
        await asyncio.gather(joins, return_exceptions=True)
    return code


async def _until(end: asyncio.Event, process: asyncio.subprocess.Process | None) -> int:
    """Until Ctrl-C, or until Sapa has ended by itself; then Sapa is ended, too."""
    if process is None:
        await end.wait()
        return 0
    told, ended = asyncio.create_task(end.wait()), asyncio.create_task(process.wait())
    await asyncio.wait({told, ended}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if process.returncode is not None:
        print(f"Sapa has ended by itself ({process.returncode}): see its messages above.", file=sys.stderr)
        return 1
    process.terminate()
    await ended
    return 0


async def _start_sapa(
    folder: Path, wanted: dict[str, Any], args: argparse.Namespace
) -> asyncio.subprocess.Process | None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "sapa.toml"
    if file.exists() and not file.read_text().startswith(MADE):
        print(f"{file} is yours and stays as it is; name another folder with --data.", file=sys.stderr)
        return None
    file.write_text(f"{MADE}\n\n{toml(wanted)}")
    command = Path(sys.executable).with_name("sapa")
    ports = ("--web-port", str(args.web_port), "--smtp-port", str(args.smtp_port))
    ready = folder / "ready"
    ready.unlink(missing_ok=True)
    # Ctrl-C at the terminal goes to us alone: Sapa is ended by us, in its order
    process = await asyncio.create_subprocess_exec(
        command, "run", "--data", folder, "--ready-file", ready, *ports, start_new_session=True
    )
    while not ready.exists() and process.returncode is None:
        await asyncio.sleep(0.1)
    return process


async def _subscribe(graph: Graph, url: str) -> None:
    """As in Meta's dashboard: the callback address is asked for its challenge until it answers."""
    while not graph.hook.url:
        with contextlib.suppress(AssertionError, httpx.HTTPError):
            await graph.subscribe(url)
        await asyncio.sleep(0.5)


if __name__ == "__main__":
    main()
