"""Presence, what agents may take, queues and their alerts."""

from __future__ import annotations

from collections.abc import Iterator

from cxos.core.events.routing import AgentChanged, AlertCleared, AlertRaised, PresenceChanged, QueueChanged
from routing.models import Skill, Threshold
from routing.services.alerts import save_threshold, watch_thresholds
from routing.services.configure import save_queue, set_skill_level
from routing.services.desks import give_profile, save_profile
from routing.services.media import switch_media
from routing.services.members import set_members
from routing.services.presence import set_presence
from routing.services.work import abandon
from tests.proof.open_pages.proofs import proves
from tests.proof.open_pages.scene import Scene


@proves(PresenceChanged)
def a_break(scene: Scene) -> None:
    set_presence(scene.ana, presence="break", **scene.by_ana)


@proves(AgentChanged)
def no_chats(scene: Scene) -> None:
    switch_media(scene.ana, off=["chat"], actor=scene.ana)


@proves(AgentChanged)
def a_skill(scene: Scene) -> None:
    set_skill_level(scene.ana, skill=Skill.objects.get(), level=3, **scene.by_adi)


@proves(AgentChanged)
def more_at_once(scene: Scene) -> None:
    profile = save_profile(None, changes={"name": "Quick", "budget": 500}, actor=scene.adi)
    give_profile(scene.ana, profile=profile, actor=scene.adi)


@proves(QueueChanged)
def a_queue_is_renamed(scene: Scene) -> None:
    save_queue(scene.fresh(scene.queue), changes={"name": "Orders"}, **scene.by_adi)


@proves(QueueChanged)
def bea_helps(scene: Scene) -> None:
    set_members(scene.fresh(scene.queue), levels={scene.ana.pk: 1, scene.bea.pk: 1}, **scene.by_adi)


@proves(AlertRaised)
def too_many_wait(scene: Scene) -> Iterator[None]:
    crowded(scene)
    yield
    assert watch_thresholds(now=scene.now)


@proves(AlertCleared)
def they_are_served(scene: Scene) -> Iterator[None]:
    crowded(scene)
    watch_thresholds(now=scene.now)
    abandon(scene.waiting.pk, now=scene.now)
    watch_thresholds(now=scene.later(seconds=1))
    yield
    assert watch_thresholds(now=scene.later(minutes=10))


def crowded(scene: Scene) -> None:
    save_threshold(Threshold(queue=scene.queue, measure="waiting", limit=0, minutes=1), actor=scene.sam)
    watch_thresholds(now=scene.later(minutes=-2))
