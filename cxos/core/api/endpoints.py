"""The kernel's own endpoints: who I am, teams, API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cxos.core.api import query
from cxos.core.api.fields import Choice, Id, Input, Text, Time
from cxos.core.api.output import NameOutput
from cxos.core.api.permissions import ADMINS
from cxos.core.api.views import Command, Endpoint, ReadViewSet, reads
from cxos.core.errors import Forbidden, Invalid, NotFound
from cxos.core.models import ApiKey, Scope, Team, User
from cxos.core.serializers import ApiKeyOutput, MeOutput, NewApiKeyOutput
from cxos.core.services.api_keys import make_key, revoke_key


class Me(Endpoint):
    """Who the key or session acts as, and what it may do."""

    output = MeOutput

    def get(self, request: Request) -> Response:
        user = request.user
        me = {
            **{name: getattr(user, name) for name in ("id", "name", "email", "role")},
            "teams": user.teams.all(),
            "scopes": request.auth.scopes if request.auth else Scope.values,
        }
        return Response(MeOutput(me).data)


class Teams(ReadViewSet):
    """People who see the same work."""

    summaries = {"list": "List teams.", "retrieve": "One team."}
    output = NameOutput
    filters = {"name": query.exactly("name", "With this name.", max_length=80)}

    def get_queryset(self) -> QuerySet[Team]:
        return Team.objects.all()

    def load(self, id: int) -> Team:
        team = Team.objects.filter(id=id).first()
        if team is None:
            raise NotFound("no_such_team", _("There is no team %(number)s.") % {"number": id})
        return team


class ApiKeys(ReadViewSet):
    """Keys that programs use; the keys themselves are not kept."""

    summaries = {"list": "List API keys, newest first.", "retrieve": "One API key."}
    roles = ADMINS
    output = ApiKeyOutput
    filters = {
        "user": query.reference("user_id", "Acting as this user.", me=True),
        "revoked": query.flag(Q(revoked_at__isnull=False), "Revoked, or not."),
    }

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.select_related("user").defer("digest")

    def load(self, id: int) -> ApiKey:
        return load_key(id)


def load_key(id: int) -> ApiKey:
    key = ApiKey.objects.select_related("user").filter(id=id).first()
    if key is None:
        raise NotFound("no_such_key", _("There is no API key %(number)s.") % {"number": id})
    return key


class NewKey(Input):
    name = Text(max_length=80)
    user = Id(help_text="As whom the key acts.")
    scopes = serializers.ListField(child=Choice(choices=Scope.choices), min_length=1, max_length=len(Scope.choices))
    expires_at = Time(required=False, allow_null=True)


class MakeApiKey(Command):
    """Make an API key.

    The key is in the answer, and nowhere else: keep it. A key can make only keys that may do no more than itself and
    expire no later.
    """

    roles = ADMINS
    input = NewKey
    output = NewApiKeyOutput
    success_status = 201

    def run(self, *, given: dict[str, Any], **path: Any) -> ApiKey:
        user = User.objects.filter(id=given["user"], is_active=True).first()
        if user is None:
            raise Invalid(
                "no_such_user",
                _("There is no user %(number)s who works here.") % {"number": given["user"]},
                field="user",
            )
        self._refuse_more_than_own(given["scopes"], given.get("expires_at"))
        key, secret = make_key(
            name=given["name"], user=user, scopes=given["scopes"], expires_at=given.get("expires_at"), actor=self.actor
        )
        key.key = secret  # type: ignore[attr-defined]
        return key

    def _refuse_more_than_own(self, scopes: list[str], expires_at: datetime | None) -> None:
        own = self.request.auth
        if own is None:
            return
        if not set(scopes) <= set(own.scopes):
            raise Forbidden("more_than_own", _("A key cannot make a key that may do more than itself."), field="scopes")
        if own.expires_at is not None and (expires_at is None or expires_at > own.expires_at):
            raise Forbidden("longer_than_own", _("A key cannot make a key that outlives it."), field="expires_at")

    def kept(self, body: Any) -> Any:
        return {**body, "key": None} if "key" in body else body


class RevokeApiKey(Command):
    """Revoke an API key. It stops working within three seconds, everywhere."""

    roles = ADMINS
    output = ApiKeyOutput

    def run(self, *, given: dict[str, Any], **path: Any) -> ApiKey:
        key = load_key(path["id"])
        revoke_key(key, actor=self.actor, now=timezone.now())
        return load_key(key.pk)


urlpatterns = [
    path("me", Me.as_view(), name="me"),
    *reads("teams", Teams),
    *reads("api-keys", ApiKeys, create=MakeApiKey),
    path("api-keys/<int:id>/revoke", RevokeApiKey.as_view(), name="api-key-revoke"),
]
