"""The little markup articles are written in, as HTML, as plain text, and as blocks. Pure.

A line with "# ", "## " or "### " is a heading, "- " an item, "1. " a numbered one, "> " a quotation, and ``` around lines
keeps them as they are; in a line **bold**, *emphasis*, `code` and [words](address). Everything else is text: nothing of
it reaches a page as HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

PARTS = re.compile(
    r"`([^`\n]+)`"
    r"|\[([^\]\n]{1,200})\]\(((?:https?://|mailto:|tel:)[^\s)]{1,2000})\)"
    r"|(https?://[^\s<>\"']{1,2000}[^\s<>\"'.,;:!?)\]])"
    r"|\*\*([^*\n]+)\*\*"
    r"|\*([^*\s][^*\n]*)\*"
)
HEADING = re.compile(r"(#{1,3})\s+(.*)")
ITEM = re.compile(r"[-*•]\s+(.*)")
NUMBERED = re.compile(r"\d{1,3}[.)]\s+(.*)")
QUOTED = re.compile(r">\s?(.*)")
FENCE = "```"
HEADINGS = {"#": "h2", "##": "h3", "###": "h4"}  # the page's own heading is the title


@dataclass(slots=True)
class Block:
    """`kind`: h2, h3, h4, p, ul, ol, quote or code; `lines`: its lines or items, with the marks inside a line."""

    kind: str
    lines: list[str] = field(default_factory=list)


def blocks_of(text: str) -> list[Block]:
    found: list[Block] = []
    is_code = False
    for line in text.splitlines():
        if line.strip().startswith(FENCE):
            is_code = not is_code
            if is_code:
                found.append(Block("code"))
        elif is_code:
            found[-1].lines.append(line)
        else:
            _take(found, line.strip())
    return [block for block in found if block.lines]


def _take(found: list[Block], line: str) -> None:
    """One line outside of code: it goes on with the last block, or begins the next."""
    kind, words = _kind(line)
    if not line:
        found.append(Block("p"))  # what comes next begins anew
    elif found and found[-1].kind == kind and not kind.startswith("h") and (found[-1].lines or kind == "p"):
        found[-1].lines.append(words)
    elif kind in {"ul", "ol"} and len(found) > 1 and not found[-1].lines and found[-2].kind == kind:
        found[-2].lines.append(words)  # an empty line between two items
        found.pop()
    else:
        found.append(Block(kind, [words]))


def _kind(line: str) -> tuple[str, str]:
    if heading := HEADING.fullmatch(line):
        return HEADINGS[heading[1]], heading[2]
    for kind, pattern in (("ul", ITEM), ("ol", NUMBERED), ("quote", QUOTED)):
        if read := pattern.fullmatch(line):
            return kind, read[1]
    return "p", line


def to_html(text: str) -> str:
    """HTML of our own making around escaped words: harmless wherever it is put."""
    return "\n".join(_html(block) for block in blocks_of(text))


def _html(block: Block) -> str:
    if block.kind == "code":
        return f"<pre><code>{escape(chr(10).join(block.lines))}</code></pre>"
    lines = [_line(line, _html_part, escape) for line in block.lines]
    if block.kind in {"ul", "ol"}:
        items = "".join(f'<li dir="auto">{line}</li>' for line in lines)
        return f"<{block.kind}>{items}</{block.kind}>"
    tag = "blockquote" if block.kind == "quote" else block.kind
    return f'<{tag} dir="auto">{"<br>".join(lines)}</{tag}>'


def _html_part(kind: str, words: str, address: str) -> str:
    if kind == "link":
        return f'<a href="{escape(address)}" rel="noopener noreferrer nofollow" target="_blank">{escape(words)}</a>'
    if kind == "code":
        return f"<code>{escape(words)}</code>"
    return f"<{kind}>{_line(words, _html_part, escape)}</{kind}>"


def to_text(text: str) -> str:
    """As it can be sent where there is no markup: marks taken out, addresses behind their words."""
    return "\n\n".join("\n".join(_text_lines(block)) for block in blocks_of(text))


def _text_lines(block: Block) -> Iterator[str]:
    for number, line in enumerate(block.lines, 1):
        before = {"ul": "• ", "ol": f"{number}. "}.get(block.kind, "")
        yield before + (line if block.kind == "code" else _line(line, _text_part, str))


def _text_part(kind: str, words: str, address: str) -> str:
    if kind == "link":
        return words if words == address else f"{words} ({address.removeprefix('mailto:').removeprefix('tel:')})"
    return words if kind == "code" else _line(words, _text_part, str)


def blocks_for_chat(text: str) -> list[dict[str, Any]]:
    """The blocks as data for the chat widget, which knows in a line only **bold**, `code` and links of the web."""
    return [
        {
            "kind": block.kind,
            "lines": [line if block.kind == "code" else _line(line, _chat_part, str) for line in block.lines],
        }
        for block in blocks_of(text)
    ]


def _chat_part(kind: str, words: str, address: str) -> str:
    if kind == "link" and address.startswith("http"):
        return words if words == address else f"[{words}]({address})"
    if kind == "em" or kind == "link":
        return _text_part(kind, words, address)
    return f"`{words}`" if kind == "code" else f"**{_text_part(kind, words, address)}**"


def _line(line: str, part: Callable[[str, str, str], str], plain: Callable[[str], str]) -> str:
    pieces, at = list[str](), 0
    for found in PARTS.finditer(line):
        code, words, address, bare, strong, em = found.groups()
        pieces.append(plain(line[at : found.start()]))
        if address or bare:
            pieces.append(part("link", words or bare, address or bare))
        else:
            kind = "code" if code else "strong" if strong else "em"
            pieces.append(part(kind, code or strong or em, ""))
        at = found.end()
    return "".join([*pieces, plain(line[at:])])
