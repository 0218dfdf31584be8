"""Logs by the standard library: one line an event, with ids and never with texts of customers or secrets.

`log.info("part_died", extra={"part": name})`: the message names the event, `extra` holds its particulars.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; all else came by `extra`."""


def configure(style: str, level: int = logging.INFO) -> None:
    """Log to stderr as `json`, as `text`, or (`auto`) as text on a terminal and JSON elsewhere."""
    as_text = style == "text" or (style == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Text() if as_text else Json())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # httpx writes whole addresses at INFO: a token may stand in one
    for chatty in ("uvicorn", "mail.log", "asyncio", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class Json(logging.Formatter):
    """One JSON object a line: timestamp (UTC), level, logger, event, the particulars, a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **dict(_particulars(record)),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class Text(logging.Formatter):
    """For eyes: time of day, level, event, particulars; a traceback below."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or more where there is a traceback."""
        particulars = "".join(f"  {name}={value}" for name, value in _particulars(record))
        at = time.strftime("%H:%M:%S", time.localtime(record.created))
        line = f"{at} {record.levelname.lower():<8}{record.getMessage()}{particulars}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _particulars(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in vars(record).items() if name not in _OWN)
