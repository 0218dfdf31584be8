"""Tokens, text, file types and files: success or the declared error, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotFound
from bot.store import Files
from bot.store.clean import clean, fit
from bot.store.files import digest_of
from bot.store.media import UNKNOWN, media_type
from bot.tokens import sign, verify

SECRET = b"one"


@given(st.integers(0, 2**63 - 1))
def test_a_token_leads_back_in_any_case_of_letters(thread: int) -> None:
    """Some mail systems write the local part small, some clients write it large."""
    token = sign(SECRET, thread)
    assert verify(SECRET, token) == verify(SECRET, token.upper()) == verify(SECRET, f" {token} ") == thread
    assert verify(b"two", token) is None
    assert token.isalnum()
    assert 18 <= len(token) <= 29


@given(st.integers(0, 2**40), st.integers(0, 28), st.sampled_from("abcdefghjkmnpqrstvwxyz0123456789"))
def test_a_changed_token_is_worth_nothing(thread: int, place: int, sign_: str) -> None:
    token = sign(SECRET, thread)
    place %= len(token)
    changed = token[:place] + sign_ + token[place + 1 :]
    assert verify(SECRET, changed) == (thread if changed == token else None)


@given(st.text(max_size=60))
def test_anything_at_all_is_no_token(text: str) -> None:
    assert verify(SECRET, text) is None


def test_a_negative_thread_has_no_token() -> None:
    with pytest.raises(ValueError, match="negative"):
        sign(SECRET, -1)


@given(st.text(st.characters(exclude_categories=[]), max_size=200))
def test_clean_text_goes_into_any_column(text: str) -> None:
    cleaned = clean(text)
    assert "\0" not in cleaned
    cleaned.encode()
    assert clean(cleaned) == cleaned
    if "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text):
        assert cleaned == text


@given(st.text(max_size=400), st.text(max_size=400))
def test_two_long_keys_never_become_one(one: str, other: str) -> None:
    for limit in (80, 255):
        assert len(fit(one, limit)) <= limit
        if clean(one) != clean(other):
            assert fit(one, limit) != fit(other, limit)
        assert fit(fit(one, limit), limit) == fit(one, limit)


@given(st.binary(max_size=300))
def test_any_bytes_have_a_media_type(content: bytes) -> None:
    assert "/" in media_type(content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"%PDF-1.7", "application/pdf"),
        (b"\xff\xf1\x50\x80a voice", "audio/aac"),
        (b"halo, ini catatan", "text/plain"),
        ("catatan é".encode(), "text/plain"),
        (b"<html><script>alert(1)</script>", UNKNOWN),
        (b"  <!DOCTYPE html>", UNKNOWN),
        (b"<svg onload=alert(1)>", UNKNOWN),
        (b"", UNKNOWN),
        (b"\xff\xfe\xfa\xf0abc", UNKNOWN),
        (b"PK\x03\x04broken", "application/zip"),
    ],
)
def test_the_bytes_tell_the_type_and_markup_is_never_one_a_browser_runs(content: bytes, kind: str) -> None:
    assert media_type(content) == kind


async def test_a_file_is_kept_once_and_comes_back_byte_for_byte(tmp_path: Path) -> None:
    files = Files(tmp_path / "files")
    content = bytes(range(256)) * 3000
    assert await files.put(content) == digest_of(content) == await files.put(content)
    assert await files.put_all([b"a", b"b", b"a", b""]) == [digest_of(c) for c in (b"a", b"b", b"a", b"")]
    assert await files.put_all([]) == []
    assert await files.get(digest_of(content)) == content
    assert await files.get(digest_of(b"")) == b""
    assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 4


async def test_a_file_that_a_crash_left_short_is_written_again(tmp_path: Path) -> None:
    files = Files(tmp_path / "files")
    digest = await files.put(b"whole content")
    (tmp_path / "files" / digest[:2] / digest).write_bytes(b"")
    await files.put(b"whole content")
    assert await files.get(digest) == b"whole content"


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", "", "x", "a/" * 32])
async def test_there_is_no_other_way_into_the_folder(tmp_path: Path, digest: str) -> None:
    with pytest.raises(NotFound):
        await Files(tmp_path / "files").get(digest)
