"""Which files are taken: told by what is in them."""

from __future__ import annotations

import struct

import pytest

from channels_app.file_types import Unacceptable, clean_name, recognise
from tests.channels_app.files import GIF, PDF, PNG, ZIP, png


def test_a_picture_tells_its_size() -> None:
    found = recognise("cat.PNG", png(640, 480))

    assert (found.mime, found.width, found.height) == ("image/png", 640, 480)


@pytest.mark.parametrize(
    ("name", "head", "mime"),
    [
        ("bill.pdf", PDF, "application/pdf"),
        ("cat.gif", GIF, "image/gif"),
        ("list.csv", "name;city\nKim;Köln\n".encode(), "text/csv"),
        ("old.txt", "K\xf6ln".encode("latin-1"), "text/plain"),
        ("table.xlsx", ZIP, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("pipe.txt", b"a > b <b>bold</b>", "text/plain"),
    ],
)
def test_what_is_what_it_says_is_taken(name: str, head: bytes, mime: str) -> None:
    assert recognise(name, head).mime == mime


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("page.html", b"<html>"), ("drawing.svg", b"<svg/>"), (".htaccess", b"AddType x"), ("shell.pht", b"<?php"),
        ("run.exe", b"MZ\x90\0"), ("macro.docm", ZIP), ("noextension", PNG), ("cat.png", b"<html><script>alert(1)</script>"),
        ("cat.png.html", PNG), ("cat.png", b""), ("cat.jpg", PNG), ("note.txt", b"  <!DOCTYPE html><p>"),
        ("note.txt", b"\xef\xbb\xbf<svg onload=alert(1)>"), ("note.txt", b"MZ\x90\0\3\0"), ("bill.pdf", b"<script>%PDF"),
        ("table.csv", b"\x00\x01\x02"),
    ],
)  # fmt: skip
def test_what_a_browser_could_run_is_refused_under_any_name(name: str, head: bytes) -> None:
    with pytest.raises(Unacceptable):
        recognise(name, head)


def test_a_channel_may_take_less() -> None:
    with pytest.raises(Unacceptable, match=r"Taken are: jpg, png\."):
        recognise("bill.pdf", PDF, allowed={"png", "jpg"})


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(Unacceptable, match="60000 × 60000 pixels"):
        recognise("bomb.png", png(60_000, 60_000))


def test_the_sizes_of_the_other_kinds_are_read_from_their_heads() -> None:
    jpeg = (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
        + b"\0" * 9
        + b"\xff\xc0"
        + struct.pack(">HBHH", 17, 8, 300, 400)
        + b"\0" * 12
    )
    webp = b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + (99).to_bytes(3, "little") + (49).to_bytes(3, "little") + b"\0" * 9

    assert [(one.width, one.height) for one in (recognise("a.jpg", jpeg), recognise("a.webp", webp))] == [
        (400, 300),
        (100, 50),
    ]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"), ("C:\\temp\\a.txt", "a.txt"), ("invoice\u202efdp.txt", "invoicefdp.txt"),
        ("a\x00\nb.txt", "ab.txt"), ("...", "file"), ("", "file"), ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)  # fmt: skip
def test_a_name_is_shown_without_paths_and_marks(given: str, shown: str) -> None:
    assert clean_name(given) == shown


def test_a_truncated_picture_has_no_size_and_is_no_error() -> None:
    assert recognise("cat.png", PNG[:20]).width is None
