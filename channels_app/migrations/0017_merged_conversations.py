"""Two conversations become one, and can be taken apart again."""

import django.db.models.deletion
from django.db import migrations, models


def to_conversation():
    return models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="channels_app.conversation"
    )


class Migration(migrations.Migration):

    dependencies = [("channels_app", "0016_files_of_a_note")]

    operations = [
        migrations.AddField(
            "conversation",
            "merged_into",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="channels_app.conversation",
            ),
        ),
        migrations.CreateModel(
            name="ConversationMerge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("by", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("undo", models.JSONField(default=dict)),
                ("undone_by", models.CharField(blank=True, max_length=60)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("merged", to_conversation()),
                ("survivor", to_conversation()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["merged"], condition=models.Q(("undone_at", None)), name="one_standing_merge"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("merged", models.F("survivor")), _negated=True),
                        name="merge_of_two_conversations",
                    ),
                ],
                "indexes": [models.Index(fields=["survivor", "-id"], name="merge_into_conversation")],
            },
        ),
    ]
