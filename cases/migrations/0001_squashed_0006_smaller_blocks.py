"""Cases, promises and clocks, as they stood after six steps.

A database in between takes those steps, a new one this.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from cxos.core.search.reindexing import words_of


class Migration(migrations.Migration):

    replaces = [
        ('cases', '0001_initial'),
        ('cases', '0002_clock_versions'),
        ('cases', '0003_words'),
        ('cases', '0004_unmet_clocks'),
        ('cases', '0005_warned_clocks'),
        ('cases', '0006_smaller_blocks'),
    ]

    initial = True

    dependencies = [
        ('channels_app', '0001_squashed_0012_smaller_blocks'),
        ('core', '0001_squashed_0007_retention'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('crm', '0001_squashed_0004_smaller_blocks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Calendar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('zone', models.CharField(default='UTC', max_length=60)),
                ('weekly', models.JSONField(default=dict)),
                ('version', models.PositiveIntegerField(default=1)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=20, unique=True)),
                ('subject', models.CharField(max_length=200)),
                ('description', models.TextField(blank=True)),
                ('status', models.CharField(choices=[('open', 'Open'), ('pending', 'Waiting for customer'), ('solved', 'Solved'), ('closed', 'Closed')], default='open', max_length=10)),
                ('priority', models.SmallIntegerField(default=1)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('solved_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('resolution', models.CharField(blank=True, max_length=200)),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('conversations', models.ManyToManyField(blank=True, related_name='+', to='channels_app.conversation')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.customer')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='core.team')),
            ],
            options={
                'indexes': [models.Index(fields=['-opened_at', '-id'], name='case_by_opened'), models.Index(fields=['assignee', '-opened_at'], name='case_of_agent'), models.Index(fields=['customer', '-opened_at'], name='case_of_customer')],
            },
        ),
        migrations.CreateModel(
            name='SlaPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('rank', models.PositiveIntegerField(default=0)),
                ('conditions', models.JSONField(blank=True, default=dict)),
                ('reopening', models.CharField(choices=[('resume', 'Goes on; the solved time does not count'), ('new_cycle', 'Starts anew'), ('include_solved', 'Goes on; the solved time counts')], default='resume', max_length=16)),
                ('enabled', models.BooleanField(default=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.calendar')),
            ],
            options={
                'ordering': ['rank', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(choices=[('first_response', 'First response'), ('next_response', 'Next response'), ('resolution', 'Resolution')], max_length=16)),
                ('cycle', models.PositiveIntegerField(default=1)),
                ('version', models.PositiveIntegerField(default=1)),
                ('policy_version', models.PositiveIntegerField(default=1)),
                ('budget_seconds', models.PositiveIntegerField()),
                ('consumed_seconds', models.PositiveIntegerField(default=0)),
                ('running_since', models.DateTimeField(null=True)),
                ('segments', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('running', 'Running'), ('paused', 'Paused'), ('met', 'Met'), ('breached', 'Breached'), ('met_late', 'Met late'), ('canceled', 'Canceled')], default='running', max_length=10)),
                ('due_at', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField()),
                ('breached_at', models.DateTimeField(null=True)),
                ('stopped_at', models.DateTimeField(null=True)),
                ('warned_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.calendar')),
                ('case', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='clocks', to='cases.case')),
                ('conversation', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels_app.conversation')),
                ('policy', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='cases.slapolicy')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'running')), fields=['due_at'], name='clock_due'), models.Index(condition=models.Q(('state__in', ['running', 'breached'])), fields=['due_at', 'id'], name='clock_unmet'), models.Index(condition=models.Q(('state__in', ['running', 'paused'])), fields=['calendar'], name='clock_by_calendar')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', False), ('conversation', None)), models.Q(('case', None), ('conversation__isnull', False)), _connector='OR'), name='clock_on_conversation_or_case'), models.UniqueConstraint(condition=models.Q(('conversation', None), _negated=True), fields=('conversation', 'metric', 'cycle', 'version'), name='one_clock_a_version'), models.UniqueConstraint(condition=models.Q(('case', None), _negated=True), fields=('case', 'metric', 'cycle', 'version'), name='one_case_clock_a_version')],
            },
        ),
        migrations.CreateModel(
            name='SlaTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(choices=[('first_response', 'First response'), ('next_response', 'Next response'), ('resolution', 'Resolution')], max_length=16)),
                ('priority', models.SmallIntegerField(blank=True, null=True)),
                ('budget_seconds', models.PositiveIntegerField()),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='cases.slapolicy')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('policy', 'metric', 'priority'), name='one_target_per_metric_and_priority', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='CalendarDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField()),
                ('name', models.CharField(blank=True, max_length=80)),
                ('intervals', models.JSONField(blank=True, default=list)),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days', to='cases.calendar')),
            ],
            options={
                'ordering': ['date'],
                'constraints': [models.UniqueConstraint(fields=('calendar', 'date'), name='one_exception_a_day')],
            },
        ),
        words_of("case_words", "cases_case", "reference || ' ' || subject"),
    ]
