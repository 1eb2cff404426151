"""The Arabic words: whole for the frame and its components, true to their placeholders, and compiled."""

from __future__ import annotations

import gettext

import pytest
from django.test import Client
from django.utils import timezone, translation

from cxos.core.models import User
from cxos.core.services.notifications import mark_read, notify
from tests.screens.said import BETWEEN, ROOT, Message, read_words, texts_of_code, texts_of_templates

WORDS = ROOT / "cxos/locale/ar/LC_MESSAGES"
ONE_OF_EACH_FORM = (0, 1, 2, 3, 11, 100)


@pytest.fixture(scope="module")
def arabic() -> dict[str, Message]:
    return read_words(WORDS / "django.po")


def test_every_text_of_the_templates_has_its_arabic_words(arabic: dict[str, Message]) -> None:
    texts = texts_of_templates()
    missing = {text: place for text, place in texts.items() if text not in arabic or not arabic[text].whole}
    assert len(texts) > 1000
    assert missing == {}, "gather them (docs/reference/components.md, Languages) and say them in Arabic"


def test_every_text_of_the_code_has_its_arabic_words(arabic: dict[str, Message]) -> None:
    texts = texts_of_code()
    missing = {text: place for text, place in texts.items() if text not in arabic or not arabic[text].whole}
    assert len(texts) > 500
    assert missing == {}, "gather them (docs/reference/components.md, Languages) and say them in Arabic"


def test_arabic_words_lose_and_invent_no_placeholder(arabic: dict[str, Message]) -> None:
    assert [text for text, entry in arabic.items() if entry.misplaced()] == []


def test_no_arabic_words_are_a_guess(arabic: dict[str, Message]) -> None:
    assert [text for text, entry in arabic.items() if "fuzzy" in entry.flags] == []


def test_the_compiled_words_are_those_of_the_source(arabic: dict[str, Message]) -> None:
    with (WORDS / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    def said(entry: Message) -> dict[int, str]:
        if BETWEEN in entry.text:
            return {0: compiled.pgettext(*entry.text.split(BETWEEN))}
        if not entry.plural:
            return {0: compiled.gettext(entry.text)}
        return {form: compiled.ngettext(entry.text, entry.plural, n) for form, n in enumerate(ONE_OF_EACH_FORM)}

    stale = [text for text, entry in arabic.items() if entry.whole and said(entry) != entry.forms]
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
