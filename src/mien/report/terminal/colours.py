"""Colours that can be read on a light and on a dark terminal: their luminance is about 0.18, so both contrasts are above 4."""

from __future__ import annotations

LABELS = {
    "neutral": "",
    "happy": "#a66f00",
    "sad": "#2e78c8",
    "angry": "#d1462f",
    "fearful": "#b0559c",
    "disgusted": "#0f8a5f",
    "surprised": "#00859c",
}
"""Styles of the emotions. Neutral has the colour of the terminal's own text, and so have other labels."""

NOTE = "#a66f00"
"""Style of what the reader should note."""

FAULT = "#d1462f"
GOOD = "#0f8a5f"
ADVICE = "#00859c"
