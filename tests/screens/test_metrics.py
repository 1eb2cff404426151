"""Every metric of the reference stands on a page, by its definition, and opens its rows."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from cxos.core.models import User
from cxos.screens.supervisor.metrics import METRICS
from cxos.screens.templatetags.supervisor import duration, percent
from intelligence import queries
from intelligence.models import Fact, Interval
from routing.models import Queue, WorkItem
from routing.services.presence import set_presence
from tests.counted import count_everything
from tests.screens import test_board_numbers as board
from tests.screens.test_board_numbers import NOON, walked

noon, queue, billing, ben, comes = board.noon, board.queue, board.billing, board.ben, board.comes
a_morning, as_sam = board.a_morning, board.as_sam
# Documented metrics that another page shows, with the rows they come from.
ELSEWHERE = {"adherence, conformance", "weighted load"}
# The number in brackets is that of the rows; the others' rows are what their time or share was made of.
AS_MANY = {
    "service_level", "answered_or_left_in_time", "gone_in_time", "flowed_out", "missed_offers", "items_transferred",
    "promises_first_response", "promises_next_response", "promises_resolution",
}  # fmt: skip


def metrics_shown(client: Client, query: str = "") -> list[tuple[str, str, str]]:
    """(key, address of its rows, value) of every line of the page."""
    page = client.get(f"/supervisor/metrics/{query}").content.decode()
    found = re.findall(r'data-metric="([^"]*)">.*?<a class="row-link" href="([^"]*)">(.*?)</a>', page, re.DOTALL)
    return [(unescape(key), unescape(url), unescape(told)) for key, url, told in found]


def test_every_documented_metric_is_shown_with_its_definition(as_sam: Client) -> None:
    table = (Path(settings.BASE_DIR) / "docs/reference/metrics.md").read_text()
    documented = {row.split("|")[1].strip() for row in table.splitlines() if row.startswith("| ")} - {"metric"}
    documented = {name.removesuffix(" (default)") for name in documented}

    assert {metric.key for metric in METRICS} | ELSEWHERE == documented
    assert [key for key, _url, _told in metrics_shown(as_sam)] == [metric.key for metric in METRICS]
    assert all(metric.formula for metric in METRICS)
    assert as_sam.get("/supervisor/schedule/").status_code == 200


@pytest.mark.parametrize("subject", ["", "?queue={queue}", "?agent={ana}"])
def test_every_metric_opens_its_rows(
    as_sam: Client, ana: User, queue: Queue, a_morning: dict[str, WorkItem], subject: str
) -> None:
    Fact.objects.create(event_id=10**9, name="SurveyAnswered", at=NOON, agent_id=ana.pk, data={"score": 4})
    query = subject.format(queue=queue.pk, ana=ana.pk)

    shown = metrics_shown(as_sam, query)

    known = 0
    for key, url, told in shown:
        assert as_sam.get(url).status_code == 200, key
        figure, _, narrowed = url.removeprefix("/supervisor/behind/").partition("/")
        if url.startswith("/supervisor/behind/"):
            heading, found = walked(as_sam, figure, narrowed.removeprefix("?"))
            assert heading == found, key
            if figure in AS_MANY and (part := re.search(r"\((\d+) ", told)):
                assert int(part[1]) == found, (key, told)
                known += 1
    assert known >= 4


def test_the_numbers_of_the_page_are_those_of_the_definitions(
    as_sam: Client, queue: Queue, a_morning: dict[str, WorkItem]
) -> None:
    counted = queries.figures("queue", *queries.today(NOON), ids=[queue.pk])[queue.pk]
    shown: dict[str, list[str]] = {}
    for key, _url, told in metrics_shown(as_sam, f"?queue={queue.pk}"):
        shown.setdefault(key, []).append(told)

    for name, ratio in counted.service_levels.items():
        assert shown[name] == [f"{percent(ratio)} ({ratio.numerator} of {ratio.denominator})"]
    assert shown["speed of answer"][0].startswith(duration(counted.speed_of_answer.mean))
    assert shown["handle time"][0] == duration(counted.handle_seconds)
    assert shown["wrap-up"][0] == duration(counted.wrap_up_seconds)


def test_satisfaction_says_how_many_answered(as_sam: Client, ana: User, sam: User) -> None:
    for number, (score, agent) in enumerate([(5, ana), (4, ana), (1, ana), (5, sam)]):
        Fact.objects.create(
            event_id=10**9 + number, name="SurveyAnswered", at=NOON, agent_id=agent.pk, data={"score": score}
        )
    Interval.objects.create(
        subject="all", subject_id=0, start=NOON.replace(minute=15), sums={"conversations_resolved": 8}
    )

    every = {key: told for key, _url, told in metrics_shown(as_sam)}
    anas = {key: told for key, _url, told in metrics_shown(as_sam, f"?agent={ana.pk}")}

    name = "satisfaction, net promoter, effort"
    assert every[name] == "75\u2009% (3 of 4), mean 3.8, answered by 50\u2009%"
    assert anas[name].startswith("67\u2009% (2 of 3), mean 3.3")
    assert walked(as_sam, "satisfaction", f"agent={ana.pk}") == (3, 3)
    assert "Gave 1 of 5" in as_sam.get("/supervisor/behind/satisfaction/").content.decode()


def test_shrinkage_is_told_and_drawn_by_its_causes(as_sam: Client, ana: User) -> None:
    """An hour and a half signed in: an hour available, twenty minutes of break, ten of training."""
    for minute, presence in ((-90, "available"), (-30, "break"), (-10, "training"), (0, "offline")):
        set_presence(ana, presence=presence, actor=ana, now=NOON + timedelta(minutes=minute))
    count_everything()

    page = as_sam.get(f"/supervisor/metrics/?agent={ana.pk}").content.decode()
    shown = [told for key, _url, told in metrics_shown(as_sam, f"?agent={ana.pk}") if key == "shrinkage, gross-up"]

    assert shown == [f"{share}\u2009%" for share in (33, 22, 0, 0, 11, 0, 0)]
    assert '"values": [22.2, 0.0, 0.0, 11.1, null, null]' in page
    assert walked(as_sam, "away_break", f"agent={ana.pk}") == (1, 1)
    assert walked(as_sam, "away", f"agent={ana.pk}") == (2, 2)
    assert "Was away: Break" in as_sam.get(f"/supervisor/behind/away_break/?agent={ana.pk}").content.decode()


def test_a_span_of_days_ends_at_midnight(as_sam: Client) -> None:
    Fact.objects.create(event_id=1, name="SurveyAnswered", at=NOON - timedelta(days=1), data={"score": 5})
    Fact.objects.create(event_id=2, name="SurveyAnswered", at=NOON - timedelta(days=6), data={"score": 5})
    Fact.objects.create(event_id=3, name="SurveyAnswered", at=NOON, data={"score": 5})

    found = [walked(as_sam, "satisfaction", f"span={span}")[1] for span in ("", "yesterday", "week", "month")]

    assert found == [1, 1, 2, 2]
