"""A file says of which draft it is. What lies beside a note that is being written is taken for the note's: the other way
round it could reach a customer."""

from django.db import migrations, models

NOTES = """
UPDATE channels_app_attachment AS file SET mode = 'note'
WHERE file.message_id IS NULL AND file.held_id IS NULL AND file.uploader_id IS NOT NULL
  AND EXISTS (
    SELECT 1 FROM channels_app_draft AS draft
    WHERE draft.mode = 'note' AND draft.conversation_id = file.conversation_id AND draft.user_id = file.uploader_id
  )
"""


class Migration(migrations.Migration):

    dependencies = [("channels_app", "0015_external_ids_of_conversations")]

    operations = [
        migrations.AddField(
            model_name="attachment",
            name="mode",
            field=models.CharField(
                choices=[("reply", "Reply"), ("note", "Note")], db_default="reply", default="reply", max_length=5
            ),
        ),
        migrations.RunSQL(NOTES, migrations.RunSQL.noop),
    ]
