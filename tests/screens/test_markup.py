"""HTML made in Python is escaped as Django's format_html escapes it."""

from __future__ import annotations

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, override
from hypothesis import given, strategies as st

from cxos.screens.ui.markup import escaped, markup, markup_join

VALUES = st.one_of(st.text(), st.integers(), st.none(), st.booleans(), st.text().map(SafeString))


@given(VALUES, VALUES)
def test_values_are_escaped_as_django_escapes_them(one: object, two: object) -> None:
    pattern = '<a title="{}">{}</a>'

    assert markup(pattern, one, two) == format_html(pattern, one, two)
    assert markup_join("<br>", pattern, [(one, two), (two, one)]) == format_html_join(
        "<br>", pattern, [(one, two), (two, one)]
    )


def test_a_stranger_cannot_leave_an_attribute() -> None:
    assert markup('<a title="{}">', '"><script>') == '<a title="&quot;&gt;&lt;script&gt;">'


def test_lazy_words_are_said_in_the_language_of_the_moment() -> None:
    words = gettext_lazy("Cancel")

    assert escaped(words) == "Cancel"
    with override("ar"):
        assert escaped(words) == "إلغاء"


class Drawing:
    def __html__(self) -> str:
        return "<b>drawn</b>"


def test_what_draws_itself_as_html_is_taken_as_it_is() -> None:
    assert markup("{}", Drawing()) == "<b>drawn</b>"
    assert isinstance(markup("{}", Drawing()), SafeString)
