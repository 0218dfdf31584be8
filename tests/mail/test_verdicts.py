"""SPF, DKIM and DMARC: whose word counts, and our own questions to a DNS made of a table."""
# ruff: noqa: E501

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import MailFacts, Message, Trusted
from channels.mail import read
from channels.mail.verdicts import doubtful, judged, parse, words
from tests.mail.lines import MAIL, Store, serving, with_client

MX = Trusted(frozenset({"mx.sapa.example"}))
OURS = b"Received: from a.example by mx.sapa.example; Mon, 16 Nov 2026 09:00:00 +0700\r\n"
THEIRS = b"Received: from b.example by a.example; Mon, 16 Nov 2026 08:59:00 +0700\r\n"


def said(*headers: bytes, trusted: Trusted = MX) -> dict[str, str]:
    message = read(
        b"".join(headers) + MAIL, account="a", envelope_from="s@pelanggan.example", envelope_to=["support@sapa.example"],
        received_at=datetime(2026, 11, 16, tzinfo=UTC), trusted=trusted,
    )  # fmt: skip
    assert message.mail is not None
    return dict(message.mail.verdicts)


GOOD = (
    b"Authentication-Results: mx.sapa.example; dkim=pass header.d=pelanggan.example; spf=fail; dmarc=pass\r\n"
)
FORGED = b"Authentication-Results: mx.sapa.example; dkim=pass; spf=pass; dmarc=pass\r\n"


def test_a_trusted_server_is_believed_above_or_below_its_own_received_line() -> None:
    wanted = {"dkim": "pass", "spf": "fail", "dmarc": "pass"}
    assert said(GOOD, OURS, THEIRS) == wanted
    assert said(OURS, GOOD, THEIRS) == wanted


def test_a_header_that_came_along_from_outside_is_not_believed() -> None:
    """Anybody can write one with the name of our server."""
    assert said(OURS, THEIRS, FORGED) == {}
    assert said(GOOD, OURS, FORGED, THEIRS) == {"dkim": "pass", "spf": "fail", "dmarc": "pass"}
    assert said(OURS, b"Authentication-Results: a.example; dmarc=pass\r\n", THEIRS) == {}
    assert said(OURS, b"Authentication-Results: evil.mx.sapa.example; dmarc=pass\r\n") == {}


def test_nobody_is_trusted_by_default() -> None:
    assert said(FORGED, OURS, trusted=Trusted()) == {}


def test_servers_of_our_own_between_the_border_and_us_can_be_counted() -> None:
    inner = (
        b"Received: from mx.sapa.example by store.sapa.example with LMTP; Mon, 16 Nov 2026 09:00:01 +0700\r\n"
    )
    assert said(inner, OURS, GOOD, THEIRS) == {}
    assert said(inner, OURS, GOOD, THEIRS, trusted=Trusted(MX.servers, 2))["dmarc"] == "pass"
    assert said(inner, OURS, THEIRS, FORGED, trusted=Trusted(MX.servers, 2)) == {}


@pytest.mark.parametrize(
    ("value", "server", "found"),
    [
        (b"mx.example; dkim=pass", "mx.example", {"dkim": "pass"}),
        (b" MX.Example 1 ; DKIM = Pass reason=\"good; spf=fail\" header.d=x.example", "mx.example", {"dkim": "pass"}),
        (b"mx.example; none", "mx.example", {}),
        (b"mx.example (a; spf=pass (nested)); (dkim=pass) spf=softfail smtp.mailfrom=a@b.example", "mx.example", {"spf": "softfail"}),
        (b"mx.example; dkim=fail header.d=a.example; dkim=pass header.d=b.example; dkim=none", "mx.example", {"dkim": "pass"}),
        (b"\"mx.example\"; dmarc/1=fail (p=reject) header.from=x.example", "mx.example", {"dmarc": "fail"}),
        (b"mx.example; dkim=excellent; iprev=pass; auth=pass", "mx.example", {}),
        (b"spf=pass smtp.mailfrom=a.example; dkim=pass", "", {}),
        (b"", "", {}),
        (b";;;", "", {}),
        (b"mx.example; spf", "mx.example", {}),
        (b"mx.example; (unclosed; spf=pass", "mx.example", {}),
    ],
)  # fmt: skip
def test_results_are_read_as_rfc_8601_writes_them(value: bytes, server: str, found: dict[str, str]) -> None:
    assert parse(value) == (server, found)


