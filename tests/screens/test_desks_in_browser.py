"""What only a browser can show of the supervisor's, the admin's and the customer's pages: keys, dialogs, redrawn forms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from automation.models import Rule
from cases.models import Calendar
from channels_app.models import Channel, Conversation
from crm.models import Customer
from cxos.core.models import User
from cxos.core.phrases import Phrase
from routing.models import AgentSkill, Queue, QueueMember, Skill, WorkItem
from routing.services.presence import set_presence
from routing.services.queue import enqueue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]


def test_the_matrix_of_skills_is_filled_by_keyboard_alone(open_as: Open, adi: User, ana: User) -> None:
    for name in ("English", "French"):
        Skill.objects.create(key=name.lower(), name=name)
    page = open_as(adi, "/settings/skills/")

    page.locator("[data-matrix] td").first.focus()
    for key in ("ArrowDown", "5", "ArrowRight", "3", "2"):
        page.keyboard.press(key)
    expect(page.locator("td[data-level='2']")).to_have_text("2")
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator("[data-chosen]")).to_have_text("2 cells")
    page.keyboard.press("Delete")
    expect(page.locator("td[data-level]")).to_have_count(0)
    page.keyboard.press("Control+z")

    expect(page.locator("td[data-level]")).to_have_text(["5", "2"])
    expect(page.locator("[data-matrix]")).to_have_attribute("aria-busy", "false")
    levels = AgentSkill.objects.filter(user=ana).order_by("skill__name").values_list("skill__key", "level")
    assert list(levels) == [("english", 5), ("french", 2)]


def test_a_rule_is_built_without_writing_json(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/settings/rules/new/")

    page.get_by_label("Name").fill("French to French speakers")
    page.get_by_role("button", name="Condition").click()
    page.get_by_label("What", exact=True).select_option("message.language")
    page.wait_for_load_state("networkidle")
    page.get_by_label("Value").fill("fr")
    page.get_by_label("Action", exact=True).select_option("set_priority")
    page.get_by_label("Priority").select_option("2")
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.get_by_text("Saved. It runs on the next message.").wait_for()

    rule = Rule.objects.get()
    assert rule.conditions == {"fact": "message.language", "op": "is", "value": "fr"}
    assert rule.actions == [{"kind": "set_priority", "priority": 2}]


def test_a_rule_on_broken_promises_is_built_and_tried(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/settings/rules/new/")

    page.get_by_label("Name").fill("Too late")
    page.get_by_role("button", name="Condition").click()
    expect(page.get_by_label("Value")).to_be_visible()
    page.get_by_label("It runs").select_option("ClockBreached")
    expect(page.get_by_role("heading", name="Try it on broken promises")).to_be_visible()
    page.get_by_label("What", exact=True).select_option("promise.metric")
    page.get_by_role("combobox", name="Value", exact=True).select_option("next_response")  # a text field until redrawn
    page.get_by_label("Action", exact=True).select_option("set_priority")
    page.get_by_label("Priority", exact=True).select_option("3")
    page.get_by_label("How far back").select_option("30")
    page.get_by_role("button", name="Try the newest breaches").click()
    expect(page.get_by_text("No promise was broken")).to_be_visible()
    expect(page.get_by_label("It runs")).to_have_value("ClockBreached")
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.get_by_text("Saved. It runs on the next broken promise.").wait_for()

    rule = Rule.objects.get()
    assert (rule.event, rule.actions) == ("ClockBreached", [{"kind": "set_priority", "priority": 3}])
    assert rule.conditions == {"fact": "promise.metric", "op": "is", "value": "next_response"}


def test_what_is_chosen_while_a_rule_is_drawn_anew_stays(open_as: Open, adi: User) -> None:
    page = open_as(adi, "/settings/rules/new/")
    page.get_by_role("button", name="Condition").click()
    page.get_by_label("Action", exact=True).select_option("set_priority")
    expect(page.get_by_label("Priority", exact=True)).to_be_visible()
    held: list[Route] = []
    page.route("**/settings/rules/new/", lambda route: route.continue_() if held else held.append(route))

    with page.expect_request("**/settings/rules/new/"):
        page.get_by_label("What", exact=True).select_option("message.first")
    page.get_by_label("Priority", exact=True).select_option("3")
    page.get_by_label("Name").focus()
    held[0].continue_()

    expect(page.get_by_role("combobox", name="Value", exact=True)).to_be_visible()
    expect(page.get_by_label("Priority", exact=True)).to_have_value("3")


def test_the_week_is_redrawn_while_it_is_edited(open_as: Open, adi: User) -> None:
    calendar = Calendar.objects.create(name="Office", zone="UTC", weekly={"0": [[540, 1020]]})
    page = open_as(adi, f"/settings/hours/{calendar.pk}/")

    monday = page.locator('[data-day="0"]')
    monday.get_by_label("Monday, to").fill("12:00")
    monday.get_by_label("Monday, to").blur()
    expect(page.locator("#st-week .st-week-row").first).to_contain_text("3 h")
    monday.get_by_role("button", name="Copy to every day below").click()
    expect(page.locator(".st-interval")).to_have_count(7)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Running deadlines are reckoned again").wait_for()

    calendar.refresh_from_db()
    assert calendar.weekly == {str(day): [[540, 720]] for day in range(7)}


def test_a_supervisor_gives_waiting_work_away_and_takes_it_back(
    open_as: Open, sam: User, ana: User, webchat: Channel, kim: Customer
) -> None:
    queue, now = Queue.objects.create(key="care", name="Care"), timezone.now()
    QueueMember.objects.create(queue=queue, user=ana)
    set_presence(ana, presence="available", actor=ana, now=now)
    found = Conversation.objects.create(customer=kim, channel=webchat, thread_key="t")
    item = enqueue(found, queue=queue, priority=1, why=Phrase("A test."), now=now - timedelta(minutes=3))
    page = open_as(sam, "/supervisor/")

    page.get_by_role("button", name="Assign Kim").click()
    page.get_by_role("dialog").get_by_role("button", name="Ana").click()
    expect(page.locator("#sv-agents")).to_contain_text("Kim")
    expect(page.locator("#sv-waiting")).to_contain_text("Nobody is waiting")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#sv-waiting")).to_contain_text("Kim")

    item.refresh_from_db()
    assert (item.state, item.agent_id) == ("waiting", None)


def test_work_is_dragged_onto_an_agent(open_as: Open, sam: User, ana: User, webchat: Channel, kim: Customer) -> None:
    queue, now = Queue.objects.create(key="care", name="Care"), timezone.now()
    QueueMember.objects.create(queue=queue, user=ana)
    set_presence(ana, presence="available", actor=ana, now=now)
    found = Conversation.objects.create(customer=kim, channel=webchat, thread_key="t")
    enqueue(found, queue=queue, priority=1, why=Phrase("A test."), now=now)
    page = open_as(sam, "/supervisor/")
    page.locator(f"#sv-agent-{ana.pk}").wait_for()

    page.locator("[data-drag]").first.drag_to(page.locator(f"#sv-agent-{ana.pk}"))

    expect(page.locator(f"#sv-agent-{ana.pk}")).to_contain_text("Kim")
    assert WorkItem.objects.get().agent_id == ana.pk


def test_a_customers_record_is_written_in_place(open_as: Open, ana: User, kim: Customer) -> None:
    page = open_as(ana, f"/customers/{kim.pk}/")

    page.get_by_placeholder("Add a tag").fill("gold")
    page.keyboard.press("Enter")
    expect(page.locator("#cu-record .tag")).to_contain_text("gold")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Kim Lee")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.locator("#cu-head h1")).to_contain_text("Kim Lee")

    kim.refresh_from_db()
    assert (kim.name, kim.tags) == ("Kim Lee", ["gold"])
