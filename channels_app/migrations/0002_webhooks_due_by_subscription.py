from django.db import migrations, models


class Migration(migrations.Migration):
    """A subscription with a long backlog must not make the claim of the others' due attempts scan it."""

    dependencies = [("channels_app", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="webhookattempt", name="webhook_due"),
        migrations.AddIndex(
            model_name="webhookattempt",
            index=models.Index(
                fields=["subscription", "due_at"], name="webhook_due", condition=models.Q(state="pending")
            ),
        ),
    ]
