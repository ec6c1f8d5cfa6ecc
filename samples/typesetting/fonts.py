"""Measures text in one size of one font: ligatures, kerning, spaces of fixed width."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import uharfbuzz as hb

THIN, NBSP = "\u202f", "\u00a0"
# Widths in em. A fixed space keeps its width in a justified line; only U+0020 stretches. The word space is
# wider than the font's own (0.2), which lines that shrink would make too narrow to read.
WORD_SPACE = 0.25
FIXED_SPACES = {THIN: 0.19, NBSP: 0.25}
LIGATURES = (("ffi", "\ufb03"), ("ffl", "\ufb04"), ("ff", "\ufb00"), ("fi", "\ufb01"), ("fl", "\ufb02"))


@dataclass(frozen=True)
class Glyph:
    """One character to draw and the kerning after it, in thousandths of an em."""

    char: str
    advance: float
    kern: float


class Face:
    """A font file, measured in thousandths of an em (the fonts used have 1000 units per em)."""

    def __init__(self, name: str, path: Path):
        self.name, self.path = name, path
        self._face = hb.Face(hb.Blob.from_file_path(str(path)))
        self._font = hb.Font(self._face)
        if self._face.upem != 1000:
            raise ValueError(f"{path.name}: {self._face.upem} units per em, 1000 expected")

    @lru_cache(maxsize=None)
    def glyphs(self, text: str) -> tuple[Glyph, ...]:
        """Ligatures as their own characters, then kerning; a fixed space has its fixed advance."""
        for letters, ligature in LIGATURES:
            text = text.replace(letters, ligature)
        drawn = "".join(" " if char in FIXED_SPACES else char for char in text)
        buffer = hb.Buffer()
        buffer.add_str(drawn)
        buffer.guess_segment_properties()
        off = dict.fromkeys(("liga", "clig", "calt", "locl", "dlig", "ccmp"), False)
        hb.shape(self._font, buffer, {"kern": True, **off})
        if len(buffer.glyph_infos) != len(text):
            raise ValueError(f"the font changes the number of glyphs of {text!r}")
        glyphs = []
        for char, info, position in zip(text, buffer.glyph_infos, buffer.glyph_positions):
            if info.codepoint == 0:
                raise ValueError(f"{self.path.name} has no glyph for U+{ord(char):04X}")
            advance = self._font.get_glyph_h_advance(info.codepoint)
            if char in FIXED_SPACES:
                glyphs.append(Glyph(char, FIXED_SPACES[char] * 1000, 0))
            else:
                glyphs.append(Glyph(char, advance, position.x_advance - advance))
        return tuple(glyphs)

    def width(self, text: str, size: float) -> float:
        """Natural width in points."""
        return sum(glyph.advance + glyph.kern for glyph in self.glyphs(text)) * size / 1000

    def space(self) -> float:
        """Advance of the font's own U+0020, in thousandths of an em."""
        return self.glyphs(" ")[0].advance

    def fill(self, size: float) -> float:
        """What the font's own space lacks to be a word space, in points."""
        return (WORD_SPACE - self.space() / 1000) * size
