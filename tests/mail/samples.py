"""Mails written for these tests: as Indonesian customers and their programs send them. One `Sample` each."""
# ruff: noqa: E501

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any


def mail(headers: str, body: str | bytes, charset: str = "utf-8") -> bytes:
    """A raw mail with CRLF; `headers` and `body` as written, usual headers added where they are missing."""
    lines = headers.strip("\n").split("\n")
    names = {line.partition(":")[0].lower() for line in lines if line[:1].strip()}
    usual = {
        "From": "Sari Dewi <sari@pelanggan.example>",
        "To": "support@sapa.example",
        "Date": "Mon, 16 Nov 2026 09:12:00 +0700",
        "Message-ID": "<m1@pelanggan.example>",
    }
    lines += [f"{name}: {value}" for name, value in usual.items() if name.lower() not in names]
    head = "\r\n".join(line.rstrip("\r") for line in lines if line != "-").encode("utf-8")
    raw = body.encode(charset) if isinstance(body, str) else body
    return head + b"\r\n\r\n" + raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@dataclass(frozen=True)
class Sample:
    """`expect`: what `Message` or its `MailFacts` must have; `inside`/`outside`: words of the visible text."""

    name: str
    raw: bytes
    expect: dict[str, Any] = field(default_factory=dict)
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


def b64(text: str, charset: str = "utf-8") -> str:
    return base64.b64encode(text.encode(charset)).decode()


COMPLAINT = (
    "Selamat siang,\n\nSaya beli 2 dus minyak goreng Sari Murni, yang datang cuma 1.\n"
    "Nomor faktur INV-2611-0457, HP 0812-3344-5566.\n\nTerima kasih\nSari"
)
REPLY = "Subject: Re: Tiket\nIn-Reply-To: <sapa.abcdefgh1234567890.k1@sapa.example>"
OURS = "Selamat siang, Ibu Sari.\nBoleh minta nomor fakturnya?"


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


def parts(kind: str, *each: str, boundary: str = "b1") -> tuple[str, str]:
    body = "".join(f"--{boundary}\n{part}\n" for part in each) + f"--{boundary}--\n"
    return f'MIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary="{boundary}"', body


def with_parts(headers: str, kind: str, *each: str) -> bytes:
    head, body = parts(kind, *each)
    return mail(f"{headers}\n{head}", body)


PNG = b64("\x89PNG not really", "latin-1")

