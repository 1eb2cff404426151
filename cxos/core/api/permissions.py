"""Who may use an endpoint at all; which rows they see is `visible_to`, which commands `can_<verb>`."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from cxos.core.models import Role, Scope

STAFF = frozenset(Role)
SUPERVISORS = frozenset({Role.SUPERVISOR, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})


class HasScope(BasePermission):
    """An API key needs the scope: `view.required_scope`, else read for GET and write for the rest. Sessions have all."""

    message = "This API key lacks the scope for that. Make a key with it under Settings → API keys."

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        if request.auth is None:
            return True
        default = Scope.READ if request.method in SAFE_METHODS else Scope.WRITE
        return getattr(view, "required_scope", default) in request.auth.scopes


class HasRole(BasePermission):
    """The person, or the key's user, has one of `view.roles`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        allowed = getattr(view, "roles", STAFF)
        self.message = f"Only {' and '.join(sorted(f'{role}s' for role in allowed))} may do that."
        return bool(request.user) and request.user.role in allowed
