"""Letters to customers: headers nobody can break into, threads that hold, bodies that are calm and safe."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import packs, tokens
from bot.letters import Mailbox, MailThread, answer, answers_letter, body, code_letter, html
from bot.letters.head import references, reply_subject
from channels.base import MailFacts, Outbound
from channels.mail import read, write

NOW = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
SOP = packs.load()
SECRET = b"k" * 32
MAILBOX = Mailbox("support@perusahaan.example", "PT Arunika")
BODY = "Yth. Bapak Budi,\n\nKeluhannya sudah kami catat.\n\nSalam hangat,\nSapa"


def letter(thread: MailThread | None = None, **more: Any) -> Outbound:
    given_: dict[str, Any] = {
        "key": "7/3/1",
        "mailbox": MAILBOX,
        "to": "budi@pelanggan.example",
        "thread": thread or MailThread(subject="Barang kurang", message_id="m1@pelanggan.example"),
        "token": tokens.sign(SECRET, 42),
        "text": BODY,
        "at": NOW,
        "sop": SOP,
        "language": "id",
    }
    return answer(**{**given_, **more})


def parsed(outbound: Outbound) -> EmailMessage:
    message = email.message_from_bytes(write(outbound), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


# -------------------------------------------------------------------------------------------------- threads


def test_the_same_row_gives_the_same_bytes() -> None:
    assert write(letter()) == write(letter())


@pytest.mark.sop("K4")
def test_an_answer_keeps_the_thread_and_carries_the_token_three_ways() -> None:
    """libredesk#176, chatwoot#10028: clients rewrite References and subjects, replies open new tickets."""
    sent = letter(
        MailThread(
            subject="Barang kurang",
            message_id="m2@x",
            references=("m0@x", "m1@x"),
            numbers=("SP-2611-0042-7",),
        )
    )
    message = parsed(sent)
    token = tokens.sign(SECRET, 42)
    assert message["Message-ID"] == f"<sapa.{token}.7.3.1@perusahaan.example>"
    assert message["Reply-To"].addresses[0].addr_spec == f"support+{token}@perusahaan.example"
    assert message["In-Reply-To"] == "<m2@x>"
    assert message["References"].split() == ["<m0@x>", "<m1@x>", "<m2@x>"]
    assert message["Subject"] == "Re: [SP-2611-0042-7] Barang kurang"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Date"].datetime == NOW

    back = EmailMessage()
    back["From"], back["To"] = "budi@pelanggan.example", str(message["From"])
    back["Subject"], back["Message-ID"] = "Fwd: ganti judul", "<m3@x>"
    back["References"] = str(message["Message-ID"])
    back.set_content("ini fotonya")
    by_id = _heard(back.as_bytes())
    assert [tokens.verify(SECRET, one) for one in by_id.tokens] == [42]
    del back["References"]
    back.replace_header("To", str(message["Reply-To"]))
    by_address = _heard(back.as_bytes())
    assert [tokens.verify(SECRET, one) for one in by_address.tokens] == [42]


def _heard(raw: bytes) -> MailFacts:
    message = read(
        raw,
        account="support@perusahaan.example",
        envelope_from="budi@pelanggan.example",
        envelope_to=(),
        received_at=NOW,
    )
    assert message.mail is not None
    return message.mail


def test_our_own_letter_is_known_as_a_machines_when_it_comes_back() -> None:
    """freescout#3670: two helpdesks that answer each other."""
    assert _heard(write(letter())).automatic


def test_a_thread_remembers_what_the_next_answer_needs() -> None:
    thread = MailThread().heard(
        MailFacts(message_id="<a@x>", subject="Barang\r\nkurang", in_reply_to=("z@x",)),
        name="Budi",
        text="halo",
        at=NOW,
    )
    assert thread == MailThread(
        subject="Barang kurang", message_id="a@x", references=("z@x", "a@x"), name="Budi", text="halo", at=NOW
    )
    later = thread.heard(MailFacts(references=("z@x", "a@x")), name="", text="lagi", at=NOW)
    assert (later.subject, later.message_id, later.name) == ("Barang kurang", "a@x", "Budi")
    assert MailThread.load(later.issued("SP-1", "SP-2", "SP-1").dump()).numbers == ("SP-1", "SP-2")
    assert MailThread.load(b"") == MailThread()


