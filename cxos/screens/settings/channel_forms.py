"""The settings of a channel as a form, by kind. What is right is decided by channels_app.options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels_app.channel_rules import BY_KIND, MEGABYTE, Rules
from channels_app.models import Channel
from channels_app.options import MAX_LAUNCHER
from channels_app.webchat.colours import DEFAULT
from cxos.screens.settings.channel_rows import OWN_FIELDS, RowsField, question_rows, questions_of, texts_of, word_rows
from cxos.screens.settings.forms import LinesField, QueueKeyField

SCHEMES = [("auto", _("As the visitor’s device")), ("light", _("Light")), ("dark", _("Dark"))]
POSITIONS = [("right", _("Right")), ("left", _("Left"))]
CORNERS = [("round", _("Round")), ("soft", _("Soft")), ("square", _("Square"))]
# On unless it is switched off, and off unless it is switched on. As they stand in the channel's settings.
ON = ("survey", "ending", "sound", "files", "wait", "away_form")
OFF = ("help", "identity_required", "bot_answers_count")


class ChannelForm(forms.Form):
    kind = Channel.Kind.API
    # The field that shows a refusal of an option that goes by another name.
    field_of = {"form": "questions", "texts": "words"}

    name = forms.CharField(max_length=80)
    queue = QueueKeyField()
    max_length = forms.IntegerField(required=False)
    max_file_mb = forms.FloatField(required=False)
    file_types = forms.MultipleChoiceField(required=False)
    bot_answers_count = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        known = sorted(self.rules().file_types)
        self.fields["file_types"].choices = [(one, one) for one in known]  # type: ignore[attr-defined]
        self.fields["file_types"].initial = known

    @classmethod
    def rules(cls) -> Rules:
        return BY_KIND.get(cls.kind, Rules())

    @property
    def most(self) -> dict[str, int]:
        rules = self.rules()
        return {"length": rules.max_length, "megabytes": rules.max_file_bytes // MEGABYTE}

    def add_error(self, field: Any, error: Any) -> None:
        super().add_error(self.field_of.get(field, field), error)

    def knows(self, field: str) -> bool:
        return self.field_of.get(field, field) in self.fields

    @classmethod
    def values_of(cls, channel: Channel) -> dict[str, Any]:
        config = channel.config
        return {
            "name": channel.name, "queue": config.get("queue", ""), "max_length": config.get("max_length"),
            "max_file_mb": config.get("max_file_mb"),
            "file_types": config.get("file_types", sorted(cls.rules().file_types)),
            **switches_of(config, on=[one for one in ON if one in cls.base_fields], off=[one for one in OFF if one in cls.base_fields]),
        }  # fmt: skip

    def config(self) -> dict[str, Any]:
        """Every option of this kind; None where it is as by default."""
        given = self.cleaned_data
        megabytes = given["max_file_mb"]
        return {
            "queue": given["queue"].key if given["queue"] else None,
            "max_length": given["max_length"],
            "max_file_mb": int(megabytes) if megabytes and megabytes == int(megabytes) else megabytes,
            "file_types": given["file_types"] if given["file_types"] or given.get("files", True) else None,
            **{name: None if given[name] else False for name in ON if name in given},
            **{name: given[name] or None for name in OFF if name in given},
        }


class WebchatForm(ChannelForm):
    kind = Channel.Kind.WEBCHAT

    title = forms.CharField(max_length=80, required=False)
    greeting = forms.CharField(max_length=160, required=False)
    intro = forms.CharField(max_length=240, required=False)
    color = forms.RegexField(r"^#[0-9a-fA-F]{6}$", required=False, initial=DEFAULT)
    scheme = forms.ChoiceField(choices=SCHEMES, required=False, initial="auto")
    position = forms.ChoiceField(choices=POSITIONS, required=False, initial="right")
    corners = forms.ChoiceField(choices=CORNERS, required=False, initial="round")
    launcher = forms.CharField(max_length=MAX_LAUNCHER, required=False)
    allowed_origins = LinesField(required=False, max_length=200)
    questions = RowsField("ask", ("label", "type", "hint", "choices", "key"), ticked=("required",))
    words = RowsField("word", ("name", "language", "text"))
    survey = forms.BooleanField(required=False, initial=True)
    ending = forms.BooleanField(required=False, initial=True)
    sound = forms.BooleanField(required=False, initial=True)
    files = forms.BooleanField(required=False, initial=True)
    wait = forms.BooleanField(required=False, initial=True)
    away_form = forms.BooleanField(required=False, initial=True)
    help = forms.BooleanField(required=False)
    identity_required = forms.BooleanField(required=False)

    @classmethod
    def values_of(cls, channel: Channel) -> dict[str, Any]:
        config = channel.config
        texts, theme = config.get("texts") or {}, config.get("theme") or {}
        return super().values_of(channel) | {
            "title": config.get("title", ""), **{name: texts.get(name, "") for name in OWN_FIELDS},
            "color": theme.get("color", DEFAULT), "scheme": theme.get("scheme", "auto"),
            "position": theme.get("position", "right"), "corners": theme.get("corners", "round"),
            "launcher": theme.get("launcher", ""), "allowed_origins": config.get("allowed_origins", []),
            "questions": question_rows(config.get("form")), "words": word_rows(texts),
        }  # fmt: skip

    def config(self) -> dict[str, Any]:
        given = self.cleaned_data
        theme = {name: given[name] for name in ("color", "scheme", "position", "corners", "launcher") if given[name]}
        if theme.get("color", "").lower() == DEFAULT:
            del theme["color"]
        return super().config() | {
            "title": given["title"] or None,
            "theme": theme or None,
            "texts": texts_of(given["words"], {name: given[name] for name in OWN_FIELDS}) or None,
            "form": questions_of(given["questions"]) or None,
            "allowed_origins": given["allowed_origins"] or None,
        }


class ApiChannelForm(ChannelForm):
    reply_url = forms.CharField(max_length=500, required=False)
    window_hours = forms.IntegerField(required=False, min_value=1, max_value=720)

    @classmethod
    def values_of(cls, channel: Channel) -> dict[str, Any]:
        config = channel.config
        return super().values_of(channel) | {
            "reply_url": config.get("reply_url", ""), "window_hours": config.get("window_hours"),
        }  # fmt: skip

    def config(self) -> dict[str, Any]:
        given = self.cleaned_data
        return super().config() | {"reply_url": given["reply_url"] or None, "window_hours": given["window_hours"]}


CHANNEL_FORMS: dict[str, type[ChannelForm]] = {"webchat": WebchatForm, "api": ApiChannelForm}


def switches_of(config: dict[str, Any], *, on: Sequence[str], off: Sequence[str]) -> dict[str, bool]:
    return {name: config.get(name) is not False for name in on} | {name: config.get(name) is True for name in off}
