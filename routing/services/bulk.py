"""One change for many conversations: asked once, done in small transactions that remember how far they came, so that a
crash resumes and nothing is done twice; stopped at any time; undone as long as nobody else has changed what it changed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from channels_app.models import Conversation
from channels_app.permissions import can_change, get_conversation_for
from cxos.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from cxos.core.events.routing import BulkChangeGoesOn
from cxos.core.models import User
from cxos.core.outbox import emit
from routing.models import BulkChange, BulkStep
from routing.services.bulk_actions import DEEDS

MOST_AT_ONCE = 5_000
AT_ONCE = 25  # so few are done while one waits
BATCH = 20
SLICE_SECONDS = 2.0  # then others have their turn
State = BulkChange.State
Do = Callable[[Conversation, User, datetime], Any]


def ask_for_all(
    ids: Sequence[int], *, action: str, arguments: Mapping[str, Any], actor: User, now: datetime
) -> BulkChange:
    """The change, done already where it is about few. Raises Invalid. What is not the actor's to change is passed by."""
    if action not in DEEDS:
        raise Invalid("action", _("Choose what to do with the conversations."))
    chosen = sorted(set(ids))
    if not 0 < len(chosen) <= MOST_AT_ONCE:
        raise Invalid("ids", _("Choose 1 to %(most)s conversations.") % {"most": f"{MOST_AT_ONCE:,}"})
    with transaction.atomic():
        change = BulkChange.objects.create(
            user=actor, action=action, arguments=DEEDS[action].check(arguments, now), ids=chosen, asked_at=now
        )
        if len(chosen) > AT_ONCE:
            _goes_on(change)
    if len(chosen) <= AT_ONCE:
        while _do_batch(change.pk, now=now):
            pass
        change.refresh_from_db()
    return change


def go_on(change_id: int, *, now: datetime, seconds: float = SLICE_SECONDS) -> None:
    """A slice of it; when time is up it asks to be called again. Safe to call twice at once."""
    stop = time.monotonic() + seconds
    while _do_batch(change_id, now=now):
        if time.monotonic() > stop:
            with transaction.atomic():
                _goes_on(BulkChange.objects.get(pk=change_id))
            return


def stop(change_id: int, *, actor: User, now: datetime) -> BulkChange:
    """What is done stays done, and can be undone."""
    with transaction.atomic():
        change = _locked(change_id, actor)
        if change.state == State.RUNNING:
            change.state, change.ended_at = State.STOPPED, now
            change.save(update_fields=["state", "ended_at"])
    return change


def undo(change_id: int, *, actor: User, now: datetime) -> BulkChange:
    """Take back what it changed, as one more change that can be watched in the same way. Raises Conflict."""
    with transaction.atomic():
        change = _locked(change_id, actor)
        if change.state not in (State.DONE, State.STOPPED) or not can_undo(change):
            raise Conflict("not_done", _("There is nothing to take back here (any more)."))
        change.state = State.UNDONE
        change.save(update_fields=["state"])
        ids = list(change.steps.order_by("conversation_id").values_list("conversation_id", flat=True))
        if not ids:
            return change
        back = BulkChange.objects.create(user=actor, action="undo", arguments={"of": change.pk}, ids=ids, asked_at=now)
        if len(back.ids) > AT_ONCE:
            _goes_on(back)
    if len(back.ids) <= AT_ONCE:
        while _do_batch(back.pk, now=now):
            pass
        back.refresh_from_db()
    return back


def can_undo(change: BulkChange) -> bool:
    return change.action in DEEDS and DEEDS[change.action].undo is not None


def get_change_for(user: User, change_id: int) -> BulkChange:
    found = BulkChange.objects.filter(pk=change_id, user=user).first()
    if found is None:
        raise NotFound("no_such_change", _("There is no change %(number)s of yours.") % {"number": change_id})
    return found


def _do_batch(change_id: int, *, now: datetime) -> bool:
    """The next few, and how far it came, in one transaction; whether there is more to do."""
    with transaction.atomic():
        rows = BulkChange.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
        change = rows.get(pk=change_id)
        if change.state != State.RUNNING:
            return False
        some = change.ids[change.position : change.position + BATCH]
        deed, problems = _deed_of(change, some), Counter(change.problems)
        steps = [step for pk in some if (step := _do_one(change, pk, deed, problems, now))]
        BulkStep.objects.bulk_create(steps)
        change.position, change.changed = change.position + len(some), change.changed + len(steps)
        change.problems = dict(problems.most_common(10))
        if change.position >= len(change.ids):
            change.state, change.ended_at = State.DONE, now
        change.save(update_fields=["position", "changed", "problems", "state", "ended_at"])
    return change.state == State.RUNNING


def _do_one(change: BulkChange, pk: int, deed: Do, problems: Counter[str], now: datetime) -> BulkStep | None:
    """In a savepoint of its own: one that is refused leaves the others alone. None when nothing changed."""
    try:
        with transaction.atomic():
            found = get_conversation_for(change.user, pk)
            if not can_change(change.user, found):
                raise Forbidden("not_allowed", _("You may read it, but not change it."))
            before = deed(found, change.user, now)
    except DomainError as refusal:
        problems[_general(refusal)] += 1
        return None
    return None if before is None else BulkStep(change=change, conversation=found, before=before)


def _deed_of(change: BulkChange, ids: Sequence[int]) -> Do:
    """What is to be done to each: the action, or what takes an earlier change back. Up to two queries."""
    if change.action != "undo":
        action = DEEDS[change.action]
        return lambda found, actor, now: action.do(found, change.arguments, actor, now)
    undone = BulkChange.objects.get(pk=change.arguments["of"])
    undo_one = DEEDS[undone.action].undo
    assert undo_one is not None
    steps = dict(undone.steps.filter(conversation__in=ids).values_list("conversation_id", "before"))

    def take_back(found: Conversation, actor: User, now: datetime) -> bool:
        undo_one(found, undone.arguments, steps[found.pk], actor, now)
        return True

    return take_back


def _general(refusal: DomainError) -> str:
    """The sentence without the number of the conversation, so that equal refusals are counted together."""
    words = ["it" if word.startswith("#") else word for word in refusal.message.split()]
    return " ".join(words).replace("Conversation it", "It").replace("conversation it", "it")[:200]


def _locked(change_id: int, actor: User) -> BulkChange:
    change = BulkChange.objects.select_for_update(no_key=True).filter(pk=change_id, user=actor).first()
    if change is None:
        raise NotFound("no_such_change", _("There is no change %(number)s of yours.") % {"number": change_id})
    return change


def _goes_on(change: BulkChange) -> None:
    emit(BulkChangeGoesOn(change_id=change.pk), key=f"bulk:{change.pk}", actor=change.user)
