"""What a reader of the typeset book must find again: exact, because the typesetter says what it did."""

from __future__ import annotations

import re

from .layout import Page
from .lines import OWN, SOFT
from .pdf import COLOPHON, SUBTITLE
from .source import Book, without_marks

REFRAIN = "Plus jamais ça."
EDGE = re.compile(r"^[^\w]+|[^\w]+$")
SUPERIOR_FIGURES = re.compile("[\u00b9\u00b2\u00b3]")


def plain(text: str) -> str:
    """One ordinary space for every space: thin and no-break spaces act as spaces."""
    return " ".join(without_marks(text).split())


def words(text: str) -> int:
    """Tokens between spaces with at least one letter or digit."""
    return sum(any(char.isalnum() for char in token) for token in text.split())


def expectation(book: Book, pages: list[Page]) -> dict:
    """The content of `….expected.json`; README.md says what each member means."""
    paragraphs = [plain(text) for chapter in book.chapters for text in chapter.paragraphs]
    body = "\n".join(paragraphs)
    front = [book.title, SUBTITLE, "DOCMILL", *COLOPHON, book.epigraph, book.attribution]
    return {
        "title": book.title,
        "pages": len(pages),
        "text_pages": [pages.index(page) + 1 for page in pages if page.kind in ("opening", "text")],
        "paragraphs": len(paragraphs),
        "words": {
            "body": words(body),
            "footnotes": sum(words(text) for text in book.notes.values()),
            "epigraph": words(book.epigraph) + words(book.attribution),
        },
        "front_matter": [plain(text) for text in front],
        "headings": [
            {"page": page.number, "lines": [page.chapter.label, page.chapter.title.upper()]}
            for page in pages
            if page.kind == "opening"
        ],
        "running_heads": [
            {"page": page.number, "head": page.head(book.title), "folio": page.folio()}
            for page in pages
            if page.folio()
        ],
        "footnotes": [
            {"page": page.number, "mark": mark, "text": plain(book.notes[mark])}
            for page in pages
            for mark, _ in page.notes
        ],
        "first_paragraphs": paragraphs[:5],
        "last_paragraphs": paragraphs[-3:],
        "refrain": {
            "text": REFRAIN,
            "occurrences": body.count(REFRAIN),
            "paragraphs": paragraphs.count(REFRAIN),
            "paragraph_pages": refrain_pages(book, pages),
        },
        "line_end_hyphens": line_end_hyphens(pages),
    }


def refrain_pages(book: Book, pages: list[Page]) -> list[int]:
    """The page of every paragraph that is the refrain alone, in reading order."""
    return [
        page.number
        for page in pages
        for placed in page.lines
        if placed.line.first and placed.line.last and plain(placed.line.text) == REFRAIN
    ]


def line_end_hyphens(pages: list[Page]) -> list[dict]:
    """Every line end with a hyphen: both halves as printed, and the word a reader must get."""
    found = []
    for page in pages:
        body = [(placed.line, place + 1) for place, placed in enumerate(page.lines)]
        notes = [(line, 0) for _, note in page.notes for line in note]
        for line, place in body + notes:
            if line.end not in (SOFT, OWN):
                continue
            left, right = (SUPERIOR_FIGURES.sub("", part) for part in line.cut)
            left, right = left.split()[-1], right.split()[0]
            found.append(
                {
                    "page": page.number,
                    "line": place,
                    "left": EDGE.sub("", left) + "-",
                    "right": EDGE.sub("", right),
                    "word": EDGE.sub("", left + right),
                    "hyphen_kept": line.end == OWN,
                    "across_pages": place > 0 and place == len(page.lines),
                }
            )
    return found
