"""What is written down for later: articles, plans, trials."""

from __future__ import annotations

from collections.abc import Iterator

from automation.services.articles import archive_article, publish_article, rate_article, save_article
from cxos.core.events.automation import ArticlePublished, ArticleRated, ArticleSaved, ArticleWithdrawn
from cxos.core.events.intelligence import ActivitiesChanged, ScheduleChanged
from cxos.core.events.routing import TrialEnded
from intelligence.models import Activity, Fact
from intelligence.services.schedules import change_activities, save_shift
from routing.models import Trial
from routing.services.trials import run_next_trial
from tests.proof.open_pages.proofs import proves
from tests.proof.open_pages.scene import Scene


@proves(ArticleSaved)
def an_article_is_written_anew(scene: Scene) -> None:
    written(scene)


@proves(ArticlePublished)
def an_article_is_published(scene: Scene) -> Iterator[None]:
    written(scene)
    yield
    publish_article(scene.article.pk, **scene.by_adi)


@proves(ArticleWithdrawn)
def an_article_is_archived(scene: Scene) -> None:
    archive_article(scene.article.pk, **scene.by_adi)


@proves(ArticleRated)
def an_article_helps(scene: Scene) -> None:
    rate_article(scene.article, helped=True)


@proves(ScheduleChanged)
def a_shift(scene: Scene) -> None:
    planned(scene)


@proves(ActivitiesChanged)
def coaching_counts_as_work(scene: Scene) -> Iterator[None]:
    planned(scene)
    details = {"presence": "meeting", "previous": "offline", "reason": "Coaching", "previous_ms": 0}
    at = scene.later(minutes=-30)
    Fact.objects.create(event_id=0, name="PresenceChanged", at=at, agent_id=scene.ana.pk, data=details)
    yield
    change_activities({}, meanings={("meeting", "Coaching"): on_queue().key}, actor=scene.adi)


@proves(
    TrialEnded, silent="The page of a trial asks by itself every second until it has ended; its author is notified."
)
def a_trial_ends(scene: Scene) -> Iterator[None]:
    Trial.objects.create(
        author=scene.sam, day=scene.now.date(), days=1, changes={"no": "such change"}, created_at=scene.now
    )
    yield
    assert run_next_trial(now=scene.now)


def written(scene: Scene) -> None:
    save_article(scene.article.pk, texts={"body": "Look at the number of the order."}, **scene.by_adi)


def planned(scene: Scene) -> None:
    span = {"starts_at": scene.later(hours=-1), "ends_at": scene.later(hours=2)}
    save_shift(None, agent=scene.ana, activity=on_queue(), actor=scene.sam, **span)


def on_queue() -> Activity:
    return Activity.objects.filter(kind="on_queue").earliest("pk")