def test_a_long_exchange_has_short_references() -> None:
    ids = [f"m{n}@x" for n in range(500)]
    kept = references(ids)
    assert len(kept) == 20
    assert kept[0] == "m0@x"
    assert kept[-1] == "m499@x"
    assert references(["<a@x>", "a@x", " <a@x> ", "", "no\r\nBcc: x@y", "b c@x"]) == ("a@x",)


@pytest.mark.parametrize(
    ("subject", "numbers", "expected"),
    [
        ("Barang kurang", (), "Re: Barang kurang"),
        ("Re: Barang kurang", (), "Re: Barang kurang"),
        ("RE: re: Bls: Re[2]: Barang kurang", (), "Re: Barang kurang"),
        ("Fwd: Re: Barang kurang", (), "Re: Fwd: Re: Barang kurang"),
        ("", (), "Re: PT"),
        ("  Re:  ", (), "Re: PT"),
        ("Barang", ("SP-1",), "Re: [SP-1] Barang"),
        ("Re: [SP-1] Barang", ("SP-1",), "Re: [SP-1] Barang"),
        ("Re: [SP-1] Barang", ("SP-1", "SP-2"), "Re: [SP-2] Barang"),
        ("Tanya SP-1", ("SP-1",), "Re: Tanya SP-1"),
        ("Rekening: salah", (), "Re: Rekening: salah"),
        ("Kirim\r\nBcc: semua@x.example", (), "Re: Kirim Bcc: semua@x.example"),
        ("x" * 1000, (), "Re: " + "x" * 195 + "…"),
    ],
)
def test_the_subject_is_kept(subject: str, numbers: tuple[str, ...], expected: str) -> None:
    assert reply_subject(subject, numbers, "PT") == expected


def test_a_mailbox_without_plus_addresses_still_has_the_token_in_its_ids() -> None:
    plain = Mailbox("cs@perusahaan.example", plus=False)
    sent = letter(mailbox=plain)
    assert sent.mail is not None
    assert sent.mail.reply_to == "cs@perusahaan.example"
    assert tokens.sign(SECRET, 42) in sent.mail.message_id
    long = Mailbox("a" * 60 + "@x.example")
    assert long.with_token("t" * 20) == long.address, "a local part has 64 characters at most"


def test_odd_keys_never_share_an_id() -> None:
    keys = ["1/2", "1.2", "1-2", "1 2", "1/2\r\nX: y", "ä", "x" * 300, "x" * 301, "1//2", ""]
    ids = {MAILBOX.letter_id(key, "tok") for key in keys}
    assert len(ids) == len(keys)
    assert all(re.fullmatch(r"[A-Za-z0-9@._-]{1,200}", one) for one in ids)


# -------------------------------------------------------------------------------------------------- bodies


def test_the_last_message_is_quoted_short_below_and_never_nested() -> None:
    long = "\n".join([f"baris {n}" for n in range(100)] + ["> kutipan lama"])
    sent = letter(MailThread(subject="x", name="Budi", text=long, at=NOW))
    own, _, quote = sent.text.partition("Pada Senin, 23 November 2026, pukul 10.30 WIB, Budi menulis:")
    assert own.strip() == BODY
    assert quote.count("\n> ") == 31
    assert "> […]" in quote
    assert "kutipan lama" not in sent.text
    heard = read(write(sent), account="a@x", envelope_from="", envelope_to=(), received_at=NOW)
    assert heard.text.strip() == BODY, "our own reader takes the quote away again"


