"""`{% url %}` and `{% translate %}` with a memory say what Django's own say."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.test import override_settings
from django.urls import NoReverseMatch, clear_script_prefix, path, reverse, set_script_prefix
from django.utils import translation

from cxos.screens.templatetags.remembering import RememberedTranslateNode, RememberedURLNode


def a_view(request: object) -> None: ...


urlpatterns = [path("another/<str:key>/", a_view, name="another")]


def drawn(text: str, **values: object) -> str:
    return Template(text).render(Context(values))


def test_every_template_has_the_two_tags():
    address, words = Template("{% url 'home' %}{% translate 'Cancel' %}").nodelist

    assert isinstance(address, RememberedURLNode)
    assert isinstance(words, RememberedTranslateNode)


def test_each_argument_has_its_own_address():
    asked = Template("{% for pk in keys %}{% url 'cases:case' pk %} {% endfor %}")

    for _ in range(2):  # worked out, then remembered
        assert asked.render(Context({"keys": [5, 6, "7"]})) == "/cases/5/ /cases/6/ /cases/7/ "


def test_address_under_a_name_and_by_keyword():
    assert drawn("{% url 'cases:case' 5 as here %}<{{ here }}>") == "</cases/5/>"
    assert drawn("{% url 'cases:case' pk=5 %}") == reverse("cases:case", args=[5])


def test_address_that_is_not_there_is_a_fault_unless_it_is_kept_under_a_name():
    assert drawn("{% url 'cases:none' 5 as here %}<{{ here }}>") == "<>"
    assert drawn("{% url 'cases:case' missing as here %}<{{ here }}>") == "<>"
    with pytest.raises(NoReverseMatch):
        drawn("{% url 'cases:none' 5 %}")


def test_what_is_equal_but_not_the_same_is_not_taken_for_it():
    """True == 1, and hashes alike; no address holds it."""
    assert drawn("{% url 'cases:case' pk %}", pk=1) == "/cases/1/"
    with pytest.raises(NoReverseMatch):
        drawn("{% url 'cases:case' pk %}", pk=True)


@override_settings(ROOT_URLCONF=__name__)
def test_addresses_are_those_of_the_place_the_product_stands_at():
    asked = Template("{% url 'another' 5 %}")

    assert asked.render(Context()) == "/another/5/"
    set_script_prefix("/below/")
    try:
        assert asked.render(Context()) == "/below/another/5/"
    finally:
        clear_script_prefix()


def test_addresses_of_one_list_are_not_those_of_another():
    asked = Template("{% url 'another' 5 %}")

    with override_settings(ROOT_URLCONF=__name__):
        assert asked.render(Context()) == "/another/5/"
    with pytest.raises(NoReverseMatch):
        asked.render(Context())


@override_settings(ROOT_URLCONF=__name__)
def test_address_is_escaped_where_the_template_escapes():
    assert drawn("{% url 'another' 'a&b' %}") == "/another/a&amp;b/"
    assert drawn("{% autoescape off %}{% url 'another' 'a&b' %}{% endautoescape %}") == "/another/a&b/"


def test_words_are_remembered_in_each_language():
    words = Template("{% translate 'Cancel' %}")

    for _ in range(2):
        assert words.render(Context()) == "Cancel"
        with translation.override("ar"):
            assert words.render(Context()) == "إلغاء"


def test_words_with_a_percent_sign_and_words_of_a_variable():
    assert drawn("{% translate '100 % sure' %}") == "100 % sure"
    words = Template("{% translate said %}")
    assert [words.render(Context({"said": one})) for one in ("Cancel", "Close")] == ["Cancel", "Close"]
    assert drawn("{% translate 'Cancel' as words %}<{{ words }}>") == "<Cancel>"
