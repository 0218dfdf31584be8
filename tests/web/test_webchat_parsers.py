"""The web chat's parsers: success or the declared refusal, nothing else, whatever comes."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request

from channels.webchat import incoming, kinds
from channels.webchat.incoming import Limits, RefusedBody, message, receive
from channels.webchat.rates import Buckets, Rate
from channels.webchat.visitor import from_our_page, visitor_of

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def request(headers: dict[str, str], body: bytes = b"", chunk: int = 1000) -> Request:
    parts = [body[i : i + chunk] for i in range(0, len(body), chunk)] or [b""]

    async def arriving() -> dict[str, object]:
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {
        "type": "http", "method": "POST", "path": "/chat", "headers": raw, "scheme": "http",
        "query_string": b"", "server": ("localhost", 80),
    }  # fmt: skip
    return Request(scope, arriving)


async def parse(kind: str, body: bytes) -> None:
    try:
        received = await receive(request({"Content-Type": kind}, body), Limits())
        message(received, account="web", thread_key="a" * 64, limits=Limits(), now=NOW)
    except RefusedBody as refused:
        assert 400 <= refused.status < 500  # noqa: PT017 - either outcome is right, nothing else is


@given(st.binary(max_size=400))
@example(b'{"client_msg_id":"6f1c2f9e-7a53-4c6e-9a70-0f6b8a1d2c3e","text":"\\u0000"}')
@example(b'{"client_msg_id":"{6f1c2f9e7a534c6e9a700f6b8a1d2c3e}","text":"x","value":"y"}')
async def test_any_json_body(body: bytes) -> None:
    await parse("application/json", body)


@given(st.binary(max_size=400), st.sampled_from(["x", '"x y"', "", "x; charset=nope", "\x00"]))
async def test_any_form_body(body: bytes, boundary: str) -> None:
    await parse(f"multipart/form-data; boundary={boundary}", body)


@given(st.lists(st.binary(max_size=60), max_size=6))
async def test_any_form_made_of_parts(parts: list[bytes]) -> None:
    heads = (
        b'name="text"', b'name="files"; filename="x.jpg"', b'name="client_msg_id"', b"name*=utf-8''text",
        b'filename="\xff"; name="files"', b"",
    )  # fmt: skip
    body = b"".join(
        b"--x\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + part + b"\r\n"
        for head, part in zip(heads, parts, strict=False)
    )
    await parse("multipart/form-data; boundary=x", body + b"--x--\r\n")


def test_id_is_written_one_way_only() -> None:
    made = uuid.uuid4()

    def external(written: str) -> str:
        from channels.webchat.incoming import Post, Received

        post = Received(Post(client_msg_id=written, text="x"))
        return message(post, account="web", thread_key="k", limits=Limits(), now=NOW).external_id

    assert {external(w) for w in (str(made), made.hex, str(made).upper(), f"{{{made}}}", made.urn)} == {
        f"k/{made}"
    }


@given(st.text(max_size=300), st.sampled_from(kinds.TAKEN))
@example("../../etc/passwd", kinds.TAKEN[0])
@example("foto\u202egpj.exe", kinds.TAKEN[0])
@example('con<>:"|?*.html', kinds.TAKEN[0])
@example("....", kinds.TAKEN[0])
@example("x" * 300 + ".jpeg", kinds.TAKEN[0])
def test_name_is_harmless_and_tells_the_truth(name: str, kind: kinds.Kind) -> None:
    safe = kinds.safe_name(name, kind)
    assert safe.endswith((kind.ending, *kind.also))
    assert 0 < len(safe) <= 100
    assert not set(safe) & set('/\\<>:"|?*\0\r\n\u202e')
    assert not safe.startswith(".")
    assert kinds.safe_name(safe, kind) == safe


@given(st.binary(max_size=200))
def test_any_bytes_are_a_kind_or_none(content: bytes) -> None:
    found = kinds.kind_of(content)
    assert found is None or found in kinds.TAKEN


@given(st.binary(max_size=100))
def test_no_markup_passes_as_anything(rest: bytes) -> None:
    for start in (
        b"<html>",
        b"\xef\xbb\xbf <!DOCTYPE html>",
        b"<?xml version='1.0'?><svg>",
        b"ab\n<script >",
    ):
        assert kinds.kind_of(start + rest) is None


def office(*parts: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for part in parts:
            archive.writestr(part, "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "video/mp4"),
        (b"%PDF-1.7\n", "application/pdf"),
        ("2 dus minyak, kurang 1 – tolong\n".encode(), "text/plain"),
        (office("[Content_Types].xml", "xl/workbook.xml"), kinds.TAKEN[10].media_type),
        (office("[Content_Types].xml", "word/document.xml"), kinds.TAKEN[9].media_type),
        (office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), None),
        (office("evil.exe"), None),
        (b"\0\0\0\x18ftypavis\0\0\0\0", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None),
        (b"", None),
    ],
)
def test_kinds_by_their_first_bytes(content: bytes, media_type: str | None) -> None:
    found = kinds.kind_of(content)
    assert (found.media_type if found else None) == media_type


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=80))
def test_any_cookie_is_a_visitor(cookie: str) -> None:
    visitor = visitor_of(request({"Cookie": f"sapa_visitor={cookie}"}))
    assert len(visitor.secret) == 43
    assert visitor.known == (visitor.secret == cookie)


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
@example("http://[")
@example("http://localhost:80@evil.example")
@example("//localhost")
def test_origin_of_another_page_never_passes(origin: str) -> None:
    passed = from_our_page(request({"Origin": origin, "Host": "localhost"}))
    assert passed == (origin.lower() in ("http://localhost", "https://localhost"))


def test_bucket_refills_with_time_and_forgets_the_longest_unused() -> None:
    buckets = Buckets(Rate(2, 0.5), most=2)
    assert [buckets.take("a", 0) for _ in range(3)] == [0, 0, 2.0]
    assert buckets.take("a", 2.0) == 0
    assert buckets.take("b", 2.0) == 0
    assert buckets.take("c", 2.0) == 0
    assert buckets.take("a", 2.0) == 0  # forgotten, so full again
    heavy = Buckets(Rate(10, 1))
    assert heavy.take("a", 0, 25) == 0
    assert heavy.take("a", 0, 1) == 16.0


async def test_chunks_after_the_limit_are_not_kept() -> None:
    limits = Limits(text=10)
    big = request({"Content-Type": "application/json"}, b"x" * 1_000_000, chunk=1000)
    kept: list[bytes] = []
    with pytest.raises(RefusedBody, match="too_long"):
        await _gather(incoming._capped(big, limits.json_body, "too_long"), kept)
    assert 0 < len(b"".join(kept)) <= limits.json_body


async def _gather(source: AsyncIterator[bytes], into: list[bytes]) -> None:
    async for part in source:
        into.append(part)
