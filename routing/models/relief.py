from __future__ import annotations

from django.db import models


class Relief(models.Model):
    """A team that helps in a queue now, because what one of the queue's rings asks for it has come about."""

    queue = models.ForeignKey("Queue", on_delete=models.CASCADE, related_name="+", db_index=False)
    team = models.ForeignKey("core.Team", on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["queue", "team"], name="a_team_helps_a_queue_once")]

    def __str__(self) -> str:
        return f"{self.team_id} in {self.queue_id}"
