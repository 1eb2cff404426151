"""The layers, as the database sees them."""

from __future__ import annotations

from django.apps import apps
from django.db.models import ForeignKey, ManyToManyField

# From the bottom up; apps on one line know nothing of each other. What is not here is Django's own.
LAYERS = [
    {"core"},
    {"crm"},
    {"channels_app"},
    {"automation", "intelligence"},
    {"cases"},
    {"routing"},
    {"screens", "demo"},
]
RANK = {app: rank for rank, row in enumerate(LAYERS) for app in row}


def references() -> list[tuple[str, str, str, bool]]:
    """(field, its app, the app it points to, whether the other side has a name for it)"""
    return [
        (str(field), model._meta.app_label, field.remote_field.model._meta.app_label, not field.remote_field.hidden)
        for model in apps.get_models()
        if model._meta.app_label in RANK
        for field in (*model._meta.get_fields(), *model._meta.many_to_many)
        if isinstance(field, ForeignKey | ManyToManyField)
    ]


def test_every_app_of_ours_has_its_layer() -> None:
    ours = {config.label for config in apps.get_app_configs() if not config.name.startswith(("django.", "rest_"))}

    assert ours - {"drf_spectacular", "channels", "django_htmx", "django_cotton"} == set(RANK)


def test_foreign_keys_point_downward_only() -> None:
    upward = [
        field
        for field, source, target, _named in references()
        if target in RANK and source != target and RANK[source] <= RANK[target]
    ]

    assert upward == []


def test_a_lower_layer_has_no_name_for_what_points_at_it() -> None:
    named = [field for field, source, target, named in references() if source != target and target in RANK and named]

    assert named == []
    assert len(references()) > 40
