from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from cxos.core.models import Scope


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
