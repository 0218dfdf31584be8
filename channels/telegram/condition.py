"""How the way in is: one place for the trouble of the moment, in words that say what to do."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from channels.base import Accepted, Health

log = logging.getLogger(__name__)

REVOKED = (
    "Telegram does not take the token: it was revoked, or is not whole. Ask @BotFather for it (/mybots, API "
    "Token), put it into telegram.token, and start Sapa again"
)


class Condition:
    """What is known of the way in. `trouble` "" while all is well."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.trouble = ""
        self.store_trouble = ""
        self.since: datetime | None = None
        self.looked: datetime | None = None
        self.heard: datetime | None = None
        self.note = "not asked yet"
        self.counts: Counter[str] = Counter(stored=0, duplicates=0, unreadable=0, refused=0)
        self.pending = 0

    def well(self, note: str) -> None:
        """The server was asked, and answered as it should."""
        if self.trouble:
            log.info("telegram_in_order_again")
        self.trouble, self.since = "", None
        self.looked, self.note = self._clock(), note

    def ill(self, trouble: str) -> None:
        """Something is wrong; said in the log when it is new."""
        if trouble != self.trouble:
            log.warning("telegram_trouble", extra={"why": trouble})
        self.trouble = trouble
        self.since = self.since or self._clock()

    def stored(self, words: list[Accepted]) -> None:
        """What became of updates."""
        for word in words:
            self.counts["stored" if word is Accepted.NEW else "duplicates"] += 1
        self.heard = self._clock()

    def cannot_store(self, trouble: str) -> None:
        """Why nothing can be stored at the moment; "" when it can."""
        self.store_trouble = trouble

    def health(self) -> Health:
        """The channel's word."""
        figures = {name: float(number) for name, number in self.counts.items()}
        figures["pending"] = float(self.pending)
        troubles = "; ".join(each for each in (self.trouble, self.store_trouble) if each)
        if troubles:
            return Health(False, troubles, self.since, figures)
        if self.looked is None:
            return Health(True, self.note, None, figures)
        told = [self.note, f"asked at {self.looked:%H:%M:%S} UTC"]
        if self.heard is not None:
            told.append(f"last update at {self.heard:%Y-%m-%d %H:%M:%S}")
        return Health(True, ", ".join(told), None, figures)


def in_the_way(url: str) -> str:
    """What to say of a webhook that is not ours. Only its host: people put secrets into the path."""
    host = urlsplit(url).hostname or "another place"
    return (
        f"Telegram sends this bot's updates to {host}: another program answers there. Take the webhook away "
        "there - or set telegram.take_over = true, and Sapa does it"
    )


def not_delivered(why: str, waiting: int) -> str:
    """What Telegram says of its last try, and what to do."""
    hints = (
        ("certificate", "its certificate is not good: have it made anew, with the whole chain"),
        ("403", "the secret did not fit, or a proxy before Sapa refuses it: start Sapa again"),
        ("404", "a proxy before Sapa does not pass on /hooks/telegram"),
        ("503", "the store does not take updates: see the other parts of /health"),
        ("502", "a proxy before Sapa does not reach it"),
        ("refused", "nothing listens there: see the proxy and the firewall"),
        ("timeout", "no answer came: see the proxy and the firewall"),
        ("resolve", "the name in web.public_url is not known to the internet"),
    )
    hint = next((words for sign, words in hints if sign in why.lower()), "see web.public_url and the proxy")
    return f"Telegram cannot deliver ({why[:200]}), {waiting} updates wait there: {hint}"
