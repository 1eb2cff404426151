
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('routing', '0003_notice_changes_of_the_floor'),
    ]

    operations = [
        migrations.CreateModel(
            name='CapacityProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('budget', models.PositiveSmallIntegerField(default=100)),
                ('caps', models.JSONField(blank=True, default=dict)),
                ('auto_accept', models.JSONField(blank=True, default=list)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='PresenceReason',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=60)),
                ('presence', models.CharField(choices=[('available', 'Available'), ('busy', 'Busy'), ('break', 'Break'), ('meal', 'Meal'), ('meeting', 'Meeting'), ('training', 'Training')], max_length=12)),
                ('productive', models.BooleanField(default=False)),
                ('paid', models.BooleanField(default=True)),
                ('enabled', models.BooleanField(default=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                'ordering': ['position', 'name'],
            },
        ),
        migrations.AlterModelOptions(
            name='disposition',
            options={'ordering': ['position', 'name']},
        ),
        migrations.AddField(
            model_name='disposition',
            name='parent',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='routing.disposition'),
        ),
        migrations.AddField(
            model_name='disposition',
            name='position',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='disposition',
            name='queues',
            field=models.ManyToManyField(blank=True, related_name='+', to='routing.queue'),
        ),
        migrations.AddField(
            model_name='agentstate',
            name='profile',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='routing.capacityprofile'),
        ),
    ]
