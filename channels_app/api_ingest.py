"""`POST /api/v1/interactions` and `/interactions/bulk`: the hot way in.

They answer like every other endpoint, but skip the framework's machinery: no serializer, no ORM, one SQL statement. The
shapes below are only for the description of the API; `intake` does the checking.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar

import orjson
import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, Throttled, UnsupportedMediaType

from channels_app import intake
from channels_app.envelope import Envelope
from channels_app.queries import find_api_channel
from channels_app.services.ingest import Accepted, accept_all
from cxos.core.actor import actor_name
from cxos.core.api.authentication import ApiKeyAuthentication
from cxos.core.api.fields import Choice, Input, Text, Time, Whole
from cxos.core.api.output import Output
from cxos.core.api.parsing import MAX_BYTES, BodyTooLarge, parse_json
from cxos.core.api.permissions import HasScope
from cxos.core.api.problems import exception_handler, problem
from cxos.core.api.throttling import Rate
from cxos.core.api.views import Endpoint
from cxos.core.away import database_is_away
from cxos.core.errands import count_soon
from cxos.core.errors import Forbidden, Invalid
from cxos.core.models import ApiKey, Scope
from cxos.core.services.api_keys import find_key
from cxos.core.services.idempotency import answer_once, fingerprint

log = structlog.get_logger(__name__)
BULK_BYTES = 5 * MAX_BYTES
PROBLEM = "application/problem+json"
JSON = "application/json"
Answer = tuple[int, Any]


class IngestEndpoint(Endpoint):
    """What both addresses share, from the key to the answer."""

    authentication_classes = (ApiKeyAuthentication,)  # type: ignore[assignment]
    required_scope = Scope.INGEST
    max_bytes: ClassVar[int] = MAX_BYTES

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Stands here so that the address is known to take POST; `dispatch` answers it before."""
        return self.dispatch(request)

    @abstractmethod
    def perform(self, body: Any, *, key: ApiKey, now: datetime) -> Answer:
        """Store what the parsed body says: the status and the answer."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return super().dispatch(request, *args, **kwargs)
        try:
            response = self.ingest(request)
        except Exception as refusal:
            refused = exception_handler(refusal, {})
            if refused is None:
                raise
            response = as_plain(refused)
        rate = getattr(request, "rate", None)
        for name, value in rate.headers().items() if rate else ():
            response[name] = value
        response["Cache-Control"] = "no-store"
        return response

    def ingest(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        key = key_of(request, now)
        principal = actor_name(key)
        if (rate := count(request, principal)).remaining < 0:
            raise Throttled(wait=rate.reset - 1)
        if self.required_scope not in key.scopes:
            raise Forbidden("permission_denied", HasScope.message)
        body = self.body_of(request)
        repeat_key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        if repeat_key is None:
            status, answer = on_live_connection(lambda: self.perform(body, key=key, now=now))
            return rendered(status, answer)
        first = answer_once(
            principal,
            repeat_key,
            asked=fingerprint("POST", request.path, body),
            run=lambda: self.perform(body, key=key, now=now),
        )
        response = rendered(first.status, first.body)
        if first.replayed:
            response["Idempotent-Replayed"] = "true"
        return response

    def body_of(self, request: HttpRequest) -> Any:
        if request.content_type != JSON:
            raise UnsupportedMediaType(request.content_type or "nothing")
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdigit() and int(length) > self.max_bytes:
            raise BodyTooLarge(f"The body is larger than the {self.max_bytes:,} bytes taken at once. Send less.")
        return parse_json(request.body, max_bytes=self.max_bytes)


class IdentityInput(Input):
    kind = Choice(choices=intake.KINDS)
    value = Text(max_length=254, help_text="E-mail addresses and phone numbers (with country) must be real ones.")


class AttachmentInput(Input):
    url = serializers.URLField(max_length=intake.MAX_URL, help_text="http or https. It is not fetched.")
    name = Text(max_length=intake.MAX_NAME, required=False, allow_blank=True)
    mime = Text(max_length=intake.MAX_NAME, required=False, allow_blank=True)
    size = Whole(min_value=0, max_value=2**53, required=False, allow_null=True, help_text="Bytes.")


class InteractionInput(Input):
    channel = Text(max_length=60, help_text="The key of a channel of kind API.")
    external_id = Text(max_length=intake.MAX_NAME, help_text="Your id of it. The same id again changes nothing.")
    conversation_external_id = Text(
        max_length=intake.MAX_NAME, required=False, allow_blank=True,
        help_text="Your id of the thread; without it the first identity names the thread.",
    )  # fmt: skip
    identities = serializers.ListField(
        child=IdentityInput(), min_length=1, max_length=intake.MAX_IDENTITIES, help_text="Strongest first."
    )
    customer = serializers.JSONField(
        required=False, allow_null=True, help_text="An object: name, language, time_zone, and what else you know."
    )
    text = Text(max_length=intake.MAX_TEXT, required=False, allow_blank=True)
    html = Text(max_length=intake.MAX_HTML, required=False, allow_blank=True, help_text="Cleaned before it is shown.")
    attachments = serializers.ListField(
        child=AttachmentInput(), required=False, allow_null=True, max_length=intake.MAX_ATTACHMENTS
    )
    occurred_at = Time(required=False, allow_null=True, help_text="Default: now. Not in the future.")
    metadata = serializers.JSONField(required=False, allow_null=True, help_text="An object of at most 16 kB.")


class InteractionOutput(Output):
    id = serializers.IntegerField()
    external_id = serializers.CharField()
    created = serializers.BooleanField(help_text="False: it was here before.")


class Interactions(IngestEndpoint):
    """Post one interaction.

    Answers 201 when it has been stored, 200 when it was stored before (same channel and external id). Text, html or
    an attachment must be there. What becomes of it is a message of a conversation, moments later.
    """

    input = InteractionInput
    output = InteractionOutput
    success_status = 201
    repeat_status = 200

    def perform(self, body: Any, *, key: ApiKey, now: datetime) -> Answer:
        try:
            envelope = intake.read_interaction(body, find_channel=find_api_channel, now=now)
        except intake.NotValid as fault:
            return 422, not_valid(fault)
        [accepted] = accept_all([envelope], now=now, actor=key)
        note_stored([accepted])
        return stored(envelope, accepted)


class BulkInput(Input):
    interactions = serializers.ListField(child=InteractionInput(), min_length=1, max_length=intake.MAX_BULK)


class BulkResultOutput(Output):
    status = serializers.IntegerField(help_text="As if it had been posted alone: 201, 200 or 422.")
    id = serializers.IntegerField(required=False)
    external_id = serializers.CharField(required=False)
    created = serializers.BooleanField(required=False)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)
    errors = serializers.ListField(  # type: ignore[assignment]
        child=serializers.DictField(child=serializers.CharField()), required=False
    )


class BulkOutput(Output):
    results = BulkResultOutput(many=True, help_text="In the order given.")
    created = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    refused = serializers.IntegerField()


class BulkInteractions(IngestEndpoint):
    """Post up to 500 interactions.

    Each is checked alone; those that are valid are stored together, and each has its result, in the order given.
    """

    input = BulkInput
    output = BulkOutput
    success_status = 200
    max_bytes = BULK_BYTES

    def perform(self, body: Any, *, key: ApiKey, now: datetime) -> Answer:
        results: list[dict[str, Any]] = []
        valid: list[tuple[int, Envelope]] = []
        for index, one in enumerate(items_of(body)):
            try:
                valid.append((index, intake.read_interaction(one, find_channel=find_api_channel, now=now)))
                results.append({})
            except intake.NotValid as fault:
                results.append({"status": 422, "code": "not_valid", "detail": fault.detail, "errors": fault.errors})
        answers = accept_all([envelope for _, envelope in valid], now=now, actor=key)
        note_stored(answers)
        for (index, envelope), accepted in zip(valid, answers, strict=True):
            status, shown = stored(envelope, accepted)
            results[index] = {"status": status, **shown}
        created = sum(accepted.created for accepted in answers)
        return 200, {
            "results": results,
            "created": created,
            "duplicates": len(answers) - created,
            "refused": len(results) - len(answers),
        }


def key_of(request: HttpRequest, now: datetime) -> ApiKey:
    """The API key of the request; refused ones are counted by address, so that keys cannot be guessed."""
    word, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    key = find_key(secret.strip(), now=now) if word.lower() == "bearer" else None
    if key is not None:
        return key
    rate = count(request, f"ip:{request.META.get('REMOTE_ADDR', '')}")
    if rate.remaining < 0:
        raise Throttled(wait=rate.reset - 1)
    refusal = (
        AuthenticationFailed("This API key is unknown, expired or revoked. Make one under Settings → API keys.")
        if word
        else NotAuthenticated("Send an API key with the scope ingest: `Authorization: Bearer cx_…`.")
    )
    refusal.auth_header = 'Bearer realm="api"'  # type: ignore[union-attr]
    raise refusal


def count(request: HttpRequest, principal: str) -> Rate:
    """Count the request; the figures stay on it for the answer's headers."""
    rate = Rate(*count_soon(principal))
    request.rate = rate  # type: ignore[attr-defined]
    return rate


