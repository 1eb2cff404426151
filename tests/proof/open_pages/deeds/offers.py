"""Work that rings: offered, accepted, declined, missed, taken back."""

from __future__ import annotations

from collections.abc import Iterator

from cxos.core.events.routing import (
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
    OfferWithdrawn,
    PartJoined,
    PartLeft,
)
from cxos.core.relay import drain_outbox
from routing.models import Queue
from routing.services.matcher import match_items
from routing.services.moves import assign_by_hand
from routing.services.offers import accept_offer, decline_offer, expire_offer
from routing.services.parts import ask_in, leave
from routing.services.presence import set_presence
from tests.proof.open_pages.proofs import proves
from tests.proof.open_pages.scene import Scene


@proves(OfferMade)
def it_rings(scene: Scene) -> Iterator[None]:
    Queue.objects.update(push=False)
    set_presence(scene.ana, presence="available", **scene.by_ana)
    drain_outbox()
    Queue.objects.update(push=True)
    yield
    match_items([scene.waiting.pk], now=scene.now)


@proves(OfferAccepted)
def it_is_accepted(scene: Scene) -> Iterator[None]:
    offer = scene.offered()
    yield
    accept_offer(offer.pk, user=scene.ana, now=scene.now)


@proves(OfferDeclined)
def it_is_declined(scene: Scene) -> Iterator[None]:
    offer = scene.offered()
    yield
    decline_offer(offer.pk, user=scene.ana, reason="No", now=scene.now)


@proves(OfferExpired)
def it_is_missed(scene: Scene) -> Iterator[None]:
    offer = scene.offered()
    yield
    assert expire_offer(offer.pk, now=scene.later(hours=1))


@proves(OfferWithdrawn)
def somebody_else_is_given_it(scene: Scene) -> Iterator[None]:
    scene.offered()
    yield
    assign_by_hand(scene.waiting.pk, agent=scene.bea, **scene.by_sam)


@proves(OfferMade)
def a_colleague_is_asked_in(scene: Scene) -> Iterator[None]:
    set_presence(scene.bea, presence="available", actor=scene.bea, now=scene.now)
    yield
    ask_in(scene.item.pk, agent=scene.bea, kind="consult", **scene.by_ana)


@proves(OfferDeclined)
def the_colleague_does_not_come(scene: Scene) -> Iterator[None]:
    offer = asked(scene)
    yield
    decline_offer(offer, user=scene.bea, reason="No", now=scene.now)


@proves(PartJoined)
def the_colleague_comes(scene: Scene) -> Iterator[None]:
    offer = asked(scene)
    yield
    accept_offer(offer, user=scene.bea, now=scene.now)


@proves(PartLeft)
def the_colleague_leaves(scene: Scene) -> Iterator[None]:
    accept_offer(asked(scene), user=scene.bea, now=scene.now)
    yield
    leave(scene.item.pk, agent=scene.bea, now=scene.now)


def asked(scene: Scene) -> int:
    set_presence(scene.bea, presence="available", actor=scene.bea, now=scene.now)
    return ask_in(scene.item.pk, agent=scene.bea, kind="conference", **scene.by_ana).pk
