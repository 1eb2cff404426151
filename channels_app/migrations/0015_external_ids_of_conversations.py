"""What its sender calls a conversation, as given. Where the thread key holds it whole, the old ones get it from there."""

from django.db import migrations, models

PORTION = 20_000  # ids; so that no lock is held for long
# A key that was too long is its first 50 characters, "~" and a digest: the name cannot be read from it.
FILL = """
UPDATE channels_app_conversation AS conversation
SET external_id = substr(came.thread_key, 5)
FROM channels_app_interaction AS came
WHERE came.conversation_id = conversation.id AND conversation.external_id = ''
    AND came.thread_key LIKE 'ref:%%' AND came.thread_key !~ '^.{50}~[0-9a-f]{36}$'
    AND conversation.id BETWEEN %(first)s AND %(last)s AND came.conversation_id BETWEEN %(first)s AND %(last)s
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT min(id), max(id) FROM channels_app_conversation")
        first, newest = cursor.fetchone()
        while first is not None and first <= newest:
            last = first + PORTION - 1
            cursor.execute(FILL, {"first": first, "last": last})
            first = last + 1


class Migration(migrations.Migration):

    atomic = False
    dependencies = [("channels_app", "0014_why_it_is_this_customers")]

    operations = [
        migrations.AddField(
            "conversation", "external_id", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
