"""Deciding over the API whether two customers are one person, and whether two conversations are one."""

from __future__ import annotations

from typing import Any

import pytest

from channels_app.models import Channel, Conversation, ConversationMerge
from crm.models import Customer, MergeSuggestion
from cxos.core.models import Team

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(kim: Customer, max: Customer) -> MergeSuggestion:
    return MergeSuggestion.objects.create(first=kim, second=max, evidence=["Same phone"])


def test_a_supervisor_merges_a_pair_and_takes_it_back(
    as_sam: Any, pair: MergeSuggestion, kim: Customer, max: Customer
) -> None:
    address = f"merge-suggestions/{pair.pk}"
    assert as_sam.post(f"{address}/merge", {"keep": 987_654}).status_code == 422

    assert as_sam.post(f"{address}/merge", {"keep": kim.pk}).json()["state"] == "merged"
    max.refresh_from_db()
    assert max.merged_into_id == kim.pk
    assert as_sam.post(f"{address}/merge", {"keep": kim.pk}).status_code == 409

    assert as_sam.post(f"{address}/undo").json()["state"] == "open"
    max.refresh_from_db()
    assert max.merged_into_id is None
    assert as_sam.post(f"{address}/dismiss").json()["state"] == "dismissed"


def test_an_agent_does_not_decide(as_ana: Any, pair: MergeSuggestion, kim: Customer) -> None:
    for verb, body in (("merge", {"keep": kim.pk}), ("dismiss", {}), ("undo", {})):
        assert as_ana.post(f"merge-suggestions/{pair.pk}/{verb}", body).status_code == 403
    pair.refresh_from_db()
    assert pair.state == "open"


# --- Conversations ----------------------------------------------------------------------------------------------------


@pytest.fixture
def talks(kim: Customer, api: Channel) -> list[Conversation]:
    return [Conversation.objects.create(customer=kim, channel=api, thread_key=key) for key in ("a", "b")]


def test_an_agent_merges_two_conversations_and_takes_it_back(as_ana: Any, talks: list[Conversation]) -> None:
    first, second = talks
    address = f"conversations/{second.pk}"

    merged = as_ana.post(f"{address}/merge", {"into": first.pk})
    assert (merged.status_code, merged.json()["id"]) == (200, first.pk)
    assert as_ana.get(address).json()["merged_into"] == first.pk
    assert as_ana.post(f"{address}/merge", {"into": first.pk}).status_code == 409
    assert as_ana.post(f"{address}/reply", {"text": "Hello"}).status_code == 409

    freed = as_ana.post(f"{address}/unmerge").json()
    assert (freed["id"], freed["merged_into"], freed["status"]) == (second.pk, None, "open")
    assert as_ana.post(f"{address}/unmerge").status_code == 404


def test_both_must_be_seen(as_ana: Any, talks: list[Conversation]) -> None:
    first, second = talks
    Conversation.objects.filter(pk=first.pk).update(team=Team.objects.create(name="Other"))
    assert as_ana.post(f"conversations/{second.pk}/merge", {"into": first.pk}).status_code == 404
    assert as_ana.post(f"conversations/{first.pk}/merge", {"into": second.pk}).status_code == 404
    assert not ConversationMerge.objects.exists()
