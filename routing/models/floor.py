from __future__ import annotations

from uuid import uuid4

from django.db import models


class FloorVersion(models.Model):
    """One row with a token that triggers renew with every change of queues, members, skills, teams or calendars.

    A process keeps what it read of these as long as the token is the same. The triggers stand in the migration: whoever
    writes those tables, by whatever means, is noticed.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    token = models.UUIDField(default=uuid4)

    def __str__(self) -> str:
        return str(self.token)
