"""What templates write is what Django's own nodes write."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.template import Context, Template
from django.template.base import VariableNode
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, override

from channels_app.models import Conversation, Priority
from cxos.screens.loading import PlainVariableNode


class Drawing:
    def __html__(self) -> str:
        return "<b>drawn</b>"


VALUES = [
    "Kim & <Co>", "", SafeString("<b>"), 0, -7, 1_234_567, True, None, 1234.5, Decimal("0.10"), gettext_lazy("Cancel"),
    datetime(2026, 3, 1, 12, tzinfo=UTC), date(2026, 3, 1), [1, "<"], Drawing(), Priority.HIGH, Conversation.Status.OPEN,
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("source", ["{{ value }}", "{% autoescape off %}{{ value }}{% endautoescape %}"])
@pytest.mark.parametrize("value", VALUES, ids=lambda one: type(one).__name__)  # the same in every process
def test_a_value_is_written_as_django_writes_it(value: object, source: str, language: str) -> None:
    plain = Template(source)
    for node in plain.nodelist.get_nodes_by_type(VariableNode):
        node.__class__ = PlainVariableNode

    with override(language):
        assert plain.render(Context({"value": value})) == Template(source).render(Context({"value": value}))


def test_every_template_is_loaded_with_plain_nodes_and_only_once() -> None:
    rows = get_template("workspace/rows.html").template

    nodes = rows.nodelist.get_nodes_by_type(VariableNode)
    assert len(nodes) > 10
    assert {type(node) for node in nodes} == {PlainVariableNode}
    assert get_template("workspace/rows.html").template is rows


def test_whole_numbers_are_written_without_groups() -> None:
    """The plain node counts on it."""
    assert settings.USE_THOUSAND_SEPARATOR is False
