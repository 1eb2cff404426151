"""The two kinds of endpoint: lists one may read, and commands; everything they share stands here once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import wraps
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from rest_framework.exceptions import APIException, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from cxos.core.actor import actor_name
from cxos.core.api import pagination, query
from cxos.core.api.authentication import ApiKeyAuthentication, SessionAuthentication
from cxos.core.api.fields import Input
from cxos.core.api.output import Output
from cxos.core.api.parsing import StrictJsonParser
from cxos.core.api.permissions import STAFF, HasRole, HasScope
from cxos.core.api.problems import exception_handler, problem_of
from cxos.core.api.query import Filter, Parameter, Refused
from cxos.core.api.rendering import JsonRenderer, OnlyJson
from cxos.core.api.schema import ApiSchema
from cxos.core.api.throttling import RateLimit, count
from cxos.core.errors import DomainError
from cxos.core.services.idempotency import answer_once, fingerprint


class Endpoint(APIView, ABC):
    """Who asks, how often they may, what they may, which parameters there are: the same for every address."""

    authentication_classes = (ApiKeyAuthentication, SessionAuthentication)
    permission_classes = (HasScope, HasRole)
    throttle_classes = (RateLimit,)
    renderer_classes = (JsonRenderer,)
    parser_classes = (StrictJsonParser,)
    content_negotiation_class = OnlyJson
    metadata_class = None
    format_kwarg = None
    schema = ApiSchema()
    roles: ClassVar[frozenset[str]] = STAFF
    also: tuple[str, ...] = ()  # methods that another endpoint answers at this address

    @property
    def allowed_methods(self) -> list[str]:
        return [*super().allowed_methods, *self.also]

    @property
    def actor(self) -> Any:
        """Who does it, for services: the key, or the person signed in."""
        return self.request.auth or self.request.user

    def parameters(self) -> Mapping[str, Parameter]:
        """The query parameters there are."""
        return {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, count, then ask for permission: refused requests count as well, so keys cannot be guessed."""
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        try:
            self.perform_authentication(request)
        except APIException:
            rate = count(request._request, f"ip:{request.META.get('REMOTE_ADDR', '')}")
            if rate.remaining < 0:
                raise Throttled(wait=rate.reset - 1) from None
            raise
        self.check_throttles(request)
        self.check_permissions(request)
        self.given = query.read_query(request, self.parameters())

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        final = super().finalize_response(request, response, *args, **kwargs)
        rate = getattr(getattr(request, "_request", request), "rate", None)
        for name, value in rate.headers().items() if rate else ():
            final[name] = value
        final["Cache-Control"] = "no-store"
        return final

    def get_exception_handler(self) -> Any:
        return exception_handler


class ReadViewSet(ViewSetMixin, Endpoint):
    """A list and its things, for those who may see them.

    `get_queryset` is the noun's `visible_to(user)`, `load` its `get_<noun>_for(user, id)`. `orderings` maps the
    ordering's name to a column; the first is the default, each needs an index.
    """

    output: ClassVar[type[Output]]
    filters: ClassVar[Mapping[str, Filter]] = {}
    orderings: ClassVar[Mapping[str, str]] = {"-id": "-pk", "id": "pk"}
    action: str

    @abstractmethod
    def get_queryset(self) -> QuerySet[Any]:
        """What this user may see."""

    @abstractmethod
    def load(self, id: int) -> Any:
        """One of it; raises NotFound."""

    def parameters(self) -> Mapping[str, Parameter]:
        fields = {"fields": query.field_list(self.output._declared_fields)}
        if self.action != "list":
            return fields
        ordering = {"ordering": query.one_of(self.orderings, "By what the rows are sorted.")}
        return {**self.filters, **ordering, **pagination.PARAMETERS, **fields}

    def refuse_costly(self, given: Mapping[str, Any]) -> None:
        """Raise ValidationError for parameters that together would read a large table from end to end."""

    def list(self, request: Request, **path: Any) -> Response:
        self.refuse_costly(self.given)
        rows = self.get_queryset()
        for name, parameter in self.filters.items():
            if name in self.given:
                rows = rows.filter(parameter.condition(self.given[name], request.user))
        order = self.given.get("ordering", next(iter(self.orderings)))
        try:
            page, following = pagination.page_of(
                rows,
                order=order,
                column=self.orderings[order],
                limit=self.given.get("limit", pagination.PAGE_SIZE),
                cursor=self.given.get("cursor"),
            )
        except Refused as refused:
            raise ValidationError({"cursor": [str(refused)]}) from None
        shown = self.output(self.prepare(page), many=True, context=self.context())
        return Response(pagination.page_body(shown.data, following, request))

    def retrieve(self, request: Request, id: int) -> Response:
        [thing] = self.prepare([self.load(id)])
        return Response(self.output(thing, context=self.context()).data)

    def prepare(self, things: list[Any]) -> list[Any]:
        """Put beside the things of one answer what their shape shows and their rows do not hold, in a query or two."""
        return things

    def context(self) -> dict[str, Any]:
        return {"request": self.request, "only": self.given.get("fields")}


