"""Log-in by e-mail and password; after it everybody lands where their role works."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from cxos.core.models import User
from cxos.screens.account.attempts import forget, may_try
from cxos.screens.account.cookies import give, note_this_session
from cxos.screens.frame import url_or_none

HOMES = {"agent": "workspace:index", "supervisor": "supervisor:index", "admin": "settings:index"}


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("This e-mail and password do not belong together. Try again, or ask your admin."),
        "inactive": _("This e-mail and password do not belong together. Try again, or ask your admin."),
    }

    def clean(self) -> dict[str, Any]:
        email = str(self.cleaned_data.get("username") or "")
        if self.request is not None and not may_try(self.request, email):
            raise ValidationError(_("Too many attempts. Wait five minutes, then try again."), code="too_many")
        cleaned = super().clean()
        if self.request is not None and self.user_cache is not None:
            forget(self.request, email)
        return cleaned


class SignIn(LoginView):
    form_class = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Signing in happens under the installation's own name: cookies and sockets know only that one."""
        own = urlsplit(settings.PUBLIC_URL)
        by_number = request.get_host().startswith(("127.0.0.1", "[::1]"))
        if request.method == "GET" and by_number and own.hostname == "localhost":
            return redirect(f"{settings.PUBLIC_URL}{request.get_full_path()}")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        user = form.get_user()
        assert isinstance(user, User)
        self.request.session.save()
        note_this_session(self.request, user)
        return give(response, user.preferences)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response


def home(request: HttpRequest) -> HttpResponseRedirect:
    if not isinstance(request.user, User):
        return redirect("login")
    for name in (HOMES[request.user.role], "workspace:index"):
        if url := url_or_none(name):
            return redirect(url)
    return redirect("/api/docs/")
