//! PDF files.
//!
//! The libraries (`hayro-*`) parse the file and say which glyph stands where; what words, lines, columns and reading
//! order there are is decided here.
//!
//! # Layout
//! - [`PdfDocument`]: opens a file. [`PageReader`] reads its pages, [`Renderer`] draws them.
//! - [`PageContent`]: what a page holds: lines, words, rulings, pictures.
//! - [`read_text`]: all that for a process of its own, as [`TextRecord`]s. [`read_content`], [`draw_page`]: one page with
//!   its places, its picture, likewise.
//! - On the way from glyphs to lines, in this order: `collect` (listens to the interpreter), `characters`, `pieces`
//!   (glyphs without gaps), `frame` (writing directions), `drop_caps`, `rows` (words and phrases), `columns` (reading
//!   order), `leading` and `lines` (gaps, indents), `garbled` (is it what is seen?).

mod characters;
mod collect;
mod columns;
mod common_words;
mod content;
mod document;
mod draw;
mod drop_caps;
mod frame;
mod garbled;
mod layout;
mod leading;
mod lines;
mod pieces;
mod reader;
mod render;
mod rows;
mod rulings;
mod seen;
mod text;

pub use content::{PageContent, Picture, Rect, Ruling, Word};
pub use document::{OpenLimits, PageReader, PdfDocument};
pub use draw::draw_page;
pub use reader::{read_content, read_text};
pub use render::{Bitmap, RenderError, RenderLimits, Renderer};
pub(crate) use seen::{SeenLayout, SeenWord, lay_out_seen};
pub use text::{Cap, PageText, Refusal, TextKind, TextRecord};
