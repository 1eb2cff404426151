"""Who may see rules: those who answer for what they do. Articles: everybody who works here. Macros: whom they are for."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from automation.models import Article, Macro, Rule
from cxos.core.errors import NotFound
from cxos.core.models import User


def rules_visible_to(user: User) -> QuerySet[Rule]:
    return Rule.objects.all() if user.is_active and user.supervises else Rule.objects.none()


def get_rule_for(user: User, rule_id: int) -> Rule:
    rule = rules_visible_to(user).filter(id=rule_id).first()
    if rule is None:
        raise NotFound("no_such_rule", _("There is no rule %(number)s, or you may not see it.") % {"number": rule_id})
    return rule


def get_article_for(user: User, article_id: int) -> Article:
    article = Article.objects.visible_to(user).filter(pk=article_id).first()
    if article is None:
        raise NotFound("no_such_article", _("There is no article %(number)s.") % {"number": article_id})
    return article


def get_macro_for(user: User, macro_id: int) -> Macro:
    macro = Macro.objects.visible_to(user).select_related("team").filter(pk=macro_id).first()
    if macro is None:
        raise NotFound("no_such_macro", _("There is no such macro, or it is not for you."))
    return macro