@given(st.binary(max_size=300) | st.text('mx.;=()"\\ dkimpass', max_size=200).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_known_words_only(value: bytes) -> None:
    _, found = parse(value)
    assert set(found) <= {"spf", "dkim", "dmarc"}


def test_people_are_told_in_one_line_and_when_to_be_careful() -> None:
    assert words({"dmarc": "fail", "spf": "pass"}) == "SPF pass, DMARC fail"
    assert words({}) == ""
    assert doubtful({"dmarc": "fail", "dkim": "pass"})
    facts = MailFacts(warnings=("no Message-ID",))
    assert judged(facts, {"dmarc": "fail"}).warnings == (
        "no Message-ID",
        "the sender is doubtful: DMARC fail",
    )
    assert judged(facts, {"dmarc": "pass"}).warnings == facts.warnings
    assert doubtful({"spf": "fail"})
    assert not doubtful({"spf": "fail", "dkim": "pass"})  # forwarded mail breaks SPF
    assert not doubtful({"spf": "fail", "dmarc": "pass"})
    assert not doubtful({})


async def test_the_verdicts_of_our_server_stay_on_the_message() -> None:
    store = Store()
    async with serving(store, trusted=MX) as smtp:
        await with_client(
            smtp, lambda c: c.sendmail("a@b.example", ["support@sapa.example"], GOOD + OURS + MAIL)
        )
    assert store.mails[0].mail is not None
    assert store.mails[0].mail.verdicts == {"dkim": "pass", "spf": "fail", "dmarc": "pass"}


# ------------------------------------------------------------------------------------- asking the DNS ourselves


@dataclass
class Names:
    """A DNS that knows what is in `records`; `silent` names are not answered."""

    records: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    asked: list[tuple[str, str]] = field(default_factory=list)
    hold: threading.Event | None = None

    def __call__(self, name: str, kind: str, seconds: float) -> Sequence[Any]:
        self.asked.append((name, kind))
        if self.hold is not None:
            self.hold.wait(20)
        if name in self.silent:
            raise TimeoutError
        return self.records.get((name, kind), [])

    def text(self, name: str, *texts: str) -> None:
        self.records[name, "TXT"] = [(text.encode(),) for text in texts]


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """A private key as PEM, and what stands of it in the DNS."""
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    subprocess.run(
        ["openssl", "genrsa", "-traditional", "-out", str(path), "2048"], check=True, capture_output=True
    )
    made = subprocess.run(
        ["openssl", "rsa", "-in", str(path), "-pubout", "-outform", "DER"], check=True, capture_output=True
    )
    return Path(path).read_bytes(), f"v=DKIM1; k=rsa; p={base64.b64encode(made.stdout).decode()}"


def signed(key: tuple[bytes, str], mail: bytes = MAIL, domain: bytes = b"pelanggan.example") -> bytes:
    import dkim

    return bytes(dkim.sign(mail, b"s1", domain, key[0])) + mail


@pytest.fixture
def names(key: tuple[bytes, str]) -> Names:
    made = Names()
    made.text("s1._domainkey.pelanggan.example", key[1])
    made.text("_dmarc.pelanggan.example", "v=spf1 nonsense", "v=DMARC1; p=reject")
    made.text("pelanggan.example", "v=spf1 ip4:203.0.113.0/24 -all")
    return made


async def asked(
    names: Names,
    raw: bytes,
    address: str = "203.0.113.7",
    sender: str = "sari@pelanggan.example",
    patience: float = 20.0,
) -> dict[str, str]:
    from channels.smtp_in.checks import Checks

    checks = Checks(lookup=names, patience=patience)
    try:
        return await checks.verdicts(raw, address=address, hello="mx.pelanggan.example", sender=sender)
    finally:
        checks.close()


async def test_a_mail_from_the_right_server_with_its_signature_passes(
    names: Names, key: tuple[bytes, str]
) -> None:
    assert await asked(names, signed(key)) == {"spf": "pass", "dkim": "pass", "dmarc": "pass"}


async def test_a_changed_mail_or_a_strange_server_fails(names: Names, key: tuple[bytes, str]) -> None:
    assert await asked(names, signed(key).replace(b"3 sak", b"9 sak"), address="198.51.100.1") == {
        "spf": "fail",
        "dkim": "fail",
        "dmarc": "fail",
    }
    assert await asked(names, MAIL, address="198.51.100.1") == {
        "spf": "fail",
        "dkim": "none",
        "dmarc": "fail",
    }


async def test_a_forwarded_mail_passes_by_its_signature_alone(names: Names, key: tuple[bytes, str]) -> None:
    assert await asked(names, signed(key), address="198.51.100.1") == {
        "spf": "fail",
        "dkim": "pass",
        "dmarc": "pass",
    }


async def test_what_holds_for_another_domain_says_nothing_of_the_sender(
    names: Names, key: tuple[bytes, str]
) -> None:
    names.text("s1._domainkey.penipu.example", key[1])
    names.text("penipu.example", "v=spf1 +all")
    found = await asked(names, signed(key, domain=b"penipu.example"), sender="x@penipu.example")
    assert found == {"spf": "pass", "dkim": "pass", "dmarc": "fail"}


@pytest.mark.parametrize(("tag", "dmarc"), [("", "pass"), ("; adkim=s; aspf=s", "fail")])
async def test_a_subdomain_counts_unless_the_owner_is_strict(
    names: Names, key: tuple[bytes, str], tag: str, dmarc: str
) -> None:
    """A hyphen in the domain too: the library's own reading stops at it."""
    mail = MAIL.replace(b"pelanggan.example", b"toko-kita.co.id")
    names.text("s1._domainkey.mail.toko-kita.co.id", key[1])
    names.text("_dmarc.toko-kita.co.id", f"v=DMARC1; p=quarantine{tag}")
    found = await asked(names, signed(key, mail, b"mail.toko-kita.co.id"), sender="x@bounce.toko-kita.co.id")
    assert found == {"spf": "none", "dkim": "pass", "dmarc": dmarc}


async def test_without_the_clients_address_spf_is_left_out_and_nothing_is_called_forged(names: Names) -> None:
    """Behind a mail server only the signature can be checked: its absence proves nothing."""
    assert await asked(names, MAIL, address="") == {"dkim": "none"}


async def test_a_dns_that_does_not_answer_is_no_verdict(names: Names, key: tuple[bytes, str]) -> None:
    names.silent = ("s1._domainkey.pelanggan.example", "pelanggan.example")
    found = await asked(names, signed(key))
    assert found == {"spf": "temperror", "dkim": "temperror"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"x",
        b"From: a@b.example, c@d.example\r\n\r\nx",
        b"DKIM-Signature: v=1; nonsense\r\nFrom: <a@b.example>\r\n\r\nx",
        b"From: \xff\xfe\r\n\r\n",
        b"\x00" * 100,
    ],
)
async def test_no_mail_breaks_the_checks(names: Names, raw: bytes) -> None:
    found = await asked(names, raw, sender="")
    assert set(found) <= {"spf", "dkim", "dmarc"}
    assert "pass" not in found.values()


