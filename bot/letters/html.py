"""A letter as calm HTML: no remote content, no scripts, styles only inline, no colours of our own, so that it
is as dark or light as its reader's screen.

The frame is the file `letter.html`. It is filled by hand, everything escaped: a template engine was half the
cost of a letter, for six places to fill.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bot.letters.body import Block, Entry, Page, Record, Span, Table

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
_BELOW = '<div style="margin:24px 0 0;font-size:14px;opacity:0.8">'
_QUOTE_HEAD = '<p style="margin:0 0 4px">'
_QUOTE = '<blockquote style="margin:0;padding-left:12px;border-left:2px solid #8a8a8a;white-space:pre-line">'

_MARKUP = re.compile("[&<>'\"]")


def render(page: Page) -> str:
    """The page as HTML."""
    return _frame().format(
        language=escaped(page.language),
        title=escaped(page.title),
        before="".join(map(_block, page.blocks)),
        record=page.record,
        after="".join(map(_block, page.closing)),
        quote=_quote(page) if page.quote else "",
    )


def render_record(record: Record) -> str:
    """The record as HTML, for `Page.record`."""
    made = list(map(_table, record.tables))
    if record.transcript:
        made.append(f"{_HEADING}{escaped(record.transcript_heading)}</h2>\n")
        made += map(_entry, record.transcript)
    return "".join(made)


def escaped(text: str) -> str:
    """Text as it may stand in HTML or in an attribute."""
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


def _quote(page: Page) -> str:
    return (
        f"{_BELOW}\n{_QUOTE_HEAD}{escaped(page.quote_head)}</p>\n"
        f"{_QUOTE}{escaped(page.quote)}</blockquote>\n</div>\n"
    )


@cache
def _frame() -> str:
    return Path(__file__).with_name("letter.html").read_text(encoding="utf-8").rstrip("\n")
