//! Puts into the program what the site serves: the page and its files as `infra/web.sh` built them, the viewers of the
//! descriptions, and the descriptions themselves, made of the YAML in `infra`.

mod descriptions;
mod files;
mod licences;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use files::{File, Keep};

const WEB: &str = "../../web";

/// Stands in the page where the nonce of an answer goes.
const NONCE: &str = "__CSP_NONCE__";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() {
    // Cargo shows this as one line, where a panic is a page.
    if let Err(error) = embed() {
        println!("cargo::error={error}");
    }
}

fn embed() -> Outcome<()> {
    let web = Path::new(WEB);
    let (app, docs) = (web.join("app/dist"), web.join("docs/dist"));
    for folder in [&app, &docs] {
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    let Ok(page) = fs::read_to_string(app.join("index.html")) else {
        return Err("the page is not built: run `bash infra/web.sh`".into());
    };
    if !page.contains(NONCE) {
        return Err(format!("web/app/index.html has no {NONCE}: its style sheets need one").into());
    }
    let (openapi, asyncapi) = descriptions::as_json()?;
    let mut served = vec![
        File::built(&docs, "docs.html", "/docs")?,
        File::built(&docs, "docs/live.html", "/docs/live")?,
        File::made("/openapi.json", openapi)?,
        File::made("/asyncapi.json", asyncapi)?,
        File::made("/assets/licenses.txt", licences::listed(&[&app, &docs])?)?,
    ];
    // The bundler puts a digest into the names of what is below `assets`.
    for folder in [&app, &docs] {
        for name in files::below(folder, "assets")? {
            let path = format!("/{name}");
            let mut file = File::built(folder, &name, &path)?;
            file.keep = Keep::ForGood;
            match served.iter().find(|known| known.path == path) {
                Some(known) if known.plain == file.plain => {}
                Some(_) => return Err(format!("two files are called {name}").into()),
                None => served.push(file),
            }
        }
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("index.html"), page)?;
    fs::write(out.join("files.rs"), files::table(&served, &out)?)?;
    Ok(())
}
