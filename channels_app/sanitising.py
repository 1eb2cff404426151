"""Untrusted HTML: what may stay of it, and its plain text. Pure."""

from __future__ import annotations

import html as entities
import re

import nh3

TAGS = {
    "a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "ins", "li", "ol", "p", "pre", "q", "s", "small", "span", "strong", "sub", "sup", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "*": {"dir", "lang"}}
SCHEMES = {"http", "https", "mailto", "tel"}
BREAKS = re.compile(r"<(?:br|hr)\s*/?>|</(?:p|div|li|tr|h[1-6]|blockquote|pre|dd|dt)>", re.IGNORECASE)
BLANK_LINES = re.compile(r"\n{3,}")


def clean_html(html: str) -> str:
    """Only harmless tags, no styles, classes, ids, scripts, forms or images; links to http, https, mailto, tel."""
    if not html:
        return ""
    return nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow"
    )


def text_of(html: str) -> str:
    """The words of an HTML body, blocks on lines of their own."""
    if not html:
        return ""
    lined = BREAKS.sub(lambda found: found.group() + "\n", clean_html(html))
    bare = entities.unescape(nh3.clean(lined, tags=set(), attributes={}))
    return BLANK_LINES.sub("\n\n", "\n".join(line.strip() for line in bare.splitlines())).strip()
