from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The inbox by priority and by who waits longest, and where somebody took part. Built while the product runs."""

    atomic = False
    dependencies = [("channels_app", "0005_words")]

    operations = [
        AddIndexConcurrently(
            "conversation",
            models.Index(
                fields=["-priority", "-last_message_at", "-id"],
                name="conversation_by_priority",
                condition=~models.Q(status="resolved"),
            ),
        ),
        AddIndexConcurrently(
            "conversation",
            models.Index(
                fields=["waiting_since", "id"],
                name="conversation_waiting",
                condition=models.Q(waiting_since__isnull=False),
            ),
        ),
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["author", "-id"],
                name="message_by_author",
                condition=models.Q(author__isnull=False) & ~models.Q(kind="event"),
            ),
        ),
    ]