def test_english_letters_have_an_english_frame() -> None:
    sent = letter(MailThread(subject="x", name="Ann", text="hello", at=NOW), language="en")
    assert "On Monday, 23 November 2026, 10:30 am (Jakarta), Ann wrote:\n> hello" in sent.text
    assert '<html lang="en">' in sent.html


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{ 7*7 }}{% for x in y %}",
    "${7*7} #{7*7} {0.__class__}",
    "'; DROP TABLE tickets; --",
    "\u202egnp.exe \u2066x\u2069",
    "nul\x00 bel\x07 esc\x1b[31m",
    "\ud800 lone",
    "Budi\r\nBcc: semua@x.example\r\n\r\nisi palsu",
    "=?utf-8?q?Budi?= <x@y>",
    'Budi "Si" O\'Neil, PT <a@b>',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_are_shown_harmlessly(text: str) -> None:
    sent = letter(
        MailThread(subject=text, name=text, text=text, at=NOW),
        text=f"Yth. {text},\n\nTerima kasih.\n- {text}",
    )
    message = parsed(sent)
    assert "Bcc" not in message
    assert len(message.keys()) == len(set(message.keys()))
    assert message["To"].addresses[0].addr_spec == "budi@pelanggan.example"
    tags = Tags(sent.html)
    assert not {"script", "img", "iframe", "link", "form", "input", "object"} & {tag for tag, _ in tags.tags}
    assert not any(name.startswith("on") for _, attrs in tags.tags for name in attrs)
    for control in ("\x00", "\x07", "\x1b", "\u202e", "\u2066", "\ud800"):
        assert control not in sent.text + sent.html
    assert "49" not in sent.text.replace(text, "")


@pytest.mark.parametrize("kind", ["text", "list", "number"])
def test_what_looks_like_a_tag_is_text_in_every_place_of_a_letter(kind: str) -> None:
    def page(text: str) -> Tags:
        blocks = (body.Block(kind, ((body.Span(text), body.Span(text, text)),)),)
        tables = (body.Table(text, ((text, text),)),)
        record = html.render_record(body.Record(tables, text, (body.Entry(text, text),)))
        return Tags(html.render(body.Page(text, text, blocks, record, blocks, text, text)))

    hostile = '"\'><b onload="x">&lt;{title}</title></div>'
    shown, plain = page(hostile), page("x")
    kinds = [[(tag, list(attrs)) for tag, attrs in each.tags] for each in (shown, plain)]
    assert kinds[0] == kinds[1]
    assert [a["href"] for tag, a in shown.tags if tag == "a"] == [hostile] * 2
    assert shown.text.count(hostile) == 13, "title, four spans, six of the record, two of the quote"


def test_the_html_needs_nothing_from_outside_and_follows_the_readers_screen() -> None:
    sent = letter(
        text=f"Yth. Ibu,\n\nLihat {SOP.about.company.site}/ ya, bukan http://jahat.example/x?a=1&b=2."
    )
    tags = Tags(sent.html)
    names = {tag for tag, _ in tags.tags}
    assert not names & {"style", "script", "img", "link", "iframe"}
    assert "url(" not in sent.html
    assert "@import" not in sent.html
    links = [attrs["href"] for tag, attrs in tags.tags if tag == "a"]
    assert links == [SOP.about.company.site.rstrip("/") + "/"], "only our own pages are links"
    styles = " ".join(attrs.get("style") or "" for _, attrs in tags.tags)
    assert "background" not in styles
    assert not re.search(r"(?<![-\w])color\s*:", styles), "no colour of ours fights a dark screen"
    metas = {attrs.get("name"): attrs.get("content") for tag, attrs in tags.tags if tag == "meta"}
    assert metas["color-scheme"] == "light dark"
    assert "width=device-width" in (metas["viewport"] or "")


