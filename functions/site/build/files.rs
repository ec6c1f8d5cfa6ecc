//! What is served, each thing plain and compressed, as a table in Rust.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

use super::Outcome;

/// How long browsers may keep a file unasked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keep {
    /// Its name says what is in it.
    ForGood,
    /// Until they ask next.
    AskAgain,
}

/// One file at one path.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) keep: Keep,
    pub(crate) plain: Vec<u8>,
    content_type: &'static str,
    brotli: Option<Vec<u8>>,
    gzip: Option<Vec<u8>>,
}

impl File {
    /// A file of a bundle. Texts have compressed ones beside them: `web/tools/compress.js` made these, since
    /// Brotli takes minutes in a build script, which is compiled without optimisation.
    pub(crate) fn built(folder: &Path, name: &str, path: &str) -> Outcome<Self> {
        let (content_type, is_text) = content_type(name)?;
        let read = |ending: &str| {
            let file = folder.join(format!("{name}{ending}"));
            fs::read(&file).map_err(|_| format!("{} is missing: run `bash infra/web.sh`", file.display()))
        };
        let compressed = |ending| is_text.then(|| read(ending)).transpose();
        Ok(Self {
            path: path.to_owned(),
            keep: Keep::AskAgain,
            content_type,
            plain: read("")?,
            brotli: compressed(".br")?,
            gzip: compressed(".gz")?,
        })
    }

    /// A text that this build made.
    pub(crate) fn made(path: &str, plain: Vec<u8>) -> Outcome<Self> {
        // No time and no name in the header: the same text gives the same bytes.
        let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
        gzip.write_all(&plain)?;
        Ok(Self {
            path: path.to_owned(),
            keep: Keep::AskAgain,
            content_type: content_type(path)?.0,
            plain,
            brotli: None,
            gzip: Some(gzip.finish()?),
        })
    }
}

/// Names of the files below `folder/start`, relative to `folder`, in order; not those that another one comes with.
pub(crate) fn below(folder: &Path, start: &str) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    let mut waiting = vec![start.to_owned()];
    while let Some(name) = waiting.pop() {
        for entry in fs::read_dir(folder.join(&name))? {
            let entry = entry?;
            let name = format!("{name}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                waiting.push(name);
            } else if ![".br", ".gz", ".map"].iter().any(|ending| name.ends_with(ending)) {
                names.push(name);
            }
        }
    }
    names.sort();
    Ok(names)
}

/// The table, with the bytes in files of `out`.
pub(crate) fn table(files: &[File], out: &Path) -> Outcome<String> {
    let (mut table, mut routes) = (String::new(), String::new());
    for (index, file) in files.iter().enumerate() {
        let include = |ending: &str, bytes: &[u8]| -> Outcome<String> {
            let path = out.join(format!("{index}{ending}"));
            fs::write(&path, bytes)?;
            Ok(format!("include_bytes!({path:?})"))
        };
        let plain = include("", &file.plain)?;
        let optional = |ending: &str, bytes: &Option<Vec<u8>>| -> Outcome<String> {
            match bytes {
                Some(bytes) => Ok(format!("Some({})", include(ending, bytes)?)),
                None => Ok("None".to_owned()),
            }
        };
        let (brotli, gzip) = (optional(".br", &file.brotli)?, optional(".gz", &file.gzip)?);
        writeln!(
            table,
            "    File {{ content_type: {:?}, keep: Keep::{:?}, digest: {:?}, plain: {plain}, brotli: {brotli}, gzip: {gzip} }},",
            file.content_type,
            file.keep,
            digest(&file.plain)?,
        )?;
        writeln!(routes, "    get({:?}, Action::File({index})),", file.path)?;
    }
    Ok(format!(
        "const FILES: &[File] = &[\n{table}];\n\n\
         const ROUTES: &[Route<Action>] = &[\n    get(\"/\", Action::Page),\n{routes}];\n"
    ))
}

fn digest(bytes: &[u8]) -> Outcome<String> {
    let mut text = String::new();
    for byte in &Sha256::digest(bytes)[..10] {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}

/// The media type that belongs to a file's name, and whether it is text, which is worth compressing.
fn content_type(name: &str) -> Outcome<(&'static str, bool)> {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => Ok(("text/css; charset=utf-8", true)),
        Some("csv") => Ok(("text/csv; charset=utf-8", true)),
        Some("html") => Ok(("text/html; charset=utf-8", true)),
        Some("js") => Ok(("text/javascript; charset=utf-8", true)),
        Some("json") => Ok(("application/json", true)),
        Some("svg") => Ok(("image/svg+xml", true)),
        Some("txt") => Ok(("text/plain; charset=utf-8", true)),
        Some("jpg") => Ok(("image/jpeg", false)),
        Some("pdf") => Ok(("application/pdf", false)),
        Some("png") => Ok(("image/png", false)),
        Some("webp") => Ok(("image/webp", false)),
        Some("woff2") => Ok(("font/woff2", false)),
        _ => Err(format!("{name}: no content type is known for this extension").into()),
    }
}
