"""What kind of mail this is: a person's, or one that no machine may answer, and by which sign.

The order matters: bounces come first, because most of them also say `Auto-Submitted: auto-replied`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from channels.mail.headers import Headers, words
from channels.mail.parts import Part

OWN_HEADER = "X-Sapa-Mail"
"""Stands on every mail Sapa writes; a mail that carries it never gets an automatic answer."""

_DAEMON = re.compile(
    r"(?:mailer-?daemon|mail-daemon|maildaemon|postmaster|mailerdaemon|mdaemon|bounces?|mail\.delivery|maildelivery|"
    r"mail-delivery|delivery-?(?:reports?|status)?|microsoftexchange[0-9a-f]{6,64}|mailsystem|mail-system|undelivered|smtpd?-?server|"
    r"mail_daemon|majordomo-owner|mailadmin|mail-admin|autoanswer-daemon|amavisd?(?:-new)?|nondelivery)"
    r"(?:[+=_.-][^@]{0,200})?\Z",
    re.IGNORECASE,
)
_DAEMON_NAME = re.compile(
    r"mail(?:er)?[ -]?(?:delivery|daemon)|mail delivery (?:sub)?system|system administrator|postmaster|"
    r"administrator sistem|mail administrator|internet mail delivery|delivery (?:sub)?system|postoffice|mailer-daemon",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"(?:re: ?|fwd?: ?|\[[^\]]{1,40}\] ?|\*+ ?){0,3}(?:"
    r"undeliver|non-?deliver|not deliver|delivery (?:status )?notif|(?:mail )?deliver(?:y|ed) (?:has )?(?:fail|error|problem|status|report|unsuc|delay|"
    r"incompl|notific|suspend|impossible)|failure notice|failed(?: mail)?(?: delivery)?\b|(?:mail|message|permanent|email|nachricht|delivery|address|smtp|transport)[a-z ]{0,20} fail|"
    r"return(?:ed|ing) (?:mail|to sender|message|email|e-mail)|mail (?:could not|not|cannot) be|message (?:could not|not|cannot|undeliver|you sent|status|delay|error)|"
    r"(?:mail|email|e-mail|message) (?:system )?(?:error|returned|bounce|rejected|refused|delivery|warning|denied|status|has not been delivered)|"
    r"bounce|mailbox (?:full|unavail|over|is full|not)|user unknown|unknown (?:user|address|recipient)|invalid (?:recipient|address|mailbox)|"
    r"unzustellbar|nicht zustellbar|zustellung|nachricht unzustellbar|mail undeliverable|"
    r"pemberitahuan (?:status|kegagalan) (?:pengiriman|pengantaran)|(?:pengiriman|pesan|e?-?mail|surel) (?:gagal|tidak (?:dapat|bisa|terkirim)|tidak terkirim|dikembalikan)|"
    r"gagal (?:terkirim|kirim|mengirim)|tidak (?:terkirim|dapat dikirim)|"
    r"non remis|échec|message non|courrier non|no se (?:puede|pudo|ha podido) entregar|devuelto|correo devuelto|não entreg|falha na entrega|"
    r"mancata consegna|impossibile (?:recapitare|consegnare)|не (?:доставлен|удалось доставить)|недоставленн|niedostarcz|"
    r"warning: (?:could not send|message)|warning - delivery|could not (?:send|deliver)|unable to deliver|cannot deliver|nondeliverable|delayed|"
    r"配信|メール配信|送信エラー|邮件无法|系统退信|退信|undelivered|your message (?:to|could|was|has|cannot)|rejected|message rejected|there was an error sending|"
    r"delivery (?:of|to)|mail (?:from|you sent)|auto reply: (?:undeliver)|quota|"
    r"nondelivery|not read|mdaemon|"
    r"notification d'état|rapport de non|rapporto di|onbestelbaar|niet bezorgd|olevererbart|kan ikke leveres|delivery)",
    re.IGNORECASE,
)
_BOUNCE_BODY = re.compile(
    r"this is (?:the )?(?:mail system|qmail-send|a permanent error|the postfix|an? automat(?:ed|ically generated) (?:delivery|bounce))|"
    r"message that you sent could not be delivered|unable to deliver (?:your|the|this) (?:message|mail)|"
    r"(?:could|can) ?not be delivered to|following (?:addresses|recipients?)(?: \S+){0,3} (?:had (?:permanent|transient) |fail|could|did)|"
    r"delivery to the following recipients? (?:fail|has|have|was)|the (?:following )?(?:e?-?mail|mail|message) (?:to|for) \S{1,100} (?:could|can)(?:not| not) be|"
    r"did not reach the following recipient|undeliverable (?:mail|message|to)|mail delivery (?:failed|failure)|delivery failed|"
    r"your (?:message|mail|e-mail) (?:to \S{1,100} )?(?:could not be|was not|cannot be|has not been|wasn't) delivered|"
    r"transcript of session follows|550[ -]5\.\d\.\d|returned to (?:you|sender)|user (?:is )?unknown|no such user|"
    r"pesan anda (?:tidak|gagal)|alamat (?:tidak ditemukan|penerima)|tidak dapat (?:dikirim|diantar)",
    re.IGNORECASE,
)
_AUTO_SUBJECT = re.compile(
    r"(?:re: ?|\[[^\]]{1,40}\] ?){0,2}(?:"
    r"balasan otomatis|jawaban otomatis|respon(?:s)? otomatis|pesan otomatis|auto ?balas|sedang (?:cuti|tidak di kantor)|"
    r"(?:sedang |saya )?(?:di|berada di) luar kantor|tidak di (?:kantor|tempat)|(?:sedang )?cuti\b(?: |:|$)|libur (?:kantor|lebaran|nasional)|"
    r"pemberitahuan (?:cuti|otomatis)|email ini tidak (?:dipantau|dibaca)|"
    r"auto(?:matic|mated)?[ :-]{0,2}(?:reply|response|respond|answer|acknowledge)|autoreply|autoresponse|autoresponder|"
    r"out of (?:the )?office|ooo\b|out of office auto|(?:away|absent) from (?:the|my) (?:office|mail|email)|i am (?:away|out of)|on (?:vacation|holiday|leave)\b|vacation(?:$|:| reply| message| auto| respon)|"
    r"holiday auto|thank you for (?:your (?:e-?mail|message|mail)|contacting)(?:$|[.!:-])|"
    r"automatische antwort|abwesenheit|abwesend|ich bin (?:im urlaub|nicht im)|"
    r"réponse automatique|absence du bureau|absent(?:e)? du bureau|respuesta autom[aá]tica|fuera de la oficina|resposta autom[aá]tica|"
    r"fora do escrit|ausência|risposta automatica|fuori (?:sede|ufficio)|assente|automatisch antwoord|afwezig|automatiskt svar|autosvar|"
    r"frånvaro|automatisk svar|fravær|automaattinen vastaus|poissa|automatyczna odpowied|odpowied[zź] automatyczna|autoodpowied|"
    r"automatická odpov|automatikus válasz|automatické|автоматический ответ|автоответ|автоматична відповідь|otomatik (?:yanıt|cevap)|ofis dışı|"
    r"自动回复|自動回覆|自動応答|自動返信|不在通知|자동 ?(?:회신|응답)|부재중|trả lời tự động|ตอบกลับอัตโนมัติ|מענה אוטומטי|رد تلقائي|"
    r"αυτόματη απάντηση|răspuns automat|balas otomatis|jawapan automatik)",
    re.IGNORECASE,
)
_NO_REPLY = re.compile(r"(?:do[-_.]?)?no[-_.]?(?:t[-_.]?)?(?:reply|respond|response|balas|antwort)|jangan[-_.]?(?:di)?balas|tidak[-_.]?dibalas", re.IGNORECASE)


def automatic(
    headers: Headers,
    parts: Sequence[Part],
    *,
    sender: str,
    sender_name: str,
    subject: str,
    envelope_from: str,
    text: str,
    own: Collection[str] = (),
) -> str:
    """Why this mail must not be answered by a machine ("bounce: …"), "" when it is a person's mail.

    `sender` and `envelope_from` are bare addresses ("" when there is none); `own` are our own addresses.
    """
    if reason := _bounce(headers, parts, sender, sender_name, subject, envelope_from, text):
        return f"bounce: {reason}"
    if OWN_HEADER.lower() in headers:
        return f"own: it carries {OWN_HEADER}"
    if sender and sender.lower() in {each.lower() for each in own}:
        return "own: it comes from our own address"
    if reason := _report(parts):
        return reason
    if reason := _auto_reply(headers, subject):
        return f"auto_reply: {reason}"
    if reason := _list(headers):
        return f"list: {reason}"
    if sender and _NO_REPLY.match(sender.rpartition("@")[0]):
        return "no_reply: its sender takes no answers"
    if sender and _DAEMON.match(sender.rpartition("@")[0]):
        return "auto_reply: it comes from a mail system"
    return ""


def _bounce(
    headers: Headers,
    parts: Sequence[Part],
    sender: str,
    sender_name: str,
    subject: str,
    envelope_from: str,
    text: str,
) -> str:
    status = next((part for part in parts if part.media_type in ("message/delivery-status", "message/global-delivery-status")), None)
    if status is not None:
        actions = re.findall(rb"^action[ \t]*:[ \t]*([a-z-]{1,30})", status.content[:65536].lower(), re.MULTILINE)
        if actions and all(each in (b"delivered", b"relayed", b"expanded", b"deliverable") for each in actions):
            return ""
        if actions:
            return "a delivery status notification says " + actions[0].decode("ascii")
        if re.search(rb"^(?:final|original)-recipient|^status[ \t]*:", status.content[:65536].lower(), re.MULTILINE):
            return "a delivery status notification"
    if "x-failed-recipients" in headers:
        return "X-Failed-Recipients"
    if re.search(r"report-type\s*=\s*\"?delivery-status", headers.ascii("content-type")) and status is not None:
        return "a delivery report"
    daemon = bool(_DAEMON.match(sender.rpartition("@")[0] if "@" in sender else sender) or _DAEMON_NAME.search(sender_name))
    null_path = headers.raw("return-path").strip() == b"<>" or (not envelope_from and "return-path" not in headers)
    auto = headers.ascii("auto-submitted")
    if daemon and _BOUNCE_SUBJECT.match(subject):
        return "a mail system's address and a bounce's subject"
    if null_path and sender and _BOUNCE_SUBJECT.match(subject) and not _AUTO_SUBJECT.match(subject):
        return "no return path and a bounce's subject"
    if not daemon and not null_path:
        return ""
    if (daemon or not auto.startswith("auto-replied")) and _BOUNCE_BODY.search(text[:8000]) and not _AUTO_SUBJECT.match(subject):
        return "a mail system's words"
    return ""


def _report(parts: Sequence[Part]) -> str:
    for part in parts:
        if part.media_type == "message/feedback-report":
            return "feedback: a complaint report"
        if part.media_type in ("message/disposition-notification", "message/global-disposition-notification"):
            return "receipt: a read receipt"
        if part.media_type == "message/delivery-status":
            return "receipt: a delivery report"
    return ""


def _auto_reply(headers: Headers, subject: str) -> str:
    submitted = headers.ascii("auto-submitted").partition(";")[0].partition("(")[0].strip()
    if submitted and submitted not in ("no", "auto-forwarded"):
        return f"Auto-Submitted: {submitted[:40]}"
    for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-mail-autoreply", "x-autogenerated", "x-autoreply-from"):
        if name in headers and headers.ascii(name) not in ("no", "false", "0"):
            return name
    if any(word in headers.ascii("x-auto-response-suppress") for word in ("all", "oof", "autoreply")):
        return "X-Auto-Response-Suppress"
    if headers.ascii("precedence") in ("auto_reply", "auto-reply"):
        return "Precedence: auto_reply"
    if headers.ascii("x-precedence") == "auto_reply" or headers.ascii("x-ms-exchange-generated-message-source"):
        return "written by a server"
    if headers.ascii("delivered-to").startswith("autoresponder"):
        return "delivered to an autoresponder"
    if _AUTO_SUBJECT.match(subject):
        return "its subject"
    return ""


def _list(headers: Headers) -> str:
    for name in ("list-id", "list-post", "list-unsubscribe", "x-mailing-list", "mailing-list", "feedback-id", "x-campaign-id"):
        if name in headers:
            return name
    precedence = words(headers.all("precedence")[:3])
    if precedence in ("bulk", "list", "junk"):
        return f"Precedence: {precedence}"
    return "X-Loop" if "x-loop" in headers else ""
