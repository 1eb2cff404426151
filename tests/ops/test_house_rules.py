"""The rules that no ready-made linter checks."""

from pathlib import PurePosixPath

import pytest

from cxos.ops import house_rules

LONG_FUNCTION = "def walk() -> None:\n" + "    pass\n" * 41
LONG_SIGNATURE = (
    "def walk(\n" + "".join(f"    step_{n}: int,\n" for n in range(60)) + ') -> None:\n    """Walks."""\n    pass\n'
)


def breaches(path: str, source: str) -> list[str]:
    return list(house_rules.python_breaches(PurePosixPath(path), source))


def test_a_function_of_41_lines_is_too_long() -> None:
    assert breaches("crm/walk.py", LONG_FUNCTION) == ["crm/walk.py:1: walk has 41 lines, the limit is 40."]


def test_signature_and_docstring_do_not_count() -> None:
    assert breaches("crm/walk.py", LONG_SIGNATURE) == []


def test_files_have_a_limit_and_tests_a_higher_one() -> None:
    source = "x = 1\n" * 450

    assert breaches("crm/walk.py", source) == [
        "crm/walk.py:1: 450 lines, the limit is 400. Split it by noun or ability."
    ]
    assert breaches("tests/crm/test_walk.py", source) == []


@pytest.mark.parametrize("call", ["task.delay(1)", "task.apply_async((1,))"])
def test_tasks_are_enqueued_in_one_file_only(call: str) -> None:
    assert len(breaches("routing/tasks.py", call)) == 1
    assert breaches("cxos/core/outbox.py", call) == []


@pytest.mark.parametrize("later", ["eta=moment", "countdown=600"])
def test_nothing_is_enqueued_for_later(later: str) -> None:
    assert breaches("cxos/core/outbox.py", f"task.apply_async((1,), {later})") == [
        "cxos/core/outbox.py:1: No eta or countdown: a worker's memory is lost; write a row with a due time."
    ]


@pytest.mark.parametrize("name", ["crm/utils.py", "misc.py", "cases/helpers.py"])
def test_names_that_say_nothing_are_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house_rules, "python_breaches", lambda path, source: [])
    monkeypatch.setattr("pathlib.Path.read_text", lambda self: "")

    assert any("says nothing" in breach for breach in house_rules.breaches_of(PurePosixPath(name)))


@pytest.mark.parametrize(
    "said",
    [
        '"Gone."',
        'f"{name} is gone."',
        '"%s is gone." % name',
        '"Gone: {}".format(name)',
        '"Gone." if name else ""',
        "words",
    ],
)
def test_a_refusal_says_nothing_untranslated(said: str) -> None:
    source = f'def find() -> None:\n    words = f"{{name}} is gone."\n    raise NotFound("gone", {said})\n'

    assert breaches("crm/find.py", source) == [
        'crm/find.py:3: NotFound says untranslated words; write _("… %(name)s …") % {…}.'
    ]


@pytest.mark.parametrize("said", ['_("Gone.")', '_("%(name)s is gone.") % {"name": "Kim"}', 'f"{day}: {words}"'])
def test_translated_words_are_no_breach(said: str) -> None:
    assert breaches("crm/find.py", f'def find() -> None:\n    raise NotFound("gone", {said})\n') == []


def test_a_claim_finds_its_rows_once() -> None:
    looped = 'CLAIM = "UPDATE t SET a = 1 WHERE id IN (\\n SELECT id FROM t LIMIT 1 FOR UPDATE SKIP LOCKED)"\n'
    once = looped.replace("IN (", "= ANY(ARRAY(").replace('LOCKED)"', 'LOCKED))"')

    assert len(breaches("routing/claims.py", looped)) == 1
    assert breaches("routing/claims.py", once) == []
