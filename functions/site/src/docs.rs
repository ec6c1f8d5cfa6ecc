//! A page of the API description, made from its JSON: plain HTML without scripts.

mod schema;
mod text;

use std::fmt::Write as _;

use serde_json::{Map, Value};

use schema::{properties, type_of};
use text::{escape, inline, prose};

const VERBS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The page. `version` is the folder of its style sheet.
pub(crate) fn page(api: &Value, version: &str) -> String {
    let title = escape(text_of(&api["info"], "title"));
    let mut body = String::new();
    let _ = write!(
        body,
        "<h1>{title} API</h1>{}\
         <p>For programs: <a href=\"openapi.json\">openapi.json</a> (OpenAPI {}). Addresses are relative to that of \
         <a href=\"./\">the page</a>.</p>",
        prose(text_of(&api["info"], "description")),
        escape(text_of(api, "openapi")),
    );
    let tags = list(&api["tags"]);
    body.push_str("<nav aria-label=\"Routes\"><h2>Routes</h2><ul class=\"toc\">");
    for (verb, path, operation) in tags.iter().flat_map(|tag| tagged(api, text_of(tag, "name"))) {
        let (id, summary) = (text_of(operation, "operationId"), text_of(operation, "summary"));
        let _ = write!(
            body,
            "<li><a href=\"#{}\"><code>{} {}</code></a> {}</li>",
            escape(id),
            verb.to_uppercase(),
            escape(path),
            escape(summary)
        );
    }
    body.push_str("</ul></nav>");
    for tag in tags {
        let name = text_of(tag, "name");
        let _ = write!(body, "<h2>{}</h2>", escape(&capitalised(name)));
        body.push_str(&prose(text_of(tag, "description")));
        for (verb, path, operation) in tagged(api, name) {
            body.push_str(&route(api, verb, path, operation));
        }
    }
    body.push_str("<h2>Schemas</h2>");
    for (name, schema) in object(&api["components"]["schemas"]) {
        let name = escape(name);
        let _ = write!(
            body,
            "<section class=\"card\"><h3 id=\"schema-{name}\">{name}</h3>"
        );
        body.push_str(&prose(text_of(schema, "description")));
        body.push_str(&properties(schema));
        body.push_str("</section>");
    }
    frame(&title, version, &body)
}

fn frame(title: &str, version: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} API</title>\n\
         <link rel=\"icon\" type=\"image/svg+xml\" href=\"assets/{version}/favicon.svg\">\n\
         <link rel=\"stylesheet\" href=\"assets/{version}/style.css\">\n</head>\n<body>\n\
         <header class=\"top\"><a class=\"brand\" href=\"./\">{title}</a></header>\n\
         <main class=\"docs\">{body}</main>\n</body>\n</html>\n"
    )
}

/// One route: what it takes, what it answers.
fn route(api: &Value, verb: &str, path: &str, operation: &Value) -> String {
    let open = operation["security"].as_array().is_some_and(Vec::is_empty);
    let mut html = format!(
        "<section class=\"card\"><h3 id=\"{}\"><span class=\"verb\">{}</span> <code>{}</code>{}</h3><p><strong>{}</strong></p>",
        escape(text_of(operation, "operationId")),
        verb.to_uppercase(),
        escape(path),
        if open {
            " <span class=\"open-route\">no token needed</span>"
        } else {
            ""
        },
        escape(text_of(operation, "summary")),
    );
    html.push_str(&prose(text_of(operation, "description")));
    html.push_str(&parameters(api, path, operation));
    let body = resolved(api, &operation["requestBody"]);
    for (media_type, content) in object(&body["content"]) {
        let _ = write!(html, "<h4>Body: <code>{}</code></h4>", escape(media_type));
        html.push_str(&properties(&content["schema"]));
        html.push_str(&examples(api, content));
    }
    html.push_str(&responses(api, operation));
    html.push_str("</section>");
    html
}

