from automation.models.rule import Rule
from automation.models.snippet import Snippet

__all__ = ["Rule", "Snippet"]
