"""What programs, phones and companies put below a mail: tables, no logic."""
# ruff: noqa: E501, ISC004

from __future__ import annotations

MOBILE = (
    r"(?:dikirim|terkirim|kirim|dihantar|diposting) (?:dari|dengan|melalui|via|menggunakan) (?!dokter|toko|gudang|jne|jnt|pabrik|cabang|kurir|sana|sini)"
    r"[^.!?\n]{0,40}?(?:saya|iphone|ipad|android|samsung|galaxy|xiaomi|redmi|oppo|vivo|realme|huawei|ponsel|hp|smartphone|"
    r"handphone|outlook|gmail|yahoo|mail|windows|blackberry|telkomsel|indosat|xl|proton|mymail|spark|wps|zoho|thunderbird|edison|bluemail|aquamail|k-9|canary|tablet|perangkat[^\n]{0,30}|seluler)[^\n]{0,40}",
    r"powered by (?:telkomsel|indosat|xl|blackberry)[^\n]{0,40}",
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

MOBILE_BEGINS = frozenset(
    [
        "dikirim",
        "terkirim",
        "dihantar",
        "diposting",
        "powered",
        "kirim",
        "dapatkan",
        "unduh",
        "get",
        "sent",
        "send",
        "posted",
        "written",
        "von",
        "gesendet",
        "envoye",
        "envoyee",
        "obtenir",
        "enviado",
        "enviada",
        "obtener",
        "obter",
        "inviato",
        "inviata",
        "scarica",
        "ottieni",
        "verzonden",
        "verstuurd",
        "skickat",
        "sendt",
        "trimis",
        "yahoo",
    ]
)
"""With one of these every such line begins, if it is ASCII."""
