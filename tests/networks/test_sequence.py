from __future__ import annotations

import pytest

from mien.encoders.base import encoders
from mien.errors import RecipeError


@pytest.mark.parametrize(
    "table",
    [
        {"name": "features", "modality": "voice", "size": 3},
        {"name": "bundled", "modality": "text"},
        {"name": "voice_opensmile"},
    ],
    ids=lambda table: table["name"],
)
def test_a_network_that_there_is_not_is_named(table: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match="there is no network 'atention' for rows; did you mean 'attention'"):
        encoders.build({**table, "network": "atention"}).network()


def test_heads_share_a_vector_evenly() -> None:
    table = {"name": "features", "modality": "voice", "size": 3, "network": "attention", "hidden": 30}
    with pytest.raises(RecipeError, match="4 heads cannot share 30 values; make hidden a multiple of heads"):
        encoders.build(table).network()
