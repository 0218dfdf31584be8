"""What mail systems say in their bounces: tables, no logic, compiled with the first mail that looks like one.

`BOUNCE_BODY` is said in the middle of a notification; `BOUNCE_HINT` by people as well, about parcels. Every
pattern is linear in the text.
"""
# ruff: noqa: E501

from __future__ import annotations

import re

_I = re.IGNORECASE

BOUNCE_BODY = re.compile(
    r"message that you sent could not be delivered|unable to deliver (?:your|the|this)? ?(?:message|mail|e-?mail)|following (?:addresses|recipients?|address\(es\)|recipient\(s\))(?: \S+){0,3} (?:had (?:permanent|transient) |fail|could|did|was|were)|"
    r"delivery to the following (?:recipients?|address)|(?:e?-?mail|message) (?:to|for) \S{1,100} (?:could|can)(?:not| not|n.t) be|did not reach the following recipient|undeliverable (?:mail|message|to|because)|mail delivery (?:failed|failure|error)|"
    r"(?:delivery|message|mail) (?:has )?failed (?:to|for|because|permanently|due)|could(?: not|n.t) be delivered|(?:cannot|can not|can.t|was not|wasn.t|has not been) (?:be )?delivered|transcript of (?:the )?session|returned to (?:you|sender)|user (?:is )?unknown|unknown user|no such user|"
    r"mailbox (?:is )?(?:full|unavailable|not found|exceed)|over ?quota|quota exceeded|recipient (?:address )?(?:rejected|unknown|not found)|(?:i|we) (?:was|were|wasn.t|have been|am) (?:not |un)?able to deliver|giv(?:e|en|ing) up|permanent(?:ly)? (?:fail|error|fatal)|"
    r"has been (?:delayed|postponed|rejected by)|delivery (?:attempts? )?(?:will (?:be|continue)|is delayed|delayed)|not yet been delivered|delivery (?:failure|error|problem|status)|non-?delivery|message (?:was )?(?:undeliverable|rejected|refused|blocked)|"
    r"problems? (?:delivering|occurred)|address(?:es)? (?:had|has) (?:permanent|delivery)|(?:reason|cause) for (?:the )?(?:failure|return|rejection|non-?delivery)|failure reasons?|original mail as follows|you are not (?:a )?member|"
    r"pesan anda (?:tidak|gagal)|e-?mail anda (?:tidak|gagal)|alamat (?:e-?mail|surel|penerima)[^\n]{0,80}(?:tidak (?:ditemukan|ada|dikenal|valid))|tidak dapat (?:dikirim|diantar|disampaikan) ke(?:pada)? \S{1,80}@|配信(?:できません|不能|エラー)|送信できません|不明なユーザ|退信|投递",
    _I,
)  # fmt: skip
BOUNCE_HINT = re.compile(
    r"deliver|undeliver|returned|reject|bounce|failed|unknown|tidak (?:terkirim|ditemukan|sampai)|gagal|dikembalikan",
    _I,
)
SMTP_SAID = re.compile(
    r"(?<![\d.])[45][0-5]\d[ -]{1,3}#?[45]\.\d{1,3}\.\d{1,3}\b|\bin reply to (?:rcpt|mail|end of data|data|ehlo)|^ {0,8}(?:<<<|>>>) |(?:said|error|code|status|response|responded|reason|server|replied|host)[^\n]{0,60}?\b[45][0-5]\d[ -]|\brcpt to:|"
    r"\b5[05]\d (?:<|requested|mailbox|user|no such|invalid|unknown|address|recipient|sorry|message|denied|rejected|relay|unable|permanent|account|spam|blocked|sender)|#?\b5\.[0-7]\.\d{1,3}\b (?:smtp|<|user|mailbox|bad|recipient|x-)",
    _I | re.MULTILINE,
)  # fmt: skip
REPORT_FIELDS = re.compile(r"^(?:final-recipient|action|status|diagnostic-code|remote-mta|reporting-mta)[ \t]*:[ \t]*\S[^\n]{0,300}\n(?:[ \t][^\n]{0,300}\n){0,5}(?:final-recipient|original-recipient|action|status|diagnostic-code|remote-mta|arrival-date|received-from-mta)[ \t]*:", _I | re.MULTILINE)  # fmt: skip
COPY_BELOW = re.compile(
    r"below (?:this line|the next line) is a copy|(?:original|returned|your|undelivered|undeliverable|unsent|bounced) (?:message|e?-?mail)(?: text| headers?| content| details)?(?: (?:as )?follows| is (?:attached|included)| below|:| attached| -{3})|this is a copy of (?:the|your) |message (?:header|text|details|contents?)s? (?:follow|of the)|"
    r"-{3} ?(?:original|returned|start of returned|forwarded original|unsent|undelivered|message header|the header|headers?)|header(?:s)? and (?:top|first) \d+ lines|first \d+ lines of your|copy of your (?:message|mail)|pesan asli|salinan pesan|元のメール|オリジナル|原始邮件",
    _I,
)  # fmt: skip
STILL_TRYING = re.compile(
    r"\bdelayed\b|will (?:be retried|continue to (?:try|be)|keep trying|try again|retry)|not yet been delivered|still (?:being|trying)|has been postponed|delivery attempts will continue|(?:this|it) is (?:just |only )?a warning|warning message only|do not need to (?:resend|take)|no action is required|temporarily (?:deferred|undelivered)|akan (?:dicoba|terus)|pengiriman ditunda",
    _I,
)  # fmt: skip
FAILING = (
    re.compile(r"^\s{0,12}<([^<>\s]{3,250}@[^<>\s]{1,200})>:", re.MULTILINE),
    re.compile(r"(?:rcpt to|failed recipient|recipient|final-recipient|original-recipient|undeliverable address|failed address|destinatario|destinataire|empfänger|penerima|宛先|収件者)s?(?:\(s\))?\s{0,3}(?:is|are)?[:=>]\s{0,8}([^\n]{3,300})", _I),
    re.compile(r"^[ \t>*-]{0,12}<?([^\s<>:]{1,64}@[^\s<>:]{1,200})>?[ \t]{0,4}(?:$|\n|[:(,;-])", re.MULTILINE),
    re.compile(r"(?:unknown|unknown user|not exist|full|exceed\w*|deliver\w*|rejected|to|kepada|ke|an|à|a)[:]?\s{1,8}[<\"'(\[]?([^\s<>\"']{1,64}@[^\s<>\"']{1,200})", _I),
)  # fmt: skip
"""Where notifications name the address that failed, the surest first."""