def on_live_connection(run: Callable[[], Answer]) -> Answer:
    """Run on the kept connection without asking first whether it still lives, which would cost a round trip.

    When it has died, once more on a new one: what is posted here is stored once, however often it is sent.
    """
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return run()
    except (DatabaseError, InterfaceError) as problem:
        if not database_is_away(problem) or connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        return run()


def items_of(body: Any) -> list[Any]:
    """The items of a bulk body; raises Invalid."""
    items = body.get("interactions") if isinstance(body, dict) else None
    if not isinstance(items, list) or not 0 < len(items) <= intake.MAX_BULK or len(body) != 1:
        raise Invalid(
            "not_valid",
            _('The body is {"interactions": […]} with 1 to %(most)s of them, and nothing else.')
            % {"most": intake.MAX_BULK},
            field="interactions",
        )
    return items


def stored(envelope: Envelope, accepted: Accepted) -> Answer:
    shown = {"id": accepted.interaction_id, "external_id": envelope.external_id, "created": accepted.created}
    return (201 if accepted.created else 200), shown


def note_stored(answers: Sequence[Accepted]) -> None:
    """Once they are committed, one line says which interactions this request (its `request_id`) has brought: whatever
    is done about them is logged by their ids (`interaction_id`)."""
    if created := [one.interaction_id for one in answers if one.created]:
        transaction.on_commit(lambda: log.info("interactions stored", interaction_ids=created))


def not_valid(fault: intake.NotValid) -> dict[str, Any]:
    return problem(422, "not_valid", fault.detail, errors=fault.errors[:20])


def rendered(status: int, body: Any) -> HttpResponse:
    content = orjson.dumps(body)
    kind = PROBLEM if status >= 400 else JSON
    return HttpResponse(content, status=status, content_type=kind, headers={"Content-Length": str(len(content))})


def as_plain(refused: Any) -> HttpResponse:
    """The framework's answer to a refusal, rendered."""
    if not hasattr(refused, "data"):
        plain: HttpResponse = refused
        return plain
    response = rendered(refused.status_code, refused.data)
    for name, value in refused.headers.items():
        if name.lower() != "content-type":
            response[name] = value
    return response


urlpatterns = [
    path("interactions", Interactions.as_view(), name="interactions"),
    path("interactions/bulk", BulkInteractions.as_view(), name="interactions-bulk"),
]
