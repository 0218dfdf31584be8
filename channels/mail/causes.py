"""What a failure means for the address: there is none, it is full, a rule refused the mail, or try again.

The first digit of a status never decides alone: of real bounces with 5.x.x a third are full mailboxes, spam
verdicts and rules of the receiver. So the words are asked first, then the whole code.
"""
# ruff: noqa: E501

from __future__ import annotations

import re


def cause(status: str, words: str, action: str = "failed") -> str:
    """What it means for the address: `hard`, `soft`, `quota`, `policy`, "" when that cannot be told.

    `words` are the diagnosis, or the notification's own text when there is none.
    """
    words = words[:4000]
    if _QUOTA.search(words) or status[1:] == ".2.2":
        return "quota"
    if action == "delayed":
        return "soft"
    if _POLICY.search(words):
        return "policy"
    if _NOBODY.search(words):
        return "hard"
    if status[:1] == "4" or _LATER.search(words):
        return "soft"
    if _RULES.search(words):
        return "policy"
    for pattern, meaning in _CODES:
        if pattern.match(status):
            return meaning
    return ""


_CODES = (
    (re.compile(r"5\.1\.(?:[12346]|10)\Z|5\.2\.1\Z|5\.4\.(?:4|310)\Z"), "hard"),
    (re.compile(r"5\.(?:7\.\d+|2\.3|3\.4|6\.\d+)\Z"), "policy"),
    (re.compile(r"5\.(?:4\.[1267]|3\.\d+)\Z"), "soft"),
)

_QUOTA = re.compile(
    r"(?:mail ?box|inbox|mail ?folder|account|user|recipient|storage|postfach|kotak (?:surat|masuk)|buzón|casella|boîte)"
    r"[^.\n]{0,60}(?:\bfull\b|penuh|voll\b|llen|piena|pleine|exceed(?:s|ed|ing)?[^.\n]{0,30}(?:quota|limit|size|storage|space)|over[ -]?quota|out of (?:storage|space))|"
    r"over[ -]?quota|quota (?:exceed|has been|is full|full|violation|limit)|exceed(?:s|ed|ing)? (?:(?:the|its|his|their|user|disk|mailbox|allowed|storage|message|maximum) ){0,4}(?:quota|storage|space)|"
    r"out ?of ?(?:disk )?space|disk (?:space )?quota|not enough (?:storage|disk)? ?space|insufficient (?:disk|user|mailbox) (?:space|storage|quota)|mailbox[_ ]?full|no (?:room|space left) in mailbox|"
    r"melebihi kuota|kuota (?:sudah )?(?:penuh|terlampaui|habis)|speicherplatz|2\.2 (?:user|mailbox|the email account)",
    re.IGNORECASE,
)  # fmt: skip
_POLICY = re.compile(
    r"\bspam|blacklist|black ?list|block ?list|deny ?list|\brbl\b|dnsbl|spamhaus|spamcop|barracuda|sorbs|\breputation|\bdmarc\b|\bspf\b|\bdkim\b|"
    r"(?:is|been|was|are|ip) (?:currently )?(?:temporarily )?(?:blocked|banned|listed)\b|blocked (?:by|using|for|due|because|-)|\bvirus|malware|phish|banned|unsolicited|\bbulk mail|"
    r"content (?:rejected|filter|policy|not allowed|denied)|message content|(?:policy|local|security|site) (?:violation|reasons?|restriction|rejection)|administrative(?:ly)? (?:prohibit|den)|"
    r"(?:message|mail|size|e-?mail)[^.\n]{0,40}(?:too (?:large|big|long)|exceeds?[^.\n]{0,30}(?:size|maximum|limit))|exceeds? (?:the )?(?:fixed |configured |administrative )?(?:maximum )?(?:message |size )|message size|size limit|"
    r"reverse dns|\bptr\b|relay(?:ing)? (?:access )?(?:denied|not (?:allowed|permitted)|prohibited)|unable to relay|not permitted to relay|does not accept (?:mail|messages) from|sender (?:address )?(?:rejected|denied|blocked)|"
    r"rate limit|too many (?:messages|emails|connections from)|tls (?:is )?required|authentication (?:is )?required|attachment[^.\n]{0,40}(?:not allowed|blocked|rejected|prohibited)|ditolak (?:oleh|karena) (?:kebijakan|spam)",
    re.IGNORECASE,
)  # fmt: skip
_NOBODY = re.compile(
    r"(?:user|recipient|mailbox|address|account|addressee|destinat\w+|mail ?box|login|adress\w*|domain|host|server|empf\w+|alamat|penerima)[^\n]{0,80}?"
    r"(?:unknown|not (?:be )?(?:found|exist|known|listed|valid|recogni[sz]ed|active|local|our)|(?:does|do)(?: not|n.t) exist|doesn.t (?:have|exist)|invalid|disabled|deactivated|suspended|inactive|closed|unavailable|no longer|discontinued|expired|has moved|is not a valid|isn.t a valid|unbekannt|inconnu|desconocid|sconosciut|tidak (?:ditemukan|dikenal|ada|terdaftar|valid|aktif))|"
    r"(?:unknown|invalid|no such|non-?existent|bad destination|illegal|undeliverable|incorrect|unrouteable|unroutable|no valid|not a valid|nonexistent) (?:or (?:invalid|illegal) )?(?:local )?(?:local[- ]part|user|recipient|mailbox|address|account|domain|host|e-?mail|mail ?domain|person|alias|name|addressee)|"
    r"no (?:mailbox|account|user|recipient|one|such)\b[^.\n]{0,30}(?:by that name|here|of that name|with (?:this|that) (?:name|address)|found)?|name (?:or service not known|server[^.\n]{0,30}not found|service error)|nxdomain|host (?:or domain name )?not found|no (?:mx|a record|mail server|mail exchanger|servers? responding)|(?:recipient|address) rejected: (?!.{0,40}(?:grey|policy|block|temporar|access))|"
    r"user\s?unknown|unknown\s?user|recipnotfound|recipientnotfound|not (?:our|a) customer|this user doesn.t have|mailbox not found|account (?:that you tried to reach )?(?:does not exist|is disabled|has been)|address (?:couldn.t|could not) be found|couldn.t be found|wasn.t found at|no longer (?:valid|works|employed|available|active|with|in use)|not a known user|unrouteable|does not like recipient",
    re.IGNORECASE,
)  # fmt: skip
_LATER = re.compile(
    r"timed? ?out|connection (?:refused|reset|dropped|lost|died|failed|closed)|could(?: not|n.t) connect|network (?:is )?unreachable|no route to host|temporar|try (?:again|later)|grey-?list|gray-?list|deferred|too (?:long|many hops)|has been in the queue|"
    r"retry time(?:out)? |retries|still being|delayed|will (?:be retried|continue)|not yet been delivered|lost connection|not responding|server (?:busy|error|down)|loop|maximum (?:retr|time)|expired|system resources|4\d\d[ -]4\.",
    re.IGNORECASE,
)  # fmt: skip
_RULES = re.compile(
    r"polic(?:y|ies)|reject(?:ed|s)? (?:by|due|because|for)|\bblock|denied|prohibit|not (?:allowed|authori[sz]ed|permitted|accept)|refused by|restrict|forbidden|unacceptable|filter|requires? (?:confirm|approval|moderat)|\bdenies\b|permission|rejected",
    re.IGNORECASE,
)
