"""The kernel's tables, as they stood after seven steps.

A database in between takes those steps, a new one this.
"""

import cxos.core.sealed
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


# Nobody, however they come in, changes or takes out what the audit says.
FORBID = """
CREATE FUNCTION core_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit is append-only.';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON core_auditentry
    FOR EACH ROW EXECUTE FUNCTION core_audit_is_append_only();
"""
ALLOW = """
DROP TRIGGER append_only ON core_auditentry;
DROP FUNCTION core_audit_is_append_only();
"""

class Migration(migrations.Migration):

    replaces = [
        ('core', '0001_initial'),
        ('core', '0002_audit_is_append_only'),
        ('core', '0003_audit_says_what_it_takes_back'),
        ('core', '0004_words_in_use'),
        ('core', '0005_saved_views'),
        ('core', '0006_notifications_and_sign_ins'),
        ('core', '0007_retention'),
    ]

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('role', models.CharField(choices=[('agent', 'Agent'), ('supervisor', 'Supervisor'), ('admin', 'Admin')], default='agent', max_length=12)),
                ('is_active', models.BooleanField(default=True)),
                ('preferences', models.JSONField(blank=True, default=dict)),
                ('session_epoch', models.PositiveIntegerField(db_default=0, default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Retention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.SlugField(max_length=40, unique=True)),
                ('days', models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='StreamCursor',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('txid', models.BigIntegerField(default=0)),
                ('event_id', models.BigIntegerField(default=0)),
                ('moved_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('prefix', models.CharField(max_length=12, unique=True)),
                ('digest', models.CharField(max_length=64)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('ingest', 'Post interactions'), ('read', "Read what the key's user may see"), ('write', "Reply, assign, resolve as the key's user")], max_length=12), size=None)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_keys', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=60)),
                ('verb', models.CharField(max_length=60)),
                ('object_type', models.CharField(max_length=60)),
                ('object_id', models.CharField(max_length=60)),
                ('object_label', models.CharField(blank=True, max_length=200)),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('undoes', models.BigIntegerField(blank=True, null=True)),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64, unique=True)),
            ],
            options={
                'indexes': [models.Index(fields=['object_type', 'object_id', 'id'], name='audit_by_object'), models.Index(fields=['actor', 'id'], name='audit_by_actor')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('undoes__isnull', False)), fields=('undoes',), name='taken_back_once')],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=120)),
                ('payload', models.JSONField()),
                ('actor', models.CharField(blank=True, db_default='', default='', max_length=60)),
                ('depth', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('txid', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.Cast(models.Func(function='pg_current_xact_id', output_field=models.TextField()), models.TextField()), models.BigIntegerField()))),
                ('cause', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='core.event')),
            ],
            options={
                'indexes': [models.Index(fields=['key', 'id'], name='event_by_key'), models.Index(fields=['txid', 'id'], name='event_by_commit')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('handler', models.CharField(max_length=120)),
                ('lane', models.CharField(max_length=8)),
                ('key', models.CharField(max_length=120)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('running', 'Running'), ('parked', 'Parked')], db_default='pending', default='pending', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('leased_until', models.DateTimeField(null=True)),
                ('last_error', models.TextField(blank=True, db_default='', default='')),
                ('event', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='core.event')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['lane', 'id'], name='delivery_pending'), models.Index(condition=models.Q(('state', 'parked'), _negated=True), fields=['handler', 'key', 'id'], name='delivery_in_order'), models.Index(condition=models.Q(('state', 'running')), fields=['leased_until'], name='delivery_leased')],
            },
        ),
        migrations.CreateModel(
            name='IdempotentAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('principal', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=255)),
                ('request_hash', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField()),
                ('body', models.JSONField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='idempotent_answer_by_age')],
                'constraints': [models.UniqueConstraint(fields=('principal', 'key'), name='one_answer_per_idempotency_key')],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=24)),
                ('about', models.CharField(max_length=80)),
                ('details', models.JSONField(default=dict)),
                ('times', models.PositiveIntegerField(default=1)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user', '-at', '-id'], name='notice_of_user'), models.Index(fields=['at'], name='notice_by_age')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('read_at', None)), fields=('user', 'kind', 'about'), name='one_unread_notice_a_thing')],
            },
        ),
        migrations.CreateModel(
            name='PushIdentity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public', models.CharField(max_length=100)),
                ('private', cxos.core.sealed.SealedField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_push_identity')],
            },
        ),
        migrations.CreateModel(
            name='PushSubscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.CharField(max_length=1000, unique=True)),
                ('keys', cxos.core.sealed.SealedField()),
                ('browser', models.CharField(blank=True, max_length=120)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('shared', models.BooleanField(default=False)),
                ('conditions', models.JSONField(default=dict)),
                ('order', models.CharField(blank=True, max_length=20)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'id'],
                'indexes': [models.Index(condition=models.Q(('shared', True)), fields=['name'], name='view_shared')],
                'constraints': [models.UniqueConstraint(fields=('owner', 'name'), name='one_view_of_a_name')],
            },
        ),
        migrations.CreateModel(
            name='SignIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session_key', models.CharField(max_length=40, unique=True)),
                ('browser', models.CharField(blank=True, max_length=120)),
                ('address', models.GenericIPAddressField(blank=True, null=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='user',
            name='teams',
            field=models.ManyToManyField(blank=True, related_name='members', to='core.team'),
        ),
        migrations.CreateModel(
            name='Word',
            fields=[
                ('text', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('folded', models.CharField(max_length=64)),
                ('near', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('uses', models.BigIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(fields=['folded'], name='word_by_beginning', opclasses=['text_pattern_ops']), django.contrib.postgres.indexes.GinIndex(fields=['near'], name='word_near')],
            },
        ),
        migrations.RunSQL(FORBID, ALLOW),
    ]
