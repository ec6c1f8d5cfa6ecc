//! Records of the jobs table's stream.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use docmill_core::job::Job;
use docmill_core::publish::Change;
use serde_json::Value;

use crate::item::{Item, ItemError};
use crate::job_item::job_of;

/// A stream record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamRecordError {
    /// Not the shape of a stream record.
    #[error("not a stream record: {0}")]
    Shape(&'static str),
    /// An image that is no job record.
    #[error("{image}: {error}")]
    Image {
        /// `OldImage` or `NewImage`.
        image: &'static str,
        /// What is wrong with it.
        error: ItemError,
    },
}

/// The change that one record of a stream event (an element of `Records`) tells of; `Ok(None)` for a removal.
pub fn change_from_stream(record: &Value) -> Result<Option<Change>, StreamRecordError> {
    let images = record
        .get("dynamodb")
        .ok_or(StreamRecordError::Shape("no `dynamodb`"))?;
    match record.get("eventName").and_then(Value::as_str) {
        Some("INSERT" | "MODIFY") => {}
        Some("REMOVE") => return Ok(None),
        _ => return Err(StreamRecordError::Shape("an unknown `eventName`")),
    }
    let new = job_in(images, "NewImage")?.ok_or(StreamRecordError::Shape("no `NewImage`"))?;
    Ok(Some(Change {
        old: job_in(images, "OldImage")?,
        new,
    }))
}

fn job_in(images: &Value, image: &'static str) -> Result<Option<Job>, StreamRecordError> {
    // The emulator writes an empty map where there is no image.
    let Some(map) = images
        .get(image)
        .and_then(Value::as_object)
        .filter(|map| !map.is_empty())
    else {
        return Ok(None);
    };
    let item: Item = map
        .iter()
        .map(|(name, value)| (name.clone(), attribute(value)))
        .collect();
    job_of(&item)
        .map(Some)
        .map_err(|error| StreamRecordError::Image { image, error })
}

/// An attribute from its JSON form, `{"S": "text"}`. What a job record never has (binary values) becomes null, as an
/// attribute of a later release may be anything.
fn attribute(value: &Value) -> AttributeValue {
    let typed = value.as_object().and_then(|map| map.iter().next());
    let read = match typed.map(|(kind, value)| (kind.as_str(), value)) {
        Some(("S", Value::String(text))) => Some(AttributeValue::S(text.clone())),
        Some(("N", Value::String(number))) => Some(AttributeValue::N(number.clone())),
        Some(("BOOL", Value::Bool(flag))) => Some(AttributeValue::Bool(*flag)),
        Some(("NS", Value::Array(numbers))) => Some(AttributeValue::Ns(strings(numbers))),
        Some(("SS", Value::Array(texts))) => Some(AttributeValue::Ss(strings(texts))),
        Some(("L", Value::Array(values))) => Some(AttributeValue::L(values.iter().map(attribute).collect())),
        Some(("M", Value::Object(map))) => {
            let entries: HashMap<_, _> = map
                .iter()
                .map(|(name, value)| (name.clone(), attribute(value)))
                .collect();
            Some(AttributeValue::M(entries))
        }
        _ => None,
    };
    read.unwrap_or(AttributeValue::Null(true))
}

fn strings(values: &[Value]) -> Vec<String> {
    values
        .iter()
        .filter_map(Value::as_str)
        .map(ToOwned::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use docmill_conformance::arbitrary;
    use proptest::option::of;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::job_item::item_of;

    fn image(job: &Job) -> Value {
        item_of(job)
            .iter()
            .map(|(name, value)| (name.clone(), to_json(value)))
            .collect()
    }

    fn to_json(value: &AttributeValue) -> Value {
        match value {
            AttributeValue::S(text) => json!({ "S": text }),
            AttributeValue::N(number) => json!({ "N": number }),
            AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
            AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
            AttributeValue::L(list) => json!({ "L": list.iter().map(to_json).collect::<Vec<_>>() }),
            AttributeValue::M(map) => {
                let map: Value = map
                    .iter()
                    .map(|(name, value)| (name.clone(), to_json(value)))
                    .collect();
                json!({ "M": map })
            }
            other => panic!("a job record has no {other:?}"),
        }
    }

    proptest! {
        #[test]
        fn changes_are_read(old in of(arbitrary::job()), new in arbitrary::job()) {
            let mut record = json!({
                "eventName": if old.is_some() { "MODIFY" } else { "INSERT" },
                "dynamodb": { "NewImage": image(&new), "SequenceNumber": "1" },
            });
            if let Some(old) = &old {
                record["dynamodb"]["OldImage"] = image(old);
            }
            prop_assert_eq!(change_from_stream(&record), Ok(Some(Change { old, new })));
        }
    }

    #[test]
    fn removals_are_no_changes_and_nonsense_is_told() {
        let removal = json!({"eventName": "REMOVE", "dynamodb": {"OldImage": {"job_id": {"S": "x"}}}});
        assert_eq!(change_from_stream(&removal), Ok(None));
        let empty = json!({"eventName": "INSERT", "dynamodb": {"NewImage": {}}});
        assert_eq!(
            change_from_stream(&empty),
            Err(StreamRecordError::Shape("no `NewImage`"))
        );
        let poison = json!({"eventName": "INSERT", "dynamodb": {"NewImage": {"job_id": {"B": "AA=="}}}});
        let error = change_from_stream(&poison).unwrap_err();
        assert_eq!(error.to_string(), "NewImage: attribute `created_at` is missing");
        assert!(change_from_stream(&json!({"body": "not a stream record"})).is_err());
    }
}
