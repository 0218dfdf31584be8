"""The pure parts of reading a mailbox: whatever a server or a stranger sends, they answer or say no."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Message
from channels.imap import reading
from channels.imap.fetching import BATCH, BATCH_BYTES, TRIES_AT_ALL, TRIES_WHOLE, batches
from channels.imap.skeleton import Node, structure
from channels.imap.standing import Marks, Standing, account, mark
from tests.imap.mails import mail

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HEADS = st.lists(
    st.sampled_from(
        [b"Return-Path: <>", b"Return-Path: <a@b.example>", b"return-path:x", b"Delivered-To: c@d.example",
         b"From: =?x?q?=80?= <e@f.example>", b"From: nobody", b"\xff\x00: \n", b"X-Original-To: <", b"\r"]
    ) | st.binary(max_size=20), max_size=8,
)  # fmt: skip


@given(HEADS, st.binary(max_size=60), st.sampled_from([b"\r\n", b"\n", b"\r"]))
def test_every_mail_has_one_id_however_it_looks(lines: list[bytes], body: bytes, end: bytes) -> None:
    raw = end.join(lines) + end + end + body
    first, again = (reading.mail(raw, account="cs", received_at=NOW, own=()) for _ in range(2))
    assert first.external_id == again.external_id
    assert first.raw == raw


def test_the_envelope_is_what_the_delivering_server_wrote_on_top() -> None:
    raw = b"Return-Path: <a@b.example>\r\nDelivered-To: cs+token123@toko.example\r\n" + mail(1)
    assert reading.envelope(raw) == ("a@b.example", ("cs+token123@toko.example",))
    assert reading.envelope(b"Return-Path: <>\r\n" + mail(1))[0] == ""  # a null path stays one
    assert reading.envelope(mail(1))[0] == "sari1@pelanggan.example"  # an unknown path is no null path
    assert (
        reading.envelope(b"Subject: x\r\n\r\nReturn-Path: <a@b.example>\r\n\r\n")[0] == ""
    )  # a body says nothing


def test_a_return_path_made_to_be_slow_is_passed_over() -> None:
    """With a pattern that tries every split of the blanks this never ends, and holds up all other work."""
    blanks = b" " * 100_000
    raw = b"Return-Path:" + blanks + b"<x<\r\nReturn-Path: " + blanks + b"<a@b.example> \r\n" + mail(1)
    assert reading.envelope(raw)[0] == "a@b.example"
    long_name = b"From: " + b"a" * 100_000 + b" <sari@b.example>\r\n\r\n"
    assert reading.envelope(long_name)[0] == "sari@b.example"


def test_an_answer_to_a_token_address_names_its_thread_by_the_envelope() -> None:
    raw = b"Delivered-To: cs+token123@toko.example\r\n" + mail(1)
    message = reading.mail(raw, account="cs", received_at=NOW, own=())
    assert isinstance(message, Message)
    assert message.mail is not None
    assert message.mail.tokens == ("token123",)
    assert message.mail.automatic == ""


@given(st.sets(st.binary(min_size=8, max_size=8), max_size=50), st.binary(min_size=8, max_size=8))
def test_marks_come_back_from_the_store(some: set[bytes], other: bytes) -> None:
    back = Marks.decode(Marks(some).encode())
    assert back is not None
    assert set(back) == some
    assert all(each in back for each in some)
    assert (other in back) is (other in some)
    assert Marks.decode("") is None  # never taken is not the same as none


def test_a_mark_does_not_mind_order_case_and_folding() -> None:
    one = b"Message-ID: <1@x.example>\r\nSubject: Barang\r\n kurang\r\n\r\n"
    other = b"SUBJECT: Barang kurang\nMessage-Id:   <1@x.example>\n\n"
    assert mark(one) == mark(other) != mark(one.replace(b"1@", b"2@"))


@given(st.integers(0, 2**32), st.integers(0, 2**32), st.integers(0, 2**32), st.integers(0, 2**32))
def test_a_standing_comes_back_from_the_store(validity: int, uid: int, before: int, rebuilt: int) -> None:
    place = Standing(validity, uid, before, rebuilt)
    assert Standing.decode(place.encode()) == place


@given(st.text(max_size=400))
def test_the_name_of_a_cursor_fits_and_stays_apart(folder: str) -> None:
    assert len(account("cs@mail", folder)) <= 255
    assert account("cs@mail", folder) != account("cs@mail", folder + "x")


ATOMS = st.none() | st.binary(max_size=12) | st.integers(0, 2**40)


@given(
    st.recursive(
        ATOMS,
        lambda inner: st.lists(inner, max_size=10).map(tuple) | st.tuples(st.lists(inner, max_size=3), inner),
        max_leaves=20,
    )
)
def test_any_structure_is_read_or_refused(told: Any) -> None:
    refused = (ValueError, KeyError, IndexError, TypeError, AttributeError)
    with contextlib.suppress(*refused):  # then the beginning of the mail is taken instead
        assert isinstance(structure(told), Node)


@given(
    st.dictionaries(st.integers(1, 10_000), st.integers(0, 60_000_000), max_size=200),
    st.dictionaries(st.integers(1, 10_000), st.integers(1, 9), max_size=20),
)
def test_batches_hold_every_mail_once_in_order_and_never_too_much(
    sizes: dict[int, int], tries: dict[int, int]
) -> None:
    uids = sorted(sizes)
    made = list(batches(uids, sizes, tries, 35_000_000))
    assert [uid for batch in made for uid in batch.uids] == uids
    for batch in made:
        assert len(batch.uids) <= BATCH
        assert len(batch.uids) == 1 or sum(sizes[uid] for uid in batch.uids) <= BATCH_BYTES
        if len(batch.uids) > 1:
            assert not any(tries.get(uid) for uid in batch.uids)
        else:
            (uid,) = batch.uids
            tried, large = tries.get(uid, 0), sizes[uid] > 35_000_000
            texts = "texts" if large or tried >= TRIES_WHOLE else "whole"
            assert batch.way == ("given up" if tried >= TRIES_AT_ALL else texts)


@pytest.mark.parametrize("too_large", [True, False])
def test_what_was_left_behind_is_said_in_words(too_large: bool) -> None:
    from channels.imap.skeleton import Left, Skeleton

    whole = reading.mail(mail(1), account="cs", received_at=NOW, own=())
    left = Left("video.mp4", "video/mp4", 40_000_000, "imap://cs@mail/INBOX;UID=1;SECTION=2")
    message = reading.large(whole, Skeleton(mail(1), 42_000_000, (left,)), too_large=too_large)
    assert isinstance(message, Message)
    note = (message.attachments[0].content or b"").decode()
    assert ("40.1 MB" in note) is too_large
    assert "video.mp4 (video/mp4, 38.1 MB): imap://cs@mail/INBOX;UID=1;SECTION=2" in note
    assert "sisanya ada di server surel" in note
