"""The three phones: Telegram, WhatsApp, SMS."""

from __future__ import annotations

from typing import Any

from ..faults import Fails
from ..graph import Graph
from ..people import Got, Said
from ..sms import Gateway, parts_of
from ..sms.dialects import Event
from ..telegram import BotApi
from ..telegram.updates import TERMINATED
from .phone import Knob, Phone, flips, gone, next_send, phone_off, picture


class TelegramPhone(Phone):
    """Telegram."""

    name, title = "telegram", "Telegram"
    acts = (
        ("photo", "Photo"),
        ("album", "Album of two photos"),
        ("contact", "Share my number"),
        ("location", "Location"),
        ("edit", "Correct my last message"),
        ("start", "Press Start"),
        ("sticker", "Sticker"),
    )

    def __init__(self, api: BotApi) -> None:
        self.standin = api

    def person(self, name: str, phone: str) -> Any:
        return self.standin.person(name, started=False, phone=phone)

    def connection(self) -> tuple[bool, str]:
        hook = self.standin.hook.hook
        if hook.url:
            return not hook.error, f"Webhook at {hook.url}" + (f": {hook.error}" if hook.error else "")
        asked = [c.at for c in self.standin.calls.of("getUpdates")[-1:]]
        polls = bool(asked) and self.standin.clock.now() - asked[0] < 60
        return polls, "Sapa polls" if polls else "Sapa does not ask for messages"

    def ticks(self, person: Any, said: Said) -> tuple[int, str]:
        for update in self.standin.updates.waiting():
            message = update.body.get("message")
            if message is person.chat.messages[int(said.id)]:
                return 1, "sent"
        return 2, "fetched by Sapa"

    async def act(self, person: Any, what: str, content: bytes) -> None:
        match what:
            case "photo":
                person.sends_photo(content)
            case "album":
                person.sends_album([content, picture(40)])
            case "contact":
                person.shares_contact()
            case "location":
                person.shares_location()
            case "start":
                person.starts()
            case "sticker":
                person.sends_sticker()

    def knobs(self) -> list[Knob]:
        api = self.standin

        def blocks(person: Any, on: bool) -> None:
            if on:
                person.blocks()
            else:
                person.unblocks()

        def other(_person: Any, _on: bool) -> None:
            api.updates.abort(TERMINATED)

        def malformed(_person: Any, _on: bool) -> None:
            api.updates.put({"message": "?"})

        return [
            *next_send(api, "sendMessage", Fails(429, retry_after=5), "waits 5 s (429)"),
            Knob("twopollers", "Another program polls with our token", other),
            Knob("malformed", "A malformed update comes in", malformed),
            Knob("blocked", "I have blocked the bot", blocks, lambda person: bool(person.blocked)),
            flips("revoked", "The token is revoked", api, "revoked"),
            gone(api, "Telegram is down"),
        ]


class WhatsAppPhone(Phone):
    """WhatsApp."""

    name, title = "whatsapp", "WhatsApp"
    acts = (
        ("photo", "Photo"),
        ("album", "Two photos"),
        ("location", "Location"),
        ("voice", "Voice note"),
        ("read", "I have read everything"),
        ("echo", "A colleague answers on the business phone"),
        ("number", "I change my number"),
        ("hours", "26 hours later"),
    )

    def __init__(self, graph: Graph) -> None:
        self.standin = graph

    def person(self, name: str, phone: str) -> Any:
        return self.standin.person(name, phone=phone.lstrip("+"))

    def connection(self) -> tuple[bool, str]:
        hook = self.standin.hook
        if not hook.url:
            return False, "Sapa's webhook is not there yet"
        ahead = self.standin.clock.ahead / 3600
        later = f", {ahead:.0f} hours ahead" if ahead else ""
        return not hook.error, f"Webhook at {hook.url}{later}" + (f": {hook.error}" if hook.error else "")

    def ticks(self, person: Any, said: Said) -> tuple[int, str]:
        if said.id in self.standin.business.read:
            return 3, "read"
        return (2, "delivered to Sapa") if said.id in self.standin.hook.taken else (1, "sent")

    def told(self, got: Got) -> str:
        return ", ".join(self.standin.told.get(got.id, []))

    async def act(self, person: Any, what: str, content: bytes) -> None:
        match what:
            case "photo":
                person.sends_photo(content)
            case "album":
                person.sends_album([content, picture(40)])
            case "location":
                person.shares_location()
            case "voice":
                person.sends_voice()
            case "read":
                person.reads()
            case "echo":
                self.standin.echoes(person, "Halo Kak, ini dari toko. Saya bantu langsung, ya.")
            case "number":
                person.changes_number(f"62877{person.phone[-8:]}")
            case "hours":
                self.standin.clock.advance(hours=26)

    def knobs(self) -> list[Knob]:
        graph = self.standin

        def malformed(_person: Any, _on: bool) -> None:
            graph.hook.tell_raw(b'{"entry":[{')

        return [
            *next_send(graph, "messages", Fails(400, code=131056), "is too many for one person (131056)"),
            Knob("malformed", "A malformed webhook comes in", malformed),
            phone_off(),
            flips("reads", "I read at once", None, "reads_at_once"),
            flips("hidden", "My number is hidden (user id only)", None, "shows_phone", on=False, off=True),
            flips("twice", "Webhooks come twice", graph.hook, "copies", on=2, off=1),
            flips("revoked", "The token has expired", graph, "expired"),
            gone(graph, "Meta is down"),
        ]


class SmsPhone(Phone):
    """SMS."""

    name, title = "sms", "SMS"
    acts = ()

    def __init__(self, gateway: Gateway) -> None:
        self.standin = gateway

    def person(self, name: str, phone: str) -> Any:
        return self.standin.person(name, phone=phone)

    def connection(self) -> tuple[bool, str]:
        pushed = self.standin.pushed
        if not pushed:
            return True, f"Calls {self.standin.hook} when something comes in"
        status = pushed[-1][0]
        good = 200 <= status < 300
        return good, f"Webhook at {self.standin.hook}" + ("" if good else f": {status or 'not reached'}")

    def ticks(self, person: Any, said: Said) -> tuple[int, str]:
        taken = any(e.id == said.id and 200 <= status < 300 for status, e in self.standin.pushed)
        return (2, "taken by Sapa") if taken else (1, "sent")

    def told(self, got: Got) -> str:
        parts = len(parts_of(got.text))
        reports = ", ".join(self.standin.told.get(got.id, []))
        return f"{parts} SMS · {reports}" if reports else f"{parts} SMS"

    async def act(self, person: Any, what: str, content: bytes) -> None:
        """Nothing but text."""

    def knobs(self) -> list[Knob]:
        sms = self.standin

        def report(person: Any, _on: bool) -> None:
            now, word = sms.clock.now(), "puzzled"
            sms.tell(Event("report", "SM-nobody-knows", now, sms.number, person.phone, status=word))

        return [
            *next_send(sms, "send", Fails(429, retry_after=5), "waits 5 s (429)"),
            Knob("malformed", "A report with an unknown word comes in", report),
            phone_off(),
            flips("credit", "The credit is used up", sms, "credit", on=0, off=None),
            flips("twice", "Webhooks come twice", sms, "copies", on=2, off=1),
            gone(sms, "The gateway is down"),
        ]
