"""The pages around the chat: who may see them, what they say, and what they never run."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from bot.packs import load
from bot.web import pages
from bot.web.facts import facts
from bot.web.guard import Doors
from bot.web.mailbox import Mailbox, harmless
from tests.web.double import serving

PAGE = {"Accept": "text/html", "Accept-Language": "id"}


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(mailbox=tmp_path) as server, httpx.AsyncClient(base_url=server.url) as client:
        yield client


def letter(folder: Path, name: str, age: int = 0, **more: str) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = more.get("subject", "[SP-2611-0042-7] Barang kurang")
    mail["From"] = "Sapa <support@localhost>"
    mail["To"] = "gudang@sumbermakmur.example"
    mail.set_content(more.get("text", "Ada tiket baru."))
    if "html" in more:
        mail.add_alternative(more["html"], subtype="html")
    mail.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename=more.get("file", "kardus.png"))
    path = folder / f"{name}.eml"
    path.write_bytes(mail.as_bytes())
    os.utime(path, (1_795_000_000 - age, 1_795_000_000 - age))
    return mail


async def test_every_answer_has_safe_headers(browser: httpx.AsyncClient) -> None:
    for path in (
        "/",
        "/chat",
        "/health",
        "/metrics",
        "/mailbox",
        "/nope",
        "/assets/pages.css",
        "/favicon.svg",
    ):
        headers = (await browser.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] in ("same-origin", "no-referrer"), path


async def test_home_is_the_chat(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/chat")


@pytest.mark.parametrize(
    "host", ["jahat.example", "127.0.0.1.jahat.example", "", "localhost.jahat.example:8080"]
)
async def test_names_that_are_not_ours_are_turned_away(browser: httpx.AsyncClient, host: str) -> None:
    for path in ("/chat", "/mailbox", "/health", "/assets/pages.css"):
        answer = await browser.get(path, headers={"Host": host})
        assert answer.status_code == 421
        assert "SAPA_WEB__PUBLIC_HOSTS" in answer.text


async def test_configured_name_opens_the_chat_but_not_the_operators_pages(tmp_path: Path) -> None:
    given = {"mailbox": tmp_path, "public_hosts": ["Chat.SumberMakmur.example"]}
    async with serving(**given) as server, httpx.AsyncClient(base_url=server.url) as client:
        outside = {"Host": "chat.sumbermakmur.example", **PAGE}
        assert (await client.get("/chat", headers=outside)).status_code == 200
        for path in ("/mailbox", "/mailbox/x", "/mailbox/x/html", "/mailbox/x/source", "/metrics"):
            answer = await client.get(path, headers=outside)
            assert answer.status_code == 403, path
            assert "pengelola" in answer.text
        assert (await client.get("/health", headers=outside)).json() == {"ok": True}


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
async def test_through_a_proxy_nobody_is_local(browser: httpx.AsyncClient, header: str) -> None:
    assert (await browser.get("/mailbox", headers={header: "127.0.0.1"})).status_code == 403
    assert (await browser.get("/health", headers={header: "127.0.0.1"})).json() == {"ok": True}


async def test_open_pages_are_open() -> None:
    given = {"public_hosts": ["*"], "open_pages": True}
    async with serving(**given) as server, httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/mailbox", headers={"Host": "sapa.kantor.lan"})).status_code == 200


@pytest.mark.parametrize(
    ("address", "local"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("192.168.1.9", False), ("x", False)],
)
def test_operator_is_on_this_machine(address: str, local: bool) -> None:
    scope = {"type": "http", "headers": [(b"host", b"localhost:8080")], "client": (address, 1)}
    assert Doors().operator(Request(scope)) is local


async def test_health_says_each_part_and_503_when_one_is_dead() -> None:
    report = {
        "ok": False,
        "parts": {
            "turns": {"ok": False, "detail": "ended <by> itself", "lag": 12.25},
            "store": {"ok": True, "detail": "", "lag": None},
        },
    }

    async def health() -> dict[str, object]:
        return report

    async with serving(health=health) as server, httpx.AsyncClient(base_url=server.url) as client:
        program = await client.get("/health")
        person = await client.get("/health", headers=PAGE)
        english = await client.get("/health", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert (program.status_code, program.json()) == (503, report)
    assert person.status_code == 503
    assert "Ada bagian yang tidak bekerja" in person.text
    assert "ended &lt;by&gt; itself" in person.text
    assert "12,2 detik" in person.text
    assert "A part does not work" in english.text


async def test_health_of_a_health_that_fails_is_an_error_page() -> None:
    async def health() -> dict[str, object]:
        raise RuntimeError("database secret")

    async with serving(health=health) as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/health", headers=PAGE)
    assert answer.status_code == 500
    assert "gangguan" in answer.text
    assert "secret" not in answer.text


async def test_metrics_are_plain_text(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/metrics")
    assert answer.text == "sapa_up 1\n"
    assert answer.headers["content-type"].startswith("text/plain")


async def test_problems_are_said_calmly_and_to_programs_in_json(browser: httpx.AsyncClient) -> None:
    missing = await browser.get("/<script>", headers=PAGE)
    assert missing.status_code == 404
    assert "Halaman tidak ada" in missing.text
    assert "<script>" not in missing.text
    wrong = await browser.delete("/chat", headers=PAGE)
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["allow"]
    assert (await browser.get("/nope")).json() == {"error": 404}


async def test_mailbox_lists_newest_first_and_pages(browser: httpx.AsyncClient, tmp_path: Path) -> None:
    assert "Belum ada surat keluar" in (await browser.get("/mailbox", headers=PAGE)).text
    for n in range(60):
        letter(tmp_path, f"{n:064x}", age=n, subject=f"Surat nomor {n:02}")
    (tmp_path / "tmpfile").write_bytes(b"not a mail")
    first = (await browser.get("/mailbox", headers=PAGE)).text
    assert first.index("Surat nomor 00") < first.index("Surat nomor 49")
    assert "Surat nomor 50" not in first
    assert "1–50 dari 60" in first
    second = (await browser.get("/mailbox?page=2", headers=PAGE)).text
    assert "Surat nomor 59" in second
    for page in ("0", "-1", "x", "²", "99999999", "9" * 50):
        assert (await browser.get("/mailbox", params={"page": page})).status_code == 200


async def test_letter_shows_text_and_locks_its_html_in(browser: httpx.AsyncClient, tmp_path: Path) -> None:
    letter(
        tmp_path,
        "a1",
        subject="<img src=x onerror=alert(1)>",
        text="</pre><script>alert(1)</script>",
        html='<p onclick="x()">Halo</p><script>alert(1)</script><img src="https://jejak.example/1.gif">'
        '<a href="javascript:alert(1)">x</a><form action="https://jahat.example"><input></form>',
        file="../<b>.html",
    )
    page = (await browser.get("/mailbox/a1", headers=PAGE)).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert 'sandbox="allow-popups"' in page
    shown = await browser.get("/mailbox/a1/html")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert "Halo" in shown.text
    for bad in ("script", "onclick", "jejak", "javascript:", "form", "input"):
        assert bad not in shown.text
    file = await browser.get("/mailbox/a1/files/0")
    assert file.content == b"\x89PNG"
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment")
    source = await browser.get("/mailbox/a1/source")
    assert b"multipart" in source.content


async def test_nothing_outside_the_mailbox_can_be_read(browser: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path.parent / "secret.eml").write_bytes(b"Subject: secret\n\nx")
    for name in ("..%2Fsecret", "%2e%2e/secret", "../secret", "a%00b", "x" * 200, ".x"):
        assert (await browser.get(f"/mailbox/{name}")).status_code in (404, 403), name
    letter(tmp_path, "a1")
    assert (await browser.get("/mailbox/a1/files/7")).status_code == 404
    assert (await browser.get("/mailbox/a2")).status_code == 404


async def test_mailbox_says_when_a_relay_has_the_mail() -> None:
    async with serving(mailbox=None) as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/mailbox", headers=PAGE)
        assert "lewat server surat" in answer.text
        assert (await client.get("/mailbox/a1")).status_code == 404


@given(st.binary(max_size=500))
def test_any_bytes_are_a_letter(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "any.eml").write_bytes(raw)
    mailbox = Mailbox(folder)
    read = mailbox.letter("any")
    assert read is not None
    for file in read.attached:
        assert mailbox.attachment("any", file.no) is not None
    harmless(read.html)


@given(st.text(alphabet=st.sampled_from("<>/=\"' scriptonaimgvhrefjs:\n"), max_size=200))
def test_harmless_html_holds_nothing_that_runs(markup: str) -> None:
    made = harmless(markup).lower()
    assert "<script" not in made.partition("<body>")[2]
    assert "<img" not in made


def test_words_of_the_pages_say_the_same_in_both_languages() -> None:
    def shape(value: object) -> object:
        return {k: shape(v) for k, v in value.items()} if isinstance(value, dict) else type(value)

    assert shape(pages.words("id")) == shape(pages.words("en"))


def test_facts_beside_the_chat_are_the_packs() -> None:
    sop = load()
    found = facts(sop, datetime(2026, 11, 22, tzinfo=UTC))
    indonesian, english = dict(found["id"]), dict(found["en"])
    assert indonesian["Telepon"] == english["Phone"] == sop.about.company.phone
    hours = indonesian["Jam layanan (WIB)"].splitlines()
    assert len(hours) < 7
    assert hours[0].startswith("Senin–")
    assert hours[-1] == "Minggu tutup"
    assert "08:00–12:00" in english["Opening hours (WIB)"]
