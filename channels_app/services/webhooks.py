"""Telling other systems of events: one attempt row per event and subscription, retried for three days."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from channels_app.adapters import Outcome
from channels_app.adapters.posting import post_signed
from channels_app.models import WebhookAttempt, WebhookSubscription
from channels_app.services.pushing import Job, claim_ids, push
from cxos.core.catalogue import Received
from cxos.core.errors import Conflict, NotFound
from cxos.core.services.audit import record
from cxos.core.services.pruning import prune_older

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440, 1440))
MAX_TRIES = len(WAITS) + 1  # the last one about three days after the first
GIVE_UP_AFTER = timedelta(days=3)  # a subscription that fails for so long is switched off
State = WebhookAttempt.State

CLAIM = """
UPDATE channels_app_webhookattempt SET tries = tries + 1, due_at = %(leased_until)s
WHERE id = ANY(ARRAY(
    SELECT found.id FROM channels_app_webhooksubscription s CROSS JOIN LATERAL (
        SELECT a.id FROM channels_app_webhookattempt a
        WHERE a.subscription_id = s.id AND a.state = 'pending' AND a.due_at <= %(now)s
        ORDER BY a.due_at, a.id LIMIT %(each)s FOR UPDATE SKIP LOCKED) found
    WHERE s.enabled AND NOT s.id = ANY(%(leave)s) AND %(failing)s = (s.failing_since IS NOT NULL)
    LIMIT %(room)s))
RETURNING id
"""


def owe(events: Sequence[Received]) -> int:
    """An attempt for every event and subscription that wants it; returns how many. Two queries."""
    subscriptions = list(WebhookSubscription.objects.filter(enabled=True).defer("secrets"))
    attempts = [
        WebhookAttempt(
            subscription=subscription, event_id=one.id, event_name=one.name, body=body_of(one), due_at=one.at
        )
        for one in events
        for subscription in subscriptions
        if not subscription.events or one.name in subscription.events
    ]
    WebhookAttempt.objects.bulk_create(attempts, batch_size=1000, ignore_conflicts=True)
    return len(attempts)


def body_of(received: Received) -> dict[str, Any]:
    """What the other system gets; the id is in the header `webhook-id` as `evt_<id>`."""
    return {
        "type": received.name,
        "timestamp": received.at.isoformat(),
        "data": {"key": received.key, "actor": received.actor, **dataclasses.asdict(received.event)},
    }


def sweep_webhooks(*, now: datetime, seconds: float = 8.0) -> int:
    """Try what is due; returns how many were tried. Several at once share the work."""
    return push(
        lambda lane, leave, room: _claim(lane, leave, room, now=now),
        lambda job, answer: _finish(job, answer, now=now),
        seconds=seconds,
    )


def replay(attempt_id: int, *, actor: Any, now: datetime) -> WebhookAttempt:
    """Send it once more, with all its tries; raises NotFound, Conflict while it is still being tried."""
    with transaction.atomic():
        attempt = WebhookAttempt.objects.select_for_update().filter(pk=attempt_id).first()
        if attempt is None:
            raise NotFound(
                "attempt_not_found", _("Webhook attempt %(number)s does not exist.") % {"number": attempt_id}
            )
        if attempt.state == State.PENDING:
            raise Conflict(
                "still_trying",
                _("Webhook attempt %(number)s is due at %(due_at)s anyway.")
                % {"number": attempt_id, "due_at": f"{attempt.due_at:%H:%M}"},
            )
        attempt.state, attempt.tries, attempt.due_at, attempt.delivered_at = State.PENDING, 0, now, None
        attempt.save(update_fields=["state", "tries", "due_at", "delivered_at"])
        record(actor, "replayed", attempt)
    return attempt


def replay_dead(subscription_id: int, *, actor: Any, now: datetime) -> int:
    """Send all that was given up once more; returns how many."""
    with transaction.atomic():
        subscription = WebhookSubscription.objects.get(pk=subscription_id)
        dead = WebhookAttempt.objects.filter(subscription=subscription, state=State.DEAD)
        count = dead.update(state=State.PENDING, tries=0, due_at=now)
        record(actor, "replayed", subscription, after={"attempts": count})
    return count


def _claim(lane: str, leave: Sequence[int], room: int, *, now: datetime) -> list[Job[WebhookAttempt]]:
    ids = claim_ids(CLAIM, lane, leave, room, now=now)
    claimed = WebhookAttempt.objects.filter(id__in=ids).select_related("subscription").order_by("id")
    return [_job(attempt) for attempt in claimed] if ids else []


def _job(attempt: WebhookAttempt) -> Job[WebhookAttempt]:
    subscription = attempt.subscription
    secrets: Any = subscription.secrets

    def send(seconds: float) -> tuple[Outcome, int | None]:
        return post_signed(
            subscription.url,
            attempt.body,
            message_id=f"evt_{attempt.event_id}",
            secrets=secrets,
            seconds=seconds,
        )

    return Job(row=attempt, target=subscription.id, attempt=attempt.tries, send=send)


def _finish(job: Job[WebhookAttempt], answer: tuple[Outcome, int | None], *, now: datetime) -> Outcome:
    """Write what became of the try. A subscriber's refusal is retried as well: somebody may put it right."""
    outcome, status = answer
    mine = WebhookAttempt.objects.filter(id=job.row.id, state=State.PENDING, tries=job.attempt)
    if outcome.state == "sent":
        mine.update(state=State.DELIVERED, delivered_at=now, last_status=status, last_problem="")
        WebhookSubscription.objects.filter(id=job.target).exclude(failing_since=None).update(failing_since=None)
        return outcome
    said = {"last_status": status, "last_problem": outcome.problem[:300]}
    if job.attempt >= MAX_TRIES:
        mine.update(state=State.DEAD, **said)
    else:
        mine.update(due_at=now + WAITS[job.attempt - 1] * random.uniform(0.8, 1.2), **said)
    _note_failure(job.target, now)
    return Outcome("later", outcome.problem)


def _note_failure(subscription_id: int, now: datetime) -> None:
    """Remember since when it fails; switch it off after three days of nothing else."""
    WebhookSubscription.objects.filter(id=subscription_id, failing_since=None).update(failing_since=now)
    hopeless = Q(enabled=True, failing_since__lte=now - GIVE_UP_AFTER)
    with transaction.atomic():
        subscription = WebhookSubscription.objects.select_for_update().filter(hopeless, id=subscription_id).first()
        if subscription is not None:
            subscription.enabled = False
            subscription.save(update_fields=["enabled"])
            subscription.attempts.filter(state=State.PENDING).update(state=State.DEAD)
            record(None, "switched off", subscription, reason="Every delivery has failed for three days.")


def prune_attempts(*, keep_days: int, now: datetime) -> int:
    """Delete what was delivered or given up more than `keep_days` ago (0 = kept for good). Returns how many."""
    settled = WebhookAttempt.objects.exclude(state=WebhookAttempt.State.PENDING)
    return prune_older(settled, before=now - timedelta(days=keep_days), field="created_at") if keep_days else 0
