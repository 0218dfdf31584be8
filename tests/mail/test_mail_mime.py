"""Mails that are put together wrongly, or as programs of another age put them together. One specimen a kind."""
# ruff: noqa: E501

from __future__ import annotations

import base64
import binascii
import struct

import pytest

from channels.mail import headers as heads
from channels.mail import tnef
from channels.mail.charsets import decode, from_utf_7
from channels.mail.headers import readable
from channels.mail.parts import leaves
from tests.mail.samples import b64, mail, with_parts
from tests.mail.test_mail_reading import received


def names(raw: bytes) -> list[str]:
    return [each.name for each in received(raw).attachments]


# ------------------------------------------------------------------------------------------------ headers

HEADERS = {
    "a letter broken between two words": ("=?utf-8?Q?Minyak_=F0=9F?= =?utf-8?Q?=98=96?=", "Minyak 😖"),
    "two words without a blank between them": ("=?utf-8?Q?Gula?==?utf-8?Q?_basah?=", "Gula basah"),
    "a word within quotes": ('"=?utf-8?Q?Gula_basah?="', '"Gula basah"'),
    "blanks inside a word": ("=?utf-8?Q?Gula basah 3 sak?=", "Gula basah 3 sak"),
    "a language in a word": ("=?utf-8*id?Q?Gula_basah?=", "Gula basah"),
    "an unknown charset that is UTF-8": ("=?x-tidak-ada?Q?Gula_=E2=80=93_basah?=", "Gula – basah"),
    "a charset that lies": ("=?us-ascii?Q?Gula_=E2=80=93_basah?=", "Gula – basah"),
    "base64 without its padding": ("=?utf-8?B?R3VsYQ?=", "Gula"),
    "base64 that is cut off": (f"=?utf-8?B?{b64('Gula basah')[:10]}", "Gula ba"),
    "lower-case marks": ("=?utf-8?b?R3VsYQ==?= =?utf-8?q?_basah?=", "Gula basah"),
    "no word at all": ("=?utf-8?Q?", "=?utf-8?Q?"),
    "plain and encoded": ("Re: =?iso-8859-1?Q?R=FCckgabe?= dan retur", "Re: Rückgabe dan retur"),
    "undeclared UTF-7": ("Die Fr+APY-sche", "Die Frösche"),
    "a telephone number is no UTF-7": ("Hubungi +62812345678- segera", "Hubungi +62812345678- segera"),
    "a plus sign is no UTF-7": ("A+B-C dan user+ABCD-x@y", "A+B-C dan user+ABCD-x@y"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_subject_is_readable_however_it_is_encoded(name: str) -> None:
    raw, text = HEADERS[name]
    assert readable(raw.encode()) == text


RAW = {
    "UTF-8": ("Gula – basah 😖", "utf-8"),
    "GBK": ("关于我的订单", "gbk"),
    "Shift-JIS": ("こんにちは、注文の件", "cp932"),
    "EUC-JP": ("こんにちは、注文の件", "euc_jp"),
    "EUC-KR": ("주문 확인 부탁드립니다", "euc_kr"),
    "windows-1251": ("Привет, где мой заказ", "cp1251"),
    "KOI8-R": ("Привет, где мой заказ", "koi8_r"),
    "windows-1252": ("Rückgabe für 3 Stück – „süß“", "cp1252"),
    "windows-1252, a name": ("François Müller", "cp1252"),
}


@pytest.mark.parametrize("name", RAW)
def test_raw_bytes_of_no_declared_charset_are_read_as_what_they_are(name: str) -> None:
    """zammad mail046: a subject in raw GBK."""
    text, charset = RAW[name]
    assert decode(text.encode(charset)) == text
    assert (
        received(b"Subject: " + text.encode(charset) + b"\r\nFrom: a@b.example\r\n\r\nx").mail.subject == text
    )  # type: ignore[union-attr]


def test_raw_headers_are_in_the_charset_of_the_text_below() -> None:
    body = "--b\r\nContent-Type: text/plain; charset=iso-8859-2\r\n\r\nx\r\n--b--\r\n"
    raw = (
        "Subject: Żółć\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n".encode("iso-8859-2")
        + body.encode()
    )
    facts = received(raw).mail
    assert facts is not None
    assert facts.subject == "Żółć"


def test_utf_7_is_read_only_where_a_letter_can_be_meant() -> None:
    for text in ("+6281234567-", "1+1-2", "+AB-", "C++AAA-", "+////-", "+AGEAYg"):
        assert from_utf_7(text) == text
    assert from_utf_7("Harga +IKw-5") == "Harga €5"


def test_a_header_with_every_fault_at_once_still_gives_its_mail() -> None:
    raw = (
        b"\r\n\r\nFrom sari Mon Nov 16 09:00:00 2026\r\nFrom: =?utf-8?Q?Sari=2C_Dewi?= <sari@pelanggan.example>\r\n"
        b"Subject: Gula\x00 basah\r\n lagi\r\nthis line is no header\r\nTo: <support@sapa.example>,,;;<\r\n"
        b"Message-ID: <a b@c>\r\nMessage-ID: <second@c>\r\n\r\nGulanya basah."
    )
    message = received(raw)
    assert message.mail is not None
    assert (message.sender.email, message.sender.name) == ("sari@pelanggan.example", "Sari, Dewi")
    assert message.mail.subject == "Gula basah lagi"
    assert message.text == "Gulanya basah."
    assert message.mail.to == ("support@sapa.example",)


@pytest.mark.parametrize(
    ("value", "email"),
    [
        ('"Sari" <sari@p.example>, "Budi" <budi@p.example>', "sari@p.example"),
        ('"PT" <>, "LTD" <ly@example.com>', "ly@example.com"),
        ("<>", "envelope@pelanggan.example"),
        ("undisclosed-recipients:;", "envelope@pelanggan.example"),
        ("sari@p.example (Sari (Toko) Dewi)", "sari@p.example"),
        ("Sari sari@p.example", "sari@p.example"),
        ('"Sari" sari@p.example', "sari@p.example"),
        ("<Sari <sari@p.example>>", "sari@p.example"),
        ("sari@p.example <sari@p.example>", "sari@p.example"),
        ("Sari < sari @ p.example >", "sari@p.example"),
        ("mailto:sari@p.example", "sari@p.example"),
        ("'Sari' via Sales <sales@p.example>", "sales@p.example"),
        ("Sari\\, Dewi <sari@P.Example>", "sari@p.example"),
        ("=?utf-8?Q?Sari?= <=?utf-8?Q?sari=40p.example?=>", "sari@p.example"),
        ("Toko: Sari <sari@p.example>, Budi <b@p.example>;", "sari@p.example"),
    ],
)
def test_a_from_that_is_not_one_address_gives_the_first_usable_one(value: str, email: str) -> None:
    assert received(f"From: {value}\r\nSubject: x\r\n\r\nhalo".encode()).sender.email == email


# ------------------------------------------------------------------------------------------- attachments


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ('name="faktur.pdf"', "faktur.pdf"),
        ("name=surat jalan 1.pdf", "surat jalan 1.pdf"),
        ("name*=utf-8''faktur%20%E2%80%93.pdf", "faktur –.pdf"),
        ("name*0=fak;\r\n name*1=tur;\r\n name*2=.pdf", "faktur.pdf"),
        ("name*0*=utf-8''fak%E2;\r\n name*1*=%80%93;\r\n name*2=.pdf", "fak–.pdf"),
        ("name*1=tur.pdf;\r\n name*0=fak", "faktur.pdf"),
        ('name="=?utf-8?B?ZmFrdHVyLnBkZg==?="', "faktur.pdf"),
        ('name="=?utf-8?Q?fak?=\r\n =?utf-8?Q?tur.pdf?="', "faktur.pdf"),
        ('name="fak\r\n tur.pdf"', "fak tur.pdf"),
        ('name="C:\\TEMP\\faktur.pdf"', "faktur.pdf"),
        ('name="/etc/faktur.pdf"', "faktur.pdf"),
        ('name="../../faktur.pdf"', "faktur.pdf"),
        ('name="fak\\"tur.pdf"', "faktur.pdf"),
        ('name="faktur.pdf', "faktur.pdf"),
        ('name="faktur–.pdf"', "faktur–.pdf"),
        ('name=""; filename="faktur.pdf"', "faktur.pdf"),
        ("", "attachment-1.pdf"),
    ],
)
def test_an_attachment_has_its_name_however_it_is_written(parameters: str, name: str) -> None:
    head = f"Content-Type: application/pdf; {parameters}".rstrip("; ")
    assert names(
        with_parts("Subject: F", "mixed", "Content-Type: text/plain\n\nx\n", f"{head}\n\nisi\n")
    ) == [name]
    if "filename" not in parameters and parameters:
        written = parameters.replace("name", "filename").replace("\r\n", "\n")
        head = f"Content-Type: application/pdf\nContent-Disposition: attachment; {written}"
        raw = with_parts("Subject: F", "mixed", "Content-Type: text/plain\n\nx\n", f"{head}\n\nisi\n")
        assert names(raw) == [name]


