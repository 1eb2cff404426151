from django.db import migrations, models

# What the two rarer rules were kept as.
INTO_COLUMNS = """
UPDATE routing_queue SET
    batch_fairness_seconds = greatest(0, coalesce((settings->>'batch_fairness_seconds')::numeric, 60))::int,
    reserve_medium = coalesce(settings->>'medium', 'voice')
WHERE settings <> '{}'
"""
BACK = """
UPDATE routing_queue SET
    settings = jsonb_build_object('batch_fairness_seconds', batch_fairness_seconds, 'medium', reserve_medium)
"""
MEDIA = [("voice", "Voice"), ("chat", "Chat"), ("messaging", "Messaging"), ("email", "E-mail"), ("task", "Task")]


class Migration(migrations.Migration):
    """Every rule of a queue is a column of its own; who serves it has a score there."""

    dependencies = [("routing", "0015_late_commands_by_version_alone")]

    operations = [
        migrations.AddField(
            "queue", "batch_fairness_seconds", models.PositiveIntegerField(default=60, db_default=60)
        ),
        migrations.AddField(
            "queue",
            "preferred",
            models.JSONField(
                default=list, db_default=models.Value([], output_field=models.JSONField()), blank=True
            ),
        ),
        migrations.AddField("queue", "interruptible", models.BooleanField(default=False, db_default=False)),
        migrations.AddField(
            "queue",
            "reserve_medium",
            models.CharField(max_length=12, choices=MEDIA, default="voice", db_default="voice"),
        ),
        migrations.AddField(
            "queue", "callback_offer_seconds", models.PositiveIntegerField(null=True, blank=True)
        ),
        migrations.AddField("queuemember", "score", models.FloatField(null=True, blank=True)),
        migrations.RunSQL(INTO_COLUMNS, BACK),
        migrations.RemoveField("queue", "settings"),
    ]
