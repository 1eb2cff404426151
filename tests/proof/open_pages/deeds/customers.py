"""Who customers are, and who turns out to be one."""

from __future__ import annotations

from collections.abc import Iterator

from crm.models import MergeSuggestion
from crm.services.customers import change_customer, tag_customer
from crm.services.identity import resolve
from crm.services.merging import merge, undo_merge
from cxos.core.events.crm import CustomerChanged, CustomerCreated, CustomersMerged, CustomersUnmerged, MergeSuggested
from tests.proof.open_pages.proofs import proves
from tests.proof.open_pages.scene import Scene


@proves(CustomerCreated, silent="Nothing of them is on a page before they have said something.")
def somebody_new(scene: Scene) -> None:
    resolve([("email", "joe@example.com")], attributes={"name": "Joe"}, now=scene.now)


@proves(CustomerChanged)
def a_name(scene: Scene) -> None:
    change_customer(scene.kim.pk, changes={"name": "Kim Ng"}, actor=scene.ana)


@proves(CustomerChanged)
def a_mark_of_a_customer(scene: Scene) -> None:
    tag_customer(scene.kim.pk, add="loyal", actor=scene.ana)


@proves(CustomerChanged)
def a_very_important_person(scene: Scene) -> None:
    change_customer(scene.max.pk, changes={"vip": True}, actor=scene.ana)


@proves(MergeSuggested)
def two_may_be_one(scene: Scene) -> None:
    likeness(scene)


@proves(CustomersMerged)
def two_are_one(scene: Scene) -> Iterator[None]:
    found = likeness(scene)
    yield
    merge(found, keep=scene.kim.pk, **scene.by_sam)


@proves(CustomersMerged)
def the_other_is_kept(scene: Scene) -> Iterator[None]:
    found = likeness(scene)
    yield
    merge(found, keep=scene.max.pk, **scene.by_sam)


@proves(CustomersUnmerged)
def they_were_two(scene: Scene) -> Iterator[None]:
    found = likeness(scene)
    merge(found, keep=scene.kim.pk, **scene.by_sam)
    yield
    undo_merge(found, **scene.by_sam)


def likeness(scene: Scene) -> int:
    resolve([("email", "kim@example.com"), ("email", "max@example.com")], now=scene.now)
    return MergeSuggestion.objects.get().pk
