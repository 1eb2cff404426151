"""Why an interaction was taken for a customer's, found by its conversation and, to be pruned, by its age."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("channels_app", "0013_what_became_of_interactions")]

    operations = [
        migrations.AddField("interaction", "evidence", models.JSONField(null=True)),
        AddIndexConcurrently(
            "interaction",
            models.Index(fields=["id"], name="interaction_with_evidence", condition=models.Q(evidence__isnull=False)),
        ),
        AddIndexConcurrently(
            "interaction", models.Index(fields=["conversation", "-id"], name="interaction_of_conversation")
        ),
        # The index of its own that it had is the beginning of that one.
        migrations.AlterField(
            "interaction",
            "conversation",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="channels_app.conversation",
            ),
        ),
    ]
