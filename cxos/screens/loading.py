"""The loader of all templates: Django's cached one, whose templates write texts and whole numbers without detours.

A list of a hundred rows writes thousands of them. Django asks each whether it is a moment that belongs into another zone,
a number that is grouped by thousands, a lazy text or HTML. Here the plain kinds are answered first; every other value goes
Django's way.
"""

from __future__ import annotations

import html

from django.template import Context, Template
from django.template.base import VariableNode, render_value_in_context
from django.template.loaders import base, cached
from django.utils.safestring import SafeString


class PlainVariableNode(VariableNode):
    """`{{ value }}`. Whole numbers are never grouped: the same digits in every language."""

    def render(self, context: Context) -> SafeString:
        value = self.filter_expression.resolve(context)
        kind = type(value)
        if kind is SafeString:
            return value
        if kind is str:
            return SafeString(html.escape(value) if context.autoescape else value)
        if kind is int:
            return SafeString(str(value))
        return render_value_in_context(value, context)


class PlainLoader(base.Loader):
    """Compiles a template, and puts the plain nodes in the place of Django's."""

    def get_template(self, template_name: str, skip: list[str] | None = None) -> Template:
        template = super().get_template(template_name, skip)
        for node in template.nodelist.get_nodes_by_type(VariableNode):
            if type(node) is VariableNode:
                node.__class__ = PlainVariableNode  # the same node, but for how it renders
        return template


class Loader(cached.Loader, PlainLoader):
    """Remembers what PlainLoader compiles."""
