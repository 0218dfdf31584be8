"""What mail programs give away in their HTML: which element holds the earlier mail, its header, a signature.

By class and id, so that it works in any language. Tables, and one function that asks them.
"""
# ruff: noqa: E501

from __future__ import annotations

import re

QUOTE, CUT, ASIDE, FORWARD, HIDDEN = "quote", "cut", "aside", "forward", "hidden"
"""An earlier mail; an earlier mail begins here; a header or a signature, which is set apart like a quote; a mail
that was passed on; not shown."""

_QUOTE = re.compile(
    r"\b(?:x_)*(?:gmail_quote|gmail_extra_quote|yahoo_quoted|protonmail_quote|zmail_extra|blockquote_zmail|tutanota_quote|mailru-quote|"
    r"mail-quote-collapse|yandex_quote|front-blockquote|missive_quote|ntes-mailmaster-quote|freebirdformviewquote|quoted|quote|"
    r"iw_mail|hs_reply|msg-quote|history_container|mb-reply|uik-block-quote|cite)\b"
)
_CUT = re.compile(
    r"\b(?:x_)*(?:divrplyfwdmsg|appendonsend|olk_src_body_section|mail-editor-reference-message-container|ms-outlook-mobile-reference-message|"
    r"outlookmessageheader|zmail_extra_hr|zwchr|stopspelling|yahoo_quoted\w*|_mailoriginal|replysplit|reply-intro|isreplycontent|"
    r"messagereplysection|oriinal_msg|cm_replymail_content_wrap|skyquoted|edo-original|xd-reply-header|spark-reply|tutanota_reply)\b"
)
_ASIDE = re.compile(
    r"\b(?:x_)*(?:gmail_attr|moz-cite-prefix|airmail_on|gmail_signature|gmail_signature_prefix|moz-signature|protonmail_signature_block|"
    r"ms-outlook-mobile-signature|composer_signature|applemailsignature|applesignature|yahoo-signature|ydp-?signature|zmail_signature|spark_signature|missive_signature|"
    r"mobile_signature|bloop_sign\w*|outlooksignature|signature_old|mailbird-signature|tutanota_signature|edo-signature)\b"
)
_FORWARD = re.compile(r"\b(?:moz-forward-container|isforwardcontent|gmail_forward)\b")
_INTERESTING = re.compile(
    r"quote|reply|fwd|sign|attr|cite|append|section|outlook|zwchr|spelling|airmail|bloop|forward|mail|edo|split|msg|sky|history",
    re.I,
)
_OUTLOOK_RULE = re.compile(
    r"border-top:\s*(?:solid\s*#(?:e1e1e1|b5c4df)|#(?:e1e1e1|b5c4df)\s*1(?:\.0)?pt\s*solid)|border:\s*none;\s*border-top:\s*solid",
    re.IGNORECASE,
)
_NOT_SHOWN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)


def role(tag: str, name: str, style: str) -> str:
    """What an element is: one of the roles above, or "". `name` is its classes and its id."""
    if name and _INTERESTING.search(name):
        name = name.lower()
        if _FORWARD.search(name):
            return FORWARD
        if _ASIDE.search(name):
            return ASIDE
        if tag != "blockquote" and _CUT.search(name):
            return CUT
        if tag == "blockquote" and _QUOTE.search(name):
            return QUOTE
    if style:
        if "border-" in style or "BORDER-" in style:
            if tag == "blockquote" and "border-left" in style.lower():
                return QUOTE
            if tag in ("div", "table", "td") and _OUTLOOK_RULE.search(style[:2000]):
                return CUT
        if "none" in style or "hide" in style:
            return HIDDEN if _NOT_SHOWN.search(style[:2000]) else ""
    return ""
