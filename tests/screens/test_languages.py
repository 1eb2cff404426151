"""The Arabic words: whole for the frame and its components, true to their placeholders, and compiled."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation

from cxos.core.models import User
from cxos.core.services.notifications import mark_read, notify

ROOT = Path(settings.BASE_DIR)
WORDS = ROOT / "cxos/locale/ar/LC_MESSAGES"
ENTRY = re.compile(r'^msgid "(?P<key>.+)"\nmsgstr "(?P<words>.*)"$', re.MULTILINE)
TRANSLATED = re.compile(r"""{% translate (?P<quote>["'])(?P<words>.+?)(?P=quote)""")
OURS = ("frame", "cotton", "registration")


def entries() -> dict[str, str]:
    def plain(text: str) -> str:
        return text.replace('\\"', '"').replace("\\n", "\n")

    return {plain(found["key"]): plain(found["words"]) for found in ENTRY.finditer((WORDS / "django.po").read_text())}


def test_every_text_of_the_frame_has_its_arabic_words() -> None:
    known = {key for key, words in entries().items() if words}
    templates = [
        *(ROOT / "templates").glob("*.html"),
        *(path for part in OURS for path in (ROOT / "templates" / part).rglob("*.html")),
    ]
    missing = {
        found["words"]
        for path in templates
        for found in TRANSLATED.finditer(path.read_text())
        if found["words"] not in known
    }
    assert missing == set()


def test_arabic_words_keep_every_placeholder() -> None:
    placeholder = re.compile(r"%\(\w+\)s|%%")
    broken = [
        key
        for key, words in entries().items()
        if words and sorted(placeholder.findall(key)) != sorted(placeholder.findall(words))
    ]
    assert broken == []


def test_the_compiled_words_are_those_of_the_source() -> None:
    with (WORDS / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    stale = [key for key, words in entries().items() if words and compiled.gettext(key) != words]
    assert stale == [], "run: bin/manage compilemessages -l ar"


def test_a_language_is_chosen_in_the_account_menu(client: Client, adi: User) -> None:
    client.force_login(adi)
    client.get("/ui/")

    response = client.post("/language/", {"language": "ar", "next": "/ui/"})

    assert response["Location"] == "/ui/"
    page = client.get("/ui/").content.decode()
    assert 'dir="rtl"' in page
    with translation.override("ar"):
        assert translation.gettext("Keyboard shortcuts") in page
    assert "Keyboard shortcuts" not in page


@pytest.mark.parametrize("path", ["https://elsewhere.example/", "//elsewhere.example"])
def test_choosing_a_language_leads_nowhere_else(client: Client, adi: User, path: str) -> None:
    client.force_login(adi)
    response = client.post("/language/", {"language": "ar", "next": path})
    assert response["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/search/", "What are you looking for?"), ("/notifications/", "Nothing yet"), ("/profile/", "Where you are logged in"),
        ("/workspace/presence/", "Break after this work"), ("/notifications/bell/", "Mark all read"),
    ],
)  # fmt: skip
def test_what_stands_around_every_page_speaks_arabic(client: Client, ana: User, path: str, words: str) -> None:
    notify([ana.pk], kind="assigned", about="conversation:1", details={"customer": "Kim"}, now=timezone.now())
    if path == "/notifications/":
        mark_read(ana, now=timezone.now())
        words = "%(customer)s was assigned to you"
    client.force_login(ana)

    page = client.get(path, headers={"accept-language": "ar"}).content.decode()

    with translation.override("ar"):
        assert translation.gettext(words) % {"customer": "Kim"} in page
    assert words % {"customer": "Kim"} not in page
