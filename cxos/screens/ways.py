"""How somebody is reached, as people read it."""

from __future__ import annotations

from collections.abc import Iterable

from crm.models import Identity


def ways(identities: Iterable[Identity]) -> list[Identity]:
    """Each address once: a login is often one as well. The device somebody writes from tells nobody anything."""
    told: dict[str, Identity] = {}
    for one in identities:
        if one.kind != Identity.Kind.DEVICE:
            told.setdefault(one.shown or one.value, one)
    return list(told.values())
