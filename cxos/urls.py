"""Every address of the product: composition only."""

from __future__ import annotations

urlpatterns: list[object] = []
