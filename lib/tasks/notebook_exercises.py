"""A notebook's exercises with their own solutions: those that are folded below each cell to fill in."""

import re

ANSWER = re.compile(r"^const answer\d+ = undefined\b.*?\bundefined;", re.MULTILINE | re.DOTALL)
SOLUTION = re.compile(r"<details>.*?^```ts\n(.*?)^```", re.MULTILINE | re.DOTALL)


def fill_in(notebook):
    """Puts the solutions in the places of `undefined`; raises ValueError for a cell without one."""
    below = [*notebook.cells[1:], None]
    for cell, following in zip(notebook.cells, below):
        answer = ANSWER.search(cell.source) if cell.cell_type == "code" else None
        if answer is None:
            continue
        text = following.source if following is not None and following.cell_type == "markdown" else ""
        solution = SOLUTION.search(text)
        if solution is None:
            raise ValueError(f"Below the cell with {answer[0]!r} no solution is folded.")
        cell.source = cell.source.replace(answer[0], solution[1].strip())
