from cases.models.calendar import Calendar, CalendarDay
from cases.models.case import Case
from cases.models.sla import Clock, Metric, Reopening, SlaPolicy, SlaTarget

__all__ = ["Calendar", "CalendarDay", "Case", "Clock", "Metric", "Reopening", "SlaPolicy", "SlaTarget"]
