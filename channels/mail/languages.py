"""What mail programs write around an earlier mail, by language: tables, no logic.

Indonesian and English first; the others are what the bigger programs (Gmail, Outlook, Apple, Yahoo,
Thunderbird, Zoho) write in these languages.
"""
# ruff: noqa: E501, ISC004

from __future__ import annotations

import re

WROTE = (
    "menulis", "menuliskan", "telah menulis",  # id, ms
    "wrote", "writes", "sent", "said",  # en
    "schrieb", "hat geschrieben", "geschrieben",  # de
    "schreef", "het volgende geschreven", "geschreven",  # nl
    "skrev", "skrev følgende",  # sv nb da
    "a écrit", "a ecrit", "écrit",  # fr
    "escribió", "escribio", "va escriure", "escriure",  # es ca
    "escreveu", "ha scritto", "scrive",  # pt it
    "napisał", "napisał(a)", "napisała", "pisze",  # pl
    "napsal", "napsal(a)", "napsala", "napísal", "napísal(a)", "napísala",  # cs sk
    "írta", "ezt írta",  # hu
    "написал", "написала", "написал(а)", "пишет", "писал", "писал(а)",  # ru
    "пише", "написав", "написала",  # uk
    "написа", "је написао", "је написао/ла", "je napisao", "je napisao/la", "je napisala", "je napisal",  # bg sr hr sl
    "yazdı", "şunu yazdı", "şunları yazdı",  # tr
    "写道", "寫道", "撰寫", "書きました", "のメール", "님이 작성", "작성", "님이 썼습니다",  # zh ja ko
    "đã viết", "viết", "เขียนว่า", "เขียน", "ने लिखा", "লিখেছেন",  # vi th hi bn
    "כתב", "כתבה", "כתב/ה", "מאת", "كتب", "نوشت",  # he ar fa
    "a scris", "kirjoitti", "έγραψε", "rašė", "rakstīja", "kirjutas", "skrifaði", "idatzi du",  # ro fi el lt lv et is eu
    "sumulat", "isinulat ni", "escribiu", "scríobh",
)  # fmt: skip

WROTE_UNSPACED = ("写道", "寫道", "撰寫", "書きました", "のメール", "작성", "썼습니다", "เขียน", "ने लिखा")
"""Of languages that set no blanks between words."""

FROM = (
    "dari", "daripada", "pengirim", "from", "von", "de", "da", "van", "från", "fra", "od", "feladó", "от", "від", "kimden",
    "gönderen", "发件人", "寄件者", "寄件人", "差出人", "보낸 사람", "보낸사람", "từ", "người gửi", "จาก", "lähettäjä", "de la",
    "από", "מאת", "من", "saatja", "nuo", "no", "expéditeur", "remitente", "mittente", "remetente", "absender", "afzender",
    "expeditor", "odesílatel", "odosielateľ", "від кого", "प्रेषक",
)  # fmt: skip
SENT = (
    "dikirim", "terkirim", "dihantar", "sent", "gesendet", "envoyé", "envoyé le", "enviado", "enviado el", "enviado em",
    "enviada em", "enviada", "inviato", "verzonden", "skickat", "sendt", "wysłano", "wysłane", "odesláno", "odoslané",
    "elküldve", "отправлено", "надіслано", "gönderildi", "gönderilme tarihi", "发送时间", "寄件日期", "傳送時間", "送信日時",
    "보낸 날짜", "보낸날짜", "đã gửi", "ส่ง", "lähetetty", "trimis", "στάλθηκε", "נשלח", "تاريخ الإرسال", "saadetud", "išsiųsta",
    "nosūtīts", "poslano", "изпратено", "послато", "भेजा गया",
)  # fmt: skip
DATE = (
    "tanggal", "hari/tanggal", "tarikh", "date", "datum", "fecha", "data", "dato", "dátum", "дата", "tarih", "日期", "日時",
    "날짜", "ngày", "วันที่", "päivä", "päiväys", "ημερομηνία", "תאריך", "التاريخ", "kuupäev", "datums", "message du",
)  # fmt: skip
TO = (
    "kepada", "ke", "untuk", "to", "an", "à", "para", "a", "aan", "till", "til", "do", "komu", "címzett", "кому", "kime", "alıcı",
    "收件人", "收件者", "宛先", "받는 사람", "받는사람", "tới", "đến", "ถึง", "vastaanottaja", "către", "προς", "אל", "إلى", "за", "प्रति",
)  # fmt: skip
SUBJECT = (
    "subjek", "perihal", "judul", "subject", "betreff", "objet", "sujet", "asunto", "assunto", "oggetto", "onderwerp", "ämne", "emne",
    "temat", "předmět", "predmet", "tárgy", "тема", "относно", "konu", "主题", "主旨", "主題", "件名", "제목", "chủ đề", "tiêu đề",
    "เรื่อง", "หัวเรื่อง", "aihe", "subiect", "θέμα", "נושא", "הנדון", "الموضوع", "teema", "tema", "zadeva", "विषय",
)  # fmt: skip
OTHER = (
    "cc",
    "bcc",
    "tembusan",
    "reply-to",
    "balas ke",
    "organization",
    "importance",
    "kepentingan",
    "attachments",
    "lampiran",
)

