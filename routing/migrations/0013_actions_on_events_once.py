from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

BUILD = """
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS an_action_runs_once_an_event
ON routing_actionrun (event_id, rule_id, position) WHERE event_id IS NOT NULL
"""


class Migration(migrations.Migration):
    """An action on an event runs once. Built while the product runs."""

    atomic = False
    dependencies = [("routing", "0012_actions_on_events")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(BUILD, "DROP INDEX CONCURRENTLY an_action_runs_once_an_event")],
            [
                migrations.AddConstraint(
                    "actionrun",
                    models.UniqueConstraint(
                        fields=["event_id", "rule_id", "position"],
                        condition=~Q(event_id=None),
                        name="an_action_runs_once_an_event",
                    ),
                )
            ],
        ),
        ValidateConstraint("actionrun", "an_action_has_one_cause"),
        AddIndexConcurrently(
            "actionrun",
            models.Index(fields=["conversation", "id"], name="action_of_event", condition=~Q(conversation=None)),
        ),
    ]
