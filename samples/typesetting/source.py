"""Reads the plain-text source of the sample book.

One line is one block; blank lines stand between blocks. The first block is the title, the second the
epigraph, the third its attribution. `Chapitre … : …` opens a chapter, `[^n]` marks a footnote and
`[^n]: …` holds its text. Every other block is a paragraph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

CHAPTER = re.compile(r"^(Chapitre [^:]+?)\s*:\s*(.+)$")
NOTE_MARK = re.compile(r"\[\^(\d)\]")
NOTE_TEXT = re.compile(r"^\[\^(\d)\]:\s*(.+)$")
SUPERIORS = {"1": "\u00b9", "2": "\u00b2", "3": "\u00b3"}


@dataclass
class Chapter:
    """A chapter: its number in words, its title and its paragraphs, footnote marks still inside."""

    label: str
    title: str
    paragraphs: list[str] = field(default_factory=list)


@dataclass
class Book:
    """The whole source; `notes` maps a footnote's digit to its text."""

    title: str
    epigraph: str
    attribution: str
    chapters: list[Chapter] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)


def read_book(path: Path) -> Book:
    """Parses the source file.

    Raises ValueError for a paragraph before the first chapter, or a footnote mark without a text.
    """
    blocks = [line.strip("\n") for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    book = Book(*blocks[:3])
    for block in blocks[3:]:
        if heading := CHAPTER.match(block):
            book.chapters.append(Chapter(heading[1].rstrip(), heading[2]))
        elif note := NOTE_TEXT.match(block):
            book.notes[note[1]] = note[2]
        elif book.chapters:
            book.chapters[-1].paragraphs.append(block)
        else:
            raise ValueError(f"a paragraph stands before the first chapter: {block[:40]!r}")
    for mark in NOTE_MARK.findall("\n".join(p for c in book.chapters for p in c.paragraphs)):
        if mark not in book.notes:
            raise ValueError(f"footnote {mark} has a mark and no text")
    return book


def without_marks(text: str) -> str:
    """The text as an author would read it aloud: no footnote marks."""
    return NOTE_MARK.sub("", text)


def with_superiors(text: str) -> str:
    """The text as it is printed: a footnote mark is a superior figure."""
    return NOTE_MARK.sub(lambda mark: SUPERIORS[mark[1]], text)
