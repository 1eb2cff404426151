"""Channels, conversations and messages, as they stood after twelve steps.

A database in between takes those steps, a new one this.
"""

import cxos.core.sealed
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from cxos.core.search.reindexing import words_of


class Migration(migrations.Migration):

    replaces = [
        ('channels_app', '0001_initial'),
        ('channels_app', '0002_webhooks_due_by_subscription'),
        ('channels_app', '0003_attachments'),
        ('channels_app', '0004_mentions'),
        ('channels_app', '0005_words'),
        ('channels_app', '0006_orders_of_the_inbox'),
        ('channels_app', '0007_whispers'),
        ('channels_app', '0008_drafts_and_held_replies'),
        ('channels_app', '0009_time_that_is_not_ours'),
        ('channels_app', '0010_templates'),
        ('channels_app', '0011_guests_of_a_conversation'),
        ('channels_app', '0012_smaller_blocks'),
    ]

    initial = True

    dependencies = [
        ('core', '0001_squashed_0007_retention'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('crm', '0001_squashed_0004_smaller_blocks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('kind', models.CharField(choices=[('webchat', 'Web chat'), ('api', 'API')], max_length=12)),
                ('medium', models.CharField(choices=[('voice', 'Voice'), ('chat', 'Chat'), ('messaging', 'Messaging'), ('email', 'E-mail'), ('task', 'Task')], max_length=12)),
                ('enabled', models.BooleanField(default=True)),
                ('config', models.JSONField(blank=True, default=dict)),
                ('secrets', cxos.core.sealed.SealedField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='WebhookSubscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('url', models.URLField(max_length=500)),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None)),
                ('secrets', cxos.core.sealed.SealedField()),
                ('enabled', models.BooleanField(default=True)),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='Conversation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('thread_key', models.CharField(max_length=200)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('status', models.CharField(choices=[('open', 'Open'), ('pending', 'Waiting for customer'), ('snoozed', 'Snoozed'), ('resolved', 'Resolved')], default='open', max_length=10)),
                ('priority', models.SmallIntegerField(choices=[(0, 'Low'), (1, 'Normal'), (2, 'High'), (3, 'Urgent')], default=1)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('guest_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, db_default=[], default=list, size=None)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('snoozed_until', models.DateTimeField(blank=True, null=True)),
                ('last_message_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_message_text', models.CharField(blank=True, max_length=160)),
                ('last_message_author', models.CharField(blank=True, max_length=10)),
                ('waiting_since', models.DateTimeField(blank=True, null=True)),
                ('paused_since', models.DateTimeField(blank=True, null=True)),
                ('paused_ms', models.BigIntegerField(db_default=0, default=0)),
                ('resolutions', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('agent_last_seen_at', models.DateTimeField(blank=True, null=True)),
                ('customer_last_seen_at', models.DateTimeField(blank=True, null=True)),
                ('metadata', models.JSONField(blank=True, default=dict)),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='channels_app.channel')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.customer')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='core.team')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('status', 'resolved'), _negated=True), fields=['-last_message_at', '-id'], name='conversation_open'), models.Index(fields=['assignee', '-last_message_at', '-id'], name='conversation_of_agent'), models.Index(condition=models.Q(('status', 'resolved'), _negated=True), fields=['team', '-last_message_at', '-id'], name='conversation_of_team'), models.Index(condition=models.Q(('assignee', None), models.Q(('status', 'resolved'), _negated=True)), fields=['-last_message_at', '-id'], name='conversation_unassigned'), models.Index(condition=models.Q(('status', 'resolved'), _negated=True), fields=['-priority', '-last_message_at', '-id'], name='conversation_by_priority'), models.Index(condition=models.Q(('waiting_since__isnull', False)), fields=['waiting_since', 'id'], name='conversation_waiting'), models.Index(fields=['customer', '-last_message_at'], name='conversation_of_customer'), models.Index(fields=['channel', 'thread_key', '-id'], name='conversation_of_thread'), models.Index(condition=models.Q(('status', 'snoozed')), fields=['snoozed_until'], name='conversation_snoozed'), django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='conversation_tags')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'resolved'), _negated=True), fields=('channel', 'thread_key'), name='one_open_conversation_a_thread')],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('reply', 'Reply'), ('note', 'Note')], max_length=5)),
                ('text', models.TextField(blank=True)),
                ('seen_id', models.BigIntegerField(default=0)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels_app.conversation')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'conversation', 'mode'), name='one_draft_a_mode')],
            },
        ),
        migrations.CreateModel(
            name='Interaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(max_length=200)),
                ('thread_key', models.CharField(max_length=200)),
                ('payload', models.JSONField()),
                ('occurred_at', models.DateTimeField()),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('handled_at', models.DateTimeField(null=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='channels_app.channel')),
                ('conversation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='channels_app.conversation')),
                ('customer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='crm.customer')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('channel', 'external_id'), name='one_interaction_per_external_id')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('message', 'Message'), ('note', 'Note'), ('event', 'Event')], default='message', max_length=8)),
                ('author_kind', models.CharField(choices=[('customer', 'Customer'), ('agent', 'Agent'), ('bot', 'Bot'), ('system', 'System')], max_length=8)),
                ('text', models.TextField(blank=True)),
                ('html', models.TextField(blank=True)),
                ('attachments', models.JSONField(blank=True, default=list)),
                ('state', models.CharField(choices=[('received', 'Received'), ('pending', 'Sending'), ('sent', 'Sent'), ('delivered', 'Delivered'), ('read', 'Read'), ('failed', 'Failed')], max_length=10)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('client_id', models.CharField(blank=True, max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('metadata', models.JSONField(blank=True, default=dict)),
                ('author', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='channels_app.conversation')),
                ('interaction', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='message', to='channels_app.interaction')),
            ],
            options={
                'indexes': [models.Index(fields=['conversation', '-id'], name='message_of_conversation'), models.Index(condition=models.Q(('state', 'pending')), fields=['due_at'], name='message_to_send'), models.Index(condition=models.Q(('author__isnull', False), models.Q(('kind', 'event'), _negated=True)), fields=['author', '-id'], name='message_by_author')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('client_id', ''), _negated=True), fields=('conversation', 'client_id'), name='one_message_per_client_id')],
            },
        ),
        migrations.CreateModel(
            name='Mention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels_app.conversation')),
                ('team', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='core.team')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('message', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='channels_app.message')),
            ],
            options={
                'indexes': [models.Index(fields=['user', '-id'], name='mention_of_user')],
                'constraints': [models.UniqueConstraint(fields=('message', 'user'), name='one_mention_a_note')],
            },
        ),
        migrations.CreateModel(
            name='HeldReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('undo', 'Can be taken back'), ('later', 'Sent later')], max_length=5)),
                ('text', models.TextField(blank=True)),
                ('attachments', models.JSONField(blank=True, default=list)),
                ('template', models.JSONField(null=True)),
                ('send_at', models.DateTimeField()),
                ('then_resolve', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Sent'), ('canceled', 'Canceled'), ('failed', 'Could not be sent')], default='waiting', max_length=8)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('heard_id', models.BigIntegerField(default=0)),
                ('client_id', models.CharField(blank=True, max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('author', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels_app.conversation')),
                ('message', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='channels_app.message')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['send_at'], name='held_reply_due'), models.Index(condition=models.Q(('state__in', ['waiting', 'failed'])), fields=['conversation', 'id'], name='held_reply_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('client_id', ''), _negated=True), fields=('conversation', 'client_id'), name='one_held_reply_per_client_id')],
            },
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('digest', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=120)),
                ('mime', models.CharField(max_length=120)),
                ('size', models.PositiveBigIntegerField()),
                ('width', models.PositiveIntegerField(null=True)),
                ('height', models.PositiveIntegerField(null=True)),
                ('visitor', models.CharField(blank=True, max_length=80)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('uploader', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('conversation', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='channels_app.conversation')),
                ('held', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='channels_app.heldreply')),
                ('message', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='channels_app.message')),
            ],
            options={
                'indexes': [models.Index(fields=['digest'], name='attachment_by_digest'), models.Index(condition=models.Q(('message', None)), fields=['conversation', 'uploader'], name='attachment_unsent'), models.Index(condition=models.Q(('message', None)), fields=['created_at'], name='attachment_orphaned')],
            },
        ),
        migrations.CreateModel(
            name='MessageTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(db_index=False, max_length=60)),
                ('language', models.CharField(default='en', max_length=12)),
                ('body', models.TextField()),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'With the provider'), ('approved', 'Approved'), ('rejected', 'Rejected')], default='draft', max_length=9)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels_app.channel')),
            ],
            options={
                'ordering': ['name', 'language'],
                'constraints': [models.UniqueConstraint(fields=('channel', 'name', 'language'), name='one_template_a_name_and_language')],
            },
        ),
        migrations.CreateModel(
            name='ReadMarker',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.BigIntegerField()),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels_app.conversation')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'conversation'), name='one_read_marker')],
            },
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.BigIntegerField()),
                ('event_name', models.CharField(max_length=60)),
                ('body', models.JSONField()),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('delivered', 'Delivered'), ('dead', 'Given up')], default='pending', max_length=10)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_status', models.PositiveSmallIntegerField(null=True)),
                ('last_problem', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='channels_app.webhooksubscription')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['subscription', 'due_at'], name='webhook_due')],
                'constraints': [models.UniqueConstraint(fields=('subscription', 'event_id'), name='one_attempt_per_event')],
            },
        ),
        migrations.CreateModel(
            name='Whisper',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('author', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='channels_app.conversation')),
                ('recipient', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['conversation', '-id'], name='whisper_of_conversation'), models.Index(condition=models.Q(('seen_at', None)), fields=['recipient', '-id'], name='whisper_unseen')],
            },
        ),
        words_of("message_words", "channels_app_message", "text"),
        words_of("conversation_words", "channels_app_conversation", "subject"),
    ]
