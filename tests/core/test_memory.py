"""Configuration is remembered for a moment, by its arguments, and forgotten on demand."""

from __future__ import annotations

from cxos.core import memory


def test_an_answer_is_kept_until_its_time_is_over(monkeypatch):
    asked = []

    @memory.remembered
    def read(name: str) -> int:
        asked.append(name)
        return len(asked)

    monkeypatch.setattr(memory, "SECONDS", 60.0)
    assert (read("a"), read("a"), read("b")) == (1, 1, 2)

    memory.forget_all()
    assert read("a") == 3
    monkeypatch.setattr(memory, "SECONDS", 0.0)
    assert read("a") == 4
    assert asked == ["a", "b", "a", "a"]
