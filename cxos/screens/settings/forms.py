"""What the settings' forms hold, and how it is read. What is right is decided by the services."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models import Calendar, Reopening
from channels_app.models import Channel
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


class WebchatForm(forms.Form):
    name = forms.CharField(max_length=80)
    queue = QueueKeyField()
    title = forms.CharField(max_length=80, required=False)
    greeting = forms.CharField(max_length=160, required=False)
    intro = forms.CharField(max_length=240, required=False)
    color = forms.RegexField(r"^#[0-9a-fA-F]{6}$", required=False)
    allowed_origins = LinesField(required=False, max_length=200)
    help = forms.BooleanField(required=False)

    @staticmethod
    def values_of(channel: Channel) -> dict[str, Any]:
        config = channel.config
        texts = config.get("texts") or {}
        return {
            "name": channel.name, "queue": config.get("queue", ""), "title": config.get("title", ""),
            "greeting": texts.get("greeting", ""), "intro": texts.get("intro", ""),
            "color": (config.get("theme") or {}).get("color", ""), "allowed_origins": config.get("allowed_origins", []),
            "help": config.get("help") is True,
        }  # fmt: skip

    def config(self, before: dict[str, Any]) -> dict[str, Any]:
        """The channel's settings; parts of texts and theme that are not in the form stay as they are."""
        given = self.cleaned_data
        texts = {**(before.get("texts") or {}), "greeting": given["greeting"], "intro": given["intro"]}
        theme = {**(before.get("theme") or {}), "color": given["color"]}
        return {
            "queue": given["queue"].key if given["queue"] else "",
            "title": given["title"],
            "texts": {name: text for name, text in texts.items() if text},
            "theme": {name: value for name, value in theme.items() if value},
            "allowed_origins": given["allowed_origins"],
            "help": given["help"] or None,
        }


class ApiChannelForm(forms.Form):
    name = forms.CharField(max_length=80)
    queue = QueueKeyField()
    reply_url = forms.CharField(max_length=500, required=False)
    window_hours = forms.IntegerField(required=False, min_value=1, max_value=720)

    @staticmethod
    def values_of(channel: Channel) -> dict[str, Any]:
        config = channel.config
        return {
            "name": channel.name, "queue": config.get("queue", ""), "reply_url": config.get("reply_url", ""),
            "window_hours": config.get("window_hours"),
        }  # fmt: skip

    def config(self, before: dict[str, Any]) -> dict[str, Any]:
        given = self.cleaned_data
        queue = given["queue"].key if given["queue"] else ""
        return {"queue": queue, "reply_url": given["reply_url"], "window_hours": given["window_hours"]}


CHANNEL_FORMS: dict[str, type[WebchatForm | ApiChannelForm]] = {"webchat": WebchatForm, "api": ApiChannelForm}


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
