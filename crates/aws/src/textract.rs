//! [`Reader`] on Amazon Textract: DetectDocumentText, and AnalyzeExpense for receipts and invoices.

use std::collections::HashMap;
use std::io::Cursor;

use async_trait::async_trait;
use aws_sdk_textract::Client;
use aws_sdk_textract::primitives::Blob;
use aws_sdk_textract::types::{
    Block, BlockType, Document, ExpenseDocument, ExpenseField as Field, RelationshipType,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use docmill_core::ports::PortError;
use docmill_core::reader::{ExpenseField, PagePicture, ReadExpense, ReadFailure, ReadPage, ReadWord, Reader};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

use crate::errors;

/// Of pages that are sent: well above where text begins to suffer.
const JPEG_QUALITY: u8 = 90;
/// Largest picture that Textract takes in a request, in bytes.
const MAX_BYTES: usize = 10 << 20;
/// Largest side, in pixels.
const MAX_SIDE: u32 = 10_000;

/// Codes by which Textract says that it is the page.
const WRONG_PAGES: [&str; 4] = [
    "BadDocumentException",
    "DocumentTooLargeException",
    "InvalidParameterException",
    "UnsupportedDocumentException",
];

/// Reads pages by Textract.
#[derive(Clone, Debug)]
pub struct TextractReader {
    client: Client,
}

impl TextractReader {
    /// With this client.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl Reader for TextractReader {
    fn is_installed(&self) -> bool {
        true
    }

    fn is_paid(&self) -> bool {
        true
    }

    fn knows_expenses(&self) -> bool {
        true
    }

    async fn read(&self, page: &PagePicture) -> Result<ReadPage, ReadFailure> {
        let request = self.client.detect_document_text().document(document(page)?);
        match request.send().await {
            Ok(output) => Ok(read_page(page, output.blocks())),
            Err(error) => {
                let wrong = error.code().is_some_and(|code| WRONG_PAGES.contains(&code));
                Err(failure(errors::textract(error), wrong))
            }
        }
    }

    async fn read_expense(&self, page: &PagePicture) -> Result<ReadExpense, ReadFailure> {
        let request = self.client.analyze_expense().document(document(page)?);
        match request.send().await {
            Ok(output) => Ok(expense(output.expense_documents())),
            Err(error) => {
                let wrong = error.code().is_some_and(|code| WRONG_PAGES.contains(&code));
                Err(failure(errors::textract(error), wrong))
            }
        }
    }
}

fn document(page: &PagePicture) -> Result<Document, ReadFailure> {
    let unreadable = |why: &str| ReadFailure::Unreadable(why.to_owned());
    if page.width.max(page.height) > MAX_SIDE {
        return Err(unreadable("a side has more than 10,000 pixels"));
    }
    let colour = match page.channels {
        1 => ExtendedColorType::L8,
        3 => ExtendedColorType::Rgb8,
        _ => return Err(unreadable("neither gray nor coloured")),
    };
    let expected = u64::from(page.width) * u64::from(page.height) * u64::from(page.channels);
    if expected != page.rows.len() as u64 || expected == 0 {
        return Err(unreadable("the rows do not fit the size"));
    }
    let mut bytes = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
        .write_image(&page.rows, page.width, page.height, colour)
        .map_err(|error| unreadable(&error.to_string()))?;
    let bytes = bytes.into_inner();
    if bytes.len() > MAX_BYTES {
        return Err(unreadable("more than 10 MB as a JPEG"));
    }
    Ok(Document::builder().bytes(Blob::new(bytes)).build())
}

fn failure(error: PortError, wrong: bool) -> ReadFailure {
    match error {
        PortError::Throttled { retry_after, .. } => ReadFailure::Throttled { retry_after },
        PortError::Broken(text) if wrong => {
            tracing::warn!(error = text, "a page was refused");
            ReadFailure::Unreadable("the service refuses this picture".to_owned())
        }
        PortError::Unavailable(text) | PortError::Broken(text) => ReadFailure::Unavailable(text),
    }
}

fn read_page(page: &PagePicture, blocks: &[Block]) -> ReadPage {
    let of_type = |kind: BlockType| {
        blocks
            .iter()
            .filter(move |block| block.block_type() == Some(&kind))
    };
    let lines: HashMap<&str, Corners> = of_type(BlockType::Line)
        .filter_map(|line| Some((line, corners(page, line)?)))
        .flat_map(|(line, place)| children(line).map(move |id| (id, place)))
        .collect();
    let word = |block: &Block| {
        let place = corners(page, block)?;
        let line = block.id().and_then(|id| lines.get(id));
        Some(ReadWord {
            text: block.text()?.split_whitespace().collect(),
            corners: line.map_or(place, |line| as_high_as(*line, place)),
            confidence: block.confidence().unwrap_or_default().clamp(0.0, 100.0) / 100.0,
        })
    };
    ReadPage {
        words: of_type(BlockType::Word).filter_map(word).collect(),
    }
}

type Corners = [(f32, f32); 4];

fn children(block: &Block) -> impl Iterator<Item = &str> {
    let relations = block.relationships().iter();
    relations
        .filter(|relation| relation.r#type() == Some(&RelationshipType::Child))
        .flat_map(|relation| relation.ids().iter().map(String::as_str))
}

/// In pixels. The first corner of a polygon is the text's own upper left one.
fn corners(page: &PagePicture, block: &Block) -> Option<Corners> {
    let [a, b, c, d] = block.geometry()?.polygon() else {
        return None;
    };
    Some([a, b, c, d].map(|point| (point.x() * page.width as f32, point.y() * page.height as f32)))
}

/// A word with the upper and lower edge of its line: its own are drawn around its letters, and say little of where the
/// line is.
fn as_high_as([a, b, c, d]: Corners, [start, end, ..]: Corners) -> Corners {
    let (across, down) = (b.0 - a.0, b.1 - a.1);
    let length = across * across + down * down;
    if length <= 0.0 {
        return [a, b, c, d];
    }
    let share = |point: (f32, f32)| ((point.0 - a.0) * across + (point.1 - a.1) * down) / length;
    let between =
        |p: (f32, f32), q: (f32, f32), share: f32| (p.0 + (q.0 - p.0) * share, p.1 + (q.1 - p.1) * share);
    let (from, to) = (share(start), share(end));
    [
        between(a, b, from),
        between(a, b, to),
        between(d, c, to),
        between(d, c, from),
    ]
}

fn percent(confidence: Option<f32>) -> u8 {
    confidence.unwrap_or_default().clamp(0.0, 100.0).round() as u8
}

fn expense(documents: &[ExpenseDocument]) -> ReadExpense {
    let fields = documents.iter().flat_map(ExpenseDocument::summary_fields);
    let items = documents
        .iter()
        .flat_map(ExpenseDocument::line_item_groups)
        .flat_map(|group| group.line_items());
    ReadExpense {
        fields: fields.filter_map(field).collect(),
        items: items
            .map(|item| {
                let fields = item.line_item_expense_fields();
                fields.iter().filter_map(field).collect()
            })
            .collect(),
    }
}

fn field(found: &Field) -> Option<ExpenseField> {
    let value = found.value_detection()?;
    Some(ExpenseField {
        kind: found.r#type()?.text()?.to_owned(),
        label: found
            .label_detection()
            .and_then(|label| label.text())
            .map(ToOwned::to_owned),
        value: value.text()?.to_owned(),
        confidence: percent(value.confidence()),
    })
}