ORIGINAL = (
    "original message", "original appointment", "pesan asli", "pesan asal", "email asli", "ursprüngliche nachricht",
    "originalnachricht", "message d'origine", "message d’origine", "message original", "mensaje original", "mensagem original",
    "messaggio originale", "oorspronkelijk bericht", "originele bericht", "ursprungligt meddelande", "ursprungligt mess.",
    "opprinnelig melding", "oprindelig meddelelse", "original meddelelse", "oryginalna wiadomość", "wiadomość oryginalna",
    "původní zpráva", "pôvodná správa", "eredeti üzenet", "исходное сообщение", "пересылаемое сообщение", "original besked", "oprindelig besked", "opprinnelig beskjed",
    "вихідне повідомлення", "özgün ileti", "orijinal mesaj", "原始邮件", "原始郵件", "邮件原件", "元のメッセージ", "원본 메시지",
    "원본 메일", "tin nhắn gốc", "thư gốc", "ข้อความต้นฉบับ", "alkuperäinen viesti", "mesaj original", "αρχικό μήνυμα",
    "الرسالة الأصلية", "הודעה מקורית", "antwort weiterleiten", "reply message", "replied message",
)  # fmt: skip
FORWARDED = (
    "forwarded message", "forwarded by", "begin forwarded message", "forwarded email", "forward message",
    "pesan terusan", "pesan diteruskan", "pesan yang diteruskan", "diteruskan oleh", "mulai pesan terusan", "awal pesan terusan",
    "memulai pesan yang diteruskan", "mesej yang dimajukan", "weitergeleitete nachricht", "anfang der weitergeleiteten",
    "message transféré", "message transmis", "début du message", "début du message réexpédié", "mensaje reenviado",
    "inicio del mensaje reenviado", "mensagem encaminhada", "início da mensagem", "messaggio inoltrato", "inizio messaggio inoltrato",
    "doorgestuurd bericht", "begin doorgestuurd bericht", "vidarebefordrat meddelande", "videresendt melding",
    "videresendt besked", "videresendt meddelelse", "przekazana wiadomość", "wiadomość przekazana", "přeposlaná zpráva",
    "preposlaná správa", "továbbított üzenet", "továbbított levél", "пересланное сообщение", "пересылаемое письмо",
    "начало переадресованного", "переслане повідомлення", "yönlendirilmiş ileti", "iletilen mesaj", "转发的邮件", "轉寄的郵件",
    "转发邮件", "forwarded mail", "転送メッセージ", "転送されたメッセージ", "전달된 메시지", "thư được chuyển tiếp", "ข้อความที่ส่งต่อ",
    "välitetty viesti", "edelleenlähetetty viesti", "mesaj redirecționat", "προωθημένο μήνυμα", "הודעה שהועברה", "رسالة معاد توجيهها",
    "terusan",
)  # fmt: skip

FORWARDED_BEGINS = (
    "begin forwarded message", "begin forwarded email", "mulai pesan terusan", "awal pesan terusan", "memulai pesan yang diteruskan",
    "pesan terusan", "pesan yang diteruskan", "anfang der weitergeleiteten", "début du message", "inicio del mensaje reenviado",
    "inizio messaggio inoltrato", "início da mensagem", "begin doorgestuurd bericht", "начало переадресованного", "vidarebefordrat brev",
    "początek przekazywanej wiadomości", "转发的邮件", "転送されたメッセージ", "전달된 메시지",
)  # fmt: skip
"""Titles of a forwarded mail that stand without a ruler and end in a colon (Apple)."""

