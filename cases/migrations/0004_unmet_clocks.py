from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """What is due next, overdue promises first. Built while the product runs."""

    atomic = False
    dependencies = [("cases", "0003_words")]

    operations = [
        AddIndexConcurrently(
            "clock",
            models.Index(
                fields=["due_at", "id"], name="clock_unmet", condition=models.Q(state__in=["running", "breached"])
            ),
        ),
    ]
