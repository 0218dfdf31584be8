"""The signs by which a bounce shows at first sight: who sent it, its subject, how its text begins. Tables, no logic.

`BOUNCE_OPENING` are words that nothing but a mail system begins with. Every pattern is linear in the text.
"""
# ruff: noqa: E501

from __future__ import annotations

import re

_I = re.IGNORECASE
MAILER_DAEMON = re.compile(
    r"(?:mailer-?daemon|mail-?daemon|mail_daemon|maildaemon)(?:[+=_.-][^@]{0,100})?(?:@|\Z)", _I
)
DAEMON = re.compile(
    r"[\"'\\]{0,2}(?:mailer-?daemon|mail[-_. ]?daemon|postmaster|mdaemon|bounces?|e?mail[-_.]?delivery|delivery(?:-?(?:reports?|status|failure|error))?|"
    r"microsoftexchange[0-9a-f]{6,64}|mail-?system|e500_smtp_mail_service|smtp_mail_service|undelivered|undeliverable|smtpd?-?server|smtp-?gateway|mail-?gateway|"
    r"majordomo-owner|mailadmin|mail-admin|mailmaster|mail-?router|autoanswer-daemon|amavisd?(?:-new)?|non-?delivery|ndr|mta|system ?administrator|mailerror|mail-?error|"
    r"returned-?mail|mailnotify|mmdf|uucp|smail|mailsweeper|mimesweeper|scanmail|interscan|complaints?-bounce|do-?not-?reply-bounce)"
    r"[\"'\\]{0,2}(?:[+=_.@-][^@]{0,200})?\Z",
    _I,
)
WEAK_DAEMON = re.compile(r"(?:postmaster|delivery|mailadmin|mail-admin|mailmaster|ndr|mta|bounces?)\Z", _I)
"""Addresses that people and departments have too."""
DAEMON_NAME = re.compile(
    r"\W{0,3}(?:mail(?:er)?[ -]?(?:delivery|daemon)|mail deliver[a-z]* (?:sub)?system|(?:email )?delivery (?:sub)?system|system administrator\b|postmaster\b|"
    r"administrator sistem|internet mail delivery|postoffice\b|mail system\b|mail administrator|microsoft outlook\Z|microsoft exchange\b|"
    r"mail ?server\Z|e?-?mail server\b|sistem (?:pengiriman|surat|email)|sub ?sistem pengiriman|bounce\b|boite aux lettres|メール配信|メールシステム|邮件系统|系统管理员)",
    _I,
)
_BEFORE = r"(?:(?:re|aw|sv|antw|bls|balas): ?|\[[^\]]{1,60}\] ?|\*+ ?|<[^>]{1,60}> ?|\(?(?:bulk|spam|junk)\)?:? ?){0,3}"
BOUNCE_SUBJECT = re.compile(
    _BEFORE + r"\W{0,3}(?:"
    r"undeliver|non-?deliver|not deliver|delivery (?:status )?notif|(?:e?-?mail )?deliver(?:y|ed|ing) (?:has |of (?:your )?(?:message|mail)[^:]{0,20} )?(?:fail|error|problem|status|report|unsuc|delay|"
    r"incompl|suspend|impossible|unable|warning)|delivery failure|failure notice|failure delivery|failed(?: e?-?mail)?(?: delivery| message)?\b|(?:e?-?mail|message|permanent|nachricht|delivery|address|smtp|transport)[a-z ]{0,20} fail|"
    r"return(?:ed|ing) (?:e?-?mail|to sender|message)|rejected (?:e?-?mail|message)|e?-?mail (?:could not|couldn.t|not|cannot|can.t) be|message (?:could not|couldn.t|not|cannot|can.t|undeliver|status|delayed|error|not sent)|"
    r"(?:mail|e-?mail|message) (?:system )?(?:error|returned|bounce|rejected|refused|warning|denied|has not been delivered|transaction fail)|mail delivery\b|mail system error|"
    r"bounced?\b|mailbox (?:full|unavail|over|is full|not|size|quota)|(?:over|exceeded) quota|quota exceeded|user unknown|unknown (?:user|address|recipient)|invalid (?:recipient|mailbox)|no such (?:user|mailbox|recipient)|"
    r"unzustellbar|unbestellbar|nicht zustellbar|zustellung|zurückgewiesen|rückmeldung|mail konnte nicht|nachricht (?:konnte|kann) nicht|mail undeliverable|fehlgeschlagen|unable to (?:deliver|send|relay)|"
    r"pemberitahuan (?:status|kegagalan) (?:pengiriman|pengantaran)|(?:pengiriman (?:pesan|e-?mail|surel)|pesan|e-?mail|surel) (?:anda )?(?:gagal|tidak (?:dapat|bisa) (?:dikirim|terkirim|diantar)|tidak terkirim|dikembalikan|ditolak)|"
    r"(?:gagal|tidak (?:dapat|bisa)) (?:mengirim|mengantar)(?:kan)? (?:pesan|e-?mail|surel)|tidak (?:terkirim|dapat dikirim):|status pengiriman|laporan (?:kegagalan )?pengiriman (?:pesan|e-?mail|surel)|pesan ditunda|"
    r"non remis|échec d|echec d|message non|courrier non|avis de non|notification d.état|rapport de non|remise (?:différée|retardée)|no se (?:puede|pudo|ha podido) entregar|(?:correo|mensaje) (?:devuelto|no entregado|rechazado)|error de entrega|aviso de (?:no entrega|entrega)|"
    r"não entreg|nao entreg|falha na entrega|mensagem não|devolução|mensagem devolvida|mancata (?:consegna|notifica)|impossibile (?:recapitare|consegnare)|messaggio non|recapito|rapporto di|posta non|"
    r"не (?:доставлен|удалось доставить)|недоставленн|ошибка доставки|доставка не|niedostarcz|nie dostarczon|błąd dostarczenia|zwrot|nedoručitelná|nelze doručit|kézbesíthetetlen|"
    r"onbestelbaar|niet bezorgd|bezorging mislukt|olevererbart|olevererbar|kan ikke leveres|levering mislykkedes|leveringsfeil|kunde inte levereras|ej levererat|toimittaminen epäonnistui|teslim edilemedi|iletilemedi|"
    r"warning: (?:could not send|message|e?-?mail)|warning - delivery|could(?: not|n.t) (?:send|deliver)|cannot (?:deliver|send)|can.t (?:deliver|send)|nondeliverable|(?:your )?(?:message|mail|e-?mail) (?:to|for) \S{1,100} (?:could|was|has|cannot|is delayed)|your (?:message|e-?mail) (?:could|was not|has been (?:delayed|rejected|blocked)|cannot|couldn)|"
    r"配信|メール配信|送信エラー|送信不能|メールが送信|宛先不明|邮件无法|系统退信|退信|退件|投递失败|邮件传输失败|发送失败|無法傳遞|无法送达|郵件無法|반송|전송 ?실패|배달 ?실패|thư không|ไม่สามารถส่ง|لم يتم تسليم|undelivered|automatically rejected mail|there was an error sending|"
    r"\(?ignored not member|reject(?:ed)? mail|e?-?mail you sent|auto reply: undeliver|address change|permanently? (?:undeliv|fail)|temporar(?:y|ily) (?:undeliv|fail|delay)|considered unsolicited bulk|undeliverable|banned (?:file|contents?)|virus (?:found|alert|detected) in)",
    _I,
)
BOUNCE_WITHIN = re.compile(
    r"\bundeliver(?:able|ed)\b|delivery (?:failed|failure|has failed|status notification)|returned mail|returned to sender|failure notice|non remis|mailer-daemon|non-?delivery|not delivered|"
    r"could not be delivered|mail delivery|unzustellbar|tidak (?:dapat|bisa) (?:dikirim|terkirim)|gagal terkirim|delivery delay",
    _I,
)  # fmt: skip
BOUNCE_OPENING = re.compile(
    r"[ \t*#=-]{0,12}(?:non-?delivery report|this is (?:the (?:mail|postfix|qmail|e?-?mail) (?:system|program|server|delivery)|the (?:keftamail|smtp_gateway|bns postfix)|an automat(?:ed|ic|ically[ -]generated) (?:message|e?-?mail|notification) from (?:the )?(?:postfix|mail|\S{1,60} mail)|a (?:permanent|temporary) (?:delivery )?error|the machine generated message from mail service|a delivery (?:failure|status) notification|the (?:deliver program|mail delivery agent|email server) at)|"
    r"hi\. (?:this is the|the mta program)|we.re sorry\. there.s a problem|this message was created automatically by (?:the )?(?:mail|smtp|e?-?mail|sparkpost|delivery)|a message (?:that )?you sent (?:could not|couldn.t|was rejected|was returned|contained)|"
    r"i.m sorry to have to inform you that|i.m afraid i wasn.t able to deliver|a message could not be delivered|invalid final delivery userid|delivery failed \d|(?:unknown user|user unknown|no such user): {0,3}\S{1,80}@|(?:your|the) (?:attached )?(?:e?-?mail|message)(?: (?:to|for|sent to) \S{1,120}| to the following| sent| below)?,? (?:could not|couldn.t|cannot|can not|was not|wasn.t|has not been|hasn.t been|has been delayed|did not) (?:be )?(?:deliver|reach|sent|relayed|transmitted|accepted)|"
    r"your mail (?:attempted to be delivered on|sent on:?|message to the following)|the (?:original )?message was received at .{1,80}\bfrom\b|"
    r"(?:e?-?mail|message|delivery) (?:message )?(?:to|for) (?:the following )?(?:recipients?|address(?:es)?|users?)(?:\(s\))? ?(?:has )?(?:been )?(?:fail|was aborted|delayed|could not|cannot|has been delayed)|"
    r"delivery (?:has failed|to the following)|could not deliver message to|unable to deliver (?:your |the |this )?(?:message|mail|e?-?mail) to|sorry,? (?:unable|i wasn.t able|we were unable|i was unable|i couldn.t|we could not|your message) |"
    r"the following (?:message|mail|e?-?mail|address(?:es)?|recipients?)(?: \S{1,80}){0,8} (?:could not|couldn.t|was not|had|failed|cannot|did not)|the (?:e?-?mail|mail|message) (?:you sent|below|system|that you sent)(?: \S{1,80}){0,8} (?:could not|couldn.t|was unable|was not|cannot|has not)|"
    r"-{2,12} ?(?:failed recipients|the following addresses had|transcript of session|mail delivery)|undeliverable (?:mail|message|to|address)|message (?:could not|cannot) be delivered|mail (?:could not|cannot) be delivered|"
    r"the user\(s\) account is|each of the following recipients|error message below:|returned mail|this is an advisory-only e-?mail|"
    r"your message\s{1,10}to:? {1,10}\S{1,100}|here is your list of failed recipients|failed to deliver to|intended recipient:|user.s mailbox is full|the message you sent to|we were unable to deliver|we couldn.t deliver|we(?: ha|.)ve? (?:had )?trouble delivering|"
    r"address not found|message (?:blocked|not delivered|rejected|too large|undelivered|not sent)\b|recipient inbox full|delivery incomplete|"
    r"(?:pesan|e-?mail|surel) (?:anda )?(?:yang anda kirim )?(?:ke(?:pada)? \S{1,120} )?(?:tidak (?:dapat|bisa|berhasil)|gagal) (?:dikirim|terkirim|diantar|disampaikan)|alamat tidak ditemukan|pesan (?:tidak terkirim|diblokir|ditolak)|kotak masuk penerima penuh|ini adalah (?:sistem|server) (?:email|surat)|pesan ini dibuat secara otomatis oleh (?:perangkat lunak|server|sistem)|"
    r"gagal mengirim(?:kan)? (?:pesan|e-?mail|surel)|pengiriman (?:pesan|e-?mail) (?:ke|kepada) .{1,120} gagal|"
    r"hierbij ontvangt|dies ist eine automatisch|ihre (?:nachricht|e-?mail|mail)(?: \S{1,80}){0,8} (?:konnte|kann|wurde) nicht|die folgende(?:n)? (?:nachricht|adresse)|diese (?:nachricht|e-?mail) wurde automatisch|votre (?:message|courrier)(?: \S{1,80}){0,8} (?:n.a pa?s|n.a pu|ne peut)|le message (?:suivant|n.a)|"
    r"(?:su|el|tu) (?:mensaje|correo)(?: \S{1,80}){0,8} no (?:se |ha |pudo|puede)|no se (?:pudo|ha podido|puede) entregar|(?:a|sua) mensagem(?: \S{1,80}){0,8} não|il (?:suo |tuo )?messaggio(?: \S{1,80}){0,8} non|impossibile recapitare|"
    r"ваше (?:сообщение|письмо)|это письмо создано автоматически|сообщение не доставлено|twoja wiadomość|wiadomość (?:nie|do)|メールを?(?:配信|送信)できません|あなたの(?:メール|メッセージ)|次の(?:宛先|受信者)|以下の(?:宛先|メール|アドレス)|対象アドレス|送信したメール|メッセージを配信できません|您(?:发送|的)(?:的)?邮件|很抱歉您发送|我们未能|无法(?:投递|将邮件)|抱歉，您的邮件|邮件无法|邮件未能|邮件传输)",
    _I,
)  # fmt: skip
"""To be matched at the beginning of a line."""
BOUNCES_HERE = re.compile(
    rb"(?:-(?:bounces?|owner|admin|request|return)(?:[+=-][^@\s]{0,100})?|\bbounces?[+=.-][^@\s]{0,100}|\bbounces?)@",
    _I,
)
