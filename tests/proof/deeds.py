"""What rivals do. Each is one call of a service, told as a short word."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from cxos.core.errors import DomainError
from cxos.core.models import User
from routing.services.matcher import match_items
from routing.services.offers import accept_offer, decline_offer, expire_offer


def told(name: str, order: tuple[Any, ...]) -> str:
    """The deed's own word, the refusal's code, or the name of an exception that should not have been."""
    try:
        return str(DEEDS[name](*order))
    except DomainError as refusal:
        return refusal.code
    except Exception as problem:  # noqa: BLE001  (the test compares words)
        return f"{type(problem).__name__}: {problem}"


def accept(offer_id: int, user_id: int) -> str:
    return f"item {accept_offer(offer_id, user=User(id=user_id), now=timezone.now()).pk}"


def decline(offer_id: int, user_id: int) -> str:
    decline_offer(offer_id, user=User(id=user_id), reason="Not now", now=timezone.now())
    return "declined"


def expire(offer_id: int) -> str:
    return "expired" if expire_offer(offer_id, now=timezone.now()) else "closed before"


def match(item_ids: list[int]) -> int:
    return len(match_items(item_ids, now=timezone.now()))


DEEDS = {"accept": accept, "decline": decline, "expire": expire, "match": match}