SAMPLES = [
    Sample("a complaint with everything", mail("Subject: Barang kurang", COMPLAINT), {"text": COMPLAINT, "automatic": "", "subject": "Barang kurang", "quoted": ""}),
    Sample("no subject, no Message-ID, no Date", mail("Message-ID:\nDate:", "halo min"), {"text": "halo min", "subject": ""}),
    Sample(
        "Gmail in Indonesian, header wrapped before menulis",
        mail(REPLY, f"INV-2611-0457 ya kak\n\nPada Sen, 16 Nov 2026 pukul 09.00 Layanan Pelanggan <support@sapa.example>\nmenulis:\n\n{quoted(OURS)}\n"),
        {"text": "INV-2611-0457 ya kak", "tokens": ("abcdefgh1234567890",)},
    ),
    Sample(
        "Gmail header glued to the reply",
        mail(REPLY, f"Terima kasih\nPada Rab, 18 Nov 2026 pukul 09.12 Sapa <support@sapa.example> menulis:\n{quoted(OURS)}"),
        {"text": "Terima kasih"},
    ),
    Sample(
        "a sentence that begins with Pada above the header",
        mail(REPLY, f"Pada dusnya ada tulisan 1 dari 2\nPada 16 Nov 2026 09.00, \"Sapa\" <support@sapa.example> menulis:\n\n{quoted(OURS)}"),
        {"text": "Pada dusnya ada tulisan 1 dari 2"},
    ),
    Sample(
        "Pada tanggal, and no > below (HTML made text)",
        mail(REPLY, f"Sudah saya kirim fotonya.\n\nPada tanggal Sen, 16 Nov 2026 09.00, Sapa <support@sapa.example> menulis:\n{OURS}"),
        {"text": "Sudah saya kirim fotonya."},
        outside=("Boleh minta",),
    ),
    Sample(
        "header and reply on one line",
        mail(REPLY, f"Terima kasih kak. Pada Sab, 14 Nov 2026 pukul 14.59 Sapa <support@sapa.example> menulis:\n{quoted(OURS)}"),
        {"text": "Terima kasih kak."},
    ),
    Sample(
        "Outlook block in Indonesian",
        mail(REPLY, f"Nomornya INV-2611-0457.\n\nDari: Layanan Pelanggan <support@sapa.example>\nDikirim: Senin, 16 November 2026 09.00\nKepada: Sari Dewi\nSubjek: Re: Tiket\n\n{OURS}"),
        {"text": "Nomornya INV-2611-0457."},
    ),
    Sample(
        "Outlook block in English under a ruler",
        mail(REPLY, f"Invoice INV-2611-0457.\n\n________________________________\nFrom: Sapa <support@sapa.example>\nSent: Monday, November 16, 2026 9:00 AM\nTo: Sari Dewi\nSubject: Ticket\n\n{OURS}"),
        {"text": "Invoice INV-2611-0457."},
    ),
    Sample(
        "Pesan asli",
        mail(REPLY, f"Baik, terima kasih.\n\n-------- Pesan asli --------\nDari: Sapa <support@sapa.example>\n\n{OURS}"),
        {"text": "Baik, terima kasih."},
    ),
    Sample(
        "a business letter is no Outlook block",
        mail("Subject: Komplain", "Tanggal: 16 November 2026\nDari: Toko Makmur\nKepada: Bagian Layanan\nPerihal: Barang rusak\n\nDengan hormat, 5 dus gula rusak."),
        inside=("Perihal: Barang rusak", "5 dus gula rusak"),
    ),
    Sample("From: at the start of a sentence", mail("Subject: Tanya", "Dari: Bandung ke Garut ongkirnya berapa?"), {"text": "Dari: Bandung ke Garut ongkirnya berapa?"}),
    Sample("answer below the quote", mail(REPLY, f"On Mon, 16 Nov 2026 at 09:00, Sapa <support@sapa.example> wrote:\n\n{quoted(OURS)}\n\nINV-2611-0457"), {"text": "INV-2611-0457"}),
    Sample(
        "answers between the quoted lines",
        mail(REPLY, "Pada Sen, 16 Nov 2026 pukul 09.00 Sapa <support@sapa.example> menulis:\n\n> Nomor fakturnya?\n\nINV-2611-0457\n\n> Nomor HP-nya?\n\n0812-3344-5566\n\n> Alamatnya?\n\nJl. Melati 5, Depok"),
        inside=("INV-2611-0457", "0812-3344-5566", "Jl. Melati 5, Depok"),
        outside=("fakturnya",),
    ),
    Sample(
        "a forwarded complaint is the content",
        mail("Subject: Fwd: komplain", "Mohon dibantu ya.\n\n---------- Forwarded message ---------\nDari: Budi <budi@toko.example>\nDate: Sen, 16 Nov 2026 pukul 08.00\nSubject: komplain\nTo: sales\n\nGulanya basah semua, 3 sak."),
        inside=("Mohon dibantu ya.", "Gulanya basah semua, 3 sak."),
    ),
    Sample(
        "forwarded from an iPhone in Indonesian",
        mail("Subject: Fwd: komplain", "Tolong dicek\n\nDikirim dari iPhone saya\n\nMulai pesan terusan:\n\n> Dari: Budi <budi@toko.example>\n> Tanggal: 16 November 2026 08.00\n>\n> Gulanya basah semua."),
        inside=("Gulanya basah semua.",),
    ),
    Sample("a forward of nothing but quoted lines", mail("Subject: Fwd: komplain", quoted("Gulanya basah semua, 3 sak.\nBudi")), inside=("Gulanya basah semua, 3 sak.",)),
    Sample("only a phone's signature", mail("Subject: Barang rusak", "Dikirim dari iPhone saya"), {"text": "", "quoted": "Dikirim dari iPhone saya"}),
    Sample("only a quote", mail(REPLY, f"Pada Sen, 16 Nov 2026 pukul 09.00 Sapa <support@sapa.example> menulis:\n\n{quoted(OURS)}"), {"text": ""}),
    Sample("empty", mail("Subject: Komplain", ""), {"text": ""}),
    Sample("signature after two dashes", mail("Subject: Retur", "Mohon retur 1 dus.\n\n-- \nBudi Santoso\nPT Maju Jaya\nTelp 021-555"), {"text": "Mohon retur 1 dus.", "quoted": "--\nBudi Santoso\nPT Maju Jaya\nTelp 021-555"}),
    Sample("phone signature in Indonesian", mail("Subject: Retur", "Mohon retur 1 dus.\n\nDikirim dari Galaxy saya"), {"text": "Mohon retur 1 dus."}),
    Sample("Yahoo on a phone", mail("Subject: Retur", "Mohon retur 1 dus.\n\nDikirim dari Yahoo Mail di Android"), {"text": "Mohon retur 1 dus."}),
    Sample("Outlook on a phone", mail("Subject: Retur", "Mohon retur 1 dus.\n\nDapatkan Outlook untuk Android<https://aka.ms/x>"), {"text": "Mohon retur 1 dus."}),
    Sample("a customer's own chronology is no header", mail("Subject: Komplain", "Pesanan saya tanggal 16/11/2026 10.00 kata kurir budi@jne.example:\nbarang rusak semua\nmohon diganti"), {"quoted": ""}, inside=("mohon diganti",)),
    Sample("a customer's own list is no Outlook block", mail("Subject: Komplain", "Rincian:\nTanggal: 16 November 2026 pukul 10.00\nKepada: Budi <budi@toko.example>\nBarang: gula 3 sak"), {"quoted": ""}, inside=("Barang: gula 3 sak",)),
    Sample("somebody's words told in a new mail are no quote", mail("Subject: Komplain", "Pada 16 November 2026 pukul 10.00 sopir@ekspedisi.example menulis:\nbarang ditolak"), {"quoted": ""}, inside=("barang ditolak",)),
    Sample("two dashes within a text are no signature", mail("Subject: Komplain", "Barang kurang\n--\nINV-2611-0457\nHP 0812-3344-5566"), {"quoted": ""}, inside=("0812-3344-5566",)),
    Sample("text below a phone's signature is kept", mail("Subject: Retur", "Mohon retur 1 dus.\nSent from my iPhone\nTambahan: yang gula juga."), inside=("Mohon retur", "Tambahan: yang gula juga.")),
    Sample("a sentence about sending is no signature", mail("Subject: Kirim", "Dikirim dari gudang kapan ya?"), {"text": "Dikirim dari gudang kapan ya?"}),
    Sample("a disclaimer in Indonesian", mail("Subject: Retur", "Mohon retur 1 dus.\nBudi\n\nE-mail ini beserta lampirannya bersifat rahasia dan hanya ditujukan kepada penerima."), {"text": "Mohon retur 1 dus.\nBudi"}),
    Sample("a disclaimer in English", mail("Subject: Return", "Please return one box.\n\nThis e-mail and its attachments are confidential and intended solely for the addressee."), {"text": "Please return one box."}),
    Sample("a regards line is kept, it has the phone number", mail("Subject: Retur", "Mohon retur.\n\nSalam,\nBudi\n0812-3344-5566"), inside=("0812-3344-5566",)),
    Sample(
        "text and HTML: the text is read",
        with_parts("Subject: Dua", "alternative", "Content-Type: text/plain; charset=utf-8\n\nMinyaknya bocor.\n", "Content-Type: text/html; charset=utf-8\n\n<p>Minyaknya <b>bocor</b>.</p>\n"),
        {"text": "Minyaknya bocor.", "attachments": ()},
    ),
    Sample(
        "a blank text part: the HTML is read",
        with_parts("Subject: Dua", "alternative", "Content-Type: text/plain\n\n \n", "Content-Type: text/html\n\n<p>Minyaknya bocor.</p>\n"),
        {"text": "Minyaknya bocor."},
    ),
    Sample("HTML only", mail("Subject: H\nContent-Type: text/html; charset=utf-8", "<html><style>p{color:red}</style><body><p>Minyaknya bocor.</p><p>2 dus &amp; 1 sak</p></body></html>"), {"text": "Minyaknya bocor.\n\n2 dus & 1 sak"}),
    Sample(
        "HTML only, Gmail's quote",
        mail(f"{REPLY}\nContent-Type: text/html; charset=utf-8", '<div dir="ltr">INV-2611-0457</div><br><div class="gmail_quote"><div class="gmail_attr">Pada Sen, 16 Nov 2026 pukul 09.00 Sapa &lt;<a href="mailto:support@sapa.example">support@sapa.example</a>&gt; menulis:<br></div><blockquote class="gmail_quote" style="border-left:1px solid #ccc">Boleh minta nomornya?</blockquote></div>'),
        {"text": "INV-2611-0457"},
    ),
    Sample(
        "HTML only, answer inside Gmail's quote block",
        mail(f"{REPLY}\nContent-Type: text/html", '<div class="gmail_quote"><div>On Mon, 16 Nov 2026 09:00 Sapa &lt;support@sapa.example&gt; wrote:</div><blockquote class="gmail_quote">Nomornya?</blockquote><div>INV-2611-0457</div><blockquote class="gmail_quote">HP?</blockquote><div>0812-3344-5566</div></div>'),
        inside=("INV-2611-0457", "0812-3344-5566"),
        outside=("Nomornya?",),
    ),
    Sample(
        "HTML only, Outlook's block below its own rule",
        mail(f"{REPLY}\nContent-Type: text/html", '<div class="WordSection1"><p>Sudah sampai, terima kasih.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>Dari:</b> Sapa<br><b>Dikirim:</b> Senin 16 November 2026 09.00<br><b>Kepada:</b> Sari<br><b>Subjek:</b> Tiket</p></div><p>Boleh minta nomornya?</p></div>'),
        {"text": "Sudah sampai, terima kasih."},
    ),
    Sample(
        "HTML only, Outlook on the web, language unknown to us",
        mail(f"{REPLY}\nContent-Type: text/html", '<div>Sudah.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Xyz:</b> Sapa</div><div>Boleh minta nomornya?</div>'),
        {"text": "Sudah."},
    ),
    Sample("HTML nested deeper than other libraries read", mail("Subject: D\nContent-Type: text/html", "<div>" * 400 + "Gulanya basah." + "</div>" * 400), {"text": "Gulanya basah."}),
    Sample("a page in a text part", mail("Subject: D\nContent-Type: text/plain", "<html><body><p>Gulanya basah.</p></body></html>"), {"text": "Gulanya basah."}),
    Sample("windows-1252 that calls itself ASCII", mail("Subject: P\nContent-Type: text/plain; charset=us-ascii", "Harga Rp5.000 – “mahal”".encode("cp1252")), {"text": "Harga Rp5.000 – “mahal”"}),
    Sample("UTF-8 that calls itself windows-1252 in its name only", mail("Subject: P\nContent-Type: text/plain; charset=x-tidak-ada", "Rasanya asam 😖".encode()), {"text": "Rasanya asam 😖"}),
    Sample("GBK subject, raw", b"Subject: " + "你好".encode("gbk") + b"\r\nFrom: a@b.example\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n" + "订单".encode("gbk"), {"subject": "你好", "text": "订单"}),
    Sample("UTF-7 body", mail("Subject: P\nContent-Type: text/plain; charset=utf-7", b"Fr+APY-sche"), {"text": "Frösche"}),
    Sample("encoded subject that breaks a letter between two words", mail("Subject: =?utf-8?B?" + base64.b64encode("Minyak 😖".encode()[:9]).decode() + "?=\n =?utf-8?B?" + base64.b64encode("Minyak 😖".encode()[9:]).decode() + "?=", "x"), {"subject": "Minyak 😖"}),
    Sample("subject folded and with NUL and a bell", mail("Subject: Barang\n  kurang\x00 satu\x07 dus", "x"), {"subject": "Barang kurang satu dus"}),
    Sample("base64 in a language nobody declared", mail("Subject: B\nContent-Transfer-Encoding: base64", b64("Gulanya basah – 3 sak")), {"text": "Gulanya basah – 3 sak"}),
    Sample("quoted-printable with soft breaks", mail("Subject: Q\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable", "Gulanya =\nbasah =E2=80=93 3 sak=20"), {"text": "Gulanya basah – 3 sak"}),
    Sample("format=flowed", mail("Subject: F\nContent-Type: text/plain; format=flowed", "Gulanya basah \nsemua.\n-- \nBudi"), {"text": "Gulanya basah semua."}),
    Sample(
        "photo and invoice attached",
        with_parts("Subject: Foto", "mixed", "Content-Type: text/plain\n\nIni fotonya.\n", f'Content-Type: image/png; name="foto rusak.png"\nContent-Disposition: attachment; filename="foto rusak.png"\nContent-Transfer-Encoding: base64\n\n{PNG}\n', f"Content-Type: application/pdf\nContent-Disposition: attachment;\n filename*0*=utf-8''fa%6Btur%20;\n filename*1=INV-2611.pdf\nContent-Transfer-Encoding: base64\n\n{PNG}\n"),
        {"text": "Ini fotonya.", "attachments": (("foto rusak.png", "image/png"), ("faktur INV-2611.pdf", "application/pdf"))},
    ),
    Sample("only an attachment", mail('Subject: Foto\nContent-Type: image/jpeg; name="IMG 1.jpg"\nContent-Transfer-Encoding: base64', PNG), {"text": "", "attachments": (("IMG 1.jpg", "image/jpeg"),)}),
    Sample(
        "an image inside the text",
        with_parts("Subject: Foto", "related", 'Content-Type: text/html\n\n<p>Lihat <img src="cid:i1"></p>\n', f"Content-Type: image/png\nContent-ID: <i1>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\n{PNG}\n"),
        {"text": "Lihat", "attachments": (("image-1.png", "image/png"),), "references_of_attachments": ("cid:i1",)},
    ),
    Sample("a name with a path and a bidi trick", with_parts("Subject: F", "mixed", "Content-Type: text/plain\n\nx\n", 'Content-Type: application/pdf; name="C:\\TEMP\\\u202eexe.pdf"\n\nx\n'), {"attachments": (("exe.pdf", "application/pdf"),)}),
    Sample("an unquoted name with blanks", with_parts("Subject: F", "mixed", "Content-Type: text/plain\n\nx\n", "Content-Type: application/pdf; name=surat jalan 1.pdf\n\nx\n"), {"attachments": (("surat jalan 1.pdf", "application/pdf"),)}),
    Sample("an attached mail is an attachment and no bounce", with_parts("Subject: Lihat", "mixed", "Content-Type: text/plain\n\nLihat lampiran.\n", "Content-Type: message/rfc822\n\nSubject: Undeliverable: x\nFrom: mailer-daemon@x.example\n\nnot ours\n"), {"text": "Lihat lampiran.", "attachments": (("Undeliverable x.eml", "message/rfc822"),), "automatic": ""}),
    Sample("a multipart without its boundary", mail("Subject: M\nContent-Type: multipart/mixed", "Gulanya basah."), {"text": "Gulanya basah."}),
    Sample("a multipart that is cut off", mail("Subject: M\nContent-Type: multipart/mixed; boundary=b", "--b\nContent-Type: text/plain\n\nGulanya basah."), {"text": "Gulanya basah."}),
    Sample("CR only", mail("Subject: C", "Gulanya\nbasah.").replace(b"\r\n", b"\r"), {"subject": "C", "text": "Gulanya\nbasah."}),
    Sample("an mbox line first", b"From sari@pelanggan.example Mon Nov 16 09:00:00 2026\n" + mail("Subject: X", "Gulanya basah."), {"subject": "X", "text": "Gulanya basah."}),
    Sample("stray text above the headers", b"this is no header\r\n\r\n" + mail("Subject: X", "Gulanya basah."), {"subject": "X", "text": "Gulanya basah."}),
    Sample("no blank line after the headers", b"From: a@b.example\r\nSubject: X\r\nGulanya basah.\r\n3 sak.", {"subject": "X", "text": "Gulanya basah.\n3 sak."}),
    Sample("From with a quoted comma", mail('From: "Dewi, Sari" <sari@pelanggan.example>\nSubject: X', "x"), {"sender": ("sari@pelanggan.example", "Dewi, Sari")}),
    Sample("From that is two addresses, the first empty", mail('From: "PT" <>, "LTD" <ly@example.com>\nSubject: X', "x"), {"sender": ("ly@example.com", "LTD")}),
    Sample("From encoded as a whole", mail(f"From: =?utf-8?B?{b64('Sari Dewi <Sari@Pelanggan.Example>')}?=\nSubject: X", "x"), {"sender": ("Sari@pelanggan.example", "Sari Dewi")}),
    Sample("no From at all", mail("From:\nSubject: X", "x"), {"sender": ("envelope@pelanggan.example", "")}),
    Sample("token in a plus-address", mail("To: Sapa <support+abcdefgh1234567890@sapa.example>\nSubject: X", "x"), {"tokens": ("abcdefgh1234567890",)}),
    Sample("token in References after a foreign client rewrote In-Reply-To", mail("Subject: X\nIn-Reply-To: <other@x>\nReferences: <a@b> <sapa.tttttttttttttttttt.k@sapa.example>\n <other@x>", "x"), {"tokens": ("tttttttttttttttttt",), "in_reply_to": ("other@x",), "references": ("a@b", "sapa.tttttttttttttttttt.k@sapa.example", "other@x")}),
    Sample("Reply-To", mail("Reply-To: Kantor <kantor@pelanggan.example>\nSubject: X", "x"), {"reply_to": "kantor@pelanggan.example"}),
    # ------------------------------------------------------------------------------------------ automatic
    Sample("balasan otomatis", mail("Subject: Balasan Otomatis: Tiket SP-2611", "Saya sedang cuti."), {"automatic": "auto_reply: its subject"}),
    Sample("di luar kantor", mail("Subject: Di luar kantor", "Saya kembali Senin."), {"automatic": "auto_reply: its subject"}),
    Sample("out of office with the header", mail("Auto-Submitted: auto-replied\nSubject: hello", "x"), {"automatic": "auto_reply: Auto-Submitted: auto-replied"}),
    Sample("auto-forwarded is a person's mail", mail("Auto-Submitted: auto-forwarded\nSubject: hello", "x"), {"automatic": ""}),
    Sample("a vacation responder without RFC 3834", mail("X-Autoreply: yes\nSubject: hello", "x"), {"automatic": "auto_reply: x-autoreply"}),
    Sample("Exchange", mail("X-Auto-Response-Suppress: All\nSubject: hello", "x"), {"automatic": "auto_reply: X-Auto-Response-Suppress"}),
    Sample("a question about holidays is no automatic reply", mail("Subject: Cuti bersama apakah buka?", "x"), {"automatic": ""}),
    Sample("a newsletter", mail("List-Unsubscribe: <https://x.example>\nSubject: Promo", "x"), {"automatic": "list: list-unsubscribe"}),
    Sample("bulk", mail("Precedence: bulk\nSubject: Promo", "x"), {"automatic": "list: Precedence: bulk"}),
    Sample("our own support group is no list", mail("List-Id: <support.sapa.example>\nList-Post: <mailto:support@sapa.example>\nPrecedence: list\nSubject: Gula basah", "x"), {"automatic": ""}),
    Sample("our own mail", mail("X-Sapa-Mail: 1\nSubject: X", "x"), {"automatic": "own: it carries X-Sapa-Mail"}),
    Sample("from our own address", mail("From: support@sapa.example\nSubject: X", "x"), {"automatic": "own: it comes from our own address"}),
    Sample("a no-reply sender", mail("From: no-reply@bank.example\nSubject: X", "x"), {"automatic": "list: its sender takes no answers"}),
    Sample(
        "a delivery status notification",
        with_parts("From: Mail Delivery System <MAILER-DAEMON@mx.example>\nSubject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied", "report; report-type=delivery-status", "Content-Type: text/plain\n\nsorry\n", "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n"),
        {"automatic": "bounce: a delivery report says failed"},
    ),
    Sample("a bounce that is no DSN", mail("From: MAILER-DAEMON@mx.example\nSubject: failure notice", "Hi. This is the qmail-send program."), {"kind": "bounce"}),
    Sample("a bounce in Indonesian", mail("From: postmaster@mx.example\nSubject: Tidak dapat dikirim: Tiket", "Pesan Anda tidak sampai."), {"kind": "bounce"}),
    Sample("a delivery report of success is no bounce", with_parts("From: postmaster@mx.example\nSubject: Delivered", "report; report-type=delivery-status", "Content-Type: text/plain\n\nok\n", "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b\nAction: delivered\nStatus: 2.0.0\n"), {"automatic": "receipt: a delivery report"}),
    Sample("a customer who complains about a delivery", mail("Subject: Delivery failed, barang tidak sampai", "Kurir tidak datang."), {"automatic": ""}),
    Sample("a read receipt", with_parts("Subject: Dibaca: Tiket", "report; report-type=disposition-notification", "Content-Type: text/plain\n\nread\n", "Content-Type: message/disposition-notification\n\nDisposition: manual-action\n"), {"automatic": "receipt: a read receipt"}),
]  # fmt: skip
