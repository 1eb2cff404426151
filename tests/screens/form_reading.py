"""A page's form as a browser would send it back: names and values of its successful controls."""

from __future__ import annotations

from html.parser import HTMLParser


class FormReader(HTMLParser):
    """Everything inside the form with this id; buttons are not pressed."""

    def __init__(self, html: str, form_id: str) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: dict[str, list[str]] = {}
        self._form_id, self._inside = form_id, False
        self._select: tuple[str, list[str], str | None] | None = None
        self._textarea: tuple[str, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == self._form_id
        if not self._inside or "disabled" in given:
            return
        if tag == "input" and given.get("name"):
            checkable = given.get("type") in {"checkbox", "radio"}
            if not checkable or "checked" in given:
                self._take(given["name"], given.get("value", "on" if checkable else ""))
        elif tag == "select":
            self._select = (given.get("name", ""), [], None)
        elif tag == "option" and self._select:
            name, values, chosen = self._select
            self._select = (name, [*values, given.get("value", "")], given["value"] if "selected" in given else chosen)
        elif tag == "textarea":
            self._textarea = (given.get("name", ""), "")

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._textarea = (self._textarea[0], self._textarea[1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select" and self._select:
            name, values, chosen = self._select
            self._select = None
            if values:
                self._take(name, values[0] if chosen is None else chosen)
        elif tag == "textarea" and self._textarea:
            self._take(*self._textarea)
            self._textarea = None

    def _take(self, name: str, value: str) -> None:
        if name:
            self.fields.setdefault(name, []).append(value)
