//! Holds values against the schemas of the API description: stricter than JSON Schema, since a field that is not
//! described is an error where a schema names its properties.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::sync::Arc;

use docmill_gateway::Response;
use docmill_gateway::event::HttpEvent;
use docmill_memory::OsEntropy;
use docmill_site::SiteApp;
use docmill_site::policy::Policy;
use docmill_testing::{ALICE, Http};
use serde_json::{Map, Value};

const VERBS: [&str; 4] = ["get", "post", "patch", "delete"];

pub(crate) fn get(target: &str) -> Http {
    Http::new("GET", target).by(ALICE)
}

pub(crate) fn post(target: &str) -> Http {
    Http::new("POST", target).by(ALICE)
}

/// What `site` answers.
pub(crate) fn respond(event: HttpEvent) -> Response {
    let policy = Policy::new(["wss://live.example.com/live"]);
    let app = SiteApp::new(policy, Arc::new(OsEntropy));
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(app.respond(event))
}

/// What `site` has at a path, not compressed.
pub(crate) fn plain(path: &str) -> Response {
    respond(
        Http::new("GET", path)
            .header("accept-encoding", "identity")
            .event(),
    )
}

/// A description as it is served.
pub(crate) fn served(path: &str) -> Value {
    let response = plain(path);
    serde_json::from_slice(response.body()).unwrap()
}

pub(crate) struct Description {
    api: Value,
}

impl Description {
    /// The one that is served at `path`.
    pub(crate) fn load(path: &str) -> Self {
        Self { api: served(path) }
    }

    /// A part of it.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.api
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{pointer} is not there"))
    }

    /// What an operation answers with that status.
    pub(crate) fn response(&self, operation: &str, status: u16) -> &Value {
        let response = self
            .operations()
            .find(|described| described["operationId"] == operation)
            .map(|described| &described["responses"][status.to_string()])
            .unwrap_or_else(|| panic!("no operation {operation}"));
        assert!(!response.is_null(), "{operation} has no answer {status}");
        self.resolved(response)
    }

    fn operations(&self) -> impl Iterator<Item = &Value> {
        let items = self.api["paths"].as_object().unwrap().values();
        items.flat_map(|item| VERBS.iter().filter_map(|verb| item.get(*verb)))
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
            Some(pointer) => self.at(pointer),
            None => value,
        }
    }

    /// Holds every example of a body against its schema; how many there are.
    pub(crate) fn hold_examples(&self) -> usize {
        let bodies = self.operations().map(|operation| &operation["requestBody"]);
        let answers = self
            .operations()
            .flat_map(|operation| operation["responses"].as_object().unwrap().values());
        let mut held = 0;
        for part in bodies.chain(answers) {
            for content in self.resolved(part)["content"]
                .as_object()
                .into_iter()
                .flat_map(Map::values)
            {
                let examples = content["examples"].as_object().into_iter().flat_map(Map::values);
                let examples = examples
                    .map(|example| &self.resolved(example)["value"])
                    .chain(content.get("example"));
                for example in examples {
                    self.hold(example, &content["schema"], "example");
                    held += 1;
                }
            }
        }
        held
    }

    /// Panics with the place where `value` is not as `schema` says.
    pub(crate) fn hold(&self, value: &Value, schema: &Value, place: &str) {
        if let Err(wrong) = self.check(value, schema, place) {
            panic!("{wrong}");
        }
    }

    /// The first place where `value` is not as `schema` says.
    pub(crate) fn check(&self, value: &Value, schema: &Value, place: &str) -> Result<(), String> {
        let schema = self.resolved(schema);
        if let Some(choices) = schema["oneOf"].as_array() {
            let fitting = choices
                .iter()
                .filter(|choice| self.check(value, choice, place).is_ok())
                .count();
            if fitting != 1 {
                return Err(format!("{place}: {fitting} of oneOf fit {value}"));
            }
        }
        if !schema["const"].is_null() && *value != schema["const"] {
            return Err(format!("{place}: {value} is not {}", schema["const"]));
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !types.is_empty() && !types.iter().any(|name| is(value, name)) {
            return Err(format!("{place}: {value} is not {types:?}"));
        }
        if schema["enum"]
            .as_array()
            .is_some_and(|words| !words.contains(value))
        {
            return Err(format!("{place}: {value} is none of {}", schema["enum"]));
        }
        match value {
            Value::Object(fields) => self.check_object(fields, schema, place),
            Value::Array(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                self.check(item, &schema["items"], &format!("{place}[{index}]"))
            }),
            _ => Ok(()),
        }
    }

    fn check_object(&self, fields: &Map<String, Value>, schema: &Value, place: &str) -> Result<(), String> {
        let (properties, required) = self.object(schema);
        if let Some(missing) = required.iter().find(|name| !fields.contains_key(**name)) {
            return Err(format!("{place}.{missing} is missing"));
        }
        for (name, value) in fields {
            let place = format!("{place}.{name}");
            match properties.iter().find(|(known, _)| known == name) {
                Some((_, schema)) => self.check(value, schema, &place)?,
                None if schema["additionalProperties"].is_object() => {
                    self.check(value, &schema["additionalProperties"], &place)?;
                }
                None if properties.is_empty() => {}
                None => return Err(format!("{place} is not described")),
            }
        }
        Ok(())
    }

    /// Properties and required names, those of the parts of `allOf` included.
    fn object<'a>(&'a self, schema: &'a Value) -> (Vec<(&'a str, &'a Value)>, Vec<&'a str>) {
        let schema = self.resolved(schema);
        let own = schema["properties"].as_object().into_iter().flatten();
        let mut properties: Vec<_> = own.map(|(name, property)| (name.as_str(), property)).collect();
        let names = schema["required"].as_array().into_iter().flatten();
        let mut required: Vec<_> = names.filter_map(Value::as_str).collect();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let (more, names) = self.object(part);
            properties.extend(more);
            required.extend(names);
        }
        (properties, required)
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
