"""Work that waits, is in hand, moves on and ends."""

from __future__ import annotations

from collections.abc import Iterator

from channels_app.services import conversations as verbs
from cxos.core.events.routing import (
    BulkChangeGoesOn,
    WorkAbandoned,
    WorkAssigned,
    WorkChanged,
    WorkCompleted,
    WorkMoved,
    WorkPaused,
    WorkQueued,
    WorkReleased,
    WorkResumed,
    WorkWrapping,
)
from cxos.core.relay import drain_outbox
from routing.models import Disposition
from routing.services import bulk
from routing.services.follow import change_demands
from routing.services.moves import assign_by_hand, requeue, transfer, transfer_out
from routing.services.work import abandon, finish, pause, resume
from tests.proof.open_pages.proofs import proves
from tests.proof.open_pages.scene import Scene


@proves(WorkReleased, WorkQueued)
def put_back(scene: Scene) -> None:
    requeue(scene.item.pk, reason="Not mine", **scene.by_ana)


@proves(WorkReleased)
def sent_outside(scene: Scene) -> None:
    transfer_out(scene.item.pk, address="bank@example.com", **scene.by_ana)


@proves(WorkAssigned)
def given_by_hand(scene: Scene) -> None:
    assign_by_hand(scene.waiting.pk, agent=scene.ana, **scene.by_sam)


@proves(WorkMoved)
def moved_while_it_waits(scene: Scene) -> None:
    transfer(scene.waiting.pk, queue=scene.bills, **scene.by_sam)


@proves(WorkAbandoned)
def the_customer_gives_up(scene: Scene) -> None:
    abandon(scene.waiting.pk, now=scene.now)


@proves(WorkChanged)
def it_asks_for_a_skill(scene: Scene) -> None:
    change_demands(scene.waiting.pk, required=[{"skill": "english", "level": 2}], **scene.by_sam)


@proves(WorkChanged)
def what_waits_is_urgent(scene: Scene) -> None:
    verbs.set_priority(scene.waiting.conversation_id or 0, priority=3, **scene.by_sam)


@proves(WorkPaused)
def held(scene: Scene) -> None:
    pause(scene.item.pk, **scene.by_ana)


@proves(WorkResumed)
def taken_up_again(scene: Scene) -> Iterator[None]:
    pause(scene.item.pk, **scene.by_ana)
    yield
    resume(scene.item.pk, **scene.by_ana)


@proves(WorkWrapping)
def wrapping_up(scene: Scene) -> None:
    verbs.resolve(scene.conversation.pk, **scene.by_ana)


@proves(WorkCompleted)
def wrapped_up(scene: Scene) -> Iterator[None]:
    verbs.resolve(scene.conversation.pk, **scene.by_ana)
    drain_outbox()
    yield
    finish(scene.item.pk, disposition=Disposition.objects.get(), **scene.by_ana)


@proves(BulkChangeGoesOn, silent="It only asks a worker to go on; each conversation that is changed is told.")
def many_at_once(scene: Scene) -> None:
    bulk.AT_ONCE, kept = 0, bulk.AT_ONCE
    try:
        bulk.ask_for_all([scene.conversation.pk], action="tag", arguments={"tag": "many"}, **scene.by_sam)
    finally:
        bulk.AT_ONCE = kept