fn parameters(api: &Value, path: &str, operation: &Value) -> String {
    let shared = list(&api["paths"][path]["parameters"]);
    let own = list(&operation["parameters"]);
    if shared.is_empty() && own.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for parameter in shared.iter().chain(own) {
        let parameter = resolved(api, parameter);
        let _ = write!(
            rows,
            "<tr><td><code>{}</code></td><td>{}{}</td><td>{}</td><td>{}</td></tr>",
            escape(text_of(parameter, "name")),
            escape(text_of(parameter, "in")),
            if parameter["required"] == true {
                ", required"
            } else {
                ""
            },
            type_of(&parameter["schema"]),
            inline(text_of(parameter, "description")),
        );
    }
    let head = "<tr><th scope=\"col\">Parameter</th><th scope=\"col\">In</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th></tr>";
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Parameters\"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>"
    )
}

fn responses(api: &Value, operation: &Value) -> String {
    let mut rows = String::new();
    let mut shown = String::new();
    for (status, response) in object(&operation["responses"]) {
        let response = resolved(api, response);
        let types: Vec<String> = object(&response["content"])
            .map(|(media_type, content)| {
                format!(
                    "<code>{}</code> {}",
                    escape(media_type),
                    type_of(&content["schema"])
                )
            })
            .collect();
        let headers: Vec<String> = object(&response["headers"])
            .map(|(name, _)| format!("<code>{}</code>", escape(name)))
            .collect();
        let _ = write!(
            rows,
            "<tr><td><code>{}</code></td><td>{}{}</td><td>{}</td></tr>",
            escape(status),
            inline(text_of(response, "description")),
            if headers.is_empty() {
                String::new()
            } else {
                format!(" Headers: {}.", headers.join(", "))
            },
            types.join("<br>"),
        );
        if status.starts_with('2') {
            object(&response["content"]).for_each(|(_, content)| shown.push_str(&examples(api, content)));
        }
    }
    let head =
        "<tr><th scope=\"col\">Status</th><th scope=\"col\">Answer</th><th scope=\"col\">Body</th></tr>";
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Answers\"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>{shown}"
    )
}

fn examples(api: &Value, content: &Value) -> String {
    object(&content["examples"])
        .map(|(_, example)| {
            let value = &resolved(api, example)["value"];
            let text = match value {
                Value::String(text) => text.clone(),
                value => serde_json::to_string_pretty(value).unwrap_or_default(),
            };
            format!("<pre tabindex=\"0\"><code>{}</code></pre>", escape(&text))
        })
        .collect()
}

/// The operations of a tag in the order of the description.
fn tagged<'a>(api: &'a Value, tag: &str) -> Vec<(&'static str, &'a str, &'a Value)> {
    let mut found = Vec::new();
    for (path, item) in object(&api["paths"]) {
        for verb in VERBS {
            if list(&item[verb]["tags"]).iter().any(|name| name == tag) {
                found.push((verb, path, &item[verb]));
            }
        }
    }
    found
}

/// What a reference stands for.
fn resolved<'a>(api: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'))
    {
        Some(pointer) => api.pointer(pointer).unwrap_or(value),
        None => value,
    }
}

fn object(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let fields = value.as_object().map(Map::iter);
    fields
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text_of<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_and_schema_has_its_place() {
        let api: Value = serde_json::from_str(crate::API).unwrap();
        let html = page(&api, "v");
        for (path, item) in object(&api["paths"]) {
            for verb in VERBS.iter().filter(|verb| item[**verb].is_object()) {
                let heading = format!(
                    "<span class=\"verb\">{}</span> <code>{}</code>",
                    verb.to_uppercase(),
                    escape(path)
                );
                assert!(html.contains(&heading), "{verb} {path}");
            }
        }
        for (name, _) in object(&api["components"]["schemas"]) {
            assert!(html.contains(&format!("id=\"schema-{name}\"")), "{name}");
        }
        assert!(!html.contains("<script"));
        assert!(!html.contains("style="), "the policy allows no inline styles");
    }

    #[test]
    fn the_links_of_the_page_lead_somewhere() {
        let api: Value = serde_json::from_str(crate::API).unwrap();
        let html = page(&api, "v");
        for link in html.split("href=\"#").skip(1) {
            let id = link.split('"').next().unwrap();
            assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }
}
