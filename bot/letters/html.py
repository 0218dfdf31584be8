"""A letter as calm HTML: no remote content, no scripts, styles only inline, no colours of our own, so that it
is as dark or light as its reader's screen.

The frame is a template. What stands in it many times over is put together here by hand: as macros and loops
of the template it was half the cost of a letter. Everything is escaped, in both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.letters.body import Block, Entry, Page, Record, Span, Table

if TYPE_CHECKING:
    from jinja2 import Template

_HEADING = '<h2 style="margin:24px 0 8px;font-size:17px;line-height:1.4">'
_TEXT = '<p style="margin:0 0 16px">'
_LIST = '<ul style="margin:0 0 16px;padding-left:24px">'
_ITEM = '<li style="margin:0 0 4px">'
_NUMBER = (
    '<p style="margin:0 0 16px;padding:12px 16px;border:1px solid #8a8a8a;border-radius:8px;'
    'font:600 20px/1.4 ui-monospace,Consolas,monospace;text-align:center">'
)
_TABLE = '<table style="width:100%;border-collapse:collapse;font-size:15px">'
_LABEL = (
    '<th scope="row" style="width:34%;padding:6px 12px 6px 0;border-top:1px solid #8a8a8a;text-align:left;'
    'vertical-align:top;font-weight:600">'
)
_VALUE = '<td style="padding:6px 0;border-top:1px solid #8a8a8a;vertical-align:top;white-space:pre-line">'
_ENTRY = '<div style="margin:0 0 12px">'
_WHO = '<div style="font-size:13px;opacity:0.8">'
_SAID = '<div style="padding-left:12px;border-left:2px solid #8a8a8a;white-space:pre-line">'

_MARKUP = re.compile("[&<>'\"]")


def render(page: Page) -> str:
    """The page as HTML."""
    from markupsafe import Markup

    return _frame().render(
        page=page,
        before=Markup("".join(map(_block, page.blocks))),  # noqa: S704 - every piece is escaped
        record=Markup(page.record),  # noqa: S704 - of `render_record`
        after=Markup("".join(map(_block, page.closing))),  # noqa: S704 - every piece is escaped
    )


def render_record(record: Record) -> str:
    """The record as HTML, for `Page.record`."""
    made = list(map(_table, record.tables))
    if record.transcript:
        made.append(f"{_HEADING}{escaped(record.transcript_heading)}</h2>\n")
        made += map(_entry, record.transcript)
    return "".join(made)


def escaped(text: str) -> str:
    """Text as it may stand in HTML or in an attribute; as the frame escapes it."""
    if not _MARKUP.search(text):
        return text
    text = text.replace("&", "&amp;").replace(">", "&gt;").replace("<", "&lt;")
    return text.replace("'", "&#39;").replace('"', "&#34;")


def _block(block: Block) -> str:
    if block.kind == "list":
        items = "".join(f"{_ITEM}{_line(line)}</li>\n" for line in block.lines)
        return f"{_LIST}\n{items}</ul>\n"
    if block.kind == "number":
        return f"{_NUMBER}{_line(block.lines[0])}</p>\n"
    return f"{_TEXT}{'<br>'.join(map(_line, block.lines))}</p>\n"


def _line(line: Sequence[Span]) -> str:
    return "".join(
        f'<a href="{escaped(span.link)}">{escaped(span.text)}</a>' if span.link else escaped(span.text)
        for span in line
    )


def _table(table: Table) -> str:
    rows = "".join(
        f"<tr>\n{_LABEL}{escaped(label)}</th>\n{_VALUE}{escaped(value)}</td>\n</tr>\n"
        for label, value in table.rows
    )
    return f"{_HEADING}{escaped(table.heading)}</h2>\n{_TABLE}\n{rows}</table>\n"


def _entry(entry: Entry) -> str:
    head = f"{_WHO}{escaped(entry.head)}</div>\n" if entry.head else ""
    return f"{_ENTRY}\n{head}{_SAID}{escaped(entry.text)}</div>\n</div>\n"


@cache
def _frame() -> Template:
    # imported with the first letter: a plain start needs none
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("letter.html")
