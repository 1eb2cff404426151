from automation.models.article import Article, ArticleVersion
from automation.models.macro import Macro, MacroRun
from automation.models.rule import Rule
from automation.models.snippet import Snippet

__all__ = ["Article", "ArticleVersion", "Macro", "MacroRun", "Rule", "Snippet"]
