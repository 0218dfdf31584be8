"""What a person sees after pressing a button: that it was heard, and what was chosen."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial

from channels.base import Inbound, Noted, Pressed, Unreadable
from channels.courtesies import Courtesies
from channels.telegram.business import parse_thread
from channels.telegram.calls import Calls
from channels.telegram.reading import DONE
from channels.telegram.wire import part, words


class Presses:
    """Answers pressed buttons once they are stored: until then they turn round on the phone. The other
    buttons of the message make way for the one that was pressed, so that nobody presses twice. Whether the
    choice still counts is for others to say."""

    def __init__(self, calls: Calls, courtesies: Courtesies) -> None:
        self._calls, self._courtesies = calls, courtesies

    def stored(self, inbounds: Iterable[Inbound | Unreadable]) -> None:
        """These are durable now."""
        for one in inbounds:
            if isinstance(one, Pressed | Noted) and b'"callback_query"' in one.raw:
                self._answer(one)

    def _answer(self, one: Pressed | Noted) -> None:
        query = part(json.loads(one.raw), "callback_query")
        if asked := words(query, "id"):
            self._courtesies.start(partial(self._calls.call, "answerCallbackQuery", callback_query_id=asked))
        if isinstance(one, Pressed) and one.of and one.label:
            chat, connection = parse_thread(one.thread)
            chosen = {"text": f"» {one.label}", "callback_data": DONE}
            self._courtesies.start(
                partial(
                    self._calls.call,
                    "editMessageReplyMarkup",
                    chat_id=int(chat),
                    message_id=int(one.of),
                    business_connection_id=connection or None,
                    reply_markup={"inline_keyboard": [[chosen]]},
                )
            )
