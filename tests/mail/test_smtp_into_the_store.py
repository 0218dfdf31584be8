"""SMTP in with the real inbox and store: acknowledged means stored, once."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import packs
from bot.inbox import Inbox
from bot.store import Bells, Files, Store
from bot.store.arrivals import COPY
from bot.store.inputs import MessageIn, decode
from bot.store.tables import inbox as inbox_rows
from channels.base import Trusted
from channels.smtp_in import Place, SmtpIn
from tests.mail.samples import SAMPLES

OWN = "support@sapa.example"


@contextlib.asynccontextmanager
async def house(folder: Path) -> AsyncIterator[tuple[SmtpIn, Store]]:
    store = await Store.open(folder / "sapa.db", bells=Bells())
    inbox = Inbox(store, Files(folder / "files"), secret=b"s" * 32, sop=packs.load(), own_addresses=(OWN,))
    smtp = SmtpIn(Place(port=0), (OWN,), own=(OWN,), account=OWN)
    task = asyncio.create_task(smtp.run(inbox.accept))
    await smtp.listening.wait()
    try:
        yield smtp, store
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await store.close()


def send(port: int, raws: list[bytes]) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        for number, raw in enumerate(raws):
            client.sendmail(f"sender{number}@pelanggan.example", [OWN], raw)


async def rows(store: Store) -> list[tuple[str, str, str, str]]:
    columns = (inbox_rows.c.external_id, inbox_rows.c.state, inbox_rows.c.outcome, inbox_rows.c.cause)
    found = await store.read(lambda connection: list(connection.execute(select(*columns))))
    return [tuple(row) for row in found]  # type: ignore[misc]


async def test_every_own_mail_is_stored_once_with_its_outcome_or_waiting(tmp_path: Path) -> None:
    async with house(tmp_path) as (smtp, store):
        raws = [sample.raw for sample in SAMPLES]
        for _ in range(2):  # the whole post comes a second time
            await asyncio.to_thread(send, smtp.port, raws)
        kept = await rows(store)
        assert len(kept) == len({row[0] for row in kept}) == len(raws)
        ignored = [row for row in kept if row[2] == "ignored"]
        assert all(row[3] for row in ignored)  # nothing is put aside without its cause
        answered = ("", "customer", "forward")
        automatic = sum(
            1
            for sample in SAMPLES
            if sample.expect.get("automatic") or sample.expect.get("kind", "") not in answered
        )
        # some samples are one mail, written in other bytes
        copies = [row for row in ignored if row[3] == COPY]
        assert len(ignored) - len(copies) == automatic
        assert smtp.health().figures["duplicates"] == len(raws)


async def test_what_our_server_says_of_the_sender_is_kept_with_the_message(tmp_path: Path) -> None:
    raw = b"Authentication-Results: mx.sapa.example; dkim=pass; dmarc=fail\r\n" + SAMPLES[0].raw
    async with house(tmp_path) as (smtp, store):
        smtp.trusted = Trusted(frozenset({"mx.sapa.example"}))
        await asyncio.to_thread(send, smtp.port, [raw])
        body = await store.read(lambda connection: connection.execute(select(inbox_rows.c.body)).scalar_one())
    kept = decode(body)
    assert isinstance(kept, MessageIn)
    assert kept.verdicts == {"dkim": "pass", "dmarc": "fail"}


async def test_a_store_that_is_closed_is_451(tmp_path: Path) -> None:
    async with house(tmp_path) as (smtp, store):
        await store.close()
        with pytest.raises(smtplib.SMTPDataError) as caught:
            await asyncio.to_thread(send, smtp.port, [SAMPLES[0].raw])
        assert caught.value.smtp_code == 451
