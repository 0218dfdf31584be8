"""Machine mail is told apart, and what people write is never taken for it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import Message as EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import Message
from channels.mail import read, statuses
from channels.mail.causes import cause
from channels.mail.second_opinion import MAX_LINE, MAX_TEXT
from channels.mail.sorting import HUMAN
from tests.mail.machine_mail import BOUNCES, NO_BOUNCES, Specimen, dsn
from tests.mail.samples import with_parts

AT = datetime(2026, 11, 16, 3, tzinfo=UTC)


def received(specimen: Specimen) -> Message:
    return read(
        specimen.raw,
        account="support@sapa.example",
        envelope_from=specimen.envelope,
        envelope_to=("support@sapa.example",),
        received_at=AT,
        own=("support@sapa.example",),
    )


@pytest.mark.sop("K2c")
@pytest.mark.parametrize("specimen", [*BOUNCES, *NO_BOUNCES], ids=lambda each: each.name)
def test_each_kind_is_known_by_its_signs(specimen: Specimen) -> None:
    facts = received(specimen).mail
    assert facts is not None
    assert facts.kind == specimen.kind, facts.reason
    assert bool(facts.reason) is (specimen.kind != "customer")
    assert facts.automatic == ("" if specimen.kind in HUMAN else f"{facts.kind}: {facts.reason}")
    assert (facts.bounce is not None) is (specimen.kind == "bounce")
    for name, value in specimen.bounce.items():
        assert getattr(facts.bounce, name) == value, facts.bounce


def test_the_second_opinion_sees_little_of_a_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its patterns take time with the square of a line: it is never given a long line or a long text."""
    shown: list[str] = []

    def spy(copy: EmailMessage) -> tuple[frozenset[bytes], frozenset[bytes]]:
        shown.extend(str(part.get_payload()) for part in copy.walk() if not part.is_multipart())
        return frozenset(), frozenset({b"budi@toko.example"})

    monkeypatch.setattr("flufl.bounce.all_failures", spy)
    raw = with_parts(
        "From: MAILER-DAEMON@mx.example\nSubject: x", "mixed", f"\n{'@' * 400_000}\n", f"\n{'a@' * 400_000}\n"
    )
    facts = received(Specimen("", raw, "")).mail
    assert facts is not None
    assert facts.bounce is not None
    assert facts.bounce.recipient == "budi@toko.example"
    assert shown
    assert all(len(line) <= MAX_LINE for text in shown for line in text.split("\n"))
    assert sum(map(len, shown)) <= MAX_TEXT + 100


def test_a_second_opinion_that_fails_is_no_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: EmailMessage) -> None:
        raise IndexError("a detector's own fault")

    monkeypatch.setattr("flufl.bounce.all_failures", broken)
    for specimen in BOUNCES[:25]:
        facts = received(specimen).mail
        assert facts is not None
        assert facts.kind == "bounce"
        assert "unreadable" not in facts.warnings


def test_an_address_is_never_called_dead_for_the_digit_5() -> None:
    assert cause("5.0.0", "550 Something we never heard of") == ""
    assert cause("5.7.1", "") == "policy"
    assert cause("5.2.2", "") == "quota"
    assert cause("5.1.1", "") == "hard"
    assert cause("4.1.1", "") == "soft"


words = st.sampled_from(
    ["Action: failed", "Status: 5.1.1", "Final-Recipient: rfc822; a@b.example", "Original-Recipient:",
     " folded", "", "Diagnostic-Code: smtp; 550", "\x00", "Message-ID: <a@b>", "<a@b.example>:",
     "failure notice", "550 5.1.1"]
)  # fmt: skip


@settings(max_examples=80)
@given(lines=st.lists(words | st.text(max_size=40), max_size=30))
def test_any_report_is_read(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = statuses.read(text)
    assert all(each.action or each.status or each.address for each in found.recipients)
    raw = dsn("failure notice", text).replace(b"Final-Recipient", text.encode("utf-8", "replace"), 1)
    facts = received(Specimen("", raw, "")).mail
    assert facts is not None
    assert "unreadable" not in facts.warnings
    assert facts.kind in {"bounce", "receipt", "challenge"}
