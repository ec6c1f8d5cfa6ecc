//! The descriptions of the API as JSON: programs read it more readily than YAML, and need no second file for it.

use std::fs;

use serde_json::{Map, Value};

use super::Outcome;

const OPENAPI: &str = "../../infra/openapi.yaml";
const ASYNCAPI: &str = "../../infra/asyncapi.yaml";

/// How the second description refers to a schema of the first.
const ELSEWHERE: &str = "openapi.yaml#/components/schemas/";
const HERE: &str = "#/components/schemas/";

/// OpenAPI and AsyncAPI.
pub(crate) fn as_json() -> Outcome<(Vec<u8>, Vec<u8>)> {
    let openapi = read(OPENAPI)?;
    let mut asyncapi = read(ASYNCAPI)?;
    bring(&mut asyncapi, &openapi["components"]["schemas"])?;
    Ok((serde_json::to_vec(&openapi)?, serde_json::to_vec(&asyncapi)?))
}

fn read(path: &str) -> Outcome<Value> {
    println!("cargo::rerun-if-changed={path}");
    let text = fs::read_to_string(path)?;
    serde_saphyr::from_str(&text).map_err(|error| format!("{path}: {error}").into())
}

/// Brings into a description every schema that it refers to elsewhere, and what these refer to in turn.
fn bring(description: &mut Value, schemas: &Value) -> Outcome<()> {
    let mut waiting = Vec::new();
    point_here(description, &mut waiting);
    let mut brought = Map::new();
    while let Some(name) = waiting.pop() {
        if brought.contains_key(&name) {
            continue;
        }
        let schema = schemas
            .get(&name)
            .ok_or_else(|| format!("{OPENAPI} has no schema {name}"))?;
        references(schema, &mut |reference| {
            waiting.extend(reference.strip_prefix(HERE).map(ToOwned::to_owned));
        });
        brought.insert(name, schema.clone());
    }
    let own = description["components"]["schemas"]
        .as_object_mut()
        .ok_or_else(|| format!("{ASYNCAPI} has no schemas"))?;
    for (name, schema) in brought {
        if own.insert(name.clone(), schema).is_some() {
            return Err(format!("both descriptions have a schema {name}").into());
        }
    }
    Ok(())
}

/// Turns references to the other description into ones within this; `names` gets what they name.
fn point_here(value: &mut Value, names: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let elsewhere = value.as_str().and_then(|text| text.strip_prefix(ELSEWHERE));
                if let (true, Some(name)) = (key == "$ref", elsewhere.map(ToOwned::to_owned)) {
                    *value = format!("{HERE}{name}").into();
                    names.push(name);
                } else {
                    point_here(value, names);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| point_here(item, names)),
        _ => {}
    }
}

fn references(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| match value {
            Value::String(reference) if key == "$ref" => found(reference),
            value => references(value, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}
