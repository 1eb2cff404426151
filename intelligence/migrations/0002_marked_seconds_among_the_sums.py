from django.db import migrations

FILL = """
UPDATE intelligence_interval SET sums = sums || jsonb_strip_nulls(jsonb_build_object(
  'in_hand_seconds', nullif(bit_count(in_hand), 0),
  'routable_seconds', nullif(bit_count(routable), 0),
  'worked_or_routable_seconds', nullif(bit_count(in_hand | routable), 0)))
FROM (
  SELECT id, ('x' || lpad(coalesce(sketches->'in_hand'->>'seconds', ''), 226, '0'))::bit(904) AS in_hand,
             ('x' || lpad(coalesce(sketches->'routable'->>'seconds', ''), 226, '0'))::bit(904) AS routable
  FROM intelligence_interval WHERE subject = 'agent' AND sketches ?| ARRAY['in_hand', 'routable']
) marked
WHERE marked.id = intelligence_interval.id
"""


class Migration(migrations.Migration):
    dependencies = [("intelligence", "0001_initial")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop, elidable=True)]
