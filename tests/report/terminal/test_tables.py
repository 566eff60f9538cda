"""Tables of the terminal."""

from __future__ import annotations

from rich.text import Text

from mien.report.grid import Grid
from mien.report.terminal.tables import as_text, of_grid, spaced, table


def test_words_stand_to_the_left_and_numbers_to_the_right() -> None:
    grid = Grid(("system", "task", "f1"), (("a", "emotion", "0.5"), ("late", "mood", "12.25")), words=2)
    assert [line.rstrip() for line in as_text(of_grid(grid, "All", "n = 2")).splitlines()] == [
        "All",
        "system  task        f1",
        "a       emotion    0.5",
        "late    mood     12.25",
        "n = 2",
    ]


def test_nothing_in_a_table_is_markup_or_commands_the_terminal() -> None:
    """The name of a data set, a label or a file may hold anything."""
    odd = "[bold]a[/bold] :smile: \x1b[31m"
    text = as_text(table((odd, odd), [(odd, "1")], title=odd, note=odd))
    assert text.count("[bold]a[/bold] :smile:  [31m") == 5
    assert "\x1b" not in text


def test_long_cells_are_broken_only_where_they_may() -> None:
    text = as_text(table(("id", "why"), [("clip-1", "no face and no sound " * 4)], folded=(1,)), 40)
    assert all(len(line) <= 40 for line in text.splitlines())
    assert sum("clip-1" in line for line in text.splitlines()) == 1


def test_a_cell_keeps_its_style_and_the_last_row_has_its_own() -> None:
    found = table(("a",), [(Text("x", style="red"),), ("sum",)], last="bold")
    assert [str(cell.style) for cell in found.columns[0].cells if isinstance(cell, Text)] == ["red", ""]
    assert [row.style for row in found.rows] == [None, "bold"]
    assert as_text(spaced([found, found])).count("\n\n") == 1


def test_a_narrow_terminal_breaks_cells_and_loses_none_of_them() -> None:
    row = ("clips", "68", *["0.971 [0.93, 1.00]"] * 4)
    text = as_text(of_grid(Grid(("set", "n", "accuracy", "uar", "ece", "brier"), (row,))), 60)
    assert " 68 " in text
    assert text.count("1.00]") == text.count("[0.93,") == 4
