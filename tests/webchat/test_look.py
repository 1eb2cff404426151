"""How a channel's chat looks: colours that read, the launcher's script, and what is switched off stays off."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest
from django.test import Client

from channels_app.models import Channel
from channels_app.services.conversations import resolve
from channels_app.webchat import colours
from channels_app.webchat.endings import answer_survey
from channels_app.webchat.visitors import Visitor
from cxos.core.errors import Conflict

GREYS = [f"#{level:02x}{level:02x}{level:02x}" for level in range(0, 256, 5)]
BRIGHT = ["#ffd43b", "#ff0000", "#00ff00", "#0000ff", "#3b5bdb", "#1d6b4a", "#f76707", "#e64980", "#808080", "#ABCDEF"]


@pytest.mark.parametrize("colour", [*GREYS, *BRIGHT])
def test_whatever_stands_on_or_in_the_sites_colour_can_be_read(colour: str) -> None:
    made = colours.palette(colour)

    assert colours.contrast(made["--brand"], made["--on-brand"]) >= 4.5
    assert colours.contrast(made["--brand-ink-light"], colours.WHITE) >= 4.5
    assert colours.contrast(made["--brand-ink-dark"], colours.DARK_SURFACE) >= 4.5
    assert colours.contrast(colour, colours.ink_on(colour, colours.BLACK)) >= 4.5


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#ffffff", "#000000", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#ff0000", "#ffffff", 4.0),
        ("#123456", "#123456", 1),
    ],
)
def test_contrast_is_as_the_guidelines_reckon_it(one: str, other: str, ratio: float) -> None:
    assert colours.contrast(one, other) == pytest.approx(ratio, abs=0.005)


def test_a_colour_that_reads_stays_as_it_is() -> None:
    assert colours.palette("#1d6b4a")["--brand"] == "#1d6b4a"
    assert [colours.known(one) for one in (None, "", "red", "#12345", "#1d6b4a;")] == [colours.DEFAULT] * 5


def told(client: Client, path: str = "/widget/site/sdk.js") -> dict[str, str]:
    """The settings the script was given, read out of it."""
    found = re.search(rb"\}\)\((\{.*\})\);\s*$", client.get(path).content)
    assert found
    given: dict[str, str] = json.loads(found[1])
    return given


def test_the_script_of_a_channel_brings_its_look(client: Client, webchat: Channel) -> None:
    assert told(client) == {
        "channel": "site", "label": "Site", "color": colours.DEFAULT, "position": "right", "corners": "round", "text": "",
    }  # fmt: skip
    assert told(client, "/widget/sdk.js") == {}

    hostile = "</script><script>alert(1)</script>\u2028'"
    webchat.config = {
        "title": hostile,
        "theme": {"color": "#1d6b4a", "position": "left", "corners": "square", "launcher": "Ask us"},
    }
    webchat.save()

    assert told(client) == {
        "channel": "site", "label": hostile, "color": "#1d6b4a", "position": "left", "corners": "square", "text": "Ask us",
    }  # fmt: skip
    assert b"</script" not in client.get("/widget/site/sdk.js").content


def test_a_channel_that_is_off_shows_no_launcher(client: Client, webchat: Channel) -> None:
    Channel.objects.update(enabled=False)

    assert client.get("/widget/site/sdk.js").status_code == 404


def test_the_script_is_fetched_again_only_when_the_look_has_changed(client: Client, webchat: Channel) -> None:
    tag = client.get("/widget/site/sdk.js")["ETag"]
    again = client.get("/widget/site/sdk.js", headers={"if-none-match": tag})
    Channel.objects.update(config={"theme": {"position": "left"}})
    changed = client.get("/widget/site/sdk.js", headers={"if-none-match": tag})

    assert (again.status_code, changed.status_code) == (304, 200)


def test_the_frame_has_the_corners_and_colours_of_the_channel(client: Client, webchat: Channel) -> None:
    webchat.config = {
        "theme": {"corners": "soft", "scheme": "dark", "color": "#ffd43b"},
        "wait": False,
        "away_form": False,
    }
    webchat.save()

    page = client.get("/widget/site/").content.decode()

    assert 'data-scheme="dark" data-corners="soft"' in page
    assert '"--brand": "#ffd43b"' in page and '"wait": false' in page and '"away_form": false' in page


def test_a_channel_without_a_survey_takes_no_answer_to_one(
    webchat: Channel, visitor: Visitor, line: object, now: datetime
) -> None:
    message = line(visitor, "Hello")  # type: ignore[operator]
    resolve(message.conversation_id, actor="system", now=now)
    webchat.config = {"survey": False}

    with pytest.raises(Conflict):
        answer_survey(visitor, webchat, score=5, comment="", now=now)
    webchat.config = {}
    answer_survey(visitor, webchat, score=5, comment="", now=now)
