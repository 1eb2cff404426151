"""Which open pages should look again."""

from __future__ import annotations

from cxos.core.catalogue import Received, hint
from cxos.core.events.intelligence import ActivitiesChanged, ScheduleChanged
from cxos.core.events.people import PersonChanged
from cxos.core.live import notify


@hint(ScheduleChanged, ActivitiesChanged, PersonChanged)
def schedule_changed(received: Received) -> None:
    notify(["schedule"], version=received.id)
