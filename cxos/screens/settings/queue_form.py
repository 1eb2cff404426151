"""A queue as a form: every field of it, in the words an admin uses. What is right is decided by the service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models import Calendar
from channels_app.models import Channel
from cxos.core.models import Team
from cxos.screens.settings import preferred
from routing.models import Queue

MEDIA = [(medium.value, medium.label) for medium in Channel.Medium]
PUSH, PULL = "push", "pull"
PERCENT = ("max_occupancy", "transfer_credit")
CLOCKS = ("callback_from", "callback_until")


def whole(label: Any, hint: Any = "", *, least: int = 0, most: int = 86_400) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=hint, min_value=least, max_value=most, required=False)


def one_of(label: Any, choices: Any, hint: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, help_text=hint, required=False)


class QueueForm(forms.Form):
    """A field that was not posted keeps its value; an emptied one takes the queue's default."""

    name = forms.CharField(label=_("Name"), max_length=80)
    team = forms.ModelChoiceField(Team.objects.order_by("name"), required=False)
    calendar = forms.ModelChoiceField(Calendar.objects.all(), required=False)
    enabled = forms.BooleanField(required=False)

    push = one_of(_("How work comes"), [(PUSH, _("It is offered")), (PULL, _("Agents pick it themselves"))])
    strategy = one_of(_("Who comes first"), Queue.Strategy.choices)
    skill_mode = one_of(_("Skills"), Queue.SkillMode.choices)
    offer_size = whole(_("Asked at once"), _("The first to accept has it."), least=1, most=50)
    aging = forms.FloatField(
        label=_("Ageing"),
        help_text=_("Points a second of waiting; a step of priority is 60. 0 = strict priority, below 0 the newest first."),
        min_value=-10, max_value=10, required=False,
    )  # fmt: skip
    max_offers_per_minute = whole(
        _("Offers a minute and agent"), _("A backlog comes in portions. Empty = no limit."), most=100
    )
    batch = forms.BooleanField(label=_("Best pairs of all"), required=False)
    batch_fairness_seconds = whole(
        _("Nobody is passed over by more than"), _("By work that came so much later, when the best pairs are sought."),
        most=3600,
    )  # fmt: skip
    preferred = forms.CharField(
        label=_("Skills it likes"),
        help_text=_("With weights: french, billing 2. Who has them is asked first; where all skills count, nobody else is."),
        max_length=500, required=False,
    )  # fmt: skip
    interruptible = forms.BooleanField(label=_("A call may come in between"), required=False)

    offer_seconds = whole(_("An offer lasts"), _("Then the next person is asked."), most=600)
    cooldown_seconds = whole(_("Not asked again for"), _("Who passed or missed it."), most=3600)
    missed = one_of(_("Who misses an offer"), Queue.Missed.choices)
    most_declines = whole(_("Declined in a row"), _("So many count as missed. 0 = as many as they like."), most=100)
    sticky_seconds = whole(_("Waits for the same agent"), _("For customers who come back. 0 = never."))
    direct_seconds = whole(_("Waits for the agent named"), _("Work sent to one person."))

    wrap_up = one_of(_("After a contact"), Queue.WrapUp.choices)
    wrap_up_seconds = whole(_("Wrap-up"), _("0 = none."), most=3600)
    disposition_required = forms.BooleanField(label=_("Ask how it ended"), required=False)

    service_level_seconds = whole(_("Service level"), _("Answered within this counts as in time."))
    short_abandon_seconds = whole(_("Left within"), _("Does not count as abandoned."), most=600)

    max_size = whole(_("Most waiting"), _("Empty = no limit."), most=100_000)
    max_wait_seconds = whole(_("Longest wait"), _("Empty = no limit."), most=604_800)
    overflow_to = forms.ModelChoiceField(Queue.objects.all(), label=_("Then it goes to"), required=False)
    closed_treatment = one_of(_("While closed"), Queue.Treatment.choices)
    holiday_treatment = one_of(_("On holidays"), Queue.Treatment.choices)

    blended = forms.BooleanField(label=_("Fills the gaps of other queues"), required=False)
    min_reserve = whole(_("Kept free for this queue"), _("Agents whom blended queues leave alone."), most=10_000)
    reserve_medium = one_of(_("Kept free for"), MEDIA)
    max_occupancy = whole(_("Busy at most"), _("Of the last hour; who is above gets nothing from here."), most=100)
    transfer_credit = whole(_("Age kept by transferred work"), most=100)

    callback_order = one_of(_("Who is called first"), Queue.CallbackOrder.choices)
    callback_attempts = whole(_("Attempts"), least=1, most=20)
    callback_gap_seconds = whole(_("Between two attempts"))
    callback_from = forms.TimeField(label=_("From"), help_text=_("By the customer's clock."), required=False)
    callback_until = forms.TimeField(label=_("Until"), required=False)
    callback_offer_seconds = whole(
        _("Customers may ask from"), _("An expected wait of so long. Empty = they may not; 0 = always.")
    )

    auto_accept = forms.MultipleChoiceField(label=_("Taken without being asked"), choices=MEDIA, required=False)

    @staticmethod
    def values_of(queue: Queue) -> dict[str, Any]:
        """As the fields show them: shares in percent, minutes of the day as clock times."""
        values = {name: getattr(queue, name) for name in QueueForm.base_fields if hasattr(queue, name)}
        for name in PERCENT:
            values[name] = None if values[name] is None else round(values[name] * 100)
        for name in CLOCKS:
            values[name] = f"{values[name] // 60 % 24:02d}:{values[name] % 60:02d}"
        values["preferred"] = preferred.said(queue.preferred)
        return values | {
            "team": queue.team_id, "calendar": queue.calendar_id, "overflow_to": queue.overflow_to_id,
            "push": PUSH if queue.push else PULL, "offer_by": queue.offer_seconds_by,
        }  # fmt: skip

    @property
    def changes(self) -> dict[str, Any]:
        """As `save_queue` takes them."""
        posted = {name for name in self.fields if name in self.data or isinstance(self.fields[name], BOXES)}
        given = {name: value for name, value in self.cleaned_data.items() if name in posted}
        if "preferred" in given:
            given["preferred"] = preferred.read(given["preferred"])
        for name in ("team", "calendar", "overflow_to"):
            if name in given:
                row = given.pop(name)
                given[f"{name}_id"] = row.pk if row else None
        for name in given.keys() & set(PERCENT):
            given[name] = None if given[name] is None else given[name] / 100
        for name in given.keys() & set(CLOCKS):
            at = given[name]
            given[name] = None if at is None else at.hour * 60 + at.minute
        if "push" in given:
            given["push"] = given["push"] != PULL
        if any(f"offer_by_{medium}" in self.data for medium, _label in MEDIA):
            given["offer_seconds_by"] = self.offer_times()
        return {name: default_of(name) if value in (None, "") else value for name, value in given.items()}

    def offer_times(self) -> dict[str, int]:
        """Media with a time of their own, from the fields offer_by_<medium>."""
        texts = {medium: str(self.data.get(f"offer_by_{medium}", "")).strip() for medium, _label in MEDIA}
        return {medium: int(text) for medium, text in texts.items() if text.isascii() and text.isdigit()}


BOXES = (forms.BooleanField, forms.MultipleChoiceField)


def default_of(name: str) -> Any:
    """What an emptied field means: no limit where there may be none, else the model's default."""
    field = Queue._meta.get_field(name)
    return None if field.null else field.get_default()
