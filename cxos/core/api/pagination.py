"""Lists by cursor: stable while rows come in, cheap at any depth."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination as DrfCursorPagination


class CursorPagination(DrfCursorPagination):
    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
