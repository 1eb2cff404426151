"""What is wrong with a rule's conditions, in the language of whoever writes the rule."""

from __future__ import annotations

from django.utils.translation import gettext

from automation.conditions import Problem


def told(problem: Problem) -> str:
    values = dict(problem.values)
    if label := values.get("label"):
        values["label"] = gettext(label)
    return gettext(problem.text) % values
