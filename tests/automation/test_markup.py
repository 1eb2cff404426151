"""The markup of articles: what it becomes, and what never gets through."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from automation.markup import blocks_of, to_html, to_text

SAMPLE = """# Before you begin
Look at the **router**:
it has *one* lamp.

- red: no power
- green: `ready`

1. Pull the plug
2) Wait [as told here](https://example.com/wait)

> Nothing is lost.

```
ping **me**
```
See https://example.com/more."""


def test_every_mark_becomes_its_element() -> None:
    link = 'rel="noopener noreferrer nofollow" target="_blank"'
    assert to_html(SAMPLE).split("\n") == [
        '<h2 dir="auto">Before you begin</h2>',
        '<p dir="auto">Look at the <strong>router</strong>:<br>it has <em>one</em> lamp.</p>',
        '<ul><li dir="auto">red: no power</li><li dir="auto">green: <code>ready</code></li></ul>',
        f'<ol><li dir="auto">Pull the plug</li><li dir="auto">Wait <a href="https://example.com/wait" {link}>as told here</a></li></ol>',
        '<blockquote dir="auto">Nothing is lost.</blockquote>',
        "<pre><code>ping **me**</code></pre>",
        f'<p dir="auto">See <a href="https://example.com/more" {link}>https://example.com/more</a>.</p>',
    ]


def test_as_text_the_marks_are_gone_and_addresses_stay() -> None:
    assert to_text(SAMPLE).split("\n\n") == [
        "Before you begin",
        "Look at the router:\nit has one lamp.",
        "• red: no power\n• green: ready",
        "1. Pull the plug\n2. Wait as told here (https://example.com/wait)",
        "Nothing is lost.",
        "ping **me**",
        "See https://example.com/more.",
    ]


def test_items_with_empty_lines_between_are_one_list() -> None:
    assert [(block.kind, block.lines) for block in blocks_of("1. one\n\n2. two\n\nthree")] == [
        ("ol", ["one", "two"]),
        ("p", ["three"]),
    ]


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>)",
        '[x](https://a.example/"onmouseover="alert(1))',
        "**<img src=x onerror=alert(1)>**",
        "`</code><script>`",
        '# "><svg onload=alert(1)>',
        "```\n</pre><script>x</script>",
    ],
)
def test_nothing_of_the_text_reaches_a_page_as_html(hostile: str) -> None:
    shown = to_html(hostile)

    assert "<script" not in shown and "<img" not in shown and "<svg" not in shown
    assert "javascript:" not in shown.partition("href=")[2]
    assert '"onmouseover' not in shown


@given(st.text(alphabet="ab*`[]()#->1. \n<&\"'/:https", max_size=200))
def test_whatever_is_written_every_bracket_of_the_page_is_ours(text: str) -> None:
    ours = ("<p ", "</p>", "<h2 ", "</h2>", "<h3 ", "</h3>", "<h4 ", "</h4>", "<ul>", "</ul>", "<ol>", "</ol>", "<li ", "</li>",
            "<pre>", "</pre>", "<code>", "</code>", "<strong>", "</strong>", "<em>", "</em>", "<br>", "<a ", "</a>",
            "<blockquote ", "</blockquote>")  # fmt: skip
    shown = to_html(text)
    at = shown.find("<")
    while at >= 0:
        assert shown.startswith(ours, at), shown[at : at + 30]
        at = shown.find("<", at + 1)
    to_text(text)
