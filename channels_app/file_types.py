"""Which files are taken, told by what is in them and not by what they claim to be. Pure.

A file is taken when its extension is known and its first bytes are what that extension says. Everything that a browser
or a desktop could run (HTML, SVG, scripts, programs, macros) is in no list, so it is refused under any name.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass

import puremagic

HEAD_BYTES = 262_144  # as much of a file as is looked at
MAX_NAME = 120
MAX_PIXELS = 50_000_000
ZIP = frozenset({".zip", ".docx", ".xlsx", ".pptx", ".odt", ".ods"})
# What a text must not start with: a browser that guesses would take it for a page.
MARKUP = (b"<!", b"<?", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<iframe", b"<img", b"<a ", b"<style")


@dataclass(frozen=True, slots=True)
class FileType:
    """`signs`: extensions by which the magic numbers may name it; none = a text."""

    mime: str
    signs: frozenset[str] = frozenset()
    inline: bool = False


def _picture(mime: str, *signs: str) -> FileType:
    return FileType(mime, frozenset(signs), inline=True)


def _office(kind: str) -> FileType:
    return FileType(f"application/vnd.openxmlformats-officedocument.{kind}", ZIP)


TYPES: dict[str, FileType] = {
    "png": _picture("image/png", ".png"),
    "jpg": _picture("image/jpeg", ".jpg", ".jpeg", ".jfif"),
    "jpeg": _picture("image/jpeg", ".jpg", ".jpeg", ".jfif"),
    "gif": _picture("image/gif", ".gif"),
    "webp": _picture("image/webp", ".webp"),
    "pdf": FileType("application/pdf", frozenset({".pdf"})),
    "docx": _office("wordprocessingml.document"),
    "xlsx": _office("spreadsheetml.sheet"),
    "pptx": _office("presentationml.presentation"),
    "odt": FileType("application/vnd.oasis.opendocument.text", ZIP),
    "ods": FileType("application/vnd.oasis.opendocument.spreadsheet", ZIP),
    "zip": FileType("application/zip", ZIP),
    "mp3": FileType("audio/mpeg", frozenset({".mp3"})),
    "wav": FileType("audio/wav", frozenset({".wav"})),
    "ogg": FileType("audio/ogg", frozenset({".ogg", ".oga", ".ogx"})),
    "mp4": FileType("video/mp4", frozenset({".mp4", ".m4v"})),
    "webm": FileType("video/webm", frozenset({".webm", ".mkv"})),
    "txt": FileType("text/plain"),
    "log": FileType("text/plain"),
    "csv": FileType("text/csv"),
}
INLINE = frozenset(one.mime for one in TYPES.values() if one.inline)


class Unacceptable(Exception):
    """Why a file is not taken: a sentence for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is. `width` and `height` in pixels, of pictures whose head tells."""

    mime: str
    width: int | None = None
    height: int | None = None


def recognise(name: str, head: bytes, *, allowed: Collection[str] = ()) -> Recognised:
    """What the file is, by its first HEAD_BYTES. `allowed`: only these extensions. Raises Unacceptable."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    known = TYPES.get(extension)
    if known is None or (allowed and extension not in allowed):
        listed = ", ".join(sorted(allowed or TYPES))
        raise Unacceptable(f"“{name}” is of a kind that is not taken here. Taken are: {listed}.")
    if not head:
        raise Unacceptable(f"“{name}” is empty.")
    if not (_looks_like(known, head) if known.signs else _is_text(head)):
        raise Unacceptable(f"“{name}” is not what its name says. Save it as a real .{extension} file and try again.")
    size = pixels(known.mime, head) if known.inline else None
    if size and size[0] * size[1] > MAX_PIXELS:
        raise Unacceptable(f"“{name}” has {size[0]} × {size[1]} pixels; that is too large. Make it smaller first.")
    return Recognised(known.mime, *(size or (None, None)))


def _looks_like(known: FileType, head: bytes) -> bool:
    try:
        found = {match.extension for match in puremagic.magic_string(head)}
    except puremagic.PureError:
        return False
    return bool(found & known.signs)


def _is_text(head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].lower()
    if b"\0" in head or start.startswith(MARKUP):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as problem:
        return problem.start > len(head) - 4 or start[:1].isascii()  # cut inside a letter, or an older encoding
    return True


def clean_name(given: str) -> str:
    """The name as it may be shown: no path, no control or direction marks, at most MAX_NAME characters."""
    base = given.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in base if unicodedata.category(letter)[0] != "C").strip(". ")
    stem, dot, extension = shown.rpartition(".")
    if len(shown) > MAX_NAME:
        shown = stem[: MAX_NAME - len(extension) - 1] + dot + extension if len(extension) < 10 else shown[:MAX_NAME]
    return shown or "file"


# --- Pictures ----------------------------------------------------------------------------------------------------------


def pixels(mime: str, head: bytes) -> tuple[int, int] | None:
    """Width and height as the head says, or None when it does not."""
    try:
        found = _PIXELS[mime](head)
    except (struct.error, IndexError, KeyError):
        return None
    return found if found and all(found) else None


def _png(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", head, 16)
    return int(width), int(height)


def _gif(head: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", head, 6)
    return int(width), int(height)


def _webp(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = int(struct.unpack_from("<I", head, 21)[0])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    return None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """The first frame header (ITU-T T.81 B.2.2): markers C0–CF but C4, C8 and CC."""
    at = 2
    while at < len(head) - 9:
        if head[at] != 0xFF:
            return None
        marker, length = head[at + 1], int(struct.unpack_from(">H", head, at + 2)[0])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return int(width), int(height)
        at += 2 + length
    return None


_PIXELS: dict[str, Callable[[bytes], tuple[int, int] | None]] = {
    "image/png": _png, "image/gif": _gif, "image/webp": _webp, "image/jpeg": _jpeg,
}  # fmt: skip