def test_a_ticket_number_stands_by_itself_and_lists_are_lists() -> None:
    text = "Nomor tiketnya:\nSP-2611-0042-7\nSimpan, ya.\n\nMasih perlu:\n- faktur\n- foto\nTerima kasih"
    sent = letter(MailThread(numbers=("SP-2611-0042-7",)), text=text)
    tags = [tag for tag, _ in Tags(sent.html).tags]
    assert tags.count("li") == 2
    assert tags.count("ul") == 1
    assert re.search(r"<p style=[^>]*monospace[^>]*>SP-2611-0042-7</p>", sent.html)


def test_a_mail_written_anew_in_a_known_thread_keeps_it_together() -> None:
    """The third of three quick mails has no References: our answer still names all that came before."""
    thread = MailThread()
    for n, before in ((1, ()), (2, ("1@x.example",)), (3, ())):
        facts = MailFacts(message_id=f"{n}@x.example", references=before, subject="Susu bocor")
        thread = thread.heard(facts, name="Budi", text="x", at=NOW)
    sent = letter(thread)
    assert sent.mail is not None
    assert sent.mail.in_reply_to == "3@x.example"
    assert sent.mail.references == ("1@x.example", "2@x.example", "3@x.example")


def test_an_address_that_is_none_goes_nowhere() -> None:
    for bad in (
        "budi@x.example\r\nBcc: y@x.example",
        "a@b, c@d",
        "",
        "Budi <budi@x.example>",
        "budi\u200b@x.example",
    ):
        assert letter(to=bad).to == "", bad


@pytest.mark.sop("K4")
def test_a_code_letter_lets_nobody_into_the_conversation_that_asked() -> None:
    sent = code_letter(
        key="code/1", mailbox=MAILBOX, to="siti@x.example", text="Kode: 123456", number="SP-2611-0042-7",
        at=NOW, sop=SOP, language="id",
    )  # fmt: skip
    assert sent.mail is not None
    assert sent.mail.reply_to == MAILBOX.address
    assert sent.mail.message_id.startswith("letter.")
    assert sent.mail.automatic == "auto-generated"
    assert "123456" not in sent.mail.subject
    back = EmailMessage()
    back["From"], back["To"], back["Subject"] = "siti@x.example", MAILBOX.address, "Re: kode"
    back["In-Reply-To"] = str(parsed(sent)["Message-ID"])
    back.set_content("ini bukan saya")
    heard = _heard(back.as_bytes())
    assert answers_letter(heard, MAILBOX.secret)
    assert not answers_letter(heard, b"another secret"), "an id that anybody could write is nobody's letter"
    assert not any(tokens.verify(SECRET, one) for one in heard.tokens)
    assert not answers_letter(_heard(write(letter())), MAILBOX.secret)


# ----------------------------------------------------------------------------------------------- properties

anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=80) | st.sampled_from(HOSTILE)


@given(
    subject=anything,
    name=anything,
    quoted=anything,
    text=anything,
    mid=anything,
    ref=anything,
    sender=anything,
)
def test_no_words_of_anybody_can_break_a_letter(
    subject: str, name: str, quoted: str, text: str, mid: str, ref: str, sender: str
) -> None:
    thread = MailThread(
        subject=subject, name=name, text=quoted, message_id=mid, references=(ref, mid), at=NOW
    )
    sent = letter(thread, text=text, mailbox=Mailbox("support@perusahaan.example", sender))
    raw = write(sent)
    head = raw.partition(b"\r\n\r\n")[0]
    lines = re.sub(rb"\r\n[ \t]", b" ", head).split(b"\r\n")
    names = [line.partition(b":")[0].decode() for line in lines]
    assert len(names) == len(set(names)), "no header twice"
    assert names[0] == "Message-ID"
    assert b"\n" not in head.replace(b"\r\n", b"")
    assert "Bcc" not in names
    message = parsed(sent)
    assert [one.addr_spec for one in message["To"].addresses] == ["budi@pelanggan.example"]
    assert [one.addr_spec for one in message["From"].addresses] == ["support@perusahaan.example"]
    assert message["Subject"].startswith("Re: ")
    assert not message.defects
    assert write(letter(thread, text=text, mailbox=Mailbox("support@perusahaan.example", sender))) == raw
