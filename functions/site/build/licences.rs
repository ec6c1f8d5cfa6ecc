//! The licences of what others wrote and the bundles hold, as the bundler lists them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Outcome;

/// One text of them all, each package once. What comes bundled by others already brings a text of its own.
pub(crate) fn listed(bundles: &[&Path]) -> Outcome<Vec<u8>> {
    let mut packages = BTreeMap::new();
    let mut bundled = String::new();
    for bundle in bundles {
        let list: Vec<Value> = serde_json::from_slice(&fs::read(bundle.join("licenses.json"))?)?;
        for package in list {
            let field = |name: &str| package[name].as_str().unwrap_or_default().to_owned();
            let title = format!("{} {} ({})", field("name"), field("version"), field("identifier"));
            packages.insert(title, field("text"));
        }
        let more = bundle.join("licenses-swagger-ui.txt");
        if more.exists() {
            bundled = format!("Swagger UI has in it:\n\n{}", fs::read_to_string(more)?);
        }
    }
    if packages.is_empty() {
        return Err("the bundles list no licences: run `bash infra/web.sh`".into());
    }
    let mut text = "Docmill's pages have these packages in them.\n".to_owned();
    for (title, licence) in packages {
        text.push_str(&format!("\n{title}\n\n{}\n", licence.trim()));
    }
    text.push_str(&format!("\n{}\n", bundled.trim()));
    Ok(text.into_bytes())
}
