//! What a text answer says: models wrap JSON in fences, and talk around it.

use serde_json::Value;

/// Answers longer than this are not looked at: no form asked for here has so many bytes.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// Where an object may begin; a text of nothing but braces is given up after so many.
const MAX_STARTS: usize = 64;

/// The first JSON object in a text.
pub fn first_object(text: &str) -> Option<Value> {
    let text = text.get(..MAX_ANSWER_BYTES).unwrap_or(text);
    if text.len() > MAX_ANSWER_BYTES {
        return None;
    }
    text.match_indices('{').take(MAX_STARTS).find_map(|(start, _)| {
        let mut values = serde_json::Deserializer::from_str(text.get(start..)?).into_iter::<Value>();
        values.next()?.ok().filter(Value::is_object)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn fences_and_talk_are_taken_off() {
        let wanted = json!({"items": [{"i": 0, "out": ["Il dort."]}]});
        for text in [
            wanted.to_string(),
            format!("```json\n{wanted}\n```"),
            format!("Voici {{ le résultat }} :\n{wanted}\nBonne lecture {{}}"),
        ] {
            assert_eq!(first_object(&text), Some(wanted.clone()), "{text}");
        }
    }

    #[test]
    fn what_is_cut_off_is_no_object() {
        for text in ["", "{", "{\"items\": [", "[1, 2]", "nothing", &"{".repeat(10_000)] {
            assert_eq!(first_object(text), None);
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert_eq!(first_object(&"{\"a\":".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not(text in ".{0,400}") {
            prop_assert!(first_object(&text).is_none_or(|value| value.is_object()));
        }

        #[test]
        fn an_object_is_found_behind_any_words(words in "[^{]{0,80}", number in any::<i64>()) {
            let object = json!({"n": number});
            prop_assert_eq!(first_object(&format!("{words}{object}{words}")), Some(object));
        }
    }
}
