"""The SMS gateway's stand-in."""

from .dialects import DIALECTS, Event
from .person import Person, parts_of
from .server import Gateway

__all__ = ["DIALECTS", "Event", "Gateway", "Person", "parts_of"]
