"""Queues, agents, work and decisions, as they stood after ten steps.

A database in between takes those steps, a new one this.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


# A token that every change of the floor's set-up renews, whoever makes it: see routing.models.FloorVersion. One upsert a
# statement; these tables change when an admin works, not when customers come.
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


def renewing(events, table):
    return migrations.RunSQL(
        f"CREATE TRIGGER renew_floor_version AFTER {events} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION routing_renew_floor_version()",
        f"DROP TRIGGER renew_floor_version ON {table}",
    )


class Migration(migrations.Migration):

    replaces = [
        ('routing', '0001_initial'),
        ('routing', '0002_more_ways_to_route'),
        ('routing', '0003_notice_changes_of_the_floor'),
        ('routing', '0004_desks'),
        ('routing', '0005_decisions_beyond_capacity'),
        ('routing', '0006_bulk_changes'),
        ('routing', '0007_thresholds_and_alerts'),
        ('routing', '0008_trials'),
        ('routing', '0009_relief'),
        ('routing', '0010_trials_of_recorded_days'),
    ]

    initial = True

    dependencies = [
        ('cases', '0001_squashed_0006_smaller_blocks'),
        ('channels_app', '0001_squashed_0012_smaller_blocks'),
        ('core', '0001_squashed_0007_retention'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('crm', '0001_squashed_0004_smaller_blocks'),
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
            name='FloorVersion',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('token', models.UUIDField(default=uuid.uuid4)),
            ],
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
        migrations.CreateModel(
            name='Skill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=80)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='BulkChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(max_length=12)),
                ('arguments', models.JSONField(default=dict)),
                ('ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('position', models.PositiveIntegerField(default=0)),
                ('changed', models.PositiveIntegerField(default=0)),
                ('problems', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('running', 'Running'), ('done', 'Done'), ('stopped', 'Stopped'), ('undone', 'Undone')], default='running', max_length=8)),
                ('asked_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user', '-id'], name='bulk_of_user'), models.Index(condition=models.Q(('state', 'running')), fields=['id'], name='bulk_running')],
            },
        ),
        migrations.CreateModel(
            name='BulkStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.JSONField(null=True)),
                ('change', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='routing.bulkchange')),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels_app.conversation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('change', 'conversation'), name='one_step_a_conversation')],
            },
        ),
        migrations.CreateModel(
            name='AgentState',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('presence', models.CharField(choices=[('offline', 'Offline'), ('available', 'Available'), ('busy', 'Busy'), ('break', 'Break'), ('meal', 'Meal'), ('meeting', 'Meeting'), ('training', 'Training'), ('missed', 'Missed an offer'), ('unreachable', 'Connection lost')], default='offline', max_length=12)),
                ('presence_since', models.DateTimeField(default=django.utils.timezone.now)),
                ('pending_presence', models.CharField(blank=True, choices=[('offline', 'Offline'), ('available', 'Available'), ('busy', 'Busy'), ('break', 'Break'), ('meal', 'Meal'), ('meeting', 'Meeting'), ('training', 'Training'), ('missed', 'Missed an offer'), ('unreachable', 'Connection lost')], max_length=12)),
                ('reason', models.CharField(blank=True, max_length=80)),
                ('budget', models.PositiveSmallIntegerField(default=100)),
                ('caps', models.JSONField(blank=True, default=dict)),
                ('media_off', models.JSONField(blank=True, db_default=models.Value([], output_field=models.JSONField()), default=list)),
                ('media_missed', models.JSONField(blank=True, db_default=models.Value([], output_field=models.JSONField()), default=list)),
                ('auto_accept', models.JSONField(blank=True, db_default=models.Value([], output_field=models.JSONField()), default=list)),
                ('missed_in_row', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('declined_in_row', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('idle_since', models.DateTimeField(default=django.utils.timezone.now)),
                ('handled_today', models.PositiveIntegerField(default=0)),
                ('last_offer_at', models.DateTimeField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('profile', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='routing.capacityprofile')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('presence', 'offline'), _negated=True), fields=['lease_until'], name='agent_lease')],
            },
        ),
        migrations.CreateModel(
            name='Queue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('strategy', models.CharField(choices=[('longest_idle', 'Longest idle'), ('least_occupied', 'Least occupied'), ('fewest_handled', 'Fewest handled'), ('round_robin', 'Round robin'), ('score', 'Predicted score')], default='longest_idle', max_length=16)),
                ('skill_mode', models.CharField(choices=[('best', 'Best skilled first'), ('all', 'All required skills, then strategy'), ('none', 'Ignore skills')], default='best', max_length=8)),
                ('aging', models.FloatField(default=1.0)),
                ('rings', models.JSONField(blank=True, default=list)),
                ('offer_seconds', models.PositiveIntegerField(default=30)),
                ('offer_seconds_by', models.JSONField(blank=True, db_default=models.Value({}, output_field=models.JSONField()), default=dict)),
                ('auto_accept', models.JSONField(blank=True, db_default=models.Value([], output_field=models.JSONField()), default=list)),
                ('missed', models.CharField(choices=[('family', 'Gets nothing more of this medium'), ('all', 'Is away'), ('second', 'Is away from the second in a row on')], db_default='all', default='all', max_length=8)),
                ('most_declines', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('cooldown_seconds', models.PositiveIntegerField(default=60)),
                ('wrap_up', models.CharField(choices=[('none', 'None'), ('optional', 'Only when the agent asks for it'), ('mandatory', 'Until the agent ends it'), ('timed', 'Until the agent ends it, at most the time given'), ('forced', 'Exactly the time given')], db_default='timed', default='timed', max_length=10)),
                ('wrap_up_seconds', models.PositiveIntegerField(default=0)),
                ('disposition_required', models.BooleanField(db_default=False, default=False)),
                ('service_level_seconds', models.PositiveIntegerField(default=60)),
                ('short_abandon_seconds', models.PositiveIntegerField(default=5)),
                ('max_size', models.PositiveIntegerField(blank=True, null=True)),
                ('max_wait_seconds', models.PositiveIntegerField(blank=True, null=True)),
                ('closed_treatment', models.CharField(choices=[('wait', 'Waits for the opening'), ('overflow', 'Goes to the next open queue'), ('callback', 'Is called back at the opening')], db_default='wait', default='wait', max_length=10)),
                ('holiday_treatment', models.CharField(choices=[('wait', 'Waits for the opening'), ('overflow', 'Goes to the next open queue'), ('callback', 'Is called back at the opening')], db_default='wait', default='wait', max_length=10)),
                ('enabled', models.BooleanField(default=True)),
                ('sticky_seconds', models.PositiveIntegerField(default=0)),
                ('direct_seconds', models.PositiveIntegerField(db_default=60, default=60)),
                ('push', models.BooleanField(db_default=True, default=True)),
                ('offer_size', models.PositiveSmallIntegerField(db_default=1, default=1)),
                ('batch', models.BooleanField(db_default=False, default=False)),
                ('blended', models.BooleanField(db_default=False, default=False)),
                ('min_reserve', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('max_occupancy', models.FloatField(blank=True, null=True)),
                ('max_offers_per_minute', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('transfer_credit', models.FloatField(db_default=1.0, default=1.0)),
                ('callback_order', models.CharField(choices=[('agent', 'The agent, then the customer'), ('customer', 'The customer, then the agent')], db_default='agent', default='agent', max_length=8)),
                ('callback_attempts', models.PositiveSmallIntegerField(db_default=3, default=3)),
                ('callback_gap_seconds', models.PositiveIntegerField(db_default=900, default=900)),
                ('callback_from', models.PositiveSmallIntegerField(db_default=480, default=480)),
                ('callback_until', models.PositiveSmallIntegerField(db_default=1260, default=1260)),
                ('settings', models.JSONField(blank=True, default=dict)),
                ('version', models.PositiveIntegerField(default=1)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.calendar')),
                ('overflow_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='routing.queue')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='core.team')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Disposition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('enabled', models.BooleanField(default=True)),
                ('position', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='routing.disposition')),
                ('queues', models.ManyToManyField(blank=True, related_name='+', to='routing.queue')),
            ],
            options={
                'ordering': ['position', 'name'],
            },
        ),
        migrations.CreateModel(
            name='QueueMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.PositiveSmallIntegerField(default=0)),
                ('delay_seconds', models.PositiveIntegerField(db_default=0, default=0)),
                ('queue', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='routing.queue')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('queue', 'user'), name='one_membership')],
            },
        ),
        migrations.CreateModel(
            name='Relief',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField()),
                ('queue', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='routing.queue')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='core.team')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('queue', 'team'), name='a_team_helps_a_queue_once')],
            },
        ),
        migrations.CreateModel(
            name='AgentSkill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.PositiveSmallIntegerField(default=3)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('skill', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='routing.skill')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'skill'), name='one_level_per_skill'), models.CheckConstraint(condition=models.Q(('level__gte', 0), ('level__lte', 5)), name='level_0_to_5')],
            },
        ),
        migrations.CreateModel(
            name='Threshold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measure', models.CharField(choices=[('waiting', 'Customers waiting, more than'), ('longest_wait', 'Longest wait in seconds, more than'), ('service_level', 'Service level of the last half hour in %, less than'), ('abandon_rate', 'Abandoned in the last half hour in %, more than'), ('available', 'Agents available, fewer than')], max_length=16)),
                ('limit', models.FloatField()),
                ('minutes', models.PositiveSmallIntegerField(default=0)),
                ('sound', models.BooleanField(default=False)),
                ('enabled', models.BooleanField(default=True)),
                ('since', models.DateTimeField(blank=True, null=True)),
                ('queue', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='routing.queue')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('limit__gte', 0)), name='threshold_limit_is_positive'), models.CheckConstraint(condition=models.Q(('minutes__lte', 240)), name='threshold_within_four_hours')],
            },
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('raised_at', models.DateTimeField()),
                ('cleared_at', models.DateTimeField(blank=True, null=True)),
                ('value', models.FloatField()),
                ('worst', models.FloatField()),
                ('threshold', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='routing.threshold')),
            ],
            options={
                'indexes': [models.Index(fields=['-raised_at', '-id'], name='alert_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('cleared_at', None)), fields=('threshold',), name='one_open_alert_per_threshold')],
            },
        ),
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(choices=[('forecast', 'Forecast'), ('recorded', 'Recorded day')], db_default='forecast', default='forecast', max_length=8)),
                ('day', models.DateField()),
                ('days', models.PositiveSmallIntegerField()),
                ('changes', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('stopped', 'Stopped'), ('failed', 'Failed')], default='waiting', max_length=8)),
                ('progress', models.FloatField(default=0)),
                ('beat_at', models.DateTimeField(blank=True, null=True)),
                ('result', models.JSONField(default=dict)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('queue', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='routing.queue')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['id'], name='trial_open'), models.Index(fields=['author', '-id'], name='trial_of_author')],
            },
        ),
        migrations.CreateModel(
            name='WorkItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('medium', models.CharField(max_length=12)),
                ('state', models.CharField(choices=[('scheduled', 'Callback scheduled'), ('waiting', 'Waiting'), ('offered', 'Offered'), ('active', 'In progress'), ('paused', 'Paused'), ('wrapping', 'Wrap-up'), ('completed', 'Completed'), ('abandoned', 'Abandoned'), ('canceled', 'Canceled'), ('expired', 'Given up')], default='waiting', max_length=10)),
                ('priority', models.SmallIntegerField(default=1)),
                ('cost', models.PositiveSmallIntegerField()),
                ('required', models.JSONField(blank=True, default=list)),
                ('preferred', models.JSONField(blank=True, default=list)),
                ('needs', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), blank=True, db_default=[], default=list, size=None)),
                ('agent_scores', models.JSONField(blank=True, db_default=models.Value({}, output_field=models.JSONField()), default=dict)),
                ('interruptible', models.BooleanField(default=False)),
                ('sticky_until', models.DateTimeField(blank=True, null=True)),
                ('direct_until', models.DateTimeField(blank=True, null=True)),
                ('excluded', models.JSONField(blank=True, default=dict)),
                ('queued_at', models.DateTimeField()),
                ('entered_at', models.DateTimeField()),
                ('eligible_at', models.DateTimeField()),
                ('wake_at', models.DateTimeField(blank=True, null=True)),
                ('ring', models.PositiveSmallIntegerField(default=0)),
                ('ring_since', models.DateTimeField(blank=True, null=True)),
                ('ring_elapsed', models.FloatField(default=0)),
                ('paused_seconds', models.FloatField(default=0)),
                ('paused_at', models.DateTimeField(blank=True, null=True)),
                ('age_credit', models.FloatField(default=0)),
                ('vip_boost', models.FloatField(default=0)),
                ('overflow_path', models.JSONField(blank=True, default=list)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('sla_target_seconds', models.PositiveIntegerField(blank=True, null=True)),
                ('offers_made', models.PositiveSmallIntegerField(default=0)),
                ('predicted_wait_seconds', models.FloatField(blank=True, null=True)),
                ('actual_wait_seconds', models.FloatField(blank=True, null=True)),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('wrap_up_until', models.DateTimeField(blank=True, null=True)),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('version', models.PositiveIntegerField(default=0)),
                ('agent', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('conversation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels_app.conversation')),
                ('direct_agent', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('disposition', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='routing.disposition')),
                ('queue', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='routing.queue')),
                ('sticky_agent', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['queue', 'queued_at'], name='work_waiting'), models.Index(condition=models.Q(('state', 'waiting')), fields=['wake_at'], name='work_to_wake'), models.Index(condition=models.Q(('state', 'scheduled')), fields=['eligible_at'], name='work_scheduled'), models.Index(condition=models.Q(('state', 'waiting'), models.Q(('direct_agent', None), _negated=True)), fields=['direct_agent'], name='work_direct'), models.Index(condition=models.Q(('state', 'waiting'), models.Q(('sticky_agent', None), _negated=True)), fields=['sticky_agent'], name='work_sticky'), models.Index(condition=models.Q(('state__in', ['offered', 'active', 'paused', 'wrapping'])), fields=['agent'], name='work_held'), models.Index(condition=models.Q(('state', 'wrapping')), fields=['wrap_up_until'], name='work_wrapping'), models.Index(fields=['queue', '-completed_at'], name='work_completed')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['scheduled', 'waiting', 'offered', 'active', 'paused', 'wrapping']), models.Q(('conversation', None), _negated=True)), fields=('conversation',), name='one_live_item_per_conversation'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['active', 'paused', 'wrapping']), _negated=True), ('agent__isnull', False), _connector='OR'), name='held_item_has_a_holder')],
            },
        ),
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('lead', 'Holds it'), ('consult', 'Advises'), ('conference', 'Takes part')], db_default='lead', default='lead', max_length=10)),
                ('medium', models.CharField(blank=True, db_default='', default='', max_length=12)),
                ('started_at', models.DateTimeField()),
                ('wrap_up_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, max_length=20)),
                ('ended_to', models.CharField(blank=True, db_default='', max_length=120)),
                ('agent', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='segments', to='routing.workitem')),
            ],
            options={
                'indexes': [models.Index(fields=['agent', '-started_at'], name='segment_of_agent'), models.Index(condition=models.Q(('ended_at', None)), fields=['agent'], name='segment_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None), ('kind', 'lead')), fields=('item',), name='one_open_segment_per_item'), models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('item', 'agent'), name='one_open_segment_per_agent'), models.UniqueConstraint(condition=models.Q(('ended_at', None), ('medium', 'voice'), ('wrap_up_at', None)), fields=('agent',), name='one_live_call_per_agent')],
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('accepted', 'Accepted'), ('declined', 'Declined'), ('expired', 'Expired'), ('withdrawn', 'Withdrawn')], default='pending', max_length=10)),
                ('attempt', models.PositiveSmallIntegerField(default=1)),
                ('broadcast', models.BooleanField(default=False)),
                ('kind', models.CharField(choices=[('work', 'Work'), ('consult', 'Asked for advice'), ('conference', 'Asked to join')], db_default='work', default='work', max_length=10)),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=80)),
                ('agent', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='offers', to='routing.workitem')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['expires_at'], name='offer_due'), models.Index(condition=models.Q(('state', 'pending')), fields=['agent'], name='offer_of_agent'), models.Index(fields=['item', '-id'], name='offer_of_item'), models.Index(fields=['agent', '-made_at'], name='offer_by_agent')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('broadcast', False), ('state', 'pending')), fields=('item',), name='one_pending_offer'), models.UniqueConstraint(condition=models.Q(('state', 'pending')), fields=('item', 'agent'), name='one_pending_offer_per_agent'), models.UniqueConstraint(condition=models.Q(('broadcast', True), ('state', 'accepted')), fields=('item',), name='one_winner')],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('queue', 'Queue'), ('match', 'Agent'), ('no_match', 'Nobody yet'), ('assign', 'Assigned by hand'), ('deadline', 'Deadline'), ('override', 'Beyond capacity')], max_length=10)),
                ('sentence', models.CharField(max_length=300)),
                ('facts', models.JSONField(default=dict)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('conversation', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels_app.conversation')),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='routing.workitem')),
            ],
            options={
                'indexes': [models.Index(fields=['conversation', 'id'], name='decision_of_conversation')],
            },
        ),
        migrations.CreateModel(
            name='Callback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(max_length=254)),
                ('kind', models.CharField(choices=[('in_queue', 'Keeps its place'), ('scheduled', 'At a time')], max_length=10)),
                ('state', models.CharField(choices=[('open', 'Open'), ('calling', 'Being called'), ('reached', 'Reached'), ('failed', 'Not reached'), ('canceled', 'Canceled')], default='open', max_length=10)),
                ('slot_at', models.DateTimeField(blank=True, null=True)),
                ('zone', models.CharField(default='UTC', max_length=60)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('last_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, max_length=40)),
                ('created_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('claimed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm.customer')),
                ('queue', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='routing.queue')),
                ('item', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='callback', to='routing.workitem')),
            ],
            options={
                'indexes': [models.Index(fields=['queue', 'state', 'id'], name='callback_of_queue')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'calling'])), fields=('queue', 'address'), name='one_open_callback')],
            },
        ),
        migrations.CreateModel(
            name='ActionRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule_id', models.BigIntegerField()),
                ('position', models.PositiveSmallIntegerField()),
                ('action', models.JSONField()),
                ('outcome', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('interaction', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels_app.interaction')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('interaction', 'rule_id', 'position'), name='an_action_runs_once')],
            },
        ),
        migrations.RunSQL(RENEW, "DROP FUNCTION routing_renew_floor_version()"),
        *(renewing("INSERT OR UPDATE OR DELETE OR TRUNCATE", table) for table in TABLES),
        renewing("UPDATE OF is_active", "core_user"),  # whoever works here again serves their queues again
    ]
