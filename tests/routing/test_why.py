"""Why: a decision is stored once, in the source's language, and read in everybody's own."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from crm.services.identity import BELONGS, BOTH, CLAIMED, KINDS, MERGED, NAMELESS, NEW, PROVED, WEAKER
from cxos.core.phrases import Phrase, told
from routing.models import Decision
from routing.services.hand_over import give
from routing.services.matcher import match_items
from routing.services.why import SINCE, explain

pytestmark = pytest.mark.django_db
LATIN_WORD = re.compile(r"[a-z]{3,}")


def sentences(conversation_id: int, language: str) -> list[str]:
    with translation.override(language):
        return [one["sentence"] for one in explain(conversation_id)["history"]]


def test_who_was_chosen_and_why_is_told_in_the_readers_language(ana, on_duty, waiting, now):
    on_duty(ana)
    item = waiting()

    match_items([item.id], now=now)

    assert sentences(item.conversation_id, "en")[-1] == "Offered to Ana: first in rank of 1 who could take it."
    assert sentences(item.conversation_id, "ar")[-1] == "عُرض على Ana: الأول في الترتيب من 1 يستطيعون توليه."


def test_nobody_is_told_in_the_readers_language(ana, on_duty, waiting, english, now):
    on_duty(ana)
    item = waiting(required=[{"skill": "english", "level": 3, "hard": True}])

    match_items([item.id], now=now)

    expected = "Nobody available has the skills this work needs. Of those asked: 1 without the skill."
    assert sentences(item.conversation_id, "en")[-1] == expected
    assert not LATIN_WORD.search(sentences(item.conversation_id, "ar")[-1])


def test_what_a_supervisor_did_in_arabic_is_stored_in_english(ana, sam, waiting, now):
    item = waiting()

    with translation.override("ar"):
        give(item.conversation, to=ana, actor=sam, now=now)

    assert Decision.objects.get(kind="assign").sentence == "Assigned to Ana by Sam."
    assert sentences(item.conversation_id, "ar")[-1] == "أسنده Sam إلى Ana."


def test_what_was_stored_before_phrases_were_kept_is_told_as_it_is(waiting, now):
    item = waiting()
    Decision.objects.create(conversation=item.conversation, kind="match", sentence="Offered to Ben.", facts={"v": 1})

    assert sentences(item.conversation_id, "ar")[-1] == "Offered to Ben."


def test_a_phrase_within_a_phrase_is_told_too() -> None:
    row = Phrase("It opens %(day)s %(time)s UTC.", {"day": Phrase("Monday"), "time": "09:00"}).kept

    assert told(row) == "It opens Monday 09:00 UTC."
    with translation.override("ar"):
        assert told(row) == "تفتح الاثنين 09:00 بالتوقيت العالمي."


@pytest.mark.parametrize(
    "text", [BOTH, BELONGS, PROVED, CLAIMED, MERGED, WEAKER, NEW, NAMELESS, SINCE, *KINDS.values()]
)
def test_evidence_has_its_translation(text: str) -> None:
    with translation.override("ar"):
        assert translation.gettext(text) != text