async def test_a_dns_that_hangs_delays_no_mail(names: Names) -> None:
    """The mail is taken in time, with that on record, and so is the next one though the threads are busy."""
    from channels.smtp_in.checks import Checks

    names.hold = threading.Event()
    checks = Checks(lookup=names, patience=0.2, threads=1)
    store = Store()
    try:
        async with serving(store, checks=checks) as smtp:
            for number in range(2):
                mail = MAIL + b"%d\r\n" % number
                await with_client(
                    smtp,
                    lambda c, mail=mail: c.sendmail(
                        "a@b.example", ["support@sapa.example"], signed_like(mail)
                    ),
                )
    finally:
        names.hold.set()
        checks.close()
    assert [mail_verdicts(mail) for mail in store.mails] == [{"dkim": "temperror", "dmarc": "temperror"}] * 2


def signed_like(mail: bytes) -> bytes:
    return b"DKIM-Signature: v=1; a=rsa-sha256; d=pelanggan.example; s=s1; h=from; bh=YQ==; b=YQ==\r\n" + mail


def mail_verdicts(message: Message) -> dict[str, str]:
    assert message.mail is not None
    return dict(message.mail.verdicts)


async def test_the_word_of_our_server_goes_before_our_own_questions(names: Names) -> None:
    from channels.smtp_in.checks import Checks

    checks = Checks(lookup=names)
    store = Store()
    try:
        async with serving(store, checks=checks, trusted=MX) as smtp:
            await with_client(
                smtp, lambda c: c.sendmail("a@b.example", ["support@sapa.example"], GOOD + OURS + MAIL)
            )
            await with_client(smtp, lambda c: c.sendmail("a@b.example", ["support@sapa.example"], MAIL))
    finally:
        checks.close()
    assert mail_verdicts(store.mails[0])["dmarc"] == "pass"
    assert mail_verdicts(store.mails[1]) == {"dkim": "none"}


def test_a_mail_out_of_a_mailbox_keeps_them_too() -> None:
    from channels.imap.reading import mail as from_mailbox

    at = datetime(2026, 11, 16, tzinfo=UTC)
    message = from_mailbox(GOOD + OURS + MAIL, account="a", received_at=at, own=(), trusted=MX)
    assert isinstance(message, Message)
    assert mail_verdicts(message)["dmarc"] == "pass"
