"""What a file is, by its bytes. The sender's word and the name's ending decide nothing."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""Pictures that every browser shows and that cannot carry a script."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is taken: its media type, its usual ending, and other endings it may keep."""

    media_type: str
    ending: str
    also: tuple[str, ...] = ()


_JPEG = Kind("image/jpeg", ".jpg", (".jpeg", ".jfif"))
_PNG = Kind("image/png", ".png")
_GIF = Kind("image/gif", ".gif")
_WEBP = Kind("image/webp", ".webp")
_HEIC = Kind("image/heic", ".heic", (".heif",))
_PDF = Kind("application/pdf", ".pdf")
_MP4 = Kind("video/mp4", ".mp4", (".m4v", ".3gp"))
_MOV = Kind("video/quicktime", ".mov")
_WEBM = Kind("video/webm", ".webm")
_DOCX = Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx")
_XLSX = Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx")
_TEXT = Kind("text/plain", ".txt", (".csv",))

TAKEN = (_JPEG, _PNG, _GIF, _WEBP, _HEIC, _PDF, _MP4, _MOV, _WEBM, _DOCX, _XLSX, _TEXT)
ENDINGS = tuple(sorted({ending for kind in TAKEN for ending in (kind.ending, *kind.also)}))

_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"), _HEIC),
    **dict.fromkeys((b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V "), _MP4),
    **dict.fromkeys((b"3gp4", b"3gp5", b"3gp6", b"3gp7", b"dash", b"MSNV"), _MP4),
    b"qt  ": _MOV,
}
_MARKUP = re.compile(rb"<\s*(?:!doctype|!--|\?xml|[a-z][a-z0-9:-]*[\s/>])", re.IGNORECASE)
_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13}


def kind_of(content: bytes) -> Kind | None:
    """The kind of a file by its content, None when it is none that is taken (or empty)."""
    head = content[:32]
    if head.startswith(b"\xff\xd8\xff"):
        return _JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _GIF
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _WEBP
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    if head.startswith(b"%PDF-"):
        return _PDF
    if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in content[:64]:
        return _WEBM
    if head.startswith(b"PK\x03\x04"):
        return _office(content)
    return _TEXT if _is_text(content) else None


def _office(content: bytes) -> Kind | None:
    """A Word or Excel document without macros, by the parts its archive lists."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        return None
    if any(part.lower().endswith("vbaproject.bin") for part in parts):
        return None
    if "word/document.xml" in parts:
        return _DOCX
    return _XLSX if "xl/workbook.xml" in parts else None


def _is_text(content: bytes) -> bool:
    """Plain UTF-8 text without control characters that no browser could take for a page."""
    if not content or not _CONTROLS.isdisjoint(content):
        return False
    if _MARKUP.search(content[:4096]):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def safe_name(name: str, kind: Kind) -> str:
    """A name that is harmless everywhere: no folders, no control or direction characters, an ending that
    tells the truth, at most 100 characters."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    name = re.sub(r"\s+", " ", name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem:
        stem, ending = name, ""
    ending = "." + ending.lower() if ending else ""
    if ending not in (kind.ending, *kind.also):
        stem, ending = (stem + ending if ending and ending not in ENDINGS else stem), kind.ending
    return (stem[: 100 - len(ending)].strip(" .") or "file") + ending
