"""People, channels and webhooks."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from channels_app.models import Channel, WebhookSubscription
from channels_app.services import channels, subscriptions
from cxos.core.errors import Conflict
from cxos.core.models import AuditEntry, Team, User
from cxos.core.services import people
from cxos.screens.settings.undo.taking_back import found, refuse_if_changed, restores, was


@restores(Team, "changed")
def restore_team(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    team = found(Team, entry)
    refuse_if_changed(entry, {"name": team.name})
    people.save_team(team, name=was(entry)["name"], actor=actor)


@restores(User, "changed")
def restore_person(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    user, before = found(User, entry), was(entry)
    refuse_if_changed(entry, people.shown(user))
    if "teams" in before:
        names = before.pop("teams")
        teams = dict(Team.objects.filter(name__in=names).values_list("name", "pk"))
        if missing := set(names) - set(teams):
            raise Conflict("gone", _("There is no team “%(name)s” any more.") % {"name": min(missing)})
        before["team_ids"] = teams.values()
    people.change_person(user, changes=before, actor=actor)


@restores(User, "deactivated")
def let_in_again(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    people.reactivate(found(User, entry), actor=actor)


@restores(Channel, "changed")
def restore_channel(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    channel = found(Channel, entry)
    refuse_if_changed(entry, channels.shown(channel))
    before = was(entry)
    name, enabled = before.pop("name", None), before.pop("enabled", None)
    channels.change_channel(channel, name=name, enabled=enabled, config=before, actor=actor)


@restores(WebhookSubscription, "changed")
def restore_webhook(entry: AuditEntry, *, actor: User, now: datetime) -> None:
    webhook = found(WebhookSubscription, entry)
    refuse_if_changed(entry, subscriptions.shown(webhook))
    subscriptions.change_subscription(webhook.pk, changes=was(entry), actor=actor)
