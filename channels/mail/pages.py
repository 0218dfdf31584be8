"""HTML bodies -> text with quoted blocks as ">" lines, so that one set of rules reads text and HTML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_HTML = 1_200_000
"""Characters of one HTML part that are read."""
MAX_NESTING = 180
"""inscriptis silently loses text nested 255 elements deep; from here on a plain walk is used."""

MAX_ELEMENTS = 15_000
MAX_QUOTES = 200
"""Beyond these a page is walked, not laid out."""

CUT = "\ue000"
"""Stands alone on the line where a mail program's own markup says: from here on it is the earlier mail."""

_QUOTING = (
    "gmail_quote", "yahoo_quoted", "protonmail_quote", "moz-email-headers-table", "gmail_extra_quote",
    "zmail_extra", "tutanota_quote", "mailru-quote", "yandex_quote", "freebirdformviewquote", "quoted",
)  # fmt: skip
_FROM_HERE = (
    "divrplyfwdmsg",
    "appendonsend",
    "olk_src_body_section",
    "mail-editor-reference-message-container",
)
_FROM_HERE_CLASS = (
    "outlookmessageheader",
    "yahoo_quoted",
    "protonmail_quote",
    "zmail_extra_hr",
    "ms-outlook-mobile-reference-message",
)
_OUTLOOK_RULE = re.compile(
    r"border-top:\s*(?:solid\s*#(?:e1e1e1|b5c4df)|#(?:e1e1e1|b5c4df)\s*1(?:\.0)?pt\s*solid)", re.I
)
_HIDDEN = frozenset({"script", "style", "head", "title", "noscript", "template", "object", "meta", "link"})
_BLOCKS = frozenset(
    {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr", "table"}
    | {
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "section",
        "article",
        "header",
        "footer",
        "center",
        "address",
        "form",
        "fieldset",
    }
)
_MANY_BREAKS = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")


def to_text(page: str) -> str:
    """The text a reader sees, quoted blocks with ">" before each line. Never raises."""
    page = page[:MAX_HTML]
    try:
        return _MANY_BREAKS.sub("\n\n", _read(page)).strip("\n")
    except Exception:  # a page that breaks the parser is still shown, tags and all removed
        return _stripped(page)


def _read(page: str) -> str:
    from lxml import etree, html  # 25 MB that a mail with a text part never needs

    # bytes, because lxml refuses text that carries an encoding declaration
    parser = html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    if not page.strip():
        return ""
    tree = html.document_fromstring(page.encode("utf-8", "replace"), parser=parser)
    _mark_cuts(tree)
    quotes = _take_quotes(tree)
    text = _render(tree, etree)
    render = _render if len(quotes) <= MAX_QUOTES else _walked
    inner = [render(quote, etree).strip("\n") for quote in quotes]

    def quoted(match: re.Match[str]) -> str:
        place = int(match[1])
        text = inner[place] if place < len(inner) else ""
        return "\n" + "\n".join("> " + line for line in text.split("\n")) + "\n"

    return _PLACEHOLDER.sub(quoted, text)


_PLACEHOLDER = re.compile("\ue001([0-9]{1,7})\ue002")


def _placeholder(place: int) -> str:
    return f"\ue001{place}\ue002"


def _mark_cuts(tree: HtmlElement) -> None:
    """Put a `CUT` before markup that only mail programs write above the earlier mail."""
    for node in tree.iter("div", "hr", "table", "span"):
        name = (node.get("id") or "").lower().removeprefix("x_")
        classes = (node.get("class") or "").lower().replace("x_", "")
        style = node.get("style") or ""
        # "appendonsend" is an empty div of Outlook; what follows it is the earlier mail
        if (
            name in _FROM_HERE
            or any(each in classes for each in _FROM_HERE_CLASS)
            or (style and len(style) < 2000 and _OUTLOOK_RULE.search(style))
        ):
            _insert_before(node, CUT)


def _insert_before(node: HtmlElement, text: str) -> None:
    parent = node.getparent()
    if parent is None:
        return
    mark = node.makeelement("p", {})
    mark.text = text
    parent.insert(parent.index(node), mark)


def _take_quotes(tree: HtmlElement) -> list[HtmlElement]:
    """Replace the outermost quoting blocks by placeholders and give them back."""
    taken: list[HtmlElement] = []
    inside: set[Any] = set()
    for node in list(tree.iter("blockquote")):
        parent = node.getparent()
        if parent in inside:
            inside.add(node)
            continue
        if parent is None or not _quotes(node):
            continue
        inside.update(node.iter())
        mark = node.makeelement("p", {})
        mark.text = _placeholder(len(taken))
        mark.tail, node.tail = node.tail, None
        parent.replace(node, mark)
        taken.append(node)
    return taken


def _quotes(node: HtmlElement) -> bool:
    """A block a mail program made, not a customer's indentation."""
    classes = (node.get("class") or "").lower()
    style = (node.get("style") or "")[:2000].lower()
    if (
        node.get("type", "").lower() == "cite"
        or node.get("cite")
        or any(each in classes for each in _QUOTING)
    ):
        return True
    if "border-left" in style:
        return True
    return _after_attribution(node)


def _after_attribution(node: HtmlElement) -> bool:
    before = node.getprevious()
    text = ""
    if before is not None:
        text = "".join(before.itertext())[-300:] if before.tail is None or not before.tail.strip() else ""
        text += before.tail or ""
    elif node.getparent() is not None:
        text = node.getparent().text or ""
        if not text.strip() and (above := node.getparent().getprevious()) is not None:
            text = "".join(above.itertext())[-300:]
    return text.strip().endswith((":", "："))


def _render(tree: HtmlElement, etree: Any) -> str:
    if _plain_enough(tree, etree):
        from inscriptis import Inscriptis
        from inscriptis.model.config import ParserConfig

        try:
            text = str(Inscriptis(tree, ParserConfig()).get_text())
        except Exception:
            text = ""
        if text.strip():
            return "\n".join(line.rstrip() for line in text.replace("\xa0", " ").split("\n"))
    return _walked(tree, etree)


def _plain_enough(tree: HtmlElement, etree: Any) -> bool:
    """Neither so deep that inscriptis loses text nor so large that its table layout takes seconds."""
    depth = 0
    for count, (event, _) in enumerate(etree.iterwalk(tree, events=("start", "end"))):
        depth += 1 if event == "start" else -1
        if depth > MAX_NESTING or count > 2 * MAX_ELEMENTS:
            return False
    return True


def _walked(tree: HtmlElement, etree: Any) -> str:
    """Every text of the tree, with line breaks at blocks: any depth, linear time."""
    done: list[str] = []
    hidden = 0
    for event, node in etree.iterwalk(tree, events=("start", "end")):
        tag = node.tag if isinstance(node.tag, str) else "script"
        if event == "start":
            hidden += tag in _HIDDEN
            if tag in _BLOCKS:
                done.append("\n")
            if node.text and not hidden:
                done.append(re.sub(r"\s+", " ", node.text))
        else:
            hidden -= tag in _HIDDEN
            if tag in _BLOCKS and tag != "br":
                done.append("\n")
            if node.tail and not hidden and node is not tree:
                done.append(re.sub(r"\s+", " ", node.tail))
    return "\n".join(line.strip() for line in "".join(done).split("\n"))


def _stripped(page: str) -> str:
    """Last resort: the text between the tags."""
    return "\n".join(
        line.strip() for line in re.sub(r"<[^<>]{0,2000}>", " ", page).split("\n") if line.strip()
    )
