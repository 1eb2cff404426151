from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What has been merged into a conversation. Built while the product runs."""

    atomic = False
    dependencies = [("channels_app", "0017_merged_conversations")]

    operations = [
        AddIndexConcurrently(
            "conversation",
            models.Index(
                fields=["merged_into"],
                name="conversation_merged",
                condition=models.Q(("merged_into", None), _negated=True),
            ),
        ),
    ]
