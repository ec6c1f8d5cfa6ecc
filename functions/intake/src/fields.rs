//! What a job is to be, from the fields of a form or of a JSON object. Both know the same fields and refuse others.

use std::collections::BTreeMap;

use docmill_core::intake::Submission;
use docmill_core::problem::{FieldError, Problem};
use serde_json::{Map, Value};

/// From a form, where every value is text. An empty field is one that was left empty on a page: it counts as none.
pub(crate) fn from_form(
    fields: BTreeMap<String, String>,
    idempotency_key: Option<&str>,
) -> Result<Submission, Problem> {
    let mut values = Map::new();
    for (name, text) in fields.into_iter().filter(|(_, text)| !text.is_empty()) {
        let value = if name == "settings" {
            serde_json::from_str(&text).map_err(|error| {
                let detail = format!("`settings` is not valid JSON: {error}.");
                Problem::invalid(vec![FieldError::new("settings", "INVALID_JSON", detail)])
            })?
        } else {
            Value::String(text)
        };
        values.insert(name, value);
    }
    from_json(values, idempotency_key)
}

/// From a JSON object.
pub(crate) fn from_json(
    fields: Map<String, Value>,
    idempotency_key: Option<&str>,
) -> Result<Submission, Problem> {
    let mut submission = Submission {
        idempotency_key: idempotency_key.map(ToOwned::to_owned),
        ..Submission::default()
    };
    let mut errors = Vec::new();
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_null()) {
        if let Err(error) = take(&mut submission, &name, value) {
            errors.push(error);
        }
    }
    let named = errors.iter().any(|error| error.field == "pipeline");
    if submission.pipeline.is_empty() && !named {
        let detail = "Please name a pipeline.";
        errors.push(FieldError::new("pipeline", "REQUIRED", detail));
    }
    if errors.is_empty() {
        Ok(submission)
    } else {
        Err(Problem::invalid(errors))
    }
}

fn take(submission: &mut Submission, name: &str, value: Value) -> Result<(), FieldError> {
    match name {
        "pipeline" => submission.pipeline = text(name, value)?,
        "kind" => submission.kind = Some(text(name, value)?),
        "settings" => submission.settings = value,
        "label" => submission.label = Some(text(name, value)?),
        "batch_id" => submission.batch_id = Some(text(name, value)?),
        "priority" => {
            submission.priority = text(name, value)?.parse().map_err(|_| {
                FieldError::new(
                    name,
                    "INVALID_PRIORITY",
                    "The priority is `high`, `normal` or `low`.",
                )
            })?;
        }
        "company_id" => submission.company_id = Some(text(name, value)?),
        "callback_url" => submission.callback_url = Some(text(name, value)?),
        "source_job_id" => {
            let detail = "No pipeline of this installation works on the result of another job.";
            return Err(FieldError::new(name, "NOT_SUPPORTED", detail));
        }
        _ => {
            let shown: String = name.chars().take(100).collect();
            let detail = "There is no such field.";
            return Err(FieldError::new(shown, "UNKNOWN_FIELD", detail));
        }
    }
    Ok(())
}

fn text(name: &str, value: Value) -> Result<String, FieldError> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(FieldError::new(
            name,
            "INVALID_TYPE",
            format!("`{name}` is a text."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use docmill_core::job::Priority;
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn forms_and_json_mean_the_same() {
        let form = [
            ("pipeline", "novel"),
            ("settings", "{\"sentence_length_limit\":8}"),
            ("priority", "low"),
            ("kind", ""),
            ("label", "Les Misérables"),
            ("callback_url", "https://example.com/hook"),
        ];
        let form = form
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect();
        let json = object(json!({
            "pipeline": "novel", "settings": {"sentence_length_limit": 8}, "priority": "low", "kind": null,
            "label": "Les Misérables", "callback_url": "https://example.com/hook",
        }));
        let submission = from_form(form, Some("key")).unwrap();
        assert_eq!(submission, from_json(json, Some("key")).unwrap());
        assert_eq!(submission.priority, Priority::Low);
        assert_eq!(submission.kind, None);
        assert_eq!(submission.idempotency_key.as_deref(), Some("key"));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let errors = from_json(
            object(json!({
                "pipeline": 7, "priority": "urgent", "company_id": 7, "callback_url": 7,
                "source_job_id": "j", "owner": "somebody",
            })),
            None,
        )
        .unwrap_err()
        .errors;
        let mut codes: Vec<String> = errors
            .iter()
            .map(|error| format!("{} {}", error.field, error.code))
            .collect();
        codes.sort();
        assert_eq!(
            codes,
            [
                "callback_url INVALID_TYPE",
                "company_id INVALID_TYPE",
                "owner UNKNOWN_FIELD",
                "pipeline INVALID_TYPE",
                "priority INVALID_PRIORITY",
                "source_job_id NOT_SUPPORTED",
            ]
        );
        let missing = from_form(BTreeMap::new(), None).unwrap_err();
        assert_eq!(
            (missing.status, missing.errors[0].code.as_str()),
            (422, "REQUIRED")
        );
        let settings = BTreeMap::from([("settings".to_owned(), "{".to_owned())]);
        assert_eq!(
            from_form(settings, None).unwrap_err().errors[0].code,
            "INVALID_JSON"
        );
    }
}
