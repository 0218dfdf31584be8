"""One message out: in its customer's turn, as text or as a template, and never twice by itself."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from channels.base import Attachment, Outbound, Refused, Retry, SendResult, Sent, Unknown
from channels.courtesies import Courtesies
from channels.texts import numbered
from channels.whatsapp.echo import OPAQUE, Echo
from channels.whatsapp.errors import PAIR_LIMIT, WINDOW_CLOSED, Trouble
from channels.whatsapp.graph import Answer, Graph, Lost, Outcome, Unreached
from channels.whatsapp.pacing import Pacing
from channels.whatsapp.parts import Part, in_parts
from channels.whatsapp.templates import REPLY, TICKET, UPDATE, Template, Templates, fits, one_line
from channels.whatsapp.values import NOTHING, e164, listing, mapping, word

WINDOW = timedelta(hours=24)
MARGIN = timedelta(minutes=5)
"""So long before the window closes it counts as closed: clocks differ, and a message takes its time."""
READ_PATIENCE = 0.25
"""Seconds that the read mark may take before the message leaves beside it: a typing sign that comes after the
answer would stay for half a minute."""
NO_TEMPLATE = (
    "more than 24 hours have passed since the customer's last message, and no template is set that could say "
    "this: set update and reply under [whatsapp.templates] (docs/channels/whatsapp.md, Templates), then "
    "release it; or reach the customer on another way"
)
ASKING = "/ask"
"""What is put behind the id of a message whose customer is asked to write first."""
MOST = 5_000
"""Things that are remembered of each sort."""

log = logging.getLogger(__name__)

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class _Progress:
    """What of a message in several parts has left: Meta's ids of the parts, and ids of files uploaded."""

    sent: list[str] = field(default_factory=list)
    uploaded: dict[int, str] = field(default_factory=dict)


