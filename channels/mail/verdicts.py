"""SPF, DKIM and DMARC as a server we trust judged them: its Authentication-Results (RFC 8601). Pure.

Anybody can write such a header, so it counts only under conditions (`reported`), and whoever names a trusted
server in the settings must let that server take such headers of its own name out of mail from outside
(RFC 8601, section 5: OpenDKIM, OpenDMARC and rspamd do).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from channels.base import MailFacts, Trusted
from channels.mail.headers import Headers

METHODS = ("spf", "dkim", "dmarc")
RESULTS = frozenset(("none", "pass", "fail", "softfail", "neutral", "policy", "temperror", "permerror"))
_LONGEST = 16_384
_WORD = re.compile(r'"((?:[^"\\]|\\.){0,500})"|([^\s;="()]+)|([;=])')
_BEST_FIRST = ("pass", "temperror", "fail", "softfail", "policy", "neutral", "permerror", "none")


def reported(headers: Headers, trusted: Trusted) -> dict[str, str]:
    """What a trusted server says, by method: `{"dkim": "pass"}`; empty when none of them says anything.

    Only the topmost header of a trusted server counts, and only above what the outside wrote: a mail brings
    its own lines along, but cannot put them on top of ours.
    """
    if not trusted.servers:
        return {}
    received = 0
    for name, value in headers.fields:
        if name == "received":
            received += 1
            if received > trusted.hops:
                return {}
        elif name == "authentication-results":
            server, found = parse(value)
            if server in trusted.servers:
                return found
    return {}


def parse(value: bytes) -> tuple[str, dict[str, str]]:
    """The authserv-id, lower case, and the results of the methods we know; ("", {}) for what is none.

    Of several signatures the best result counts: one that holds is enough.
    """
    text = _without_comments(value[:_LONGEST].decode("ascii", "replace"))
    groups: list[list[str]] = [[]]
    for quoted, word, mark in _WORD.findall(text):
        if mark == ";":
            groups.append([])
        else:
            groups[-1].append(mark or word or quoted)
    if not groups[0] or "=" in groups[0]:
        return "", {}
    found: dict[str, str] = {}
    for group in groups[1:]:
        if len(group) < 3 or group[1] != "=":
            continue
        method, result = group[0].lower().partition("/")[0], group[2].lower()
        if method in METHODS and result in RESULTS:
            before = found.get(method, result)
            found[method] = min(before, result, key=_BEST_FIRST.index)
    return groups[0][0].lower(), found


def doubtful(verdicts: Mapping[str, str]) -> bool:
    """Whether the sender's address is probably not the sender's: shown to people, it decides nothing."""
    if "dmarc" in verdicts and verdicts["dmarc"] in ("pass", "fail"):
        return verdicts["dmarc"] == "fail"
    return verdicts.get("spf") == "fail" and verdicts.get("dkim") != "pass"


def judged(facts: MailFacts, verdicts: Mapping[str, str]) -> MailFacts:
    """The facts with the verdicts, and with a warning for people where they are bad."""
    if not verdicts:
        return facts
    warning = (f"the sender is doubtful: {words(verdicts)}",) if doubtful(verdicts) else ()
    return replace(facts, verdicts=verdicts, warnings=(*facts.warnings, *warning))


def words(verdicts: Mapping[str, str]) -> str:
    """One line for people: `SPF pass, DKIM pass, DMARC fail`; empty when nobody judged."""
    return ", ".join(f"{method.upper()} {verdicts[method]}" for method in METHODS if method in verdicts)


def _without_comments(text: str) -> str:
    """RFC 5322 comments, nested ones too, become a blank; quoted strings are left alone."""
    kept: list[str] = []
    depth = 0
    quoted = escaped = False
    for letter in text:
        if escaped:
            escaped = False
        elif letter == "\\" and (quoted or depth):
            escaped = True
        elif letter == '"' and not depth:
            quoted = not quoted
        elif letter == "(" and not quoted:
            depth += 1
            continue
        elif letter == ")" and depth and not quoted:
            depth -= 1
            kept.append(" ")
            continue
        if not depth:
            kept.append(letter)
    return "".join(kept)
