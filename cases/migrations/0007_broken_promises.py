from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Broken promises, the latest first: what rules are tried on. Built while the product runs."""

    atomic = False
    dependencies = [("cases", "0006_smaller_blocks")]

    operations = [
        AddIndexConcurrently(
            "clock",
            models.Index(
                fields=["-breached_at", "-id"], name="clock_breached", condition=models.Q(("breached_at", None), _negated=True)
            ),
        ),
    ]
