"""Reasons to be away, how much an agent takes, how contacts end."""

from __future__ import annotations

from datetime import datetime

import pytest

from cxos.core.errors import Conflict, Invalid
from cxos.core.models import AuditEntry, User
from routing.models import AgentState, CapacityProfile, Disposition, PresenceReason, Queue
from routing.services.desks import (
    choose_reason,
    give_profile,
    remove_profile,
    remove_reason,
    save_profile,
    save_reason,
)  # fmt: skip
from routing.services.endings import choices_in, endings, remove_disposition, save_disposition


def test_a_reason_is_a_presence_under_a_name_of_its_own(ana: User, adi: User, now: datetime) -> None:
    coaching = save_reason(None, changes={"name": "Coaching", "presence": "training", "productive": True}, actor=adi)

    state = choose_reason(ana, reason=coaching, actor=ana, now=now)

    assert (state.presence, state.reason) == ("training", "Coaching")
    assert (coaching.key, coaching.routable, coaching.productive, coaching.paid) == ("coaching", False, True, True)


def test_a_reason_switched_off_is_not_chosen_and_a_state_that_is_none_not_saved(
    ana: User, adi: User, now: datetime
) -> None:
    reason = save_reason(None, changes={"name": "Yoga", "presence": "break", "enabled": False}, actor=adi)
    with pytest.raises(Conflict, match="“Yoga” is not in use any more"):
        choose_reason(ana, reason=reason, actor=ana, now=now)
    with pytest.raises(Invalid, match="Choose the state"):
        save_reason(None, changes={"name": "Lost", "presence": "unreachable"}, actor=adi)
    assert not AgentState.objects.exists()

    remove_reason(reason, actor=adi)
    assert not PresenceReason.objects.exists()
    assert AuditEntry.objects.latest("id").before["presence"] == "break"


def test_a_profile_is_written_into_its_agents_and_its_changes_too(ana: User, sam: User, adi: User) -> None:
    light = save_profile(None, changes={"name": "Light", "budget": 50, "caps": {"chat": 1}}, actor=adi)
    give_profile(ana, profile=light, actor=adi)
    give_profile(sam, profile=None, actor=adi)
    save_profile(light, changes={"budget": 60, "auto_accept": ["email"]}, actor=adi)

    state = AgentState.objects.get(user=ana)
    assert (state.budget, state.caps, state.auto_accept) == (60, {"chat": 1}, ["email"])
    assert AgentState.objects.get(user=sam).budget == 100

    with pytest.raises(Conflict, match="1 people have the profile Light"):
        remove_profile(light, actor=adi)
    give_profile(ana, profile=None, actor=adi)
    remove_profile(light, actor=adi)
    state.refresh_from_db()
    assert (state.budget, state.caps, CapacityProfile.objects.count()) == (100, {}, 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"budget": 0}, "budget"), ({"caps": {"fax": 1}}, "caps"), ({"caps": {"chat": 101}}, "caps"),
     ({"auto_accept": ["fax"]}, "auto_accept"), ({"name": " "}, "name")],
)  # fmt: skip
def test_a_profile_that_cannot_be_is_refused(adi: User, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        save_profile(None, changes={"name": "Odd", **changes}, actor=adi)
    assert (refusal.value.field, CapacityProfile.objects.count()) == (field, 0)


def test_endings_are_a_tree_and_only_its_leaves_are_chosen(adi: User) -> None:
    care, sales = (Queue.objects.create(key=key, name=key.title()) for key in ("care", "sales"))
    solved = save_disposition(None, changes={"name": "Solved", "position": 1}, actor=adi)
    for name in ("By phone", "In the chat"):
        save_disposition(None, changes={"name": name, "parent_id": solved.pk}, actor=adi)
    save_disposition(None, changes={"name": "Sold", "position": 2}, queue_ids=[sales.pk], actor=adi)

    assert [(one.said, one.level, one.children) for one in endings()] == [
        ("Solved", 0, True), ("Solved › By phone", 1, False), ("Solved › In the chat", 1, False), ("Sold", 0, False),
    ]  # fmt: skip
    assert [one.said for one in choices_in(care.pk)] == ["Solved › By phone", "Solved › In the chat"]
    assert [one.disposition.key for one in choices_in(sales.pk)] == ["by-phone", "in-the-chat", "sold"]


def test_a_disposition_stands_below_no_loop_and_goes_only_alone(adi: User) -> None:
    solved = save_disposition(None, changes={"name": "Solved"}, actor=adi)
    below = save_disposition(None, changes={"name": "By phone", "parent_id": solved.pk}, actor=adi)

    with pytest.raises(Invalid, match="cannot stand below itself"):
        save_disposition(solved, changes={"parent_id": below.pk}, actor=adi)
    with pytest.raises(Conflict, match="Others stand below Solved"):
        remove_disposition(solved, actor=adi)

    remove_disposition(below, actor=adi)
    remove_disposition(solved, actor=adi)
    assert not Disposition.objects.exists()
