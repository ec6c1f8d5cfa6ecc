//! PDF files of many pages.

use std::fmt::Write;

use docmill_documents::pdf::{OpenLimits, PdfDocument, Refusal};

use crate::support::Alone;
use crate::{Make, at_best, is_within};

const PAGES: u32 = 10_000;
const LIMITS: OpenLimits = OpenLimits { max_pages: 1_000 };

/// A file of objects, the first of which is the catalogue.
fn file(objects: impl IntoIterator<Item = String>) -> Vec<u8> {
    let mut file = String::from("%PDF-1.7\n");
    let mut table = String::new();
    let mut size = 1;
    for object in objects {
        writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
        writeln!(file, "{size} 0 obj\n{object}\nendobj").unwrap();
        size += 1;
    }
    let start = file.len();
    write!(
        file,
        "xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    )
    .unwrap();
    file.into_bytes()
}

fn kids(numbers: impl IntoIterator<Item = u32>) -> String {
    numbers
        .into_iter()
        .map(|number| format!("{number} 0 R "))
        .collect()
}

fn page(parent: u32) -> String {
    format!("<< /Type /Page /Parent {parent} 0 R /MediaBox [0 0 595 842] >>")
}

/// All pages in one node of the tree, which claims to have `count`.
fn flat(count: u32) -> Vec<u8> {
    let tree = format!("<< /Type /Pages /Kids [{}] /Count {count} >>", kids(3..3 + PAGES));
    let catalogue = "<< /Type /Catalog /Pages 2 0 R >>".to_owned();
    file([catalogue, tree].into_iter().chain((0..PAGES).map(|_| page(2))))
}

/// A tree as deep as it has pages: each node has a page and the next node.
fn deep() -> Vec<u8> {
    let nodes = (0..PAGES).flat_map(|level| {
        let node = 2 + 2 * level;
        let below = if level + 1 < PAGES { node + 2 } else { node + 1 };
        let tree = format!(
            "<< /Type /Pages /Kids [{}] /Count {} >>",
            kids([node + 1, below]),
            PAGES - level
        );
        [tree, page(node)]
    });
    file(std::iter::once("<< /Type /Catalog /Pages 2 0 R >>".to_owned()).chain(nodes))
}

/// All pages where no table says where.
fn without_table() -> Vec<u8> {
    let mut file = flat(PAGES);
    let end = file.windows(5).rposition(|window| window == b"xref\n").unwrap();
    file.truncate(end);
    file
}

#[test]
fn ten_thousand_pages_are_refused() {
    let files: [(&str, Make); 4] = [
        ("10,000 pages", || flat(PAGES)),
        ("10,000 pages that claim to be one", || flat(1)),
        ("10,000 pages in one another", deep),
        ("10,000 pages without a table", without_table),
    ];
    let alone = Alone::wait();
    for (name, make) in files {
        let (opened, used) = at_best(|| alone.measured(make, |file| PdfDocument::open(file, LIMITS).err()));
        assert_eq!(opened, Some(Refusal::TooManyPages { pages: PAGES }), "{name}");
        is_within(name, used);
    }
}
