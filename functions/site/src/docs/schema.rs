//! Types and properties of a JSON Schema, in words.

use serde_json::Value;

use super::text::{escape, inline};
use super::{list, object, text_of};

/// The type in a few words; a named schema as a link to it.
pub(super) fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        let name = escape(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for (word, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")] {
        let parts = list(&schema[word]);
        if !parts.is_empty() {
            return parts.iter().map(type_of).collect::<Vec<_>>().join(between);
        }
    }
    let names: Vec<String> = match &schema["type"] {
        Value::String(name) => vec![name.clone()],
        Value::Array(names) => names
            .iter()
            .filter_map(|name| name.as_str().map(ToOwned::to_owned))
            .collect(),
        _ => Vec::new(),
    };
    let mut words: Vec<String> = names
        .iter()
        .map(|name| match name.as_str() {
            "array" => format!("list of {}", type_of(&schema["items"])),
            name => escape(name),
        })
        .collect();
    let choices: Vec<String> = list(&schema["enum"])
        .iter()
        .filter(|choice| !choice.is_null())
        .map(|choice| format!("<code>{}</code>", escape(&plain(choice))))
        .collect();
    if !choices.is_empty() {
        words.retain(|word| word == "null");
        words.insert(0, choices.join(" "));
    }
    let mut text = words.join(" or ");
    if let Some(format) = schema["format"].as_str() {
        text.push_str(&format!(" ({})", escape(format)));
    }
    text + &range(schema)
}

fn range(schema: &Value) -> String {
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, Value::Null) => String::new(),
        (least, Value::Null) => format!(", at least {least}"),
        (Value::Null, most) => format!(", at most {most}"),
        (least, most) => format!(", {least} to {most}"),
    }
}

/// A table of the properties of an object, those of its parts included; for anything else its type.
pub(super) fn properties(schema: &Value) -> String {
    let mut rows = String::new();
    let parts = list(&schema["allOf"]);
    for part in parts.iter().chain([schema]) {
        let required = list(&part["required"]);
        for (name, property) in object(&part["properties"]) {
            let default = match &property["default"] {
                Value::Null => String::new(),
                value => format!(" Default: <code>{}</code>.", escape(&plain(value))),
            };
            let optional = if required.iter().any(|known| known == name) {
                ""
            } else {
                ", optional"
            };
            rows.push_str(&format!(
                "<tr><td><code>{}</code></td><td>{}{optional}</td><td>{}{default}</td></tr>",
                escape(name),
                type_of(property),
                inline(text_of(property, "description")),
            ));
        }
    }
    if rows.is_empty() {
        return format!("<p>{}</p>", type_of(schema));
    }
    let named: Vec<String> = parts
        .iter()
        .filter(|part| part["$ref"].is_string())
        .map(type_of)
        .collect();
    let base = if named.is_empty() {
        String::new()
    } else {
        format!("<p>{}, and:</p>", named.join(", "))
    };
    let head =
        "<tr><th scope=\"col\">Field</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr>";
    format!(
        "{base}<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Fields\"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>"
    )
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_told_in_words() {
        let cases = [
            (json!({"type": "string", "format": "uuid"}), "string (uuid)"),
            (
                json!({"type": ["integer", "null"], "minimum": 1}),
                "integer or null, at least 1",
            ),
            (
                json!({"type": "integer", "minimum": 0, "maximum": 100}),
                "integer, 0 to 100",
            ),
            (
                json!({"type": "string", "enum": ["a", "b"]}),
                "<code>a</code> <code>b</code>",
            ),
            (
                json!({"type": ["string", "null"], "enum": ["a", null]}),
                "<code>a</code> or null",
            ),
            (
                json!({"type": "array", "items": {"$ref": "#/components/schemas/Job"}}),
                "list of <a href=\"#schema-Job\">Job</a>",
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Notice"}]}),
                "null or <a href=\"#schema-Notice\">Notice</a>",
            ),
        ];
        for (schema, words) in cases {
            assert_eq!(type_of(&schema), words);
        }
    }

    #[test]
    fn optional_fields_say_so() {
        let html = properties(&json!({
            "type": "object", "required": ["a"],
            "properties": {"a": {"type": "string"}, "b": {"type": "integer", "default": 3, "description": "<x>"}},
        }));
        assert!(html.contains("<tr><td><code>a</code></td><td>string</td>"));
        assert!(html.contains("<td>integer, optional</td><td>&lt;x&gt; Default: <code>3</code>.</td>"));
    }
}
