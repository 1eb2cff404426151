"""What customers said of it afterwards. From facts alone."""

from __future__ import annotations

from datetime import datetime

from intelligence import formulas
from intelligence.formulas import Ratio
from intelligence.models import Fact

ANSWERED = "SurveyAnswered"


def satisfaction(start: datetime, end: datetime, *, agent_id: int | None = None) -> tuple[Ratio, float | None, int]:
    """CSAT of the answers in [start, end), of all or of the conversations this agent had last; their mean; how many."""
    answers = Fact.objects.filter(name=ANSWERED, at__gte=start, at__lt=end)
    if agent_id is not None:
        answers = answers.filter(agent_id=agent_id)
    scores = [int(score) for score in answers.values_list("data__score", flat=True)]
    return formulas.customer_satisfaction(scores), sum(scores) / len(scores) if scores else None, len(scores)
