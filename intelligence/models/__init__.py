from intelligence.models.fact import Fact, Interval
from intelligence.models.insight import Example, Insight, TextModel
from intelligence.models.schedule import Activity, PresenceMeaning, ScheduleException, Shift

__all__ = [
    "Activity", "Example", "Fact", "Insight", "Interval", "PresenceMeaning", "ScheduleException", "Shift", "TextModel",
]  # fmt: skip
