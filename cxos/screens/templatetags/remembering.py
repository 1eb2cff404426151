"""Django's `{% url %}` and `{% translate %}` with a memory: built into every template, in their place.

A page of a hundred rows asks for some hundred addresses and words. Django works each of them out anew, 30 µs and 20 µs;
both are always the same, so each process remembers them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode, url as django_url
from django.templatetags.i18n import TranslateNode, do_translate
from django.urls import NoReverseMatch, get_resolver, get_script_prefix, reverse
from django.urls.resolvers import URLResolver
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()
MOST_ADDRESSES = 20_000  # about 5 MB
PLAIN = (int, str, SafeString)  # arguments that are equal only when their addresses are


class RememberedURLNode(URLNode):
    """`{% url 'cases:case' case.pk %}`. By keyword, or with an argument of another kind, Django works it out.

    There is one list of addresses for all requests, and the same ones in all languages.
    """

    def render(self, context: template.Context) -> str:
        args = [arg.resolve(context) for arg in self.args]
        if self.kwargs or any(type(arg) not in PLAIN for arg in args):
            return str(super().render(context))
        try:
            raw, safe = _address(get_resolver(), get_script_prefix(), self.view_name.resolve(context), *args)
        except NoReverseMatch:
            return str(super().render(context))  # which knows when that is no fault
        if self.asvar:
            context[self.asvar] = raw
            return ""
        return safe if context.autoescape else raw


@lru_cache(maxsize=MOST_ADDRESSES, typed=True)
def _address(resolver: URLResolver, prefix: str, name: str, *args: Any) -> tuple[str, SafeString]:
    raw = reverse(name, args=args)
    return raw, escape(raw)


class RememberedTranslateNode(TranslateNode):
    """`{% translate "Words" %}`: what they are in each language, once it has been asked for."""

    def __init__(self, node: TranslateNode) -> None:
        super().__init__(node.filter_expression, node.noop, node.asvar, node.message_context)
        self.said: dict[str | None, str] = {}

    def render(self, context: template.Context) -> str:
        language = get_language()
        words = self.said.get(language)
        if words is None:
            words = self.said[language] = super().render(context)
        return words


@register.tag
def url(parser: Parser, token: Token) -> URLNode:
    node = django_url(parser, token)
    return RememberedURLNode(node.view_name, node.args, node.kwargs, node.asvar)


@register.tag
def translate(parser: Parser, token: Token) -> TranslateNode:
    """A variable, a filter, a name to keep it under: Django's own."""
    node = do_translate(parser, token)
    said = node.filter_expression
    if node.asvar or node.message_context or said.filters or not isinstance(said.var.literal, str):
        return node
    return RememberedTranslateNode(node)
