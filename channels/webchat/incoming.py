"""From a POST's bytes to a `Message` or `Pressed`, with every limit enforced while the bytes arrive."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from channels.base import Attachment, Message, Pressed, Sender
from channels.webchat.kinds import kind_of, safe_name

MAX_VALUE = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may carry. `text` in characters, sizes in bytes; `total` is for all files together."""

    text: int = 10_000
    file: int = 10 * 1024 * 1024
    files: int = 5
    total: int = 25 * 1024 * 1024

    @property
    def json_body(self) -> int:
        """A JSON body: every character may be written as twelve bytes, and there is little else."""
        return self.text * 12 + 4096

    @property
    def form_body(self) -> int:
        """A form's body: the files, the text and the form's own lines."""
        return self.total + self.json_body + self.files * 2048


class RefusedBody(Exception):
    """The message cannot be taken as it is, and would not be a second time. `code` names the words for it."""

    def __init__(self, code: str, status: int, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.detail = detail


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """The JSON that our script sends."""

    client_msg_id: str = ""
    text: str = ""
    value: str = ""
    label: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form, read into memory within the limits."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A parsed POST: what was said, the files, and the bytes to keep as raw (JSON only)."""

    post: Post
    uploads: tuple[Upload, ...] = ()
    raw: bytes = b""


async def receive(request: Request, limits: Limits) -> Received:
    """Read a POST of either content type.

    Raises:
        RefusedBody: with the reason as a code: too_long, too_big, too_many, malformed, unsupported.
        ClientDisconnect: the sender went away in the middle; nothing was received.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return await _json(request, limits)
    if kind == "multipart/form-data":
        return await _form(request, limits)
    raise RefusedBody("unsupported", 415)


async def _json(request: Request, limits: Limits) -> Received:
    body = b"".join([part async for part in _capped(request, limits.json_body, "too_long")])
    try:
        return Received(msgspec.json.decode(body, type=Post), raw=body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise RefusedBody("malformed", 400) from error


async def _form(request: Request, limits: Limits) -> Received:
    parser = MultiPartParser(
        request.headers,
        _capped(request, limits.form_body, "too_big"),
        max_files=limits.files + 1,
        max_fields=12,
        max_part_size=limits.json_body,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        words = str(error).lower()
        if "too many files" in words:
            raise RefusedBody("too_many", 413) from error
        if "exceeded maximum size" in words:
            raise RefusedBody("too_long", 413) from error
        raise RefusedBody("malformed", 400) from error
    except (KeyError, ValueError, UnicodeError) as error:
        raise RefusedBody("malformed", 400) from error
    try:
        fields: dict[str, str] = {}
        uploads: list[Upload] = []
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                if value.filename and value.size:
                    uploads.append(await _upload(value, limits))
            elif name in Post.__struct_fields__:
                fields[name] = value
    finally:
        await form.close()
    if len(uploads) > limits.files:
        raise RefusedBody("too_many", 413)
    return Received(Post(**fields), tuple(uploads))


async def _upload(file: UploadFile, limits: Limits) -> Upload:
    if (file.size or 0) > limits.file:
        raise RefusedBody("too_big", 413, file.filename or "")
    return Upload(file.filename or "", await file.read())


async def _capped(request: Request, most: int, code: str) -> AsyncGenerator[bytes, None]:
    """The body's chunks, up to `most` bytes; no more is ever kept. What comes after is read and dropped for a
    while, so that the sender reads our answer instead of a broken line."""
    stream = request.stream()
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > most:
            await _drain(stream, most)
            raise RefusedBody(code, 413)
        yield chunk


async def _drain(stream: AsyncIterator[bytes], most: int) -> None:
    rest = 0
    try:
        async for chunk in stream:
            rest += len(chunk)
            if rest > most + 32 * 1024 * 1024:
                return
    except ClientDisconnect:
        return


def message(
    received: Received, *, account: str, thread_key: str, limits: Limits, now: datetime
) -> Message | Pressed:
    """The inbound of a POST. Its external id is the thread and the id that the visitor's script made, so that
    a repeat is known as one and nobody can spend another visitor's id.

    Raises:
        RefusedBody: bad_id, empty, too_long, unknown_kind (a file that is none of the kinds taken), too_big.
    """
    post = received.post
    try:
        client_id = str(uuid.UUID(post.client_msg_id))
    except ValueError as error:
        raise RefusedBody("bad_id", 422) from error
    text = post.text.replace("\r\n", "\n").strip()
    if len(text) > limits.text:
        raise RefusedBody("too_long", 413)
    shared: dict[str, Any] = {
        "channel": "webchat",
        "account": account,
        "external_id": f"{thread_key}/{client_id}",
        "sender": Sender(id=thread_key),
        "thread": thread_key,
        "sent_at": now.astimezone(UTC),
        "raw": received.raw,
    }
    if post.value and not text and not received.uploads:
        if max(len(post.value), len(post.label), len(post.of)) > MAX_VALUE:
            raise RefusedBody("malformed", 422)
        return Pressed(**shared, value=post.value, label=post.label, of=post.of)
    attachments = _attachments(received.uploads, limits)
    if not text and not attachments:
        raise RefusedBody("empty", 422)
    return Message(**shared, text=text, attachments=attachments)


def _attachments(uploads: Sequence[Upload], limits: Limits) -> tuple[Attachment, ...]:
    if sum(len(upload.content) for upload in uploads) > limits.total:
        raise RefusedBody("too_big", 413)
    attachments = []
    for upload in uploads:
        kind = kind_of(upload.content)
        if kind is None:
            raise RefusedBody("unknown_kind", 415, upload.name)
        name = safe_name(upload.name, kind)
        attachments.append(Attachment(name, kind.media_type, len(upload.content), upload.content))
    return tuple(attachments)
