"""HTML as the mail programs write it: what its sender wrote, and what lies below it. One page each."""
# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass

import pytest

from channels.mail.pages import MAX_TAGS, to_text
from channels.mail.visible import visible

OURS = "Boleh minta nomor fakturnya?"
HEADER = 'Pada Sen, 16 Nov 2026 pukul 09.00 Sapa &lt;<a href="mailto:support@sapa.example">support@sapa.example</a>&gt; menulis:'
BLOCK = "<b>Dari:</b> Sapa &lt;support@sapa.example&gt;<br><b>Dikirim:</b> Senin, 16 November 2026 09.00<br><b>Kepada:</b> Sari<br><b>Subjek:</b> Tiket"


@dataclass(frozen=True)
class Page:
    """`text`: what must be left of a reply; `inside`: words that must stay, where the whole is not compared."""

    name: str
    html: str
    text: str | None = None
    inside: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


PAGES = [
    Page("Gmail on the web", f'<div dir="ltr">INV-2611-0457</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">{HEADER}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"><div>{OURS}</div></blockquote></div>', "INV-2611-0457"),
    Page("Gmail in a language nobody wrote down", f'<div dir="ltr">INV-2611-0457</div><div class="gmail_quote"><div class="gmail_attr">Abc def ghi jkl &lt;support@sapa.example&gt; mno</div><blockquote class="gmail_quote">{OURS}</blockquote></div>', "INV-2611-0457"),
    Page("Gmail with its signature", f'<div dir="ltr">INV-2611-0457<div><br></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature"><div>Sari Dewi</div><div>Toko Makmur</div></div></div><div class="gmail_quote"><div class="gmail_attr">{HEADER}</div><blockquote class="gmail_quote">{OURS}</blockquote></div>', "INV-2611-0457"),
    Page("Gmail on a phone", f'<div dir="auto">INV-2611-0457</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{HEADER}<br></div><blockquote class="gmail_quote">{OURS}</blockquote></div>', "INV-2611-0457"),
    Page("answers between Gmail's quotes", f'<div class="gmail_quote"><div class="gmail_attr">{HEADER}</div><blockquote class="gmail_quote"><div>Nomor faktur?</div></blockquote><div>INV-2611-0457</div><blockquote class="gmail_quote"><div>Nomor HP?</div></blockquote><div>0812-3344-5566</div></div>', "INV-2611-0457\n\n0812-3344-5566"),
    Page("a customer's own indentation is kept", "<div>Rinciannya:</div><div><br></div><div>di bawah ini</div><blockquote>gula 3 sak<br>minyak 2 dus</blockquote><p>Terima kasih</p>", inside=("gula 3 sak", "minyak 2 dus", "Terima kasih")),
    Page("Outlook for Windows", f'<div class="WordSection1"><p class="MsoNormal">Sudah sampai, <b>terima kasih</b>.<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">{BLOCK}<o:p></o:p></p></div></div><p class="MsoNormal">{OURS}</p></div>', "Sudah sampai, terima kasih."),
    Page("Outlook for Windows, older", f'<div class="Section1"><p class="MsoNormal">Sudah sampai.</p><div style="border:none;border-top:solid #B5C4DF 1.0pt"><p class="MsoNormal">{BLOCK}</p></div><p>{OURS}</p></div>', "Sudah sampai."),
    Page("Outlook on the web", f'<div style="font-family:Calibri">Sudah sampai.</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">{BLOCK}<div>&nbsp;</div></div><div>{OURS}</div>', "Sudah sampai."),
    Page("Outlook on the web, in a language nobody wrote down", f'<div>Sudah.</div><div id="x_appendonsend"></div><hr><div id="x_divRplyFwdMsg"><b>Abc:</b> Sapa<br><b>Def:</b> x</div><div>{OURS}</div>', "Sudah."),
    Page("Outlook on a phone", f'<div>Sudah sampai.</div><div id="ms-outlook-mobile-signature"><div>Dapatkan <a href="https://aka.ms/x">Outlook untuk Android</a></div></div><div id="mail-editor-reference-message-container"><hr><div>{BLOCK}</div><div>{OURS}</div></div>', "Sudah sampai."),
    Page("Windows Mail", f'<div>Sudah sampai.</div><div style="padding-top:5px;border-top-color:rgb(229,229,229);border-top-width:1px;border-top-style:solid"><div><b>Dari:</b>&nbsp;Sapa</div><div><b>Dikirim:</b>&nbsp;\u200eSenin\u200e, \u200e16\u200e \u200eNovember\u200e \u200e2026\u200e \u200e09\u200e.\u200e00</div><div><b>Kepada:</b>&nbsp;Sari</div><div><b>Subjek:</b> x</div></div><div>{OURS}</div>', "Sudah sampai."),
    Page("Hotmail", f"<div>Sudah sampai.</div><hr id=\"stopSpelling\">Date: Mon, 16 Nov 2026 09:00:00 +0700<br>To: sari@x.example<br><div>{OURS}</div>", "Sudah sampai."),
    Page("Apple Mail", f'<html><body>Sudah sampai.<br><div><br><blockquote type="cite"><div>Pada 16 Nov 2026, pukul 09.00, Sapa &lt;support@sapa.example&gt; menulis:</div><br><div>{OURS}</div></blockquote></div></body></html>', "Sudah sampai."),
    Page("an iPhone", f'<div dir="auto">Sudah sampai.<br><br><div dir="ltr">Dikirim dari iPhone saya</div><div dir="ltr"><br><blockquote type="cite">Pada 16 Nov 2026, pukul 09.00, Sapa &lt;support@sapa.example&gt; menulis:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">{OURS}</div></blockquote></div>', "Sudah sampai."),
    Page("Yahoo", f'<div class="yahoo-style-wrap"><div>Sudah sampai.</div><div><br></div></div><div id="yahoo_quoted_123" class="yahoo_quoted"><div>Pada Senin, 16 November 2026 09.00.12 WIB, Sapa &lt;support@sapa.example&gt; menulis: </div><div>{OURS}</div></div>', "Sudah sampai."),
    Page("Yahoo on Android", f'<div>Sudah sampai.<br><br><div id="ymail_android_signature"><a href="https://x">Dikirim dari Yahoo Mail di Android</a></div><br><blockquote style="margin:0 0 20px 0"><div style="font-family:Roboto">Pada Sen, 16 Nov 2026 pada 9:00, Sapa</div><div>&lt;support@sapa.example&gt; menulis:</div><div style="padding:10px 0 0 20px">{OURS}</div></blockquote></div>', "Sudah sampai."),
    Page("Thunderbird", f'<body><p>Sudah sampai.</p><div class="moz-cite-prefix">Am 16.11.26 um 09:00 schrieb Sapa:<br></div><blockquote type="cite" cite="mid:x"><p>{OURS}</p></blockquote><pre class="moz-signature" cols="72">-- \nSari</pre></body>', "Sudah sampai."),
    Page("Thunderbird, answer below", f'<body><div class="moz-cite-prefix">On 16/11/26 09:00, Sapa wrote:<br></div><blockquote type="cite" cite="mid:x">{OURS}</blockquote><p>INV-2611-0457</p></body>', "INV-2611-0457"),
    Page("Proton", f'<div>Sudah sampai.</div><div class="protonmail_signature_block"><div class="protonmail_signature_block-proton">Dikirim dengan email aman <a href="https://proton.me">Proton Mail</a>.</div></div><div class="protonmail_quote">Pada hari Senin, 16 November 2026 pada 09.00, Sapa &lt;support@sapa.example&gt; menulis:<br><blockquote class="protonmail_quote" type="cite">{OURS}</blockquote></div>', "Sudah sampai."),
    Page("Zoho", f'<div>Sudah sampai.<br></div><div class="zmail_extra_hr" style="border-top:1px solid #ccc"></div><div class="zmail_extra" data-zbluepencil-ignore="true"><div id="Zm-_Id_-Sgn1">---- Pada Sen, 16 Nov 2026 09:00:12 +0700 <b>Sapa &lt;support@sapa.example&gt;</b> menulis ----</div><blockquote id="blockquote_zmail">{OURS}</blockquote></div>', "Sudah sampai."),
    Page("Samsung", f'<div dir="auto">Sudah sampai.</div><div id="composer_signature" dir="auto"><div>Dikirim dari ponsel Galaxy saya</div></div><div><br></div><div align="left">-------- Pesan asli --------</div><div>Dari: Sapa &lt;support@sapa.example&gt;</div><div>Tanggal: 16/11/26 09.00 (GMT+07:00)</div><div>Ke: Sari</div><div>Subjek: Tiket</div><div>{OURS}</div>', "Sudah sampai."),
    Page("Zimbra", f'<div>Sudah sampai.</div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>Von: </b>Sapa<br></div><div data-marker="__QUOTED_TEXT__">{OURS}</div>', "Sudah sampai."),
    Page("Spark", f'<div name="messageBodySection"><div dir="auto">Sudah sampai.</div></div><div name="messageReplySection">On 16 Nov 2026, 09:00 +0700, Sapa, wrote:<br><blockquote type="cite" class="spark_quote">{OURS}</blockquote></div>', "Sudah sampai."),
    Page("QQ", f'<div>Sudah sampai.</div><div><includetail><div style="font-size:12px">------------------&nbsp;Original&nbsp;------------------</div><div><b>From:</b> Sapa</div></includetail></div><div>{OURS}</div>', "Sudah sampai."),
    Page("a hidden preheader is not shown", '<div style="display:none;max-height:0">Promo!</div><div>Gulanya basah.</div>', "Gulanya basah."),
    Page("a list and a table", "<p>Rincian:</p><ul><li>gula</li><li>minyak</li></ul><ol><li>satu</li><li>dua</li></ol><table><tr><td>gula</td><td>3</td></tr><tr><td>minyak</td><td>2</td></tr></table>", "Rincian:\n\n* gula\n* minyak\n\n1. satu\n2. dua\n\ngula  3\nminyak  2"),
    Page("lines set by <pre> stay lines", "<pre>gula  3\nminyak 2</pre>", "gula  3\nminyak 2"),
    Page("blanks that mean nothing", "<p>Gulanya\n   basah,&nbsp;3 sak.</p>\n\n  <p> Terima kasih. </p>", "Gulanya basah, 3 sak.\n\nTerima kasih."),
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_was_written_is_found_in_the_page_of_a_mail_program(page: Page) -> None:
    text = visible(to_text(page.html)).text
    if page.text is not None:
        assert text == page.text
    for word in page.inside:
        assert word in text
    for word in page.outside:
        assert word not in text


FORWARDS = {
    "Gmail": '<div dir="ltr">Mohon dibantu ya.<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>Dari: <strong class="gmail_sendername" dir="auto">Budi Jaya</strong> <span dir="auto">&lt;<a href="mailto:budi@toko.example">budi@toko.example</a>&gt;</span><br>Date: Sen, 16 Nov 2026 pukul 08.00<br>Subject: Gula basah<br>To: Sales &lt;<a href="mailto:sales@kami.example">sales@kami.example</a>&gt;<br></div><br><br><div dir="ltr">Gulanya basah, 3 sak.</div></div></div>',
    "Outlook for Windows": '<div class="WordSection1"><p class="MsoNormal">Mohon dibantu ya.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>Dari:</b> Budi Jaya &lt;budi@toko.example&gt; <br><b>Dikirim:</b> Senin, 16 November 2026 08.00<br><b>Kepada:</b> Sales<br><b>Subjek:</b> Gula basah<o:p></o:p></p></div><p class="MsoNormal"><o:p>&nbsp;</o:p></p><p class="MsoNormal">Gulanya basah, 3 sak.</p></div>',
    "Outlook on the web": '<div>Mohon dibantu ya.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Dari:</b> Budi Jaya &lt;budi@toko.example&gt;<br><b>Dikirim:</b> Senin, 16 November 2026 08.00<br><b>Kepada:</b> Sales<br><b>Subjek:</b> Gula basah</div><div>Gulanya basah, 3 sak.</div>',
    "Apple Mail": '<div>Mohon dibantu ya.<br><div><br><blockquote type="cite"><div>Mulai pesan terusan:</div><br><div><span><b>Dari: </b></span><span>Budi Jaya &lt;<a href="mailto:budi@toko.example">budi@toko.example</a>&gt;<br></span></div><div><b>Subjek: </b><b>Gula basah</b><br></div><div><b>Tanggal: </b>16 November 2026 08.00.00 WIB<br></div><div><b>Kepada: </b>sales@kami.example<br></div><br><div>Gulanya basah, 3 sak.</div></blockquote></div></div>',
    "Thunderbird": '<p>Mohon dibantu ya.</p><div class="moz-forward-container"><br>-------- Pesan yang diteruskan --------<table class="moz-email-headers-table"><tbody><tr><th align="RIGHT">Subjek: </th><td>Gula basah</td></tr><tr><th>Tanggal: </th><td>Mon, 16 Nov 2026 08:00:00 +0700</td></tr><tr><th>Dari: </th><td>Budi Jaya <a href="mailto:budi@toko.example">&lt;budi@toko.example&gt;</a></td></tr><tr><th>Kepada: </th><td>sales@kami.example</td></tr></tbody></table><br><br><p>Gulanya basah, 3 sak.</p></div>',
    "Yahoo": '<div>Mohon dibantu ya.</div><div id="ydp1yahoo_quoted_1" class="yahoo_quoted"><div><div>----- Pesan yang Diteruskan -----</div><div><b>Dari:</b> Budi Jaya &lt;budi@toko.example&gt;</div><div><b>Kepada:</b> sales@kami.example &lt;sales@kami.example&gt;</div><div><b>Terkirim:</b> Senin, 16 November 2026 pukul 08.00.00 WIB</div><div><b>Judul:</b> Gula basah</div><div><br></div><div>Gulanya basah, 3 sak.</div></div></div>',
}  # fmt: skip


@pytest.mark.parametrize("program", FORWARDS)
def test_a_complaint_that_was_passed_on_stays_and_its_author_is_known(program: str) -> None:
    seen = visible(to_text(FORWARDS[program]), is_reply=False, is_forward=True)
    assert seen.forwarded is not None
    assert (seen.forwarded.email, seen.forwarded.name) == ("budi@toko.example", "Budi Jaya")
    assert seen.forwarded.subject == "Gula basah"
    assert seen.forwarded.text == "Gulanya basah, 3 sak."
    assert "Mohon dibantu ya." in seen.text
    assert "Gulanya basah, 3 sak." in seen.text


def test_no_word_is_lost_however_deep_or_long_a_page_is() -> None:
    """inscriptis and html-text show nothing of what nests 255 deep; libxml2 stops at 2,048."""
    for page in (
        "<div>" * 300 + "Gulanya basah." + "</div>" * 300,
        "<div>" * 5000 + "Gulanya basah.",
        "<table><tr><td>" * 3000 + "Gulanya basah.",
        "<b>x</b>" * (MAX_TAGS // 2 + 10) + "<p>Gulanya basah.</p>",
        f'<p>Foto:</p><img src="data:image/png;base64,{"A" * 1_500_000}"><p>Gulanya basah.</p>',
        "<p" + " x" * 20_000 + ">Gulanya basah.",
        "<![CDATA[<p>]]>Gulanya basah.",
        "Gulanya basah.<p",
    ):
        assert "Gulanya basah." in to_text(page), page[:60]


def test_words_of_scripts_and_styles_are_never_shown() -> None:
    page = "<style>p{color:red}</style><script>alert(1)</script><p>Gulanya basah.</p><!-- rahasia -->"
    assert to_text(page) == "Gulanya basah."
    assert to_text("<div>" * 3000 + page) == "Gulanya basah."
