from django.db import migrations

# A trigger for each row hears nothing of a TRUNCATE.
FORBID = """
CREATE TRIGGER not_emptied BEFORE TRUNCATE ON core_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION core_audit_is_append_only();
"""
ALLOW = "DROP TRIGGER not_emptied ON core_auditentry;"


class Migration(migrations.Migration):
    dependencies = [("core", "0008_deliveries_count_failures_and_deaths")]
    operations = [migrations.RunSQL(FORBID, ALLOW)]
