//! Writes small PDF files: uncompressed content, Helvetica in WinAnsi encoding as `/F1`.

/// A page of A4 to be written.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageSource {
    content: Vec<u8>,
    rotate: u32,
    forms: Vec<Vec<u8>>,
}

impl PageSource {
    /// A page with a content stream.
    pub(crate) fn new(content: impl Into<Vec<u8>>) -> Self {
        Self {
            content: content.into(),
            ..Self::default()
        }
    }

    /// Shown turned clockwise by so many degrees.
    pub(crate) fn rotated(mut self, degrees: u32) -> Self {
        self.rotate = degrees;
        self
    }

    /// Has form XObjects `/X1`, `/X2` and so on, which can draw each other.
    pub(crate) fn with_forms(mut self, forms: impl IntoIterator<Item = String>) -> Self {
        self.forms = forms.into_iter().map(String::into_bytes).collect();
        self
    }
}

/// A file of these pages.
pub(crate) fn pdf(pages: &[PageSource]) -> Vec<u8> {
    let mut objects: Vec<Vec<u8>> = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        Vec::new(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
    ];
    let mut kids = String::new();
    for page in pages {
        let number = objects.len() + 1;
        kids += &format!("{number} 0 R ");
        let forms: String = (1..=page.forms.len())
            .map(|form| format!("/X{form} {} 0 R ", number + 1 + form))
            .collect();
        let resources = format!("/Resources << /Font << /F1 3 0 R >> /XObject << {forms}>> >>");
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate {} {resources} /Contents {} 0 R >>",
                page.rotate,
                number + 1
            )
            .into_bytes(),
        );
        objects.push(stream("", &page.content));
        let entries = format!("/Type /XObject /Subtype /Form /BBox [0 0 595 842] {resources}");
        objects.extend(page.forms.iter().map(|form| stream(&entries, form)));
    }
    objects[1] = format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len()).into_bytes();
    file(&objects)
}

fn stream(entries: &str, content: &[u8]) -> Vec<u8> {
    let mut object = format!("<< {entries} /Length {} >>\nstream\n", content.len()).into_bytes();
    object.extend_from_slice(content);
    object.extend_from_slice(b"\nendstream");
    object
}

/// Objects numbered from 1, the first being the catalogue.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let start = file.len();
    let size = objects.len() + 1;
    file.extend_from_slice(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes());
    for offset in offsets {
        file.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    file.extend_from_slice(
        format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    file
}
