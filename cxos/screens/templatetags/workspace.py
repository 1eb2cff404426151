"""Filters of the workspace: `{% load workspace %}`."""

from __future__ import annotations

from django import template

from channels_app.models import Priority

register = template.Library()
CHANNEL_ICONS = {
    "webchat": "message-circle", "api": "webhook", "email": "mail", "sms": "message-square", "voice": "phone",
    "whatsapp": "message-square-more", "social": "at-sign",
}  # fmt: skip


@register.filter
def channel_icon(kind: str) -> str:
    """The Lucide name of a channel's kind."""
    return CHANNEL_ICONS.get(kind, "message-square")


@register.filter
def priority_label(priority: int) -> str:
    """The words of a priority: 3 → "Urgent"."""
    return str(Priority(priority).label) if priority in Priority.values else str(priority)
