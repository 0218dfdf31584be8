"""The Bot API's stand-in."""

from .markup import Refusal
from .person import JPEG, Person
from .server import BotApi

__all__ = ["JPEG", "BotApi", "Person", "Refusal"]
