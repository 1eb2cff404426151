"""The rules of our own that no ready-made linter checks: sizes, names, and calls that belong in one place.

`python -m cxos.ops.house_rules` prints every breach as path:line: sentence.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from cxos.ops.environment import ROOT

PYTHON_LINES = 400
TEST_LINES = 500
FUNCTION_LINES = 40
SCRIPT_LINES = 150
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "data", "info", "misc"}
TOP_LEVEL = {
    "manage.py", "cxos", "channels_app", "routing", "automation", "cases", "crm", "intelligence", "templates", "tests",
    "docker-compose.yml", "Dockerfile", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "bin", "docs", ".ci",
    ".gitignore", ".dockerignore", "requirements.in", "requirements.txt", "requirements-dev.in", "requirements-dev.txt",
    "requirements-node.in", "requirements-node.txt", "package.json", "package-lock.json",
}  # fmt: skip
ENQUEUEING_FILE = "cxos/core/outbox.py"
ENQUEUEING = {"delay", "apply_async"}
REFUSALS = {"DomainError", "Invalid", "Conflict", "Forbidden", "NotFound"}
CLAIM_IN_A_LOOP = re.compile(r"\bIN\s*\(\s*SELECT\b(?:(?!\bIN\s*\().)*?SKIP LOCKED", re.DOTALL | re.IGNORECASE)


def main() -> int:
    breaches = [breach for path in our_files() for breach in breaches_of(path)]
    print("\n".join(breaches) if breaches else "No house rule is broken.")
    return 1 if breaches else 0


def our_files() -> list[PurePosixPath]:
    """Every file git has or would take, relative to the root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [PurePosixPath(name) for name in sorted(set(listing.stdout.split("\0"))) if name and (ROOT / name).is_file()]


def breaches_of(path: PurePosixPath) -> Iterator[str]:
    if path.parts[0] not in TOP_LEVEL:
        yield f"{path}:1: {path.parts[0]} is not part of the fixed top level."
    if path.stem in EMPTY_NAMES:
        yield f"{path}:1: The name says nothing; name the noun or the ability."
    if path.suffix == ".py" and "migrations" not in path.parts:
        yield from python_breaches(path, (ROOT / path).read_text())
    if path.suffix == ".js" and "vendor" not in path.parts:
        yield from length_breach(path, (ROOT / path).read_text(), SCRIPT_LINES)


def python_breaches(path: PurePosixPath, source: str) -> Iterator[str]:
    is_test = path.parts[0] == "tests"
    yield from length_breach(path, source, TEST_LINES if is_test else PYTHON_LINES)
    for node in ast.walk(ast.parse(source)):
        if is_test:
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if body_lines(node) > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {body_lines(node)} lines, the limit is {FUNCTION_LINES}."
            yield from wording_breaches(path, node)
        if isinstance(node, ast.Call):
            yield from call_breaches(path, node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CLAIM_IN_A_LOOP.search(node.value):
            yield f"{path}:{node.lineno}: What locks may be run in a loop there: write = ANY(ARRAY(SELECT …)) (ADR 0011)."


def length_breach(path: PurePosixPath, source: str, limit: int) -> Iterator[str]:
    count = source.count("\n")
    if count > limit:
        yield f"{path}:1: {count} lines, the limit is {limit}. Split it by noun or ability."


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body, without signature and docstring."""
    statements = function.body
    first = statements[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        statements = statements[1:]
    return (function.end_lineno or function.lineno) - statements[0].lineno + 1 if statements else 0


def call_breaches(path: PurePosixPath, call: ast.Call) -> Iterator[str]:
    """Tasks are enqueued in one file, and never for later: what is due later is a row with a due time."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ENQUEUEING:
        return
    if str(path) != ENQUEUEING_FILE:
        yield f"{path}:{call.lineno}: .{call.func.attr}() belongs in {ENQUEUEING_FILE}; emit an event instead."
    if any(keyword.arg in {"eta", "countdown"} for keyword in call.keywords):
        yield f"{path}:{call.lineno}: No eta or countdown: a worker's memory is lost; write a row with a due time."


def wording_breaches(path: PurePosixPath, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """A refusal is read by somebody, in their language. Looks through names the function gave its own words to."""
    nodes = list(ast.walk(function))
    named = {
        name.id
        for node in nodes
        if isinstance(node, ast.Assign) and is_bare(node.value, set())
        for name in node.targets
        if isinstance(name, ast.Name)
    }
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS:
            said = [*node.args[1:2], *(one.value for one in node.keywords if one.arg == "message")]
            if any(is_bare(one, named) for one in said):
                yield f'{path}:{node.lineno}: {node.func.id} says untranslated words; write _("… %(name)s …") % {{…}}.'


def is_bare(said: ast.expr, named: set[str]) -> bool:
    """Whether these are words of the source as they stand: a text or f-string with letters, also filled, joined or chosen."""
    match said:
        case ast.Constant(value=str(words)):
            return any(letter.isalpha() for letter in words)
        case ast.JoinedStr(values=parts):
            return any(is_bare(part, named) for part in parts)
        case ast.BinOp(left=left, right=right):
            return is_bare(left, named) or (isinstance(said.op, ast.Add) and is_bare(right, named))
        case ast.IfExp(body=first, orelse=second):
            return is_bare(first, named) or is_bare(second, named)
        case ast.Call(func=ast.Attribute(value=words, attr="format")):
            return is_bare(words, named)
        case ast.Name(id=name):
            return name in named
    return False


if __name__ == "__main__":
    sys.exit(main())
