"""A token that every change of the floor's set-up renews, whoever makes it: see routing.models.FloorVersion.

One upsert a statement; these tables change when an admin works, not when customers come.
"""

from __future__ import annotations

from django.db import migrations

TABLES = (
    "routing_queue", "routing_queuemember", "routing_skill", "routing_agentskill", "core_user_teams", "cases_calendar",
    "cases_calendarday",
)  # fmt: skip
RENEW = """
CREATE FUNCTION routing_renew_floor_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO routing_floorversion (id, token) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET token = excluded.token;
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER renew_floor_version AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION routing_renew_floor_version()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0002_more_ways_to_route"),
        ("cases", "0002_clock_versions"),
        ("core", "0002_audit_is_append_only"),
    ]

    operations = [
        migrations.RunSQL(RENEW, "DROP FUNCTION routing_renew_floor_version()"),
        *[
            migrations.RunSQL(TRIGGER.format(table=table), f"DROP TRIGGER renew_floor_version ON {table}")
            for table in TABLES
        ],
    ]