MOBILE = (
    r"(?:dikirim|terkirim|kirim) (?:dari|dengan|melalui|via|menggunakan) (?!dokter|toko|gudang|jne|jnt|pabrik|cabang|kurir|sana|sini)"
    r"[^.!?\n]{0,40}?(?:saya|iphone|ipad|android|samsung|galaxy|xiaomi|redmi|oppo|vivo|realme|huawei|ponsel|hp|smartphone|"
    r"handphone|outlook|gmail|yahoo|mail|windows|blackberry|telkomsel|indosat|xl|perangkat[^\n]{0,30}|seluler)[^\n]{0,40}",
    r"(?:dapatkan|unduh) outlook (?:untuk|for) [^\n]{0,40}",
    r"get outlook for [^\n]{0,40}",
    r"(?:sent|send|posted|written) (?:from|via|with|using|by) (?:my |the |a |an )?(?:[^\n]{0,25}?)(?:iphone|ipad|ipod|android|samsung|galaxy|"
    r"blackberry|mobile|phone|smartphone|tablet|outlook|gmail|yahoo|mail|windows|nokia|htc|huawei|xiaomi|redmi|oppo|vivo|nexus|"
    r"pixel|lg|sony|xperia|motorola|moto|verizon|t-mobile|at&t|acompli|mailbird|spark|mailbox|thunderbird|aquamail|k-9|cloud|"
    r"device|handheld|palm|treo|protonmail|proton|zoho|app|wiko|bq|lenovo|asus|mutt|touch|airmail|polymail|newton|boxer|nine)[^\n]{0,60}",
    r"sent from my [^\n]{1,40}",
    r"(?:von|gesendet von|gesendet mit) (?:meinem|meiner|mein|dem|der|outlook|gmx|web\.de|yahoo)[^\n]{0,60}",
    r"von [^\n]{1,40} gesendet",
    r"envoy[ée](?:e)? (?:de|depuis|à partir de|par|avec) [^\n]{1,60}",
    r"(?:obtenir|télécharger) outlook pour [^\n]{0,40}",
    r"enviad[oa] (?:desde|de|do|a partir d[oe]|del|por|com|con|via|usando) [^\n]{1,60}",
    r"(?:obtener|obter) (?:o )?outlook (?:para|for) [^\n]{0,40}",
    r"inviat[oa] (?:da|dal|dallo|con) [^\n]{1,60}",
    r"(?:scarica|ottieni) outlook per [^\n]{0,40}",
    r"(?:verzonden|verstuurd) (?:vanaf|vanuit|via|met|van) [^\n]{1,60}",
    r"skickat från [^\n]{1,60}|sendt fra [^\n]{1,60}|sänt från [^\n]{1,60}",
    r"wysłan[eoy] (?:z|ze|przez) [^\n]{1,60}|odesláno z [^\n]{1,60}|odoslané z [^\n]{1,60}",
    r"отправлено (?:с|из|через) [^\n]{1,60}|надіслано з [^\n]{1,60}|изпратено от [^\n]{1,60}",
    r"[^\n]{1,40}(?:'den|'dan|'dan|imden|ımdan|dan|den) gönderildi",
    r"(?:发自|發自|从|從|来自|來自)我的?\s?[^\n]{1,30}(?:发送|傳送)?|[^\n]{0,30}から送信|(?:나의|내) [^\n]{1,20}에서 보냄",
    r"[^\n]{1,30}에서 보냄|(?:được )?gửi từ [^\n]{1,40}|ส่งจาก[^\n]{1,40}|lähetetty [^\n]{1,40}(?:sta|stä|lta)[^\n]{0,20}",
    r"trimis (?:de pe|din|cu) [^\n]{1,40}|στάλθηκε από [^\n]{1,40}|נשלח מה?[^\n]{1,40}|أُ?رسل(?:ت)? من [^\n]{1,40}",
    r"yahoo mail for [^\n]{1,40}|yahoo mail(?::)? (?:search|stay|cari|telusuri)[^\n]{0,60}",
)

DISCLAIMER = (
    r"(?:legal |email |important )?disclaimer\b", r"confidentiality(?: notice| note|:)", r"confidential(?::| -)",
    r"(?:this|the information (?:contained )?in this) (?:e-?mail|message|communication|transmission)\b[^\n]{0,160}"
    r"(?:confidential|privileged|intended|proprietary)",
    r"the information (?:contained|transmitted|in this)[^\n]{0,120}(?:confidential|privileged|intended)",
    r"please consider the environment", r"notice:? this (?:e-?mail|message)",
    r"(?:pesan|e-?mail|surel|surat elektronik|informasi|isi)(?: (?:dan|beserta|berikut|serta) [^\n]{0,30})? (?:ini|dalam e-?mail ini|dalam pesan ini|yang terkandung)"
    r"[^\n]{0,160}(?:rahasia|hanya (?:untuk|ditujukan)|ditujukan (?:hanya|khusus)|dilindungi)",
    r"pernyataan (?:penyangkalan|kerahasiaan)", r"sanggahan\b", r"peringatan:? (?:pesan|e-?mail) ini",
    r"(?:mohon|harap) pertimbangkan lingkungan", r"jika (?:anda|bapak/ibu) bukan penerima (?:yang dimaksud|yang dituju)",
    r"diese e-?mail (?:enthält|kann|und)[^\n]{0,80}vertraulich", r"ce (?:message|courriel)[^\n]{0,100}confidentiel",
    r"este (?:mensaje|correo|e-?mail)[^\n]{0,120}confidencia", r"esta mensagem[^\n]{0,120}confidencia",
    r"virus-free\.|bebas virus\.|this email has been (?:scanned|checked)|e-?mail ini (?:telah )?(?:dipindai|diperiksa)",
)  # fmt: skip


def alternatives(words: tuple[str, ...]) -> str:
    """Longest first, so that a word that begins another does not hide it."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
