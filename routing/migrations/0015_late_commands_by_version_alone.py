"""Nobody read the agents' fence: what a late command is about has a number of its own, the work item's version."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("routing", "0014_when_work_waited_for_its_customer")]

    operations = [migrations.RemoveField(model_name="agentstate", name="fence")]
