"""The words of the audit: it keeps verbs, kinds of things and fields as codes, a page says them in its reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _, pgettext_lazy

# What stands between who did it and what it was done to. Verbs that name a day or a number are said as they are kept.
VERBS = {
    "made": pgettext_lazy("audit", "made"),
    "created": pgettext_lazy("audit", "created"),
    "changed": pgettext_lazy("audit", "changed"),
    "removed": pgettext_lazy("audit", "removed"),
    "ordered": pgettext_lazy("audit", "ordered"),
    "published": pgettext_lazy("audit", "published"),
    "archived": pgettext_lazy("audit", "archived"),
    "brought back": pgettext_lazy("audit", "brought back"),
    "changed the state of": pgettext_lazy("audit", "changed the state of"),
    "changed the members of": pgettext_lazy("audit", "changed the members of"),
    "changed the skills of": pgettext_lazy("audit", "changed the skills of"),
    "changed the capacity of": pgettext_lazy("audit", "changed the capacity of"),
    "invited": pgettext_lazy("audit", "invited"),
    "deactivated": pgettext_lazy("audit", "deactivated"),
    "reactivated": pgettext_lazy("audit", "reactivated"),
    "made a password link for": pgettext_lazy("audit", "made a password link for"),
    "chose a password": pgettext_lazy("audit", "chose a password"),
    "ended a session of": pgettext_lazy("audit", "ended a session of"),
    "ended all sessions of": pgettext_lazy("audit", "ended all sessions of"),
    "rotated": pgettext_lazy("audit", "rotated"),
    "rotated the secret of": pgettext_lazy("audit", "rotated the secret of"),
    "revoked": pgettext_lazy("audit", "revoked"),
    "retried": pgettext_lazy("audit", "retried"),
    "replayed": pgettext_lazy("audit", "replayed"),
    "switched off": pgettext_lazy("audit", "switched off"),
    "took over": pgettext_lazy("audit", "took over"),
    "exported": pgettext_lazy("audit", "exported"),
    "added to": pgettext_lazy("audit", "added to"),
    "removed from": pgettext_lazy("audit", "removed from"),
    "merged into": pgettext_lazy("audit", "merged into"),
    "took the merge back of": pgettext_lazy("audit", "took the merge back of"),
    "dismissed": pgettext_lazy("audit", "dismissed"),
    "suggested again": pgettext_lazy("audit", "suggested again"),
    "pause": pgettext_lazy("audit", "paused"),
    "resume": pgettext_lazy("audit", "resumed"),
    "added an example": pgettext_lazy("audit", "added an example"),
    "trained a text model": pgettext_lazy("audit", "trained a text model"),
    "activated a text model": pgettext_lazy("audit", "activated a text model"),
}
THINGS = {
    "Queue": _("Queue"), "Skill": _("Skill"), "Rule": _("Rule"), "Macro": _("Macro"), "Snippet": _("Snippet"), "Article": _("Article"),
    "Channel": _("Channel"), "Calendar": _("Calendar"), "SlaPolicy": _("Policy"), "Threshold": _("Threshold"),
    "Disposition": _("Disposition"), "PresenceReason": _("Reason"), "CapacityProfile": _("Capacity profile"),
    "MessageTemplate": _("Template"), "Subscription": _("Webhook"), "WebhookAttempt": _("Delivery of a webhook"),
    "Delivery": _("Delivery"), "ApiKey": _("API key"), "User": _("Person"), "Team": _("Team"), "Customer": _("Customer"),
    "MergeSuggestion": _("Pair of customers"), "Conversation": _("Conversation"), "Clock": _("Deadline"),
    "Retention": _("Retention"), "Example": _("Example"), "TextModel": _("Text model"),
}  # fmt: skip
FIELDS = {
    "name": _("Name"), "enabled": _("In use"), "position": _("Place in the list"), "queues": _("Queues"), "order": _("Order"),
    "team": _("Team"), "team_id": _("Team"), "teams": _("Teams"), "calendar": _("Hours"), "calendar_id": _("Hours"),
    "email": _("E-mail"), "phone": _("Phone"), "role": _("Role"), "user": _("Person"), "scopes": _("Scopes"), "active": _("Active"),
    "conditions": _("Applies when"), "actions": _("Does"), "stops": _("Ends the list"), "event": _("Event"),
    "rank": _("Rank"), "reopening": _("When a solved matter is opened again"), "weekly": _("The week"), "zone": _("Time zone"),
    "hours": _("Hours"), "shortcut": _("Shortcut"), "text": _("Text"), "title": _("Title"), "body": _("Text"),
    "language": _("Language"), "audience": _("Who may read it"), "collection": _("Collection"), "keywords": _("Keywords"),
    "state": _("State"), "live": _("Live"), "version": _("Version"), "channel": _("Channel"), "days": _("Days"),
    "measure": _("What"), "limit": _("Limit"), "minutes": _("Minutes"), "sound": _("With a sound"), "queue_id": _("Queue"),
    "presence": _("Presence"), "productive": _("Counts as work"), "paid": _("Paid"), "budget": _("Points at a time"),
    "caps": _("At most at a time"), "auto_accept": _("Taken without being asked"), "profile": _("Capacity profile"),
    "parent_id": _("Stands below"), "below": _("Stands below"), "strategy": _("Who comes first"), "skill_mode": _("Skills"),
    "rings": _("Rings"), "offer_seconds": _("An offer lasts"), "service_level_seconds": _("Service level"),
    "batch_fairness_seconds": _("Nobody is passed over by more than"), "preferred": _("Skills it likes"),
    "interruptible": _("A call may come in between"), "reserve_medium": _("Kept free for"),
    "callback_offer_seconds": _("Customers may ask from"), "max_size": _("Most waiting"), "overflow_to_id": _("Then it goes to"), "wrap_up": _("After a contact"),
    "tags": _("Tags"), "vip": _("VIP"), "attributes": _("Attributes"), "notes": _("Notes"), "time_zone": _("Time zone"),
    # Of a channel.
    "theme": _("Look"), "texts": _("Words"), "form": _("Questions before the first message"), "queue": _("Queue"),
    "allowed_origins": _("Sites that may show it"), "survey": _("Survey"), "ending": _("Visitors may end the conversation"),
    "files": _("Visitors may send files"), "file_types": _("Types of files"), "max_file_mb": _("Largest file"),
    "max_length": _("Longest answer"), "wait": _("Expected wait shown"), "away_form": _("Address asked for when away"),
    "help": _("Help on the first screen"), "identity_required": _("Only people who are signed in"),
    "bot_answers_count": _("The assistant’s answers count"), "reply_url": _("Address for replies"),
    "window_hours": _("Free text only for"),
}  # fmt: skip


def said_verb(verb: str) -> str:
    return str(VERBS.get(verb, verb))


def said_thing(object_type: str) -> str:
    """ "routing.QueueMember" → "Queue member", in the reader's language where there are words for it."""
    name = object_type.rpartition(".")[2]
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip().capitalize()
    return str(THINGS.get(name, spaced))


def said_name(field: str) -> str:
    """A field, "attributes.plan" as "Attributes › plan"; "" for none."""
    first, _dot, inner = field.partition(".")
    if first in FIELDS:
        return f"{FIELDS[first]} › {inner.replace('_', ' ').replace('.', ' › ')}" if inner else str(FIELDS[first])
    return field.removesuffix("_id").replace("_", " ").replace(".", " › ").capitalize()
