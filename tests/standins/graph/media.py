"""Media as Graph keeps it: an id for days, a URL for five minutes, bytes only for a Bearer."""

from __future__ import annotations

import base64
import hashlib
import random
from dataclasses import dataclass
from typing import Any

from ..serving import Clock
from .errors import Refusal, no_such

URL_LIFE, CAME_IN, UPLOADED = 300.0, 7 * 86_400.0, 30 * 86_400.0
MOST = {"image": 5 << 20, "audio": 16 << 20, "video": 16 << 20, "sticker": 512 << 10}
TAKEN = {
    "image/jpeg",
    "image/png",
    "image/webp",
    "audio/aac",
    "audio/mp4",
    "audio/mpeg",
    "audio/amr",
    "audio/ogg",
    "video/mp4",
    "video/3gpp",
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(slots=True)
class Medium:
    """One file. `digest_told` is what the provider says its SHA-256 is (a test may make it wrong)."""

    id: str
    content: bytes
    media_type: str
    until: float
    name: str = ""
    digest_told: bytes = b""

    @property
    def digest(self) -> bytes:
        """The SHA-256 that is told."""
        return self.digest_told or hashlib.sha256(self.content).digest()

    def in_message(self, *, base64_digest: bool = True) -> dict[str, Any]:
        """As a message names it: the digest in base64."""
        told = base64.b64encode(self.digest).decode() if base64_digest else self.digest.hex()
        return {"id": self.id, "mime_type": self.media_type, "sha256": told}


class Library:
    """All media. `host` is where the URLs lead: the stand-in's own, unless a test sets another one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._media: dict[str, Medium] = {}
        self._urls: dict[str, tuple[str, float]] = {}
        self.host = ""

    def add(self, content: bytes, media_type: str, name: str = "", *, came_in: bool = True) -> Medium:
        """Keep a file."""
        id_ = str(random.randrange(10**14, 10**15))
        until = self._clock.now() + (CAME_IN if came_in else UPLOADED)
        medium = self._media[id_] = Medium(id_, content, media_type, until, name)
        return medium

    def upload(self, content: bytes, media_type: str, name: str) -> Medium:
        """From the business. Raises `Refusal`."""
        if media_type not in TAKEN:
            raise Refusal(100, f"Param file must be a file with one of the following types, got {media_type}")
        if not content or len(content) > MOST.get(media_type.partition("/")[0], 100 << 20):
            raise Refusal(131053, "The file is empty or too large for its type")
        return self.add(content, media_type, name, came_in=False)

    def get(self, id_: str) -> Medium:
        """By its id. Raises `Refusal` when there is none, or no more."""
        medium = self._media.get(id_)
        if medium is None or medium.until < self._clock.now():
            raise no_such(id_)
        return medium

    def drop(self, id_: str) -> None:
        """As after its time."""
        self._media.pop(id_, None)

    def locate(self, id_: str) -> dict[str, Any]:
        """What GET of a media id tells: a URL for five minutes, the digest in hex."""
        medium = self.get(id_)
        key = f"{random.getrandbits(80):020x}"
        until = self._clock.now() + URL_LIFE
        self._urls[key] = (id_, until)
        return {
            "messaging_product": "whatsapp",
            "url": f"{self.host}/whatsapp_business/attachments/?mid={id_}&ext={until:.0f}&hash={key}",
            "mime_type": medium.media_type,
            "sha256": medium.digest.hex(),
            "file_size": len(medium.content),
            "id": id_,
        }

    def fetch(self, key: str) -> Medium | None:
        """The bytes behind a URL, as long as it lives."""
        id_, until = self._urls.get(key, ("", 0.0))
        return self._media.get(id_) if until > self._clock.now() else None

    def expire(self) -> None:
        """All URLs given out so far are over."""
        self._urls.clear()
