"""The full-text indexes with a small block of ids beside the large one."""

from django.db import migrations

from cxos.core.search.reindexing import with_smaller_blocks


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("channels_app", "0011_guests_of_a_conversation")]

    operations = [
        with_smaller_blocks("message_words", "channels_app_message", "text"),
        with_smaller_blocks("conversation_words", "channels_app_conversation", "subject"),
    ]
