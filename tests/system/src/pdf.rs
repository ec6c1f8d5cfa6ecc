//! PDF files that tests write for themselves.

use docmill_cli::client::FormFile;

/// What a page shows.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// Lines of text, one below the other.
    Lines(&'a [&'a str]),
    /// A picture over the whole page, as a scanner makes it.
    Scan,
}

/// A PDF of these pages, uncompressed, in Helvetica. Lines are ASCII without parentheses and backslashes.
pub fn pdf(pages: &[Shown<'_>]) -> FormFile {
    const PICTURE: &str = "<< /Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray \
                           /BitsPerComponent 1 /Length 8 >>\nstream\nUUUUUUUU\nendstream";
    const FIRST_PAGE: usize = 5;
    let kids: Vec<String> = (0..pages.len())
        .map(|page| format!("{} 0 R", FIRST_PAGE + 2 * page))
        .collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!(
            "<< /Type /Pages /Kids [{}] /Count {} >>",
            kids.join(" "),
            pages.len()
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
        PICTURE.to_owned(),
    ];
    for (at, page) in pages.iter().enumerate() {
        let content = match page {
            Shown::Lines(lines) => {
                let shown: Vec<String> = lines.iter().map(|line| format!("({line}) Tj T*")).collect();
                format!("BT /F1 11 Tf 14 TL 56 720 Td {} ET", shown.join(" "))
            }
            Shown::Scan => "q 612 0 0 792 0 0 cm /Im1 Do Q".to_owned(),
        };
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> \
             /XObject << /Im1 4 0 R >> >> >>",
            FIRST_PAGE + 2 * at + 1
        ));
        objects.push(format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ));
    }
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::with_capacity(objects.len());
    for (number, object) in (1..).zip(&objects) {
        places.push(bytes.len());
        bytes.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    let table = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        bytes.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let end = format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    );
    bytes.extend(end.bytes());
    pdf_file(bytes)
}

/// These bytes as a PDF for the form.
pub fn pdf_file(bytes: Vec<u8>) -> FormFile {
    FormFile {
        name: "roman.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        bytes: bytes.into(),
    }
}
