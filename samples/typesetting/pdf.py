"""Draws the pages into a PDF that is the same bytes for the same pages."""

from __future__ import annotations

import io

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from . import layout as lay
from .fonts import FIXED_SPACES, Face
from .layout import Page
from .lines import Line
from .source import Book

COLOPHON = (
    "Texte écrit par les auteurs de Docmill",
    "et donné sous licence Apache 2.0.",
    "Composé en EB Garamond,",
    "© 2017 The EB Garamond Project Authors,",
    "licence SIL Open Font License 1.1.",
)
SUBTITLE = "Une suite à La maison du port"


class Press:
    """A canvas with the two faces of the book."""

    def __init__(self, book: Book, roman: Face, italic: Face):
        self.book, self.roman, self.italic = book, roman, italic
        self.out = io.BytesIO()
        size = (lay.PAGE_WIDTH, lay.PAGE_HEIGHT)
        for face in (roman, italic):
            pdfmetrics.registerFont(TTFont(face.name, str(face.path), asciiReadable=0))
        # `invariant` fixes the dates and the file identifier; the first font keeps Helvetica out.
        self.canvas = Canvas(
            self.out, pagesize=size, pageCompression=1, invariant=1, lang="fr-FR", initialFontName=roman.name
        )
        self.canvas.setTitle(book.title)
        self.canvas.setAuthor("Docmill")
        self.canvas.setSubject("Nouvelle, texte sous licence Apache 2.0")
        self.canvas.setCreator("samples/typeset.py")

    def print(self, pages: list[Page]) -> bytes:
        """The whole file."""
        for page in pages:
            getattr(self, f"_{page.kind}")(page)
            self.canvas.showPage()
        self.canvas.save()
        return self.out.getvalue()

    def text(self, face: Face, size: float, x: float, y: float, text: str, fill: float = 0, track: float = 0) -> None:
        """One line at (x, y); `fill` is added to each U+0020, `track` to every character."""
        font = pdfmetrics.getFont(face.name)
        show: list[str] = []
        subset, run = None, []
        for glyph in face.glyphs(text):
            fixed = glyph.char in FIXED_SPACES
            char = " " if fixed else glyph.char
            [(number, code)] = font.splitString(char, self.canvas._doc)
            if number != subset and run:
                show.append(self._show(font, size, subset, run))
                run = []
            subset = number
            after = glyph.kern
            if fixed:
                # Tw widens this space too; the adjustment takes it back.
                after = glyph.advance - face.space() - fill * 1000 / size
            run.append((code, after))
        show.append(self._show(font, size, subset, run))
        state = f"{fill:.3f} Tw {track:.3f} Tc"
        self.canvas._code.append(f"BT 1 0 0 1 {x:.3f} {y:.3f} Tm {state} {' '.join(show)} ET")

    def _show(self, font: TTFont, size: float, subset: int, run: list[tuple[bytes, float]]) -> str:
        name = font.getSubsetInternalName(subset, self.canvas._doc)
        parts, codes = [], b""
        for code, after in run:
            codes += code
            if abs(after) >= 0.5:
                parts.append(f"({self.canvas._escape(codes)}) {-after:.0f}")
                codes = b""
        if codes:
            parts.append(f"({self.canvas._escape(codes)})")
        return f"{name} {size:g} Tf [{' '.join(parts)}] TJ"

    def centred(self, face: Face, size: float, page: Page, y: float, text: str, track: float = 0) -> None:
        """One line in the middle of the text block."""
        width = face.width(text, size) + track * (len(text) - 1)
        self.text(face, size, page.left + (lay.MEASURE - width) / 2, y, text, track=track)

    def justified(self, line: Line, size: float, x: float, y: float, width: float) -> None:
        """One line of a paragraph, as wide as the measure unless it is the last."""
        room = width - self.roman.width(line.text, size)
        spaces = line.text.count(" ")
        stretch = spaces and (not line.last or room < spaces * self.roman.fill(size))
        self.text(self.roman, size, x, y, line.text, room / spaces if stretch else self.roman.fill(size))

    def _title(self, page: Page) -> None:
        words = self.book.title.upper().split(" ")
        half = (len(words) + 1) // 2
        self.centred(self.roman, 21, page, 370, " ".join(words[:half]), 1.6)
        self.centred(self.roman, 21, page, 340, " ".join(words[half:]), 1.6)
        self.centred(self.italic, 11.5, page, 306, SUBTITLE)
        self.centred(self.roman, 10, page, 60, "DOCMILL", 1.4)

    def _colophon(self, page: Page) -> None:
        for row, text in enumerate(COLOPHON):
            self.text(self.roman, 8.6, page.left, 92 - row * 11, text)

    def _epigraph(self, page: Page) -> None:
        width = lay.MEASURE * 0.72
        left = page.left + lay.MEASURE - width
        y = 380.0
        for row in ragged(self.book.epigraph, self.italic, 11, width):
            self.text(self.italic, 11, left, y, row)
            y -= 14
        source = self.book.attribution
        right = page.left + lay.MEASURE - self.roman.width(source, 9.5)
        self.text(self.roman, 9.5, right, y - 4, source)

    def _blank(self, page: Page) -> None:
        """An empty left page before the first chapter."""

    def _opening(self, page: Page) -> None:
        chapter = page.chapter
        key = f"page-{page.number}"
        self.canvas.bookmarkPage(key)
        self.canvas.addOutlineEntry(f"{chapter.label} : {chapter.title}", key)
        self.centred(self.italic, 13, page, 424, chapter.label)
        self.centred(self.roman, 13, page, 400, chapter.title.upper(), 1.1)
        self._body(page)

    def _text(self, page: Page) -> None:
        head = page.head(self.book.title)
        right = page.left + lay.MEASURE - self.italic.width(head, 9.4)
        self.text(self.italic, 9.4, right if page.recto else page.left, lay.HEAD_BASELINE, head)
        self._body(page)

    def _body(self, page: Page) -> None:
        for placed in page.lines:
            indent = lay.INDENT if placed.line.first else 0.0
            y = lay.FIRST_BASELINE - placed.slot * lay.LEADING
            self.justified(placed.line, lay.SIZE, page.left + indent, y, lay.MEASURE - indent)
        self._notes(page)
        self.centred(self.roman, 9.4, page, lay.FOLIO_BASELINE, page.folio())

    def _notes(self, page: Page) -> None:
        lines = [line for _, note in page.notes for line in note]
        if not lines:
            return
        foot = lay.FIRST_BASELINE - (lay.LINES_PER_PAGE - 1) * lay.LEADING
        top = foot + (len(lines) - 1) * lay.NOTE_LEADING
        self.canvas.setLineWidth(0.4)
        self.canvas.line(page.left, top + 11, page.left + 48, top + 11)
        for row, line in enumerate(lines):
            self.justified(line, lay.NOTE_SIZE, page.left, top - row * lay.NOTE_LEADING, lay.MEASURE)


def ragged(text: str, face: Face, size: float, width: float) -> list[str]:
    """Lines of unequal width, none longer than `width` and no word cut."""
    rows = [""]
    for word in text.split(" "):
        longer = f"{rows[-1]} {word}".strip(" ")
        if face.width(longer, size) <= width:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows
