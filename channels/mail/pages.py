"""HTML bodies -> text with quoted blocks as ">" lines, so that one set of rules reads text and HTML.

lxml parses, one walk over its tree writes: time grows with the page, whatever it nests. What lies deeper than
libxml2 reads, or beyond the cap, is taken from between the tags.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from channels.mail import markup
from channels.mail.blocks import is_forward

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_HTML = 1_000_000
MAX_TAGS = 50_000
"""Characters and tags of one HTML part that are laid out; what follows is read without layout."""
MAX_QUOTES = 9
"""Marks before a quoted line, however deep it is quoted."""
MAX_READ = 3_000_000
"""Characters of one HTML part that are read at all; `bodies` warns."""
MAX_NESTING = 240
"""Elements within elements from where on libxml2 may have dropped some."""

CUT = "\ue000"
"""Stands alone on the line where a mail program's own markup says: from here on it is the earlier mail."""

_HIDDEN = frozenset(
    {"script", "style", "head", "title", "noscript", "template", "object", "meta", "link", "svg"}
)
_APART = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "table"})
_BLOCKS = _APART | {
    "div", "br", "hr", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "center", "address",
    "form", "fieldset", "main", "nav", "aside", "figure", "caption", "body",
}  # fmt: skip
_CARRIERS = frozenset({"div", "span", "table", "td", "hr", "pre", "section", "p", "a", "font"})
_DATA = re.compile(r"""(\bsrc\s{0,9}=\s{0,9}["'])data:[^"'<>]{200,}""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_TAG = re.compile(r"<(?:/?([A-Za-z][A-Za-z0-9]{0,20})|!)[^<>]{0,20000}>")
_ENDS_LIKE_A_HEADER = (":", "：", "wrote", "menulis")


def to_text(page: str) -> str:
    """The text a reader sees, quoted blocks with ">" before each line. Never raises."""
    if len(page) > 100_000 and "data:" in page:
        page = _DATA.sub(r"\1", page)  # pictures inside the text
    page = page[:MAX_READ]
    end = min(MAX_HTML, _nth(page, "<", MAX_TAGS))
    page, rest = page[:end], page[end:]
    if not page.strip():
        return ""
    try:
        text, nesting = _read(page)
        if nesting >= MAX_NESTING or not text.strip():
            text = max(text, _stripped(page), key=_letters)
    except Exception:  # a page that breaks the parser is still shown, tags and all removed
        text = _stripped(page)
    return f"{text}\n{_stripped(rest)}".strip("\n") if rest.strip() else text


def _nth(text: str, letter: str, number: int) -> int:
    """Where the letter stands for that many times; the length of the text when it does not."""
    if len(text) < number or text.count(letter) <= number:
        return len(text)
    return next(itertools.islice(re.finditer(re.escape(letter), text), number, None)).start()


def _letters(text: str) -> int:
    return len("".join(text.split()))


def _read(page: str) -> tuple[str, int]:
    from lxml import etree  # 25 MB that a mail with a text part never needs

    # bytes, because lxml refuses text that carries an encoding declaration; its own element class, because
    # that of lxml.html asks Python for each node
    parser = etree.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    tree = etree.fromstring(page.encode("utf-8", "replace"), parser)
    if tree is None:
        return "", 0
    sheet = _Sheet()
    nesting = _walk(etree.iterwalk(tree, events=("start", "end")), tree, sheet)
    return sheet.text(), nesting


def _walk(events: Any, root: _Element, sheet: _Sheet) -> int:
    """Write what the tree shows on the sheet; give how deep it nests."""
    deepest = nesting = hidden = 0
    numbers: list[int] = []  # of the lists we are in; -1: bullets
    roles: dict[_Element, str] = {}
    for event, node in events:
        tag = node.tag if isinstance(node.tag, str) else "script"
        if event == "start":
            nesting += 1
            if nesting > deepest:
                deepest = nesting
            if tag in _HIDDEN:
                hidden += 1
                continue
            role = _role(node, tag, sheet)
            if role:
                roles[node] = role
                if role == markup.HIDDEN:
                    hidden += 1
                elif not hidden:
                    sheet.open(role)
            if hidden:
                continue
            if tag in _BLOCKS:
                _begin(node, tag, sheet, numbers)
            elif tag in ("td", "th"):
                sheet.gap()
            if node.text:
                sheet.write(node.text)
            continue
        nesting -= 1
        if tag in _HIDDEN:
            hidden -= 1
        else:
            role = roles.pop(node, "") if roles else ""
            if role == markup.HIDDEN:
                hidden -= 1
            elif not hidden:
                if tag in _BLOCKS and tag != "br":
                    sheet.end_line(apart=tag in _APART and _is_apart(node, tag))
                    if tag in ("ul", "ol") and numbers:
                        numbers.pop()
                    elif tag == "pre":
                        sheet.pre -= 1
                if role:
                    sheet.close(role)
        if node.tail and not hidden and node is not root:
            sheet.write(node.tail)
    return deepest


def _begin(node: _Element, tag: str, sheet: _Sheet, numbers: list[int]) -> None:
    if tag == "br":
        sheet.end_line(forced=True)
        return
    sheet.end_line(apart=tag in _APART and _is_apart(node, tag))
    if tag == "li":
        if numbers and numbers[-1] >= 0:
            numbers[-1] += 1
            sheet.line.append(f"{numbers[-1]}. ")
        else:
            sheet.line.append("* ")
    elif tag == "ul":
        numbers.append(-1)
    elif tag == "ol":
        numbers.append(0)
    elif tag == "pre":
        sheet.pre += 1


def _is_apart(node: _Element, tag: str) -> bool:
    """A blank line stands around it; Outlook's paragraphs are lines."""
    if tag != "p":
        return True
    style = node.get("style") or ""
    return not (
        (node.get("class") or "").startswith("Mso") or ("margin" in style and _NO_MARGIN.search(style))
    )


_NO_MARGIN = re.compile(r"margin(?:-top|-bottom)?\s*:\s*0")


def _role(node: _Element, tag: str, sheet: _Sheet) -> str:
    if tag == "blockquote":
        if node.get("type", "").lower() == "cite" or node.get("cite") or sheet.ends_like_a_header():
            return markup.QUOTE
    elif tag not in _CARRIERS:
        style = node.get("style")
        return markup.role(tag, "", style) if style else ""
    name = node.get("class") or ""
    if ident := node.get("id") or node.get("data-marker") or node.get("name"):
        name = f"{name} {ident}"
    style = node.get("style") or ""
    found = markup.role(tag, name, style) if name or style else ""
    if found == markup.ASIDE and any(is_forward(line.strip()) for line in _said(node).split("\n")):
        return ""  # Gmail's own class for the header of an answer and of a mail that is passed on
    return found


def _said(node: _Element) -> str:
    """The first words of an element, a line for each piece of text."""
    done: list[str] = []
    for text in node.itertext():
        done.append(str(text))
        if len(done) > 6:
            break
    return "\n".join(done)[:600]


class _Sheet:
    """Lines that are being written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.depth = 0
        self.marks = ""
        self.pre = 0
        self.blank = False  # a blank line stands before the next one

    def write(self, text: str) -> None:
        """Text with its blanks folded, unless it stands in a <pre>."""
        if self.pre and "\n" in text:
            first, *others = text.split("\n")
            self.line.append(first)
            for other in others:
                self.end_line(forced=True)
                self.line.append(other)
            return
        if not self.pre:
            text = _BLANKS.sub(" ", text)
            if text[0] == " " and (not self.line or self.line[-1][-1:] == " "):
                text = text[1:]
        if text:
            self.line.append(text)

    def gap(self) -> None:
        """Two cells of a row are kept apart."""
        if self.line:
            self.line.append("  ")

    def end_line(self, *, apart: bool = False, forced: bool = False) -> None:
        """End the line; `apart`: a blank one stands next to it; `forced`: even an empty line counts."""
        if self.line:
            text = "".join(self.line).replace("\xa0", " ").rstrip()
            self.line = []
            if text:
                if self.blank and self.lines:
                    self.lines.append(self.marks)
                self.lines.append(self.marks + text)
                self.blank = apart
                return
            forced = True  # blanks that were meant: "&nbsp;"
        if apart or forced:
            self.blank = True

    def open(self, role: str) -> None:
        """An element with a role begins."""
        self.end_line()
        if role in (markup.QUOTE, markup.ASIDE):
            self.depth += 1
            self.marks = "> " * min(self.depth, MAX_QUOTES)
        elif role == markup.CUT and not self.depth:
            self.lines.append(CUT)

    def close(self, role: str) -> None:
        """It ends."""
        if role in (markup.QUOTE, markup.ASIDE):
            self.end_line()
            self.depth -= 1
            self.marks = "> " * min(self.depth, MAX_QUOTES)

    def ends_like_a_header(self) -> bool:
        """The last words are "…:", so that a block below them is an earlier mail."""
        last = "".join(self.line).strip() or next((line for line in reversed(self.lines[-3:]) if line), "")
        return last.rstrip().endswith(_ENDS_LIKE_A_HEADER)

    def text(self) -> str:
        """All lines."""
        self.end_line()
        return "\n".join(self.lines).strip("\n")


def _stripped(page: str) -> str:
    """The text between the tags, a line for each block; linear on any input."""
    from html import unescape

    done: list[str] = []
    at = 0
    for match in _TAG.finditer(page):
        if match.start() < at:
            continue
        done.append(page[at : match.start()])
        at = match.end()
        tag = (match[1] or "").lower()
        if tag in ("script", "style") and match[0][1] != "/":
            end = page.find(f"</{tag}", at)
            at = end if end >= 0 else at
        elif tag in _BLOCKS:
            done.append("\n")
    done.append(page[at:])
    lines = (_BLANKS.sub(" ", line).strip() for line in unescape("".join(done)).split("\n"))
    return "\n".join(line for line in lines if line)
