"""The book's measures, in points (72 to the inch), and how its blocks become pages of lines."""

from __future__ import annotations

from dataclasses import dataclass, field

from .fonts import Face
from .lines import Line, break_paragraph
from .source import NOTE_MARK, SUPERIORS, Book, Chapter, with_superiors

MM = 72 / 25.4
PAGE_WIDTH, PAGE_HEIGHT = 110 * MM, 178 * MM
INNER, OUTER = 17 * MM, 14 * MM
MEASURE = PAGE_WIDTH - INNER - OUTER
SIZE, LEADING, INDENT = 11.0, 14.6, 15.0
FIRST_BASELINE, HEAD_BASELINE, FOLIO_BASELINE = 446.0, 468.0, 40.0
LINES_PER_PAGE, OPENING_LINES = 25, 7
NOTE_SIZE, NOTE_LEADING, NOTE_GAP = 8.6, 10.6, 13.0

# A chapter's lines with the number of their paragraph; the footnote marks of a paragraph; the lines of a footnote.
Flow = list[tuple[int, Line]]
Marks = dict[int, list[str]]
Notes = dict[str, list[Line]]


@dataclass
class SetLine:
    """A line on a page: `slot` counts baselines from the first; `paragraph` counts through the book."""

    line: Line
    slot: int
    paragraph: int


@dataclass
class Page:
    """One page. `kind` is title, colophon, epigraph, blank, opening or text."""

    number: int
    kind: str
    chapter: Chapter | None = None
    lines: list[SetLine] = field(default_factory=list)
    notes: list[tuple[str, list[Line]]] = field(default_factory=list)

    @property
    def recto(self) -> bool:
        return self.number % 2 == 1

    @property
    def left(self) -> float:
        """Where the text block begins."""
        return INNER if self.recto else OUTER

    def head(self, title: str) -> str:
        """The running head: the book's title on a left page, the chapter's on a right one."""
        if self.kind != "text" or self.chapter is None:
            return ""
        return self.chapter.title if self.recto else title

    def folio(self) -> str:
        """The printed page number; the front matter has none."""
        return str(self.number) if self.kind in ("text", "opening") else ""


def paginate(book: Book, roman: Face) -> list[Page]:
    """Front matter, then each chapter on a page of its own."""
    pages = [Page(1, "title"), Page(2, "colophon"), Page(3, "epigraph"), Page(4, "blank")]
    notes = {
        mark: break_paragraph(f"{SUPERIORS[mark]} {text}", roman, NOTE_SIZE, MEASURE, 0.0)
        for mark, text in book.notes.items()
    }
    paragraph = 0
    for chapter in book.chapters:
        flow: Flow = []
        marks: Marks = {}
        for text in chapter.paragraphs:
            marks[paragraph] = NOTE_MARK.findall(text)
            lines = break_paragraph(with_superiors(text), roman, SIZE, MEASURE, INDENT)
            flow += [(paragraph, line) for line in lines]
            paragraph += 1
        pages += _chapter_pages(chapter, flow, marks, notes, len(pages) + 1)
    return pages


def _chapter_pages(chapter: Chapter, flow: Flow, marks: Marks, notes: Notes, number: int) -> list[Page]:
    pages: list[Page] = []
    at = 0
    while at < len(flow):
        page = Page(number + len(pages), "text" if pages else "opening", chapter)
        top = 0 if pages else OPENING_LINES
        taken = _fit(flow, at, LINES_PER_PAGE - top, marks, notes)
        for offset in range(taken):
            paragraph, line = flow[at + offset]
            page.lines.append(SetLine(line, top + offset, paragraph))
            page.notes += [(mark, notes[mark]) for mark in _marks_in(line, marks[paragraph])]
        pages.append(page)
        at += taken
    return pages


def _marks_in(line: Line, marks: list[str]) -> list[str]:
    return [mark for mark in marks if SUPERIORS[mark] in line.text]


def _fit(flow: Flow, at: int, slots: int, marks: Marks, notes: Notes) -> int:
    """How many lines the page takes: notes need room, and no paragraph leaves one line alone."""
    taken, room = 0, float(slots)
    while at + taken < len(flow) and taken + 1 <= room:
        paragraph, line = flow[at + taken]
        for mark in _marks_in(line, marks[paragraph]):
            room -= (NOTE_GAP + len(notes[mark]) * NOTE_LEADING) / LEADING
        if taken + 1 > room:
            break
        taken += 1
    if at + taken == len(flow):
        return taken
    full = taken
    while taken > 1 and _lonely(flow[at + taken - 1][1], flow[at + taken][1]):
        taken -= 1
    return taken if full - taken <= 2 else full


def _lonely(above: Line, below: Line) -> bool:
    """Whether a page break between the two leaves a paragraph's first or last line by itself."""
    return (above.first and not above.last) or (below.last and not below.first)
