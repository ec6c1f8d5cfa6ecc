//! Puts the page's files and the API description into the program: a table of the files below `page/assets`, their
//! routes under a folder named by what is in them, and `infra/openapi.yaml` as JSON.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest, Sha256};

const API: &str = "../../infra/openapi.yaml";
const ASSETS: &str = "page/assets";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={API}");
    println!("cargo::rerun-if-changed={ASSETS}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let api: serde_json::Value = serde_saphyr::from_str(&fs::read_to_string(API)?)?;
    fs::write(out.join("openapi.json"), serde_json::to_vec(&api)?)?;
    fs::write(out.join("assets.rs"), table(&files(Path::new(ASSETS))?)?)?;
    Ok(())
}

struct File {
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
}

fn files(folder: &Path) -> Result<Vec<File>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = fs::canonicalize(entry?.path())?;
        let name = path.file_name().ok_or("no name")?.to_string_lossy().into_owned();
        let bytes = fs::read(&path)?;
        files.push(File { name, path, bytes });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// The version names what is in all files together: modules import each other by relative addresses, so they are
/// fetched from one folder, never one from an old release and another from a new one.
fn table(files: &[File]) -> Result<String, Box<dyn Error>> {
    let mut hash = Sha256::new();
    for file in files {
        hash.update(format!("{} {}\n", file.name, file.bytes.len()));
        hash.update(&file.bytes);
    }
    let mut version = String::new();
    for byte in &hash.finalize()[..6] {
        write!(version, "{byte:02x}")?;
    }
    let mut assets = String::new();
    let mut routes = String::new();
    for (index, File { name, path, .. }) in files.iter().enumerate() {
        let content_type = content_type(name)?;
        writeln!(
            assets,
            "    Asset {{ content_type: {content_type:?}, text: include_str!({path:?}) }},"
        )?;
        writeln!(
            routes,
            "    get(\"/assets/{version}/{name}\", Action::Asset({index})),"
        )?;
    }
    Ok(format!(
        "/// Names what is in the assets; the folder they are served from.\n\
         pub const VERSION: &str = \"{version}\";\n\n\
         const ASSETS: &[Asset] = &[\n{assets}];\n\n\
         const ROUTES: &[Route<Action>] = &[\n    get(\"/\", Action::Page),\n    get(\"/docs\", Action::Docs),\n    \
         get(\"/openapi.json\", Action::Api),\n{routes}];\n"
    ))
}

fn content_type(name: &str) -> Result<&'static str, Box<dyn Error>> {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => Ok("text/css; charset=utf-8"),
        Some("js") => Ok("text/javascript; charset=utf-8"),
        Some("svg") => Ok("image/svg+xml"),
        _ => Err(format!("{name}: no content type is known for this extension").into()),
    }
}
