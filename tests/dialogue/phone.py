"""A customer with a phone: writes, sends and presses on a channel, and is answered by the real turns.

Planning, deciding and the rows that would be written are the real ones; only the database is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.dialogue import (
    FileCame,
    FileLost,
    Found,
    IssueTicket,
    LookUp,
    Talk,
    TookOver,
    decode_talk,
    encode_talk,
)
from bot.letters import Mailbox
from bot.packs import load
from bot.store.conversations import OPEN, Standing
from bot.store.inbox import WaitingInput
from bot.store.inputs import Act, InputBody, MessageIn, PressedIn, encode
from bot.turns.planning import Plan, carrying_of, complete, go_on, plan
from bot.turns.rows import Means, Rows, add
from bot.turns.shelf import Book, understander
from channels.base import Capabilities, Choice, Outbound

SOP = load()
BOOK = Book(SOP, understander)
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # Monday, 09.00 in Jakarta
MEANS = Means(
    b"a secret for tests", Mailbox("support@localhost", "Sapa"), frozenset({"webchat"}), lock_late=False
)
_KINDS: Mapping[type, str] = {MessageIn: "message", PressedIn: "pressed", Act: "agent"}

TELEGRAM = Capabilities(buttons=8, label=60)


class Phone:
    """One thread. `said` are the messages of the last turn, `plan` is that turn; each takes a minute."""

    def __init__(self, capabilities: Capabilities = TELEGRAM, **profile: Any) -> None:
        self.capabilities = capabilities
        self.profile = profile
        self.channel = "webchat" if capabilities.stored else "phone"
        self.now = START
        self.thread = Standing(
            1, self.channel, "", "42", 1, "42", 0, 1, b"{}", None, None, None, None, None, None
        )
        self.plan: Plan | None = None
        self.said: list[Outbound] = []
        self.texts: list[str] = []
        self.rows = 0
        self.tickets = 0
        self.issued: list[IssueTicket] = []

    # ---------------------------------------------------------------------------------- what is done with it

    def say(self, *texts: str) -> str:
        """One or several messages in one go; what is answered."""
        return self.send(*(MessageIn(text=text) for text in texts))

    def press(self, *values: str) -> str:
        """Buttons of the last message that had any, by the value that was offered."""
        keyboard = next(message.choices for message in reversed(self.said) if message.choices)
        return self.tap(*(next(c for c in keyboard if c.value.endswith(value)) for value in values))

    def tap(self, *choices: Choice) -> str:
        """Buttons, whatever keyboard they are of."""
        return self.send(*(PressedIn(value=choice.value, label=choice.label) for choice in choices))

    def act(self, input_: FileCame | FileLost | TookOver) -> str:
        """Something that is not the customer's doing."""
        return self.send(Act(input_))

    def send(self, *bodies: InputBody) -> str:
        """Inputs, answered together; all that is answered, line by line."""
        self.now += timedelta(minutes=1)
        rows = []
        for body in bodies:
            self.rows += 1
            if isinstance(body, MessageIn):
                body = MessageIn(
                    **{
                        **self.profile,
                        **{k: getattr(body, k) for k in body.__struct_fields__ if getattr(body, k)},
                    }
                )
            conversation = self.thread.conversation_id if isinstance(body, Act) else None
            rows.append(
                WaitingInput(
                    self.rows,
                    1,
                    _KINDS[type(body)],
                    f"x{self.rows}",
                    self.now,
                    self.now,
                    encode(body),
                    0,
                    conversation,
                )
            )
        made = plan(self.thread, tuple(rows), BOOK, self.now, carrying_of(self.capabilities))
        self.plan = made
        if made.ignored:
            self.texts = []
            return ""
        while (asked := next((e for e in made.turn.effects if isinstance(e, LookUp)), None)) is not None:
            go_on(made, Found(asked.number, None))
        issued = [effect for effect in made.turn.effects if isinstance(effect, IssueTicket)]
        numbers = {}
        for effect in issued:
            self.tickets += 1
            numbers[effect.ref] = f"SP-2611-{self.tickets:04}-1"
        self.issued += issued
        finished = made.finished or complete(made, numbers)
        new = 1 + (self.thread.conversation_id or 0) if made.before is None else None
        written = Rows()
        add(written, made, finished, new, MEANS)
        state = (written.new or written.changed)[0]
        self.thread = Standing(
            1, self.channel, "", "42", 1, "42", written.threads[0].item_seq, 1, b"{}", state.id,
            "closed" if state.closed else OPEN, state.owner, state.pack, state.event_no,
            encode_talk(finished.talk),
        )  # fmt: skip
        self.said += [row.outbound for row in written.outbox]
        self.texts = [message.text for message in finished.messages]
        return "\n".join(self.texts)

    # -------------------------------------------------------------------------------------- how things stand

    @property
    def talk(self) -> Talk:
        """The conversation as it stands."""
        assert self.thread.talk is not None
        return decode_talk(self.thread.talk)

    @property
    def asked(self) -> str:
        """The field or thing asked for now."""
        asked = self.talk.asked
        return (asked.field or asked.what) if asked is not None else ""

    @property
    def phrases(self) -> tuple[str, ...]:
        """The phrases of the last turn."""
        assert self.plan is not None
        return tuple(say.phrase for reply in self.plan.turn.replies for say in reply.parts)