class Command(Endpoint):
    """POST: one input shape, one service call, one answer; with Idempotency-Key the same answer for every repeat.

    The answer goes out after the change has committed.
    """

    input: ClassVar[type[Input]] = Input
    output: ClassVar[type[Output]]
    success_status: ClassVar[int] = 200

    @abstractmethod
    def run(self, *, given: dict[str, Any], **path: Any) -> Any:
        """Load what the command is about for this user, call its service, return what `output` shows."""

    def kept(self, body: Any) -> Any:
        """What of the answer may be stored for a repeat: all but secrets."""
        return body

    def post(self, request: Request, **path: Any) -> Response:
        if request.data is None:
            raise ValidationError("The body must be a JSON object, not null.")
        asked = self.input(data=request.data)
        asked.is_valid(raise_exception=True)
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return Response(self.perform(asked.validated_data, path), status=self.success_status)

        def run_or_refuse() -> tuple[int, Any]:
            try:
                with transaction.atomic():
                    return self.success_status, self.perform(asked.validated_data, path)
            except DomainError as refusal:
                return refusal.status, problem_of(refusal)

        answer = answer_once(
            actor_name(self.actor),
            key,
            asked=fingerprint("POST", request.path, request.data),
            run=run_or_refuse,
            kept=self.kept,
        )
        headers = {"Idempotent-Replayed": "true"} if answer.replayed else None
        kind = "application/problem+json" if answer.status >= 400 else None
        return Response(answer.body, status=answer.status, headers=headers, content_type=kind)

    def perform(self, given: dict[str, Any], path: dict[str, Any]) -> Any:
        shown: Serializer = self.output(self.run(given=given, **path), context={"request": self.request})
        return shown.data


class NothingHere(Endpoint):
    """Every address under /api/ that is none."""

    permission_classes = ()
    schema = None  # type: ignore[assignment]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        count(request._request, f"ip:{request.META.get('REMOTE_ADDR', '')}")

    def http_method_not_allowed(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NoSuchAddress

    get = post = put = patch = delete = head = options = http_method_not_allowed  # type: ignore[assignment]


class NoSuchAddress(DomainError):
    status = 404

    def __init__(self) -> None:
        super().__init__(
            "no_such_address",
            "There is no such address. Addresses have no slash at the end; all of them are listed at /api/docs/.",
        )


def reads(
    name: str, view: type[ReadViewSet], *, one: bool = True, create: type[Command] | None = None
) -> list[URLPattern]:
    """The addresses of a list: `<name>`, with `one` also `<name>/{id}`; `create` answers a POST to the list."""
    listing = with_post(view, create) if create else view.as_view({"get": "list"})
    routes = [path(name, listing, name=name)]
    return routes + [path(f"{name}/<int:id>", view.as_view({"get": "retrieve"}), name=f"{name}-one")] * one


def with_post(view: type[ReadViewSet], create: type[Command]) -> Any:
    """One address, two endpoints: GET lists, POST is a command. The schema finds the command as `post_endpoint`."""
    listing = view.as_view({"get": "list"}, also=("POST",))
    creating = create.as_view()

    @wraps(listing)
    def either(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        answer: HttpResponseBase = (creating if request.method == "POST" else listing)(request, **kwargs)
        return answer

    either.post_endpoint = creating  # type: ignore[attr-defined]
    return either
