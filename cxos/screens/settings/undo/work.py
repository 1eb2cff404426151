"""Queues, who serves them, and who can do what."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from cases.models import Calendar
from cxos.core.errors import Conflict
from cxos.core.models import AuditEntry, Team, User
from cxos.screens.settings.undo.taking_back import found, left, refuse_if_changed, restores, was
from cxos.screens.settings.wording import said_field
from routing.models import AgentSkill, Queue, Skill
from routing.services import configure, removal
from routing.services.members import Terms, kept_terms, set_members


@restores(Queue, "changed")
def restore_queue(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    queue = found(Queue, entry)
    refuse_if_changed(entry, {name: getattr(queue, name, None) for name in left(entry)})
    for name, model in (("team_id", Team), ("calendar_id", Calendar), ("overflow_to_id", Queue)):
        if (held := was(entry).get(name)) and not model._default_manager.filter(pk=held).exists():
            raise Conflict("gone", _("%(what)s it had before is not there any more.") % {"what": said_field(name)})
    configure.save_queue(queue, changes=was(entry), actor=actor, now=now)


@restores(Queue, "made")
def unmake_queue(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    removal.remove_queue(found(Queue, entry), actor=actor)


@restores(Queue, "changed the members of")
def restore_members(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    queue = found(Queue, entry)
    if kept_terms(queue) != entry.after:
        raise Conflict(
            "changed_since",
            _("The members of %(name)s were changed again since. Undo that first.") % {"name": queue.name},
        )
    ids = dict(User.objects.filter(email__in=was(entry), is_active=True).values_list("email", "pk"))
    if missing := set(was(entry)) - set(ids):
        raise Conflict("gone", _("%(name)s works here no longer.") % {"name": min(missing)})
    levels = {ids[email]: Terms.told(kept) for email, kept in was(entry).items()}
    set_members(queue, levels=levels, actor=actor, now=now)


@restores(Skill, "changed")
def restore_skill(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    skill = found(Skill, entry)
    refuse_if_changed(entry, {"name": skill.name})
    configure.save_skill(skill, name=was(entry)["name"], actor=actor)


@restores(Skill, "made")
def unmake_skill(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    skill = found(Skill, entry)
    if count := AgentSkill.objects.filter(skill=skill).count():
        raise Conflict(
            "skill_held",
            _("%(count)s people have %(name)s since. Remove it on the page of skills.")
            % {"count": count, "name": skill.name},
        )
    configure.remove_skill(skill, actor=actor)


@restores(Skill, "removed")
def bring_skill_back(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    """With the levels people had who still work here."""
    skill = configure.save_skill(None, name=was(entry)["name"], key=was(entry).get("key", ""), actor=actor)
    levels = was(entry).get("levels", {})
    people = User.objects.filter(email__in=levels, is_active=True).values_list("pk", "email")
    configure.set_levels({(pk, skill.pk): levels[email] for pk, email in people}, actor=actor, now=now)


@restores(User, "changed the skills of")
def restore_levels(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    user = found(User, entry)
    skills = {skill.name: skill for skill in Skill.objects.filter(name__in=was(entry))}
    held = dict(AgentSkill.objects.filter(user=user).values_list("skill__name", "level"))
    if missing := set(was(entry)) - set(skills):
        raise Conflict("gone", _("There is no skill “%(name)s” any more.") % {"name": min(missing)})
    refuse_if_changed(entry, held)
    configure.set_levels(
        {(user.pk, skills[name].pk): level for name, level in was(entry).items()}, actor=actor, now=now
    )
