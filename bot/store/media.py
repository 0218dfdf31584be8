"""What kind of file some bytes are, by the bytes alone; a sender's claim is not believed."""

from __future__ import annotations

import io
import struct
import zipfile

UNKNOWN = "application/octet-stream"

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-executable"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_FTYP = {
    b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif", b"msf1": "image/heif",
    b"avif": "image/avif", b"M4A ": "audio/mp4", b"qt  ": "video/quicktime", b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
}  # fmt: skip
_FRAMES = {
    b"\xff\xfb": "audio/mpeg", b"\xff\xf3": "audio/mpeg", b"\xff\xf2": "audio/mpeg",
    b"\xff\xf1": "audio/aac", b"\xff\xf9": "audio/aac",
}  # fmt: skip
_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<?xml", b"<iframe")


def media_type(content: bytes) -> str:
    """The media type of `content`; text that a browser might run is `text/plain` or unknown, never markup.

    HTML and SVG get `application/octet-stream`: they are stored and handed on, but never shown in a page.
    """
    for at, magic, kind in _MAGIC:
        if content.startswith(magic, at):
            return kind
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12], UNKNOWN)
    if content[4:8] == b"ftyp":
        return _FTYP.get(content[8:12], "video/mp4")
    if content[:4] == b"PK\x03\x04":
        return _zip(content)
    return _FRAMES.get(content[:2]) or _text(content)


def _zip(content: bytes) -> str:
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError, struct.error):
        return "application/zip"
    if "[Content_Types].xml" in names:
        for folder, kind in _OFFICE.items():
            if any(name.startswith(folder) for name in names):
                return kind
    return "application/zip"


def _text(content: bytes) -> str:
    head = content[:4096]
    if not head or b"\0" in head:
        return UNKNOWN
    lowered = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if any(lowered.startswith(mark) for mark in _MARKUP):
        return UNKNOWN
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:  # not merely a character cut at the end
            return UNKNOWN
    return "text/plain"
