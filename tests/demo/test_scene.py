"""The scene the pictures are taken of: people in the middle of their work, and a past behind them."""

from __future__ import annotations

from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from channels_app.models import Conversation, Message
from crm.models import MergeSuggestion
from cxos.core.models import Delivery
from cxos.demo.scene import HELD, PAST, WAITING, set_scene
from routing.models import AgentState, Offer, WorkItem


@pytest.mark.slow
@pytest.mark.django_db
def test_the_scene_shows_every_stage_of_work_and_leaves_nothing_owed() -> None:
    now = timezone.now()

    set_scene(now=now)

    states = Counter(WorkItem.objects.values_list("state", flat=True))
    assert states["active"] == sum(many for _, many in HELD)
    assert states["waiting"] + states["offered"] == len(WAITING)
    (offer,) = Offer.objects.filter(state="pending")
    assert (offer.agent.email, offer.expires_at > now) == ("ana@example.com", True)
    assert Conversation.objects.filter(status="resolved").count() == PAST
    assert Conversation.objects.filter(status="snoozed").count() == 1
    assert Message.objects.filter(state="failed").count() == 1
    assert MergeSuggestion.objects.count() == 1
    assert set(AgentState.objects.values_list("presence", flat=True)) > {"available", "busy", "break", "meeting"}
    assert not Conversation.objects.filter(last_message_at__gt=now).exists()
    assert not Delivery.objects.exists()
    with pytest.raises(CommandError, match="only set in an empty installation"):
        call_command("seed_scene")
