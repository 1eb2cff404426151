"""Whose each interaction was and where it went: the journey did not write it down, but its message tells."""

from django.db import migrations

PORTION = 20_000  # ids; so that no lock is held for long
FILL = """
UPDATE channels_app_interaction AS came
SET conversation_id = message.conversation_id, customer_id = conversation.customer_id
FROM channels_app_message AS message JOIN channels_app_conversation AS conversation ON conversation.id = message.conversation_id
WHERE message.interaction_id = came.id AND came.handled_at IS NOT NULL AND came.conversation_id IS NULL
    AND message.interaction_id BETWEEN %(first)s AND %(last)s AND came.id BETWEEN %(first)s AND %(last)s
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM channels_app_interaction")
        first, newest = cursor.fetchone()
        while first is not None and first <= newest:
            last = first + PORTION - 1
            cursor.execute(FILL, {"first": first, "last": last})
            first = last + 1


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("channels_app", "0012_smaller_blocks")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
