"""What a replay is told to have come through."""

from __future__ import annotations

import pytest

from cxos.demo.replay import Replay

WHOLE = {"dialogues": 3, "completed": 3, "lost": 0, "duplicated": 0, "out_of_order": 0}


def test_every_dialogue_whole_is_right() -> None:
    assert not Replay.went_wrong(WHOLE)


@pytest.mark.parametrize("amiss", [{"completed": 2}, {"lost": 1}, {"duplicated": 1}, {"out_of_order": 1}])
def test_anything_amiss_is_wrong(amiss: dict[str, int]) -> None:
    assert Replay.went_wrong(WHOLE | amiss)
