"""Callbacks, and calls whose line is lost."""

from __future__ import annotations

from collections.abc import Iterator

from cxos.core.events.routing import CallbackClosed, CallbackRequested, CallbackTried, HolderLost
from routing.models import AgentState, WorkItem
from routing.services.callbacks import cancel_callback, claim_callback, note_no_answer, note_reached, request_callback
from routing.services.leases import lose_unreachable
from routing.services.offers import accept_offer
from tests.proof.open_pages.proofs import proves
from tests.proof.open_pages.scene import Scene


@proves(CallbackRequested)
def a_callback_is_wanted(scene: Scene) -> None:
    request_callback(
        scene.waiting.pk, kind="scheduled", slot_at=scene.later(hours=1), address="+49 30 123", actor=scene.ana,
        now=scene.now,
    )  # fmt: skip


@proves(CallbackClosed)
def it_is_not_wanted_any_more(scene: Scene) -> Iterator[None]:
    callback = wanted(scene, scene.waiting)
    yield
    cancel_callback(callback, **scene.by_sam)


@proves(CallbackTried)
def nobody_answers(scene: Scene) -> Iterator[None]:
    callback = in_hand(scene)
    yield
    note_no_answer(callback, user=scene.ana, now=scene.now)


@proves(CallbackClosed)
def somebody_answers(scene: Scene) -> Iterator[None]:
    callback = in_hand(scene)
    yield
    note_reached(callback, user=scene.ana, now=scene.now)


@proves(HolderLost)
def the_line_of_an_agent_is_lost(scene: Scene) -> Iterator[None]:
    WorkItem.objects.filter(pk=scene.item.pk).update(medium="voice")
    AgentState.objects.filter(user=scene.ana).update(lease_until=scene.later(hours=-1))
    yield
    lose_unreachable(now=scene.now)


def wanted(scene: Scene, item: WorkItem) -> int:
    return request_callback(item.pk, kind="in_queue", address="+49 30 123", actor="customer", now=scene.now).pk


def in_hand(scene: Scene) -> int:
    callback = wanted(scene, scene.waiting)
    accept_offer(scene.offered().pk, user=scene.ana, now=scene.now)
    return claim_callback(callback, user=scene.ana, now=scene.now).pk
