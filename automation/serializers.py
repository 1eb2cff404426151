from __future__ import annotations

from rest_framework import serializers

from automation.models import Article
from cxos.core.api.output import Output


class RuleOutput(Output):
    id = serializers.IntegerField()
    name = serializers.CharField()
    event = serializers.CharField(help_text="MessageReceived, or ClockBreached: a promise was broken.")
    conditions = serializers.JSONField()
    actions = serializers.JSONField()
    position = serializers.IntegerField()
    stops = serializers.BooleanField(help_text="No later rule of the event runs when this one applies.")
    enabled = serializers.BooleanField()
    version = serializers.IntegerField()
    changed_at = serializers.DateTimeField()


class MacroOutput(Output):
    id = serializers.IntegerField()
    name = serializers.CharField()
    actions = serializers.JSONField(help_text="In their order: `kind`, and the one argument of its kind.")
    scope = serializers.ChoiceField(choices=["own", "team", "everybody"])
    team_id = serializers.IntegerField(allow_null=True)
    changed_at = serializers.DateTimeField()


class ArticleOutput(Output):
    id = serializers.IntegerField()
    title = serializers.CharField()
    body = serializers.CharField(
        help_text="In the markup of articles: #, -, 1., >, **bold**, *emphasis*, `code`, [words](address)."
    )
    html = serializers.CharField(help_text="The body as harmless HTML.")
    language = serializers.CharField()
    collection = serializers.CharField()
    keywords = serializers.CharField(help_text="With commas between.")
    audience = serializers.ChoiceField(choices=Article.Audience.choices)
    state = serializers.ChoiceField(choices=Article.State.choices)
    version = serializers.IntegerField(help_text="The newest one; beyond `live` it waits to be published.")
    live = serializers.IntegerField(allow_null=True, help_text="The version readers see.")
    helped = serializers.IntegerField(help_text="Readers who said that it helped.")
    not_helped = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