def uu(name: str, content: bytes) -> str:
    lines = [binascii.b2a_uu(content[at : at + 45]).decode() for at in range(0, len(content), 45)]
    return f"begin 644 {name}\n{''.join(lines)}`\nend\n"


def test_uuencoded_files_in_a_text_become_attachments() -> None:
    picture = bytes(range(256)) * 3
    message = received(
        mail(
            "Subject: F",
            f"Ini fotonya.\n\n{uu('foto rusak.jpg', picture)}\nTerima kasih.\n{uu('b.txt', b'x')}",
        )
    )
    assert message.text == "Ini fotonya.\n\nTerima kasih."
    assert [(a.name, a.content) for a in message.attachments] == [
        ("foto rusak.jpg", picture),
        ("b.txt", b"x"),
    ]


def test_a_sentence_that_begins_like_a_uuencoded_file_stays() -> None:
    text = "begin 100 dus\nlalu 20 sak\nend\n\nbegin 644 x\nGulanya basah."
    assert received(mail("Subject: F", text)).text == text


def tnef_object(level: int, name: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, 6, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def tnef_property(key: int, kind: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, key, 1, len(value)) + value + b"\x00" * (-len(value) % 4)


def winmail() -> bytes:
    properties = [
        tnef_property(0x3707, 0x1F, "faktur – 1.pdf".encode("utf-16-le")),
        tnef_property(0x370E, 0x1E, b"application/pdf\x00"),
        tnef_property(0x3701, 0x102, b"%PDF isi"),
    ]
    body = tnef_property(0x1000, 0x1F, "Ini fakturnya.".encode("utf-16-le"))
    return (
        tnef.SIGNATURE
        + b"\x01\x00"
        + tnef_object(1, 0x9007, struct.pack("<II", 1252, 0))
        + tnef_object(1, 0x9003, struct.pack("<I", 1) + body)
        + tnef_object(2, 0x9002, b"\x00" * 14)
        + tnef_object(2, 0x8010, b"FAKTUR~1.PDF\x00")
        + tnef_object(2, 0x9005, struct.pack("<I", len(properties)) + b"".join(properties))
        + tnef_object(2, 0x9002, b"\x00" * 14)
        + tnef_object(2, 0x8010, b"foto.jpg\x00")
        + tnef_object(2, 0x800F, b"\xff\xd8 foto")
    )


def with_winmail(content: bytes, *before: str) -> bytes:
    part = f'Content-Type: application/ms-tnef; name="winmail.dat"\nContent-Transfer-Encoding: base64\n\n{base64.b64encode(content).decode()}\n'
    return with_parts("Subject: F", "mixed", *before, part)


def test_what_lies_in_a_winmail_dat_is_ours() -> None:
    message = received(with_winmail(winmail(), "Content-Type: text/plain\n\nTerlampir.\n"))
    assert message.text == "Terlampir."
    assert [(a.name, a.media_type, a.content) for a in message.attachments] == [
        ("faktur – 1.pdf", "application/pdf", b"%PDF isi"),
        ("foto.jpg", "application/octet-stream", b"\xff\xd8 foto"),
    ]


def test_the_words_of_a_winmail_dat_are_the_text_when_there_are_no_others() -> None:
    assert received(with_winmail(winmail())).text == "Ini fakturnya."


def test_a_winmail_dat_that_is_none_or_damaged_stays_an_attachment() -> None:
    for content in (b"not tnef", tnef.SIGNATURE, tnef.SIGNATURE + b"\x01\x00" + b"\xff" * 40):
        message = received(with_winmail(content, "Content-Type: text/plain\n\nx\n"))
        assert [a.name for a in message.attachments] == ["winmail.dat"]
        assert message.mail is not None
        assert "winmail.dat could not be opened" in message.mail.warnings
    whole = winmail()
    for cut in range(0, len(whole), 7):
        tnef.unpack(whole[:cut])
    tnef.unpack(
        tnef.SIGNATURE + b"\x01\x00" + tnef_object(1, 0x9003, b"\xff" * 4 + b"\x00" * 8)
    )  # 4 billion properties


INVITATION = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
SUMMARY:Rapat klaim\\, gudang
DTSTART;TZID="Asia/Jakarta":20261116T090000
DTEND;TZID="Asia/Jakarta":20261116T100000
LOCATION:Ruang 2
ORGANIZER;CN="Budi: Jaya":mailto:budi@toko.example
DESCRIPTION:Bawa fotonya.\\nTerima
  kasih.
END:VEVENT
END:VCALENDAR
"""


def test_an_invitation_without_words_can_be_read() -> None:
    message = received(
        mail("Subject: Undangan\nContent-Type: text/calendar; charset=utf-8; method=REQUEST", INVITATION)
    )
    assert message.text == (
        "Rapat klaim, gudang\n2026-11-16 09:00 Asia/Jakarta - 2026-11-16 10:00 Asia/Jakarta\nRuang 2\n"
        "Budi: Jaya <budi@toko.example>\nBawa fotonya.\nTerima kasih."
    )
    assert [a.name for a in message.attachments] == ["attachment-1.ics"]


def test_an_invitation_with_words_is_an_attachment() -> None:
    raw = with_parts(
        "Subject: U",
        "mixed",
        "Content-Type: text/plain\n\nMohon hadir.\n",
        f"Content-Type: text/calendar\n\n{INVITATION}",
    )
    assert received(raw).text == "Mohon hadir."


# ------------------------------------------------------------------------------------------------- bodies


def test_a_text_that_only_excuses_itself_gives_way_to_the_page() -> None:
    raw = with_parts(
        "Subject: H",
        "alternative",
        "Content-Type: text/plain\n\nYour mail client does not support HTML.\n",
        "Content-Type: text/html\n\n<p>Gulanya basah.</p>\n",
    )
    assert received(raw).text == "Gulanya basah."


def test_a_text_that_mentions_html_is_read() -> None:
    raw = with_parts(
        "Subject: H",
        "alternative",
        "Content-Type: text/plain\n\nFile HTML-nya rusak.\n",
        "Content-Type: text/html\n\n<p>lain</p>\n",
    )
    assert received(raw).text == "File HTML-nya rusak."


@pytest.mark.parametrize("body", ["", "\n\n", "Dikirim dari iPhone saya", "-- \nBudi\nPT Maju"])
def test_a_mail_without_words_of_its_own_is_still_a_mail(body: str) -> None:
    """What becomes of it, `corpus/customers.yaml` says (hanya-foto, hanya-tanda-tangan-hp)."""
    message = received(mail("Subject: Barang rusak", body))
    assert message.text == ""
    assert message.mail is not None
    assert message.mail.automatic == ""
    assert message.mail.quoted == body.strip().replace("-- ", "--")


CAPS = {
    "more parts than are kept apart": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + b"Content-Type: multipart/mixed; boundary=c\r\n\r\n" + b"--c\r\n\r\nx\r\n" * 2100,
    "nested deeper than is opened": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(40)),
    "headers longer than the limit were skipped": b"X-A: " + b"b\r\n c" * 60_000 + b"\r\n\r\nx",
    "more headers than are kept": b"X-A: b\r\n" * 2100 + b"\r\nx",
    "a header longer than is read": b"X-A: " + b"b" * 70_000 + b"\r\n\r\nx",
    "more addresses in To than are kept": b"To: " + b"a@b.example," * 300 + b"\r\n\r\nx",
    "a multipart that is not closed": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx",
    "a multipart without its boundary": b"Content-Type: multipart/mixed\r\n\r\nx",
    "no blank line after the headers": b"X-A: b\r\nGulanya basah.\r\n",
    "no Message-ID": b"\r\nx",
    "an HTML text longer than is read": b"Content-Type: text/html\r\n\r\n" + b"kata " * 700_000,
}  # fmt: skip


@pytest.mark.parametrize("warning", CAPS)
def test_what_is_left_out_or_wrong_is_said(warning: str) -> None:
    facts = received(b"From: a@b.example\r\n" + CAPS[warning]).mail
    assert facts is not None
    assert warning in facts.warnings
    assert facts.message_id


def test_a_boundary_counts_only_as_a_whole_line() -> None:
    """An inner boundary that begins like the outer one, and one within a line, cut nothing."""
    body = (
        b"--luar\r\nContent-Type: multipart/alternative; boundary=luar-dalam\r\n\r\n"
        b"--luar-dalam\r\nContent-Type: text/plain\r\n\r\nsatu --luar\r\n--luarbiasa\r\ndua\r\n"
        b"--luar-dalam--\r\n--luar \t\r\nContent-Type: text/csv; name=b.csv\r\n\r\na,b\r\n--luar--\r\nafter"
    )
    headers, _ = heads.split(b"Content-Type: multipart/mixed; boundary=luar\r\n\r\n", top=True)
    found, warnings = leaves(headers, body)
    assert [part.content for part in found] == [b"satu --luar\r\n--luarbiasa\r\ndua", b"a,b"]
    assert not warnings
