"""The words by which mail systems and absent people give themselves away: tables, no logic."""
# ruff: noqa: E501

from __future__ import annotations

import re

DAEMON = re.compile(
    r"(?:mailer-?daemon|mail-daemon|maildaemon|postmaster|mailerdaemon|mdaemon|bounces?|mail\.delivery|maildelivery|"
    r"mail-delivery|delivery-?(?:reports?|status)?|microsoftexchange[0-9a-f]{6,64}|mailsystem|mail-system|undelivered|smtpd?-?server|"
    r"mail_daemon|majordomo-owner|mailadmin|mail-admin|autoanswer-daemon|amavisd?(?:-new)?|nondelivery)"
    r"(?:[+=_.-][^@]{0,200})?\Z",
    re.IGNORECASE,
)
DAEMON_NAME = re.compile(
    r"mail(?:er)?[ -]?(?:delivery|daemon)|mail delivery (?:sub)?system|system administrator|postmaster|"
    r"administrator sistem|mail administrator|internet mail delivery|delivery (?:sub)?system|postoffice|mailer-daemon",
    re.IGNORECASE,
)
BOUNCE_SUBJECT = re.compile(
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
    r"warning: (?:could not send|message)|warning - delivery|could not (?:send|deliver)|unable to deliver|cannot deliver|nondeliverable|delayed$|"
    r"配信|メール配信|送信エラー|邮件无法|系统退信|退信|undelivered|your message (?:to|could|was|has|cannot)|message rejected|automatically rejected mail|there was an error sending|"
    r"mail you sent|auto reply: (?:undeliver)"
    r"nondelivery|"
    r"notification d'état|rapport de non|rapporto di|onbestelbaar|niet bezorgd|olevererbart|kan ikke leveres)",
    re.IGNORECASE,
)
BOUNCE_BODY = re.compile(
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
AUTO_SUBJECT = re.compile(
    r"(?:re: ?|\[[^\]]{1,40}\] ?){0,2}(?:"
    r"balasan otomatis|jawaban otomatis|respon(?:s)? otomatis|pesan otomatis|auto ?balas|sedang (?:cuti|tidak di kantor)|"
    r"(?:sedang |saya )?(?:di|berada di) luar kantor|tidak di (?:kantor|tempat)|cuti(?: tahunan)?(?::|$)|"
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
NO_REPLY = re.compile(
    r"(?:do[-_.]?)?no[-_.]?(?:t[-_.]?)?(?:reply|respond|response|balas|antwort)|jangan[-_.]?(?:di)?balas|tidak[-_.]?dibalas",
    re.IGNORECASE,
)

MAILER_DAEMON = re.compile(r"(?:mailer-?daemon|mail-?daemon)@", re.IGNORECASE)
REPLY_SUBJECT = re.compile(
    r"(?:re|aw|sv|antw|balas|bls|tr|vs|odp|rif|回复|答复|回覆|답장)\s*(?:\[\d{1,3}\])?\s*[:：]", re.IGNORECASE
)
"""A subject that answers an earlier mail."""
