"""What we give along with a message, so that each status says which of ours it is about."""

from __future__ import annotations

from dataclasses import dataclass

OPAQUE = "biz_opaque_callback_data"
LONGEST = 512
_PART = "/part"


@dataclass(frozen=True, slots=True)
class Echo:
    """Our id of the message, and whether it is a part with others to follow: what becomes of the last one is
    told under the bare id."""

    whole: str
    part: bool = False

    @property
    def written(self) -> str:
        """As it goes out."""
        return self.whole[:LONGEST] if not self.part else self.whole[: LONGEST - len(_PART)] + _PART

    @classmethod
    def read(cls, written: str) -> Echo:
        """As it comes back."""
        whole = written.removesuffix(_PART)
        return cls(whole, part=whole != written)
