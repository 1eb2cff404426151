"""Colleagues: who they are, and what they are told."""

from __future__ import annotations

from collections.abc import Iterator

from cxos.core.events.people import NotificationsRead, PersonChanged, PersonNotified, PushDue
from cxos.core.models import PushSubscription
from cxos.core.services.notifications import mark_read, notify
from cxos.core.services.people import change_person
from tests.proof.open_pages.proofs import proves
from tests.proof.open_pages.scene import Scene

KEYS = {"p256dh": "of a browser", "auth": "of a browser"}


@proves(PersonNotified)
def ana_is_told_something(scene: Scene) -> None:
    tell(scene)


@proves(NotificationsRead)
def ana_reads_it(scene: Scene) -> Iterator[None]:
    tell(scene)
    yield
    mark_read(scene.ana, now=scene.now)


@proves(PushDue, silent="A browser's own notice stands outside of every page; what it tells is in the bell.")
def ana_is_told_though_no_page_is_open(scene: Scene) -> None:
    browser = PushSubscription.objects.create(user=scene.ana, endpoint="https://push.example/1", keys=KEYS)
    tell(scene)
    browser.delete()  # before anything is sent to it


@proves(PersonChanged)
def a_new_name(scene: Scene) -> None:
    change_person(scene.fresh(scene.ana), changes={"name": "Ana Lima"}, actor=scene.adi)


def tell(scene: Scene) -> None:
    notify(
        [scene.ana.pk], kind="mentioned", about=f"conversation:{scene.conversation.pk}",
        details={"customer": "Kim", "by": "Bea", "text": "Look"}, now=scene.now,
    )  # fmt: skip
