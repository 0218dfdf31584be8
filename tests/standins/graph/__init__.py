"""The Graph API's stand-in: WhatsApp Cloud API."""

from .errors import Refusal
from .person import JPEG, Person
from .push import News, escaped, signature
from .server import Graph, Ladder, Number

__all__ = ["JPEG", "Graph", "Ladder", "News", "Number", "Person", "Refusal", "escaped", "signature"]
