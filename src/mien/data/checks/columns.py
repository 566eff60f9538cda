"""The columns of a user's own manifest: which give a modality, and which are probably misspelt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mien.data.manifest import FIELDS
from mien.errors import nearest
from mien.types import Modality

COLUMNS_OF: Mapping[Modality, tuple[str, ...]] = {
    "text": ("text",),
    "voice": ("audio", "video"),
    "face": ("image", "video"),
}
"""Which columns of a manifest give each modality."""


def misspelt(columns: Sequence[str], more: Sequence[str] = ()) -> dict[str, str]:
    """{column of a manifest: the standard column that it probably means}, for columns that mien does not know.

    Args:
        columns: of the manifest.
        more: further names that are known, such as those of tasks.
    """
    known = [*FIELDS, "split", "dialogue", "turn", *more]
    folded = {name: name.strip().casefold() for name in columns if name not in known and not name.startswith("votes_")}
    near = {
        name: meant for name, plain in folded.items() if (meant := plain if plain in known else nearest(plain, known))
    }
    return {name: meant for name, meant in near.items() if meant not in columns}
