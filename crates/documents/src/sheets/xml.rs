//! The XML of office files, event by event: nothing is kept of it but the event at hand, and that is bounded.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesEnd, BytesRef, BytesStart, Event};

use super::error::{Bound, Damage, SheetError};
use super::limits::Limits;

/// Bytes of one tag or one text between tags.
const EVENT_BYTES: u64 = 1 << 20;
/// Bytes of the name of an element.
const NAME_BYTES: usize = 256;

/// Attributes of an element that are looked at: what is read here stands among the first.
const MOST_ATTRIBUTES: usize = 12;

/// Bytes of an attribute's value: all that are read are names and numbers.
const VALUE_BYTES: usize = 1 << 10;

const BROKEN: SheetError = SheetError::damaged(Damage::Xml);

/// What stands in a document, as far as tables need it.
#[derive(Debug)]
pub(super) enum Node<'e> {
    /// An element begins. An empty one ends with the next node.
    Start(BytesStart<'e>),
    /// An element ends.
    End(BytesEnd<'e>),
    /// A text, or a part of one.
    Text(Cow<'e, str>),
    /// A comment or an instruction.
    Other,
}

/// What is left for the parts of a container, together.
#[derive(Debug)]
pub(super) struct Allowance {
    expanded: Cell<u64>,
    elements: Cell<u32>,
}

impl Allowance {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            expanded: Cell::new(limits.expanded_bytes),
            elements: Cell::new(limits.elements),
        }
    }

    pub(super) fn expanded_left(&self) -> u64 {
        self.expanded.get()
    }
}

/// The nodes of a document.
pub(super) struct Xml<'p, R> {
    reader: Reader<Metered<'p, R>>,
    buffer: Vec<u8>,
    depth: u32,
    limits: Limits,
}

impl<'p, R: BufRead> Xml<'p, R> {
    pub(super) fn new(source: R, allowance: &'p Allowance, limits: &Limits) -> Self {
        let mut reader = Reader::from_reader(Metered {
            source,
            allowance,
            expanded_bytes: limits.expanded_bytes,
            event_left: EVENT_BYTES,
            refusal: None,
        });
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = false;
        Self {
            reader,
            buffer: Vec::new(),
            depth: 0,
            limits: *limits,
        }
    }

    /// Elements that are open.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// Counts one element more than there was.
    pub(super) fn spend_element(&self) -> Result<(), SheetError> {
        spend_element(self.reader.get_ref().allowance, &self.limits)
    }

    /// The next node; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Node<'_>>, SheetError> {
        self.buffer.clear();
        self.reader.get_mut().event_left = EVENT_BYTES;
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(_) => return Err(self.reader.get_ref().refusal.unwrap_or(BROKEN)),
        };
        if !matches!(event, Event::Text(_) | Event::End(_) | Event::Eof) {
            spend_element(self.reader.get_ref().allowance, &self.limits)?;
        }
        Ok(Some(match event {
            Event::Start(start) => {
                // `quick-xml` keeps the names of the elements that are open.
                if start.name().as_ref().len() > NAME_BYTES {
                    return Err(BROKEN);
                }
                self.depth += 1;
                if self.depth > self.limits.nesting {
                    return Err(SheetError::too_much(Bound::Nesting, self.limits.nesting.into()));
                }
                Node::Start(start)
            }
            Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                Node::End(end)
            }
            Event::Text(text) => Node::Text(text.xml10_content()),
            Event::CData(text) => Node::Text(text.xml10_content()),
            Event::GeneralRef(reference) => Node::Text(resolved(&reference)?),
            // Office files have none, and what it could declare is what bombs are made of. ECMA-376-2, 6.1.4.
            Event::DocType(_) => return Err(SheetError::damaged(Damage::DocumentType)),
            Event::Eof if self.depth > 0 => return Err(BROKEN),
            Event::Eof => return Ok(None),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Node::Other,
        }))
    }
}

fn spend_element(allowance: &Allowance, limits: &Limits) -> Result<(), SheetError> {
    let left = allowance.elements.get().checked_sub(1);
    allowance.elements.set(left.unwrap_or(0));
    left.map(drop)
        .ok_or(SheetError::too_much(Bound::Elements, limits.elements.into()))
}

/// The character of a reference: a number or one of XML's own five names.
fn resolved(reference: &BytesRef<'_>) -> Result<Cow<'static, str>, SheetError> {
    let character = match reference.resolve_char_ref().map_err(|_| BROKEN)? {
        Some(character) => character.to_string().into(),
        None => resolve_predefined_entity(reference)
            .map(Cow::Borrowed)
            .ok_or(BROKEN)?,
    };
    Ok(character)
}

/// The first attributes of an element, without their prefixes, that have a value: one that is too long for a name or a
/// number has none.
pub(super) fn attributes<'s>(start: &'s BytesStart<'_>) -> impl Iterator<Item = (&'s str, Cow<'s, str>)> {
    let mut attributes = start.attributes();
    // Comparing each name with all before it takes the square of their number.
    attributes.with_checks(false);
    attributes
        .take(MOST_ATTRIBUTES)
        .filter_map(Result::ok)
        .filter(|attribute| attribute.value.len() <= VALUE_BYTES)
        .filter_map(|attribute| {
            let value = match attribute.value {
                Cow::Borrowed(value) => unescape(value).ok()?,
                Cow::Owned(value) => Cow::Owned(unescape(&value).ok()?.into_owned()),
            };
            Some((attribute.key.local_name().into_inner(), value))
        })
}

/// The value of an attribute, whatever its prefix; none if it is too long for one that is read here.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    attributes(start)
        .find(|(other, _)| *other == name)
        .map(|(_, value)| value.into_owned())
}

/// A source that ends with an error when the budget of expanded bytes or that of one event is spent.
struct Metered<'p, R> {
    source: R,
    allowance: &'p Allowance,
    expanded_bytes: u64,
    event_left: u64,
    refusal: Option<SheetError>,
}

impl<R: BufRead> Read for Metered<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let count = ready.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Metered<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.allowance.expanded.get() == 0 {
            self.refusal = Some(SheetError::too_much(Bound::ExpandedBytes, self.expanded_bytes));
        } else if self.event_left == 0 {
            self.refusal = Some(SheetError::too_much(Bound::CellBytes, EVENT_BYTES));
        } else {
            return self.source.fill_buf();
        }
        Err(io::Error::from(io::ErrorKind::FileTooLarge))
    }

    fn consume(&mut self, count: usize) {
        self.source.consume(count);
        let count = count as u64;
        let expanded = &self.allowance.expanded;
        expanded.set(expanded.get().saturating_sub(count));
        self.event_left = self.event_left.saturating_sub(count);
    }
}
