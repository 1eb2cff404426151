from intelligence.models.fact import Fact, Interval
from intelligence.models.insight import Example, Insight, TextModel

__all__ = ["Example", "Fact", "Insight", "Interval", "TextModel"]
