import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Rules also run on events about a conversation, not on interactions alone."""

    dependencies = [("routing", "0011_kept_through_a_lost_connection")]

    operations = [
        migrations.AlterField(
            "actionrun",
            "interaction",
            models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+",
                to="channels_app.interaction",
            ),
        ),
        migrations.AddField("actionrun", "event_id", models.BigIntegerField(null=True)),
        migrations.AddField(
            "actionrun",
            "conversation",
            models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+",
                to="channels_app.conversation",
            ),
        ),
        AddConstraintNotValid(
            "actionrun",
            models.CheckConstraint(
                condition=Q(interaction__isnull=False, event_id=None, conversation=None)
                | Q(interaction=None, event_id__isnull=False, conversation__isnull=False),
                name="an_action_has_one_cause",
            ),
        ),
    ]
