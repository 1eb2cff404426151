"""Insight, facts, figures and schedules, as they stood after three steps.

A database in between takes those steps, a new one this.
"""

import datetime
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


ACTIVITIES = (
    ("queue", "On the queue", "on_queue", 300),
    ("other-work", "Other work", "off_queue", 300),
    ("break", "Break", "break", 120),
    ("meal", "Meal", "meal", 300),
    ("meeting", "Meeting", "meeting", 300),
    ("training", "Training", "training", 300),
)
MEANINGS = {
    "available": "queue",
    "busy": "other-work",
    "break": "break",
    "meal": "meal",
    "meeting": "meeting",
    "training": "training",
}


def write_defaults(apps, schema_editor):
    """What people are usually planned for, and which presence it is. Who is offline, unreachable or silent is not there."""
    activities = {
        key: apps.get_model("intelligence", "Activity").objects.create(key=key, name=name, kind=kind, grace_seconds=grace)
        for key, name, kind, grace in ACTIVITIES
    }
    meanings = apps.get_model("intelligence", "PresenceMeaning").objects
    meanings.bulk_create(meanings.model(presence=one, activity=activities[key]) for one, key in MEANINGS.items())


class Migration(migrations.Migration):

    replaces = [
        ('intelligence', '0001_initial'),
        ('intelligence', '0002_marked_seconds_among_the_sums'),
        ('intelligence', '0003_schedules'),
    ]

    initial = True

    dependencies = [
        ('channels_app', '0001_squashed_0012_smaller_blocks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=60)),
                ('kind', models.CharField(choices=[('on_queue', 'On the queue'), ('off_queue', 'Other work'), ('break', 'Break'), ('meal', 'Meal'), ('meeting', 'Meeting'), ('training', 'Training')], max_length=12)),
                ('grace_seconds', models.PositiveIntegerField(default=300)),
                ('strict', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Example',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('intent', models.CharField(blank=True, max_length=60)),
                ('sentiment', models.CharField(blank=True, max_length=10)),
                ('language', models.CharField(blank=True, max_length=12)),
                ('source', models.CharField(default='seed', max_length=60)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='Fact',
            fields=[
                ('event_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60)),
                ('at', models.DateTimeField()),
                ('queue_id', models.BigIntegerField(null=True)),
                ('agent_id', models.BigIntegerField(null=True)),
                ('channel_id', models.BigIntegerField(null=True)),
                ('conversation_id', models.BigIntegerField(null=True)),
                ('work_item_id', models.BigIntegerField(null=True)),
                ('customer_id', models.BigIntegerField(null=True)),
                ('milliseconds', models.BigIntegerField(null=True)),
                ('data', models.JSONField(default=dict)),
            ],
            options={
                'indexes': [models.Index(fields=['at'], name='fact_by_time'), models.Index(fields=['name', 'at'], name='fact_by_name'), models.Index(fields=['work_item_id', 'event_id'], name='fact_of_work_item')],
            },
        ),
        migrations.CreateModel(
            name='Insight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(blank=True, max_length=12)),
                ('language_confidence', models.FloatField(default=0)),
                ('sentiment', models.CharField(blank=True, max_length=10)),
                ('sentiment_confidence', models.FloatField(default=0)),
                ('intent', models.CharField(blank=True, max_length=60)),
                ('intent_confidence', models.FloatField(default=0)),
                ('evidence', models.JSONField(default=dict)),
                ('took_ms', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('message', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels_app.message')),
            ],
        ),
        migrations.CreateModel(
            name='Interval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateTimeField()),
                ('subject', models.CharField(max_length=8)),
                ('subject_id', models.BigIntegerField()),
                ('sums', models.JSONField(default=dict)),
                ('sketches', models.JSONField(default=dict)),
            ],
            options={
                'indexes': [models.Index(fields=['start'], name='interval_by_start')],
                'constraints': [models.UniqueConstraint(fields=('subject', 'subject_id', 'start'), name='one_interval')],
            },
        ),
        migrations.CreateModel(
            name='TextModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.CharField(max_length=20)),
                ('version', models.PositiveIntegerField()),
                ('body', models.BinaryField()),
                ('labels', models.JSONField(default=list)),
                ('figures', models.JSONField(default=dict)),
                ('active', models.BooleanField(default=False)),
                ('trained_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('task', 'version'), name='one_text_model_version'), models.UniqueConstraint(condition=models.Q(('active', True)), fields=('task',), name='one_active_text_model')],
            },
        ),
        migrations.CreateModel(
            name='PresenceMeaning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('presence', models.CharField(max_length=12)),
                ('reason', models.CharField(blank=True, max_length=80)),
                ('activity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='meanings', to='intelligence.activity')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('presence', 'reason'), name='one_meaning_a_presence')],
            },
        ),
        migrations.CreateModel(
            name='ScheduleException',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('cause', models.CharField(max_length=120)),
                ('approved', models.BooleanField(default=False)),
                ('agent', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['agent', 'starts_at'], name='schedule_exception_of_agent')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='a_schedule_exception_has_length')],
            },
        ),
        migrations.CreateModel(
            name='Shift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('activity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='intelligence.activity')),
                ('agent', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['agent', 'starts_at'], name='shift_of_agent'), models.Index(fields=['starts_at'], name='shift_by_time')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at')), ('ends_at__lte', django.db.models.expressions.CombinedExpression(models.F('starts_at'), '+', models.Value(datetime.timedelta(days=1))))), name='a_shift_ends_within_a_day')],
            },
        ),
        migrations.RunPython(write_defaults, migrations.RunPython.noop),
    ]
