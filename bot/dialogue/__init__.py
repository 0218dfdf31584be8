"""The conversation: a pure engine that follows the SOP.

An input and the talk so far give a turn (`decide`); the turn-taker binds numbers and words it (`finish`);
events fold to the talk again (`fold`). Nothing in here reads a clock, a file or a random number.
"""

from bot.dialogue.afterword import is_afterword
from bot.dialogue.begin import Opening, begin, expecting
from bot.dialogue.codec import decode_event, decode_talk, encode_event, encode_talk, event_type
from bot.dialogue.decide import decide
from bot.dialogue.events import Event, Linked, Reported
from bot.dialogue.finish import finish
from bot.dialogue.fold import fold
from bot.dialogue.talk import Asked, Matter, Talk
from bot.dialogue.turn import (
    Aside,
    CallPerson,
    CameBack,
    Carrying,
    CheckCode,
    ClearTimer,
    CodeChecked,
    Coming,
    Due,
    Effect,
    File,
    FileCame,
    FileLost,
    Finished,
    Found,
    HandedBack,
    Input,
    IssueTicket,
    LookUp,
    Option,
    Part,
    Reply,
    Said,
    Say,
    SendCode,
    SetTimer,
    TicketFacts,
    TookOver,
    Turn,
    Worded,
    Wrote,
)

__all__ = [
    "Aside", "Asked", "CallPerson", "CameBack", "Carrying", "CheckCode", "ClearTimer", "CodeChecked",
    "Coming", "Due", "Effect", "Event", "File", "FileCame", "FileLost", "Finished", "Found", "HandedBack",
    "Input", "IssueTicket", "Linked", "LookUp", "Matter", "Opening", "Option", "Part", "Reply",
    "Reported", "Said", "Say", "SendCode", "SetTimer", "Talk", "TicketFacts", "TookOver", "Turn",
    "Worded", "Wrote", "begin", "decide", "decode_event", "decode_talk", "encode_event", "encode_talk",
    "event_type", "expecting", "finish", "fold", "is_afterword",
]  # fmt: skip
