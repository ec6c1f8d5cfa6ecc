//! Pictures: a smaller copy for browsers and models, and the page itself.

use bytes::Bytes;
use docmill_core::pipeline::Work;
use docmill_core::reader::PagePicture;
use docmill_documents::picture::{Compression, Kind, Refusal};

use super::{Page, ask_reader, broken, fail, paper};
use crate::halt::Halt;
use crate::rows::{packed, unpacked};
use crate::timetable::model::ImageReport;
use crate::timetable::notices;
use crate::timetable::readers::{COMPRESSOR, DECODER, ROWS_COMPRESSOR};
use crate::timetable::settings::Settings;

/// Pixels that a page is read in: A4 at 300 dpi has 8.7 million. What has more comes smaller.
const MAX_PIXELS: u32 = 10_000_000;

/// Reads a picture file of one page.
pub(super) async fn read(
    bytes: &Bytes,
    kind: Kind,
    settings: &Settings,
    work: &dyn Work,
) -> Result<Page, Halt> {
    // What is read is never the smaller copy.
    let arguments = vec!["1".to_owned(), MAX_PIXELS.to_string()];
    let Some(decoded) = ask_reader(DECODER, arguments, bytes.clone(), work).await? else {
        return fail(notices::corrupt(None));
    };
    if let Some(refusal) = Refusal::of_answer(&decoded) {
        return fail(notices::corrupt(Some(&refusal)));
    }
    let picture = match unpacked(&decoded, 0) {
        Ok(picture) => picture,
        Err(error) => return broken("rows of a picture", &error),
    };
    let (image, copy) = compressed(bytes, kind, settings, work).await?;
    let page = paper::read(&picture, work).await?;
    Ok(Page {
        image: Some(image),
        copy: Some(copy),
        ..page
    })
}

/// The smaller copy and what there is to say of it; the file itself, where that is smaller or no copy can be made.
async fn compressed(
    bytes: &Bytes,
    kind: Kind,
    settings: &Settings,
    work: &dyn Work,
) -> Result<(ImageReport, Bytes), Halt> {
    let original = || {
        let size = bytes.len() as u64;
        let report = ImageReport {
            original_size: size,
            compressed_size: size,
            compression_ratio: "0.0".to_owned(),
        };
        (report, bytes.clone())
    };
    let arguments =
        [1, settings.max_image_dimension, settings.image_quality].map(|number| number.to_string());
    let answer = ask_reader(COMPRESSOR, arguments.to_vec(), bytes.clone(), work).await?;
    let Some((head, copy)) = answer.as_ref().and_then(head_of) else {
        tracing::warn!(kind = kind.media_type(), "a picture has no smaller copy");
        return Ok(original());
    };
    if head.is_original {
        return Ok(original());
    }
    let report = ImageReport {
        original_size: head.original_size,
        compressed_size: head.compressed_size,
        compression_ratio: head.compression_ratio,
    };
    Ok((report, copy))
}

/// The smaller copy of a page that was drawn, for a model.
pub(super) async fn copy_of(
    picture: &PagePicture,
    settings: &Settings,
    work: &dyn Work,
) -> Result<Option<Bytes>, Halt> {
    let Ok(document) = packed(picture) else {
        return Ok(None);
    };
    let arguments = [settings.max_image_dimension, settings.image_quality].map(|number| number.to_string());
    let copy = ask_reader(ROWS_COMPRESSOR, arguments.to_vec(), document, work).await?;
    Ok(copy.filter(|copy| !copy.is_empty()))
}

/// What a compressor wrote: its report and the file behind it.
fn head_of(answer: &Bytes) -> Option<(Compression, Bytes)> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let head: Compression = serde_json::from_slice(answer.get(..end)?).ok()?;
    Some((head, answer.slice(end + 1..)))
}