class Sending:
    """Sends through `graph`. `taken` is called when Meta took a message; `clock` gives an aware time.
    `direct`: the account may send texts outside the window without a template (Meta's *Direct Send*)."""

    def __init__(
        self,
        graph: Graph,
        templates: Templates,
        pacing: Pacing,
        clock: Callable[[], datetime],
        taken: Callable[[], None],
        *,
        direct: bool = False,
    ) -> None:
        self._graph = graph
        self._direct = direct
        self._templates = templates
        self._pacing = pacing
        self._clock = clock
        self._taken = taken
        self._progress: OrderedDict[str, _Progress] = OrderedDict()
        self._closed: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self._marked: OrderedDict[str, None] = OrderedDict()
        self._courtesies = Courtesies("whatsapp")

    async def send(self, outbound: Outbound) -> SendResult:
        """Send one message. Expected failures are values."""
        to = outbound.to or outbound.thread
        if not to:
            return Refused("nobody to send it to")
        who = (outbound.account, to)
        marking = self._mark_read(outbound)
        if not await self._pacing.turn(who, self._pacing.patience):
            wait = timedelta(seconds=self._pacing.pause(who))
            return Retry("the message before it is still on its way", wait, alone=True)
        if marking is not None:
            await asyncio.wait({marking}, timeout=READ_PATIENCE)
        if self._is_open(who, outbound.heard_at):
            result = await self._freely(outbound, who)
            if result is not None:
                return result
            _keep(self._closed, who, outbound.heard_at or self._clock())
        elif self._direct and not outbound.choices and not outbound.attachments:
            result = await self._freely(outbound, who, category="utility")
            if result is not None and not (isinstance(result, Refused) and not result.stop_channel):
                return result
        return await self._by_template(outbound, who)

    def closed(self, who: tuple[str, str], at: datetime) -> None:
        """Meta says that the window of (number, customer) was closed at `at`, whatever our clock says."""
        _keep(self._closed, who, at)

    def failed(self, id_: str) -> None:
        """Part of the message with our id `id_` did not arrive: sent again, it begins with its first part."""
        self._progress.pop(id_, None)

    async def close(self) -> None:
        """Give up read marks that are under way."""
        await self._courtesies.close()

    def _is_open(self, who: tuple[str, str], heard_at: datetime | None) -> bool:
        """Whether the customer wrote less than 24 hours ago. Unknown: it is tried, Meta knows."""
        closed = self._closed.get(who)
        if closed is not None and (heard_at is None or heard_at <= closed):
            return False
        return heard_at is None or self._clock() < heard_at + WINDOW - MARGIN

    # --------------------------------------------------------------------------------------- in the window

    async def _freely(self, outbound: Outbound, who: tuple[str, str], **frame: str) -> SendResult | None:
        """Send it as it is; None when Meta says that the window is closed. `frame` goes beside the body."""
        try:
            parts = in_parts(outbound.text, outbound.choices, outbound.menu, outbound.attachments)
        except ValueError as error:
            return Refused(str(error))
        if not parts:
            return Refused("there is nothing in this message")
        progress = self._progress.get(outbound.id) or _Progress()
        if len(parts) > 1 or parts[0].file is not None:
            _keep(self._progress, outbound.id, progress)
        for n, part in enumerate(parts):
            if n < len(progress.sent):
                continue  # left at an earlier try
            if n:
                await self._pacing.turn(who)
            outcome = await self._part(outbound, part, n, len(parts), progress, frame)
            if isinstance(outcome, str):
                progress.sent.append(outcome)
                self._pacing.taken(who, outcome)
                continue
            if isinstance(outcome, Trouble) and outcome.code == WINDOW_CLOSED and not progress.sent:
                return None
            return self._verdict(outcome, who, f"{n} of {len(parts)} parts left; " if n else "")
        self._progress.pop(outbound.id, None)
        self._taken()
        return Sent(progress.sent[-1])

    async def _part(
        self, outbound: Outbound, part: Part, n: int, of: int, progress: _Progress, frame: Mapping[str, str]
    ) -> str | Trouble | Unreached | Lost:
        body = part.body
        if part.file is not None:
            media = progress.uploaded.get(n) or await self._upload(outbound.account, part.file)
            if not isinstance(media, str):
                return media
            progress.uploaded[n] = media
            body = {"id": media, **body}
        echo = Echo(outbound.id, part=n + 1 < of)
        return await self._message(outbound, part.kind, body, {**frame, OPAQUE: echo.written})

    async def _upload(self, account: str, file: Attachment) -> str | Trouble | Unreached:
        """The id under which Meta keeps a file of ours. A lost answer does no harm here."""
        media_type = file.media_type.partition(";")[0].strip() or "application/octet-stream"
        outcome = await self._graph.upload(f"{account}/media", file.content or b"", file.name, media_type)
        if isinstance(outcome, Answer):
            return word(outcome.body.get("id")) or Unreached("Meta took the file and named no id for it")
        return Unreached(f"the file was not taken: {outcome.words}") if isinstance(outcome, Lost) else outcome

    async def _message(
        self, outbound: Outbound, kind: str, body: Any, frame: Mapping[str, str] = NOTHING
    ) -> str | Trouble | Unreached | Lost:
        """POST one message; Meta's id of it."""
        payload = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **_address(outbound.to or outbound.thread),
            "type": kind,
            kind: body,
            OPAQUE: Echo(outbound.id).written,
            **frame,
        }
        return _named(await self._graph.post(f"{outbound.account}/messages", payload))

    def _verdict(
        self, outcome: Trouble | Unreached | Lost, who: tuple[str, str], before: str = ""
    ) -> SendResult:
        match outcome:
            case Lost(words):
                return Unknown(before + words)
            case Unreached(words):
                return Retry(before + words)
            case Trouble(code=code) if code == PAIR_LIMIT:
                return Retry(before + outcome.told, self._pacing.too_many(who), alone=True)
            case Trouble(status=504, code=-1):
                return Unknown(f"{before}a gateway of Meta's lost the answer")
        result = outcome.result()
        return replace(result, reason=before + result.reason)

    # ------------------------------------------------------------------------------------ outside the window

    async def _by_template(self, outbound: Outbound, who: tuple[str, str]) -> SendResult:
        """Say it by an approved template, or ask the customer to write, and wait for that."""
        found = self._fitting(outbound)
        if found is not None:
            template, variables, role = found
            outcome = await self._message(outbound, "template", template.payload(variables))
            if isinstance(outcome, str):
                self._pacing.taken(who, outcome)
                self._taken()
                return Sent(outcome, f"by the template {template.name} ({role}), outside the 24 hours")
            return self._verdict(outcome, who)
        ask = self._templates.find(REPLY, outbound.language)
        if ask is None:
            return Refused(NO_TEMPLATE)
        waiting = "it leaves when the customer writes again (WhatsApp's 24 hours are over)"
        if outbound.asked:
            return Retry(waiting, alone=True, until_heard=True)
        # under an id of its own: what becomes of the asking says nothing of the message
        sign = replace(outbound, id=f"{outbound.id}{ASKING}")
        outcome = await self._message(sign, "template", ask.payload())
        if not isinstance(outcome, str):
            if isinstance(outcome, Lost):  # perhaps asked: once more at worst, and the message itself waits
                return Retry(f"asking the customer to write: {outcome.words}", alone=True)
            return self._verdict(outcome, who)
        self._pacing.taken(who, outcome)
        self._taken()
        return Retry(f"{waiting}; asked by the template {ask.name}", alone=True, until_heard=True)

    def _fitting(self, outbound: Outbound) -> tuple[Template, Sequence[str], str] | None:
        """The template that can say all of it, and what is put in."""
        if outbound.attachments:
            return None
        update = self._templates.find(UPDATE, outbound.language)
        if update is not None and not outbound.choices and fits(outbound.text):
            return update, (one_line(outbound.text),), UPDATE
        ticket = self._templates.find(TICKET, outbound.language)
        if ticket is not None and outbound.ticket and outbound.name.strip() and not outbound.choices:
            return ticket, (one_line(outbound.name), outbound.ticket), TICKET
        if update is not None and self._templates.find(REPLY, outbound.language) is None:
            text = numbered(outbound.text, outbound.choices)  # better in one line than not at all
            if fits(text):
                return update, (one_line(text),), UPDATE
        return None

    # ----------------------------------------------------------------------------------------- the read mark

    def _mark_read(self, outbound: Outbound) -> asyncio.Task[None] | None:
        """Show the customer two blue ticks and that we are typing: by the way, and once."""
        of = outbound.answers.removeprefix("m:")
        if of == outbound.answers or not of or of in self._marked:
            return None
        _keep(self._marked, of, None)
        return self._courtesies.start(partial(self._mark, outbound.account, of))

    async def _mark(self, account: str, of: str) -> None:
        body = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": of,
            "typing_indicator": {"type": "text"},
        }
        outcome = await self._graph.post(f"{account}/messages", body)
        if not isinstance(outcome, Answer):
            log.info("whatsapp_not_marked_read", extra={"outcome": type(outcome).__name__})


def _address(to: str) -> dict[str, str]:
    """The phone where there is one, else the user id."""
    phone = e164(to)
    if phone:
        return {"to": phone[1:]}
    return {"recipient": to} if "." in to else {"to": to}


def _named(outcome: Outcome) -> str | Trouble | Unreached | Lost:
    if not isinstance(outcome, Answer):
        return outcome
    named = [word(mapping(each).get("id")) for each in listing(outcome.body.get("messages"))]
    return named[0] if named and named[0] else Lost("Meta answered without naming the message")


def _keep(book: OrderedDict[K, V], key: K, value: V) -> None:
    book[key] = value
    book.move_to_end(key)
    while len(book) > MOST:
        book.popitem(last=False)
