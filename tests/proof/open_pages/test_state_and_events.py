"""State + events = fresh state: for every event of the catalogue, what stayed open and heard what was told shows what a
page opened afterwards shows, on every page that listens to anything and in the widget."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from cxos.core.catalogue import EVENTS, HINTS_OF
from tests.proof.open_pages import deeds
from tests.proof.open_pages.floor import Floor, Outcome
from tests.proof.open_pages.pages import OpenPage
from tests.proof.open_pages.proofs import PROOFS, Proof

OURS = {name for name, event in EVENTS.items() if event.__module__.startswith("cxos.core.events")}
LIVE = re.compile(r'<c-region id="([\w-]+)"|id="([\w-]+)" data-region=')
# Opening every page takes seconds: so two tests, which two processes share.
HALVES = deeds.__all__[:3], deeds.__all__[3:]
# What an open page does not hear of, each with why.
KNOWN = {
    ("it is declined", "Max's conversation: context"): "why nobody else can take it is found out after the decline",
}


def test_every_event_is_proved() -> None:
    proved = {name for proof in PROOFS for name in proof.events}

    assert proved == OURS


def test_pages_are_told_of_every_event_but_those_with_a_reason() -> None:
    """So that nobody can say of an event that no page shows it while pages are told of it, or leave it untold silently."""
    silent = {name for proof in PROOFS if proof.silent for name in proof.events}
    told = {name for proof in PROOFS if not proof.silent for name in proof.events}

    assert silent == {name for name in OURS if not HINTS_OF.get(name)}
    assert told == OURS - silent


@pytest.mark.django_db
@pytest.mark.parametrize("areas", HALVES)
def test_what_is_open_keeps_up(floor: Floor, areas: tuple[str, ...]) -> None:
    assert live_parts() - {part for page in floor.pages if isinstance(page, OpenPage) for part in page.parts} == set()
    mine = [proof for proof in PROOFS if proof.do.__module__.rpartition(".")[2] in areas]

    problems = {proof.name: found for proof in mine if (found := problems_of(proof, floor.try_out(proof)))}

    assert problems == {}


def live_parts() -> set[str]:
    """The ids of all that templates say, but for the catalogue of components."""
    pages = [one for one in Path(settings.BASE_DIR, "templates").rglob("*.html") if one.parent.name != "chapters"]
    return {name for page in pages for names in LIVE.findall(page.read_text()) for name in names if name}


def problems_of(proof: Proof, outcome: Outcome) -> list[str]:
    missing = [f"{name} did not happen" for name in sorted(proof.events - outcome.happened)]
    unseen = [] if outcome.changed or proof.silent else ["no page looks any different"]
    old = {part for part in outcome.stale if (proof.name, part) not in KNOWN}
    return [*missing, *unseen, *(f"{part} is old" for part in sorted(old))]
