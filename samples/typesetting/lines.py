"""Breaks a paragraph into justified lines, the whole paragraph at once (Knuth and Plass, 1981)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import pyphen

from .fonts import WORD_SPACE, Face

LETTERS = re.compile(r"[^\W\d_]+")
# A compound may break after its own hyphen, but "va-t-il" only before its "t".
OWN_HYPHEN = re.compile(r"(?<=[^\W\d_]-)(?=[^\W\d_])(?<!-t-)")
MIN_WORD, MIN_LEFT, MIN_RIGHT = 5, 2, 3
STRETCH, SHRINK = 0.5, 0.24
SOFT_PENALTY, TWO_HYPHENS = 30.0, 6000.0
# A compound that breaks at its own hyphen costs a reader nothing: better than a loose line.
OWN_BONUS = 6000.0
SPACE, SOFT, OWN, END = "space", "soft", "own", "end"

_dictionary = pyphen.Pyphen(lang="fr_FR", left=MIN_LEFT, right=MIN_RIGHT)


@dataclass(frozen=True)
class Piece:
    """A part of a word that is never broken, and how the line may end after it."""

    text: str
    after: str


@dataclass(frozen=True)
class Line:
    """One typeset line: its text with the printed hyphen, how it ends, the words cut by its end."""

    text: str
    end: str
    cut: tuple[str, str] | None
    first: bool
    last: bool


@lru_cache(maxsize=None)
def soft_points(word: str) -> tuple[int, ...]:
    """Where the word may be hyphenated; compounds are not, they have a hyphen of their own."""
    if "-" in word:
        return ()
    points = []
    for run in LETTERS.finditer(word):
        if len(run[0]) >= MIN_WORD:
            points += [run.start() + point for point in _dictionary.positions(run[0])]
    return tuple(points)


def pieces(text: str) -> list[Piece]:
    """The paragraph as pieces. Only U+0020 separates words: thin and no-break spaces hold."""
    found = []
    for word in text.split(" "):
        cuts = [(match.start(), OWN) for match in OWN_HYPHEN.finditer(word)]
        cuts += [(point, SOFT) for point in soft_points(word)]
        start = 0
        for point, kind in sorted(cuts):
            found.append(Piece(word[start:point], kind))
            start = point
        found.append(Piece(word[start:], SPACE))
    found[-1] = Piece(found[-1].text, END)
    return found


@dataclass
class _Measure:
    face: Face
    size: float
    width: float
    indent: float

    def ratio(self, natural: float, spaces: int, first: bool, last: bool) -> float | None:
        """How far the spaces stretch (> 0) or shrink (< 0); None if the line cannot be set."""
        space = WORD_SPACE * self.size
        room = self.width - (self.indent if first else 0.0) - natural - spaces * space
        if last and room >= 0:
            return 0.0
        if spaces == 0:
            return 0.0 if abs(room) < 0.01 else None
        ratio = room / (spaces * space * (STRETCH if room > 0 else SHRINK))
        return ratio if ratio >= -1 else None


def break_paragraph(text: str, face: Face, size: float, width: float, indent: float) -> list[Line]:
    """The best set of breaks; the tolerance grows until one exists."""
    parts = pieces(text)
    measure = _Measure(face, size, width, indent)
    for tolerance in (2.0, 4.0, 9.0, 60.0):
        breaks = _best_breaks(parts, measure, tolerance)
        if breaks:
            return _lines(parts, breaks)
    raise ValueError(f"no line breaks for {text[:60]!r}")


def _best_breaks(parts: list[Piece], measure: _Measure, tolerance: float) -> list[int] | None:
    widths = [measure.face.width(part.text, measure.size) for part in parts]
    hyphen = measure.face.width("-", measure.size)
    tightest = WORD_SPACE * measure.size * (1 - SHRINK)
    # best[i]: (demerits, start of the line that ends before part i)
    best: dict[int, tuple[float, int]] = {0: (0.0, 0)}
    for start in range(len(parts)):
        if start not in best:
            continue
        natural, spaces = 0.0, 0
        for end in range(start, len(parts)):
            natural += widths[end]
            kind = parts[end].after
            printed = natural + (hyphen if kind == SOFT else 0.0)
            if printed + spaces * tightest > measure.width:
                break
            ratio = measure.ratio(printed, spaces, start == 0, kind == END)
            if ratio is not None and ratio <= tolerance:
                cost = best[start][0] + _demerits(ratio, kind, parts[start - 1].after if start else SPACE)
                if end + 1 not in best or cost < best[end + 1][0]:
                    best[end + 1] = (cost, start)
            spaces += kind == SPACE
    if len(parts) not in best:
        return None
    breaks, at = [], len(parts)
    while at:
        breaks.append(at)
        at = best[at][1]
    return breaks[::-1]


def _demerits(ratio: float, kind: str, before: str) -> float:
    cost = (1 + 100 * abs(ratio) ** 3 + (SOFT_PENALTY if kind == SOFT else 0)) ** 2
    if kind == OWN:
        cost -= OWN_BONUS
    if kind in (SOFT, OWN) and before in (SOFT, OWN):
        cost += TWO_HYPHENS
    return cost


def _lines(parts: list[Piece], breaks: list[int]) -> list[Line]:
    lines, start = [], 0
    for end in breaks:
        text = "".join(part.text + (" " if part.after == SPACE else "") for part in parts[start:end])
        kind = parts[end - 1].after
        cut = _cut(parts, end) if kind in (SOFT, OWN) else None
        text = text.rstrip(" ") + ("-" if kind == SOFT else "")
        lines.append(Line(text, kind, cut, start == 0, end == len(parts)))
        start = end
    return lines


def _cut(parts: list[Piece], end: int) -> tuple[str, str]:
    """The word on both sides of the line end, without a hyphen that hyphenation added."""
    left, right = end - 1, end
    while left > 0 and parts[left - 1].after in (SOFT, OWN):
        left -= 1
    while parts[right].after in (SOFT, OWN):
        right += 1
    return ("".join(p.text for p in parts[left:end]), "".join(p.text for p in parts[end : right + 1]))
