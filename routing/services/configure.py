"""What an admin does with queues and skills. Every change says in the audit what it was before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext as _

from channels_app.models import Channel
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.events.routing import AgentChanged, QueueChanged
from cxos.core.keys import free_key
from cxos.core.models import User
from cxos.core.outbox import emit, emit_all
from cxos.core.services.audit import record
from routing.matching import MAX_DEPTH
from routing.models import AgentSkill, Queue, Skill, WorkItem
from routing.services.rings import check_rings

LEVELS = range(6)
MOST_PREFERRED = 10
QUEUE_FIELDS = (
    "name", "team_id", "calendar_id", "closed_treatment", "holiday_treatment", "strategy", "skill_mode", "aging", "rings",
    "offer_seconds", "offer_seconds_by", "auto_accept", "missed", "most_declines", "cooldown_seconds", "wrap_up",
    "wrap_up_seconds", "disposition_required", "service_level_seconds", "short_abandon_seconds", "sticky_seconds",
    "direct_seconds", "max_size", "max_wait_seconds", "overflow_to_id", "push", "offer_size", "batch",
    "batch_fairness_seconds", "preferred", "interruptible", "blended", "min_reserve", "reserve_medium", "max_occupancy",
    "max_offers_per_minute", "transfer_credit", "callback_order", "callback_attempts", "callback_gap_seconds",
    "callback_from", "callback_until", "callback_offer_seconds", "enabled",
)  # fmt: skip
# field → (least, most) in seconds
SECONDS = {
    "offer_seconds": (5, 600),
    "cooldown_seconds": (0, 3600),
    "wrap_up_seconds": (0, 3600),
    "service_level_seconds": (1, 86_400),
    "short_abandon_seconds": (0, 600),
    "sticky_seconds": (0, 86_400),
    "direct_seconds": (0, 86_400),
    "callback_gap_seconds": (60, 86_400),
    "batch_fairness_seconds": (0, 3600),
}
# field → (least, most)
NUMBERS = {
    "aging": (-10, 10),
    "most_declines": (0, 100),
    "max_size": (1, 100_000),
    "max_wait_seconds": (1, 7 * 86_400),
    "offer_size": (1, 50),
    "min_reserve": (0, 10_000),
    "max_occupancy": (0, 1),
    "max_offers_per_minute": (1, 100),
    "transfer_credit": (0, 1),
    "callback_attempts": (1, 20),
    "callback_offer_seconds": (0, 86_400),
    "callback_from": (0, 24 * 60),
    "callback_until": (0, 24 * 60),
}
CHOICES: dict[str, type[TextChoices]] = {
    "strategy": Queue.Strategy,
    "skill_mode": Queue.SkillMode,
    "closed_treatment": Queue.Treatment,
    "holiday_treatment": Queue.Treatment,
    "missed": Queue.Missed,
    "wrap_up": Queue.WrapUp,
    "callback_order": Queue.CallbackOrder,
    "reserve_medium": Channel.Medium,
}


def save_queue(queue: Queue | None, *, changes: Mapping[str, Any], actor: Any, now: datetime) -> Queue:
    """A new queue, or other values of QUEUE_FIELDS for one. Raises Invalid naming the field."""
    _check_queue(queue, changes)
    with transaction.atomic():
        kept = Queue.objects.select_for_update(no_key=True, of=("self",)).get(pk=queue.pk) if queue else Queue()
        before = {name: getattr(kept, name) for name in changes} if queue else None
        for name in changes:
            setattr(kept, name, changes[name])
        if queue is None:
            kept.key, kept.changed_at = free_key(Queue, kept.name), now
            kept.save()
            record(actor, "made", kept, after=dict(changes))
            return kept
        if changed := {name: changes[name] for name in changes if before and before[name] != changes[name]}:
            kept.version, kept.changed_at = kept.version + 1, now
            kept.save(update_fields=[*changed, "version", "changed_at"])
            tell_queue(kept, "settings", actor=actor)
            record(actor, "changed", kept, before={name: (before or {})[name] for name in changed}, after=changed)
    return kept


def _check_queue(queue: Queue | None, changes: Mapping[str, Any]) -> None:
    if unknown := set(changes) - set(QUEUE_FIELDS):
        raise Invalid("unknown_field", _("A queue has no %(name)s.") % {"name": sorted(unknown)[0]})
    if (queue is None or "name" in changes) and not 0 < len(str(changes.get("name", "")).strip()) <= 80:
        raise Invalid("name", _("A queue needs a name of up to 80 characters."), field="name")
    for name, (least, most) in SECONDS.items():
        if name in changes and not least <= changes[name] <= most:
            raise Invalid(name, _("Choose %(least)s to %(most)s seconds.") % {"least": least, "most": most}, field=name)
    for name, (least, most) in NUMBERS.items():
        if changes.get(name) is not None and not least <= changes[name] <= most:
            raise Invalid(name, _("Choose %(least)s to %(most)s.") % {"least": least, "most": most}, field=name)
    for name, choices in CHOICES.items():
        if name in changes and changes[name] not in choices.values:
            raise Invalid(name, _("There is no such choice."), field=name)
    if "rings" in changes:
        check_rings(changes["rings"])
    if "preferred" in changes:
        _check_preferred(changes["preferred"])
    _check_media(changes)
    if changes.get("overflow_to_id"):
        _check_chain(queue, changes["overflow_to_id"])


def _check_media(changes: Mapping[str, Any]) -> None:
    media = set(Channel.Medium.values)
    if set(changes.get("auto_accept", ())) - media:
        raise Invalid("auto_accept", _("There is no such medium."), field="auto_accept")
    times = changes.get("offer_seconds_by", {})
    if set(times) - media or any(not isinstance(time, int) or not 0 <= time <= 600 for time in times.values()):
        raise Invalid("offer_seconds_by", _("Give a medium 0 to 600 seconds; 0 asks nobody."), field="offer_seconds_by")


def _check_preferred(preferred: Any) -> None:
    """[{"skill": key, "weight": 0.1–100}, …]: at most ten, each skill once."""
    keys = [one.get("skill") for one in preferred]
    if len(keys) > MOST_PREFERRED or len(set(keys)) < len(keys):
        raise Invalid(
            "preferred", _("Name up to %(most)s skills, each once.") % {"most": MOST_PREFERRED}, field="preferred"
        )
    if any(not 0.1 <= one.get("weight", 1.0) <= 100 for one in preferred):
        raise Invalid("preferred", _("A skill weighs 0.1 to 100."), field="preferred")
    if unknown := set(keys) - set(Skill.objects.filter(key__in=keys).values_list("key", flat=True)):
        raise Invalid("preferred", _("There is no skill %(name)s.") % {"name": min(unknown)}, field="preferred")


def _check_chain(queue: Queue | None, next_id: int) -> None:
    """No work may come back to where it was, and it moves five times at most."""
    following = dict(Queue.objects.values_list("id", "overflow_to_id"))
    seen: list[int | None] = [queue.pk if queue else None]
    at: int | None = next_id
    while at is not None:
        if at in seen:
            raise Invalid(
                "overflow",
                _("A queue cannot overflow into itself, by itself or through others."),
                field="overflow_to_id",
            )
        seen.append(at)
        at = following.get(at)
    leading = _longest_lead(queue.pk, following) if queue else 0
    if leading + len(seen) - 1 > MAX_DEPTH:
        raise Invalid(
            "overflow_depth",
            _("Work may overflow %(most)s times at most.") % {"most": MAX_DEPTH},
            field="overflow_to_id",
        )


def _longest_lead(queue_id: int, following: Mapping[int, int | None]) -> int:
    """How many queues in a row overflow into this one."""
    before = [queue for queue, target in following.items() if target == queue_id]
    rest = {queue: target for queue, target in following.items() if target != queue_id}
    return max((1 + _longest_lead(queue, rest) for queue in before), default=0)


def save_skill(skill: Skill | None, *, name: str, key: str = "", actor: Any) -> Skill:
    """A new skill, or another name for one; its key stays, because rules and waiting work name it.

    `key`: the one a new skill shall have; drawn from the name when it is not given or taken.
    """
    name = name.strip()
    if not 0 < len(name) <= 80:
        raise Invalid("name", _("A skill needs a name of up to 80 characters."), field="name")
    if Skill.objects.filter(name__iexact=name).exclude(pk=skill.pk if skill else 0).exists():
        raise Conflict("skill_exists", _("There is a skill “%(name)s” already.") % {"name": name}, field="name")
    with transaction.atomic():
        if skill is None:
            skill = Skill.objects.create(key=free_key(Skill, key or name), name=name)
            record(actor, "made", skill, after={"name": name})
        elif skill.name != name:
            before, skill.name = skill.name, name
            skill.save(update_fields=["name"])
            record(actor, "changed", skill, before={"name": before}, after={"name": name})
    return skill


def remove_skill(skill: Skill, *, actor: Any) -> None:
    """Nobody has it any more. Raises Conflict while waiting work needs it."""
    needed = WorkItem.objects.filter(state=WorkItem.State.WAITING, required__contains=[{"skill": skill.key}]).count()
    if needed:
        raise Conflict(
            "skill_needed",
            _("%(needed)s waiting work items need %(name)s. Answer or move them first.")
            % {"needed": needed, "name": skill.name},
        )
    with transaction.atomic():
        levels = AgentSkill.objects.filter(skill=skill).select_related("user").order_by("user__email")
        before = {"name": skill.name, "key": skill.key, "levels": {row.user.email: row.level for row in levels}}
        record(actor, "removed", skill, before=before)
        skill.delete()


def set_skill_level(user: User, *, skill: Skill, level: int | None, actor: Any, now: datetime) -> int | None:
    """How well `user` can do it: 0–5, None = not at all. Returns what it was before."""
    before = AgentSkill.objects.filter(user=user, skill=skill).values_list("level", flat=True).first()
    set_levels({(user.pk, skill.pk): level}, actor=actor, now=now)
    return before


def set_levels(levels: Mapping[tuple[int, int], int | None], *, actor: Any, now: datetime) -> int:
    """Many cells of the matrix at once: (user id, skill id) → level 0–5, None = not at all. One audit entry a person.

    All or nothing. Returns how many cells changed. 6 queries and one entry a changed person.
    """
    if any(level is not None and level not in LEVELS for level in levels.values()):
        raise Invalid("level", _("A level is 0 to 5."), field="level")
    users = User.objects.in_bulk({user for user, _skill in levels})
    skills = Skill.objects.in_bulk({skill for _user, skill in levels})
    if any(user not in users or skill not in skills for user, skill in levels):
        raise NotFound("no_such_cell", _("One of these people or skills is not there any more. Look again."))
    with transaction.atomic():
        rows = AgentSkill.objects.select_for_update(no_key=True).filter(user__in=users, skill__in=skills).order_by("pk")
        held = {(row.user_id, row.skill_id): row for row in rows}
        before = {cell: row.level for cell, row in held.items()}
        changed = {cell: level for cell, level in levels.items() if before.get(cell) != level}
        write_levels(changed, held)
        for user_id in sorted({user for user, _skill in changed}):
            mine = {skill: level for (user, skill), level in changed.items() if user == user_id}
            record(
                actor, "changed the skills of", users[user_id],
                before={skills[skill].name: before.get((user_id, skill)) for skill in mine},
                after={skills[skill].name: level for skill, level in mine.items()},
            )  # fmt: skip
        if changed:
            people = {user for user, _skill in changed}
            _tell_people(people, actor=actor)
    return len(changed)


def write_levels(changed: Mapping[tuple[int, int], int | None], held: Mapping[tuple[int, int], AgentSkill]) -> None:
    """3 queries, however many cells."""
    AgentSkill.objects.filter(pk__in=[held[cell].pk for cell, level in changed.items() if level is None]).delete()
    AgentSkill.objects.bulk_create(
        AgentSkill(user_id=cell[0], skill_id=cell[1], level=level)
        for cell, level in changed.items()
        if level is not None and cell not in held
    )
    again = []
    for cell, level in changed.items():
        if level is not None and cell in held:
            held[cell].level = level
            again.append(held[cell])
    AgentSkill.objects.bulk_update(again, ["level"])


def tell_queue(queue: Queue, what: str, *, actor: Any) -> None:
    """Whoever waits there may suit somebody now: looked at as soon as this commits."""
    emit(QueueChanged(queue_id=queue.pk, what=what), key=f"queue:{queue.pk}", actor=actor)


def _tell_people(people: Iterable[int], *, actor: Any) -> None:
    """What they can do is different: what waits may suit them now."""
    emit_all([(AgentChanged(agent_id=id, what="skills"), f"agent:{id}") for id in sorted(people)], actor=actor)
