"""Deciding over the API whether two customers are one person."""

from __future__ import annotations

from typing import Any

import pytest

from crm.models import Customer, MergeSuggestion

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
