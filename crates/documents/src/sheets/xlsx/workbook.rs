//! The parts of a workbook: which sheets it has and where they lie.

use std::collections::HashMap;

use crate::sheets::error::{Bound, SheetError};
use crate::sheets::limits::Limits;
use crate::sheets::package::Package;
use crate::sheets::xml::{Node, attribute};

/// What a workbook says of itself.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) sheets: Vec<Entry>,
    pub(super) strings: String,
    pub(super) styles: String,
    /// Days count from 1904, as on old Macs.
    pub(super) from_1904: bool,
}

/// A sheet of a workbook.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) hidden: bool,
    pub(super) part: String,
}

/// A relation of a part to another.
struct Relation {
    kind: String,
    target: String,
}

pub(super) fn read(package: &mut Package<'_>, limits: &Limits) -> Result<Book, SheetError> {
    let workbook = relations(package, "_rels/.rels", "", limits)?
        .into_values()
        .find(|relation| relation.kind == "officeDocument")
        .map_or_else(|| "xl/workbook.xml".to_owned(), |relation| relation.target);
    let folder = workbook
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder)
        .to_owned();
    let file = workbook.rsplit('/').next().unwrap_or_default();
    let relations = relations(package, &format!("{folder}/_rels/{file}.rels"), &folder, limits)?;
    let part = |kind: &str, usual: &str| {
        relations
            .values()
            .find(|relation| relation.kind == kind)
            .map_or_else(|| format!("{folder}/{usual}"), |relation| relation.target.clone())
    };
    let mut book = Book {
        sheets: Vec::new(),
        strings: part("sharedStrings", "sharedStrings.xml"),
        styles: part("styles", "styles.xml"),
        from_1904: false,
    };
    let Some(mut xml) = package.xml(&workbook)? else {
        return Err(SheetError::WrongKind {
            expected: super::EXPECTED,
        });
    };
    let mut is_workbook = false;
    while let Some(node) = xml.next()? {
        let Node::Start(start) = node else { continue };
        match start.local_name().as_ref() {
            "workbook" => is_workbook = true,
            "workbookPr" => {
                book.from_1904 = attribute(&start, "date1904").is_some_and(|value| is_true(&value));
            }
            "sheet" => {
                if book.sheets.len() as u64 >= u64::from(limits.sheets) {
                    return Err(SheetError::too_much(Bound::Sheets, limits.sheets.into()));
                }
                let relation = attribute(&start, "id").and_then(|id| relations.get(&id));
                // Sheets of charts, dialogs and macros have no table.
                let Some(relation) = relation.filter(|relation| relation.kind == "worksheet") else {
                    continue;
                };
                book.sheets.push(Entry {
                    name: attribute(&start, "name").unwrap_or_default(),
                    hidden: attribute(&start, "state").is_some_and(|state| state != "visible"),
                    part: relation.target.clone(),
                });
            }
            _ => {}
        }
    }
    match is_workbook {
        true => Ok(book),
        false => Err(SheetError::WrongKind {
            expected: super::EXPECTED,
        }),
    }
}

/// The relations of a part by their ids; none if it has none.
fn relations(
    package: &mut Package<'_>,
    name: &str,
    folder: &str,
    limits: &Limits,
) -> Result<HashMap<String, Relation>, SheetError> {
    let mut relations = HashMap::new();
    let Some(mut xml) = package.xml(name)? else {
        return Ok(relations);
    };
    while let Some(node) = xml.next()? {
        let Node::Start(start) = node else { continue };
        // What lies outside the file is not read.
        if start.local_name().as_ref() != "Relationship"
            || attribute(&start, "TargetMode").is_some_and(|mode| mode == "External")
        {
            continue;
        }
        let (Some(id), Some(kind), Some(target)) = (
            attribute(&start, "Id"),
            attribute(&start, "Type"),
            attribute(&start, "Target"),
        ) else {
            continue;
        };
        if relations.len() as u64 >= u64::from(limits.parts) {
            return Err(SheetError::too_much(Bound::Parts, limits.parts.into()));
        }
        // The strict and the transitional standard differ in all but the end.
        let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
        let target = resolved(folder, &target);
        relations.insert(id, Relation { kind, target });
    }
    Ok(relations)
}

/// A relative name of a part, seen from a folder.
fn resolved(folder: &str, target: &str) -> String {
    let mut path: Vec<&str> = match target.starts_with('/') {
        true => Vec::new(),
        false => folder.split('/').filter(|step| !step.is_empty()).collect(),
    };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    path.join("/")
}

/// Truth as XML Schema writes it, and as old programs do.
pub(super) fn is_true(value: &str) -> bool {
    matches!(value, "1" | "true" | "on" | "True")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_from_their_folder() {
        assert_eq!(
            resolved("xl", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml"
        );
        assert_eq!(resolved("xl", "/xl/styles.xml"), "xl/styles.xml");
        assert_eq!(resolved("xl", "../../a/./b.xml"), "a/b.xml");
        assert_eq!(resolved("", "xl/workbook.xml"), "xl/workbook.xml");
    }
}
