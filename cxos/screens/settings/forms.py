"""What the settings' forms hold, and how it is read. What is right is decided by the services."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models import Calendar, Reopening
from cxos.core.catalogue import EVENTS
from cxos.core.models import Role, Scope, Team, User
from routing.models import Queue

MOST_LINES = 50


class LinesField(forms.CharField):
    """One entry a line; blank lines are left out."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> list[str]:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()][:MOST_LINES]

    def prepare_value(self, value: Any) -> str:
        return "\n".join(value) if isinstance(value, list) else (value or "")

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        for line in value:
            super().run_validators(line)


class QueueKeyField(forms.ModelChoiceField):
    """A queue, kept by its key."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Queue.objects.filter(enabled=True), to_field_name="key", required=False, **options)


class PolicyForm(forms.Form):
    name = forms.CharField(max_length=80)
    calendar = forms.ModelChoiceField(Calendar.objects.all())
    rank = forms.IntegerField(min_value=0, max_value=10_000, initial=10)
    reopening = forms.ChoiceField(choices=Reopening.choices, initial=Reopening.RESUME)
    enabled = forms.BooleanField(required=False, initial=True)


class PersonForm(forms.Form):
    name = forms.CharField(max_length=120)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.AGENT)
    teams = forms.ModelMultipleChoiceField(Team.objects.order_by("name"), required=False)


class InviteForm(PersonForm):
    email = forms.EmailField(max_length=254)
    password = forms.CharField(max_length=200, required=False, strip=False)


class PasswordForm(forms.Form):
    password = forms.CharField(max_length=200, strip=False)


class ApiKeyForm(forms.Form):
    name = forms.CharField(max_length=80)
    user = forms.ModelChoiceField(User.objects.filter(is_active=True))
    scopes = forms.MultipleChoiceField(choices=Scope.choices)
    expires = forms.ChoiceField(
        choices=[("", _("Never")), ("30", _("In 30 days")), ("90", _("In 90 days")), ("365", _("In a year"))],
        required=False,
    )


class WebhookForm(forms.Form):
    name = forms.CharField(max_length=80)
    url = forms.CharField(max_length=500)
    events = forms.MultipleChoiceField(required=False)
    enabled = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["events"].choices = [(name, name) for name in sorted(EVENTS)]


class HolidayForm(forms.Form):
    day = forms.DateField()
    name = forms.CharField(max_length=80)
    start = forms.CharField(max_length=5, required=False)
    end = forms.CharField(max_length=5, required=False)


class PreviewForm(forms.Form):
    """When something is opened, for the preview of a promise. The time is wall time in the calendar's zone."""

    calendar = forms.ModelChoiceField(Calendar.objects.all())
    opened = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M"])

    def clean_opened(self) -> datetime:
        opened: datetime = self.cleaned_data["opened"]
        return opened.replace(tzinfo=None)
