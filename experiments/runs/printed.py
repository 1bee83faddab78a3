"""What is printed: tables as Markdown and for LaTeX, and a figure with its caption for LaTeX."""

from __future__ import annotations

import re
from typing import Any

from experiments.later import pd


def markdown(table: pd.DataFrame, title: str) -> str:
    """A table as Markdown under its title; numbers with four significant digits."""
    rows = [list(map(str, table.columns)), *_cells(table)]
    rows = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    widths = [max(3, *(len(row[column]) for row in rows)) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return f"{title}\n\n" + "\n".join(lines) + "\n"


def latex(table: pd.DataFrame, title: str) -> str:
    """A table for LaTeX with the package booktabs; numbers with four significant digits, minus signs in math mode."""
    header = " & ".join(tex(str(name)) for name in table.columns)
    body = [" & ".join(tex(cell) for cell in row) + r" \\" for row in _cells(table)]
    layout = "l" + "r" * (table.shape[1] - 1)
    lines = [f"% {title}", rf"\begin{{tabular}}{{{layout}}}", r"\toprule", header + r" \\", r"\midrule", *body]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def figure(picture: str, caption: str, name: str) -> str:
    """A figure for LaTeX that includes a picture beside it, with its caption and the label ``fig:NAME``."""
    lines = [r"\begin{figure}", r"\centering", rf"\includegraphics[width=\linewidth]{{{picture}}}"]
    return "\n".join([*lines, rf"\caption{{{tex(caption)}}}", rf"\label{{fig:{name}}}", r"\end{figure}"]) + "\n"


def _cells(table: pd.DataFrame) -> list[list[str]]:
    return [[_cell(value) for value in row] for row in table.itertuples(index=False)]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.4g}"
    return "" if value is None else str(value)


def tex(text: str) -> str:
    """A text as LaTeX has it."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {character: f"\\{character}" for character in "&%$#_{}"}
    escaped = "".join(special.get(character, character) for character in text)
    return re.sub(r"(?<![\w-])-(?=\d)", "$-$", escaped)
