"""Rules, snippets and articles, as they stood after five steps.

A database in between takes those steps, a new one this.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from cxos.core.search.reindexing import words_of


class Migration(migrations.Migration):

    replaces = [
        ('automation', '0001_initial'),
        ('automation', '0002_snippets'),
        ('automation', '0003_articles'),
        ('automation', '0004_article_words'),
        ('automation', '0005_smaller_blocks'),
    ]

    initial = True

    dependencies = [
        ('core', '0001_squashed_0007_retention'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Article',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=160)),
                ('body', models.TextField()),
                ('language', models.CharField(default='en', max_length=12)),
                ('collection', models.CharField(blank=True, max_length=80)),
                ('keywords', models.CharField(blank=True, max_length=300)),
                ('audience', models.CharField(choices=[('internal', 'Colleagues'), ('public', 'Customers')], default='internal', max_length=8)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('archived', 'Archived')], default='draft', max_length=9)),
                ('version', models.PositiveIntegerField(default=1)),
                ('live', models.PositiveIntegerField(null=True)),
                ('helped', models.PositiveIntegerField(default=0)),
                ('not_helped', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-changed_at', '-id'],
                'indexes': [models.Index(fields=['-changed_at', '-id'], name='article_newest'), models.Index(fields=['state', '-changed_at', '-id'], name='article_by_state')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('live__isnull', False), ('state', 'published')), models.Q(('state', 'published'), _negated=True), _connector='OR'), name='article_live_version')],
            },
        ),
        migrations.CreateModel(
            name='Rule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('event', models.CharField(max_length=60)),
                ('conditions', models.JSONField(blank=True, default=dict)),
                ('actions', models.JSONField(default=list)),
                ('position', models.PositiveIntegerField(default=0)),
                ('stops', models.BooleanField(default=False)),
                ('enabled', models.BooleanField(default=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['position', 'id'],
                'indexes': [models.Index(fields=['event', 'position'], name='rule_by_event')],
            },
        ),
        migrations.CreateModel(
            name='ArticleVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=160)),
                ('body', models.TextField()),
                ('language', models.CharField(default='en', max_length=12)),
                ('collection', models.CharField(blank=True, max_length=80)),
                ('keywords', models.CharField(blank=True, max_length=300)),
                ('audience', models.CharField(choices=[('internal', 'Colleagues'), ('public', 'Customers')], default='internal', max_length=8)),
                ('number', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('restored', models.PositiveIntegerField(null=True)),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='automation.article')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-number'],
                'constraints': [models.UniqueConstraint(fields=('article', 'number'), name='one_version_a_number')],
            },
        ),
        migrations.CreateModel(
            name='Snippet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shortcut', models.CharField(max_length=40)),
                ('text', models.TextField()),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='core.team')),
            ],
            options={
                'ordering': ['shortcut', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('owner', None), ('team', None), _connector='OR'), name='snippet_of_one_kind'), models.UniqueConstraint(fields=('owner', 'shortcut'), name='one_snippet_an_owner'), models.UniqueConstraint(fields=('team', 'shortcut'), name='one_snippet_a_team'), models.UniqueConstraint(condition=models.Q(('owner', None), ('team', None)), fields=('shortcut',), name='one_snippet_for_everybody')],
            },
        ),
        words_of("article_words", "automation_article", "title || ' ' || keywords || ' ' || body"),
    ]
