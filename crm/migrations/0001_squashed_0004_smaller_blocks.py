"""Customers and what they are known by, as they stood after four steps.

A database in between takes those steps, a new one this.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from cxos.core.search.reindexing import words_of


class Migration(migrations.Migration):

    replaces = [
        ('crm', '0001_initial'),
        ('crm', '0002_words'),
        ('crm', '0003_phone_backwards'),
        ('crm', '0004_smaller_blocks'),
    ]

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=160)),
                ('attributes', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=160)),
                ('language', models.CharField(blank=True, max_length=12)),
                ('time_zone', models.CharField(blank=True, max_length=60)),
                ('vip', models.BooleanField(default=False)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('attributes', models.JSONField(blank=True, default=dict)),
                ('notes', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_seen_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='customers', to='crm.account')),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.customer')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('merged_into', None)), fields=['-last_seen_at', '-id'], name='customer_by_last_seen')],
            },
        ),
        migrations.CreateModel(
            name='Identity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('email', 'E-mail'), ('phone', 'Phone'), ('external_id', 'External id'), ('handle', 'Handle'), ('device', 'Device')], max_length=12)),
                ('value', models.CharField(max_length=254)),
                ('shown', models.CharField(blank=True, max_length=254)),
                ('verified', models.BooleanField(default=False)),
                ('evidence', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='identities', to='crm.customer')),
            ],
            options={
                'verbose_name_plural': 'identities',
                'constraints': [models.UniqueConstraint(fields=('kind', 'value'), name='one_customer_per_identity')],
            },
        ),
        migrations.CreateModel(
            name='MergeSuggestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('evidence', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('open', 'Open'), ('merged', 'Merged'), ('dismissed', 'Dismissed')], default='open', max_length=10)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_by', models.CharField(blank=True, max_length=60)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('undo', models.JSONField(blank=True, null=True)),
                ('first', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm.customer')),
                ('second', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='crm.customer')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='merge_pair_in_id_order'), models.UniqueConstraint(fields=('first', 'second'), name='one_suggestion_per_pair')],
            },
        ),
        words_of("customer_words", "crm_customer", "name"),
        words_of("identity_words", "crm_identity", "value"),
        migrations.RunSQL(  # by SQL, as Django's own way needs an operator class that only django.contrib.postgres can write
            "CREATE INDEX phone_backwards ON crm_identity (reverse(value) text_pattern_ops) WHERE kind = 'phone'",
            "DROP INDEX phone_backwards",
        ),
    ]
