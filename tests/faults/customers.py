"""Customers as their programs behave: what is not acknowledged is sent again, with the same id."""

from __future__ import annotations

import asyncio
import itertools
import smtplib
import uuid
from email.message import EmailMessage
from typing import Any

import httpx

OPENING = (
    "siang, saya {name} dari Toko Maju, hp 0812-3344-55{no:02d}, email {name}@toko.example. Saya beli 2 dus "
    "minyak goreng Sari Murni 1 liter tanggal 20 November 2026, yang datang cuma 1 dus, INV-2611-{no:04d}"
)


class WebCustomer:
    """Talks on the web chat to ticket after ticket; knows what was acknowledged, and what it saw."""

    def __init__(self, base: str, no: int) -> None:
        self.no = no
        self.name = ("Budi", "Rina", "Agus", "Wati", "Dedi", "Sari", "Joko", "Tuti")[no % 8]
        self.acknowledged: list[str] = []
        self.seen: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.unsent: tuple[str, str] | None = None
        self._client = httpx.AsyncClient(base_url=base, timeout=10, headers={"Origin": base})
        self._last = 0

    async def talk(self, stop: asyncio.Event) -> None:
        """One complaint after the other until `stop`."""
        lines = itertools.count()
        while not stop.is_set():
            try:
                if not self._client.cookies:
                    (await self._client.get("/chat")).raise_for_status()
                if self.unsent is None:
                    self.unsent = (str(uuid.uuid4()), self._next_line(next(lines)))
                client_id, text = self.unsent
                answer = await self._client.post(
                    "/chat/messages", json={"client_msg_id": client_id, "text": text}
                )
                if answer.status_code == 200:
                    self.acknowledged.append(client_id)
                    self.unsent = None
                    await self.listen(client_id, stop)
                elif answer.status_code in (429, 503):
                    await asyncio.sleep(0.2)
                else:
                    self.faults.append(f"{answer.status_code}: {answer.text[:200]}")
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)  # the server is down: try again with the same id

    async def listen(self, client_id: str, stop: asyncio.Event | None = None) -> None:
        """Read until the bot has said something after our message, as the page's script does."""
        for _ in range(8):
            if stop is not None and stop.is_set():
                return
            answer = await self._client.get(f"/chat/items?after={self._last}&wait=2")
            if answer.status_code != 200:
                return
            body = answer.json()
            if body.get("reset"):
                self.faults.append("the server forgot items that we had seen")
                return
            for item in body["items"]:
                if item["seq"] != self._last + 1:
                    self.faults.append(f"gap: {self._last} then {item['seq']}")
                self._last = item["seq"]
                self.seen.append(item)
            ours = [at for at, item in enumerate(self.seen) if item.get("client_id") == client_id]
            if ours and any(item["author"] == "bot" for item in self.seen[ours[-1] :]):
                return

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _next_line(self, count: int) -> str:
        said = next((item for item in reversed(self.seen) if item["author"] == "bot"), None)
        if said is None or count == 0:
            return OPENING.format(name=self.name, no=self.no)
        values = {choice["value"] for choice in said.get("choices", ())}
        if said.get("numbers"):
            return "tidak ada, terima kasih"
        if "yes" in values:
            return "betul"
        if any(word in said["text"].lower() for word in ("terima kasih", "senang bisa")):
            return OPENING.format(name=self.name, no=self.no)
        return "tidak ada"


class MailCustomer:
    """Sends one mail after the other; a mail whose acknowledgement was lost is sent again, byte for byte."""

    def __init__(self, port: int, no: int) -> None:
        self.port = port
        self.no = no
        self.acknowledged: list[str] = []
        self.faults: list[str] = []
        self._count = itertools.count()

    def _mail(self) -> EmailMessage:
        mail = EmailMessage()
        number = next(self._count)
        mail["From"] = f"Pelanggan {self.no} <pelanggan{self.no}-{number}@toko.example>"
        mail["To"] = "support@localhost"
        mail["Subject"] = f"Kekurangan barang {self.no}-{number}"
        mail["Message-ID"] = f"<{uuid.uuid4()}@toko.example>"
        mail.set_content(OPENING.format(name="Budi", no=self.no) + "\n")
        return mail

    def send_one(self, mail: EmailMessage) -> bool:
        """Whether the server said 250."""
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as client:
                client.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500:
                self.faults.append(repr(error))
            return False
        return True

    async def write(self, stop: asyncio.Event) -> None:
        """Mail after mail until `stop`."""
        mail = self._mail()
        while not stop.is_set():
            if await asyncio.to_thread(self.send_one, mail):
                self.acknowledged.append(str(mail["Message-ID"]))
                mail = self._mail()
            await asyncio.sleep(0.03)
