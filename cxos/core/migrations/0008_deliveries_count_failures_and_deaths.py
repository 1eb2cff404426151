"""The number of claims is the fence alone; what a delivery is parked for is counted apart."""

from django.db import migrations, models
from django.db.models import F


def parked_have_failed(apps, schema_editor):
    Delivery = apps.get_model("core", "Delivery")
    Delivery.objects.filter(state="parked").update(failures=F("attempts"))


class Migration(migrations.Migration):

    dependencies = [("core", "0007_retention")]

    operations = [
        migrations.AddField("delivery", "failures", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddField("delivery", "deaths", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.RunPython(parked_have_failed, migrations.RunPython.noop, elidable=True),
    ]
