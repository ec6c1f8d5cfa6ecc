//! Reading what users set: whichever pipeline it is for, the same mistakes have the same codes.

use std::borrow::Cow;

use docmill_core::problem::FieldError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Who does the work of a pipeline that a language model can do as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Engine {
    /// The rules of this crate.
    Rules,
    /// A language model; the rules for what it does not do.
    Llm,
    /// The best engine there is: a language model where one is configured, the user can pay for it and the pipeline has a use
    /// for it, else the rules.
    #[default]
    Auto,
}

impl Engine {
    /// What [`Refused::new`] says of another word.
    pub(crate) const WORDS: &'static str = "`auto`, `rules` or `llm`";

    /// The words that are offered, with a language model or without one.
    pub(crate) fn offered(models: bool) -> &'static [&'static str] {
        match models {
            true => &["auto", "rules", "llm"],
            false => &["auto", "rules"],
        }
    }
}

/// A value that cannot be taken.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Below `settings`.
    pub(crate) field: String,
    /// Stable code.
    pub(crate) code: &'static str,
    /// A sentence for the user.
    pub(crate) detail: String,
}

impl Refused {
    /// `{field} must be {wanted}.`
    pub(crate) fn new(field: &str, code: &'static str, wanted: &str) -> Self {
        Self {
            field: field.to_owned(),
            code,
            detail: format!("{field} must be {wanted}."),
        }
    }

    /// A name that is none.
    pub(crate) fn unknown(name: &str) -> Self {
        Self {
            field: name.to_owned(),
            code: "UNKNOWN_SETTING",
            detail: format!("There is no setting `{name}`."),
        }
    }

    /// As the caller sees it.
    pub(crate) fn named(self) -> FieldError {
        FieldError::new(format!("settings.{}", self.field), self.code, self.detail)
    }
}

/// What a user sent: an object, or `null` for the defaults.
pub(crate) fn given(raw: &Value) -> Result<Cow<'_, Map<String, Value>>, Vec<FieldError>> {
    match raw {
        Value::Null => Ok(Cow::Owned(Map::new())),
        Value::Object(given) => Ok(Cow::Borrowed(given)),
        _ => Err(vec![FieldError::new(
            "settings",
            "WRONG_TYPE",
            "Settings must be a JSON object.",
        )]),
    }
}

/// The code of a value that has the right type, or has not.
pub(crate) fn code_unless(is_right_type: bool) -> &'static str {
    match is_right_type {
        true => "OUT_OF_RANGE",
        false => "WRONG_TYPE",
    }
}

/// A whole number in a range.
pub(crate) fn number(name: &str, value: &Value, (least, most): (u32, u32)) -> Result<u32, Refused> {
    value
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| {
            let wanted = format!("a whole number from {least} to {most}");
            Refused::new(name, code_unless(value.is_number()), &wanted)
        })
}

/// True or false.
pub(crate) fn boolean(name: &str, value: &Value) -> Result<bool, Refused> {
    value
        .as_bool()
        .ok_or_else(|| Refused::new(name, "WRONG_TYPE", "true or false"))
}

/// One of some words.
pub(crate) fn word<T: for<'de> Deserialize<'de>>(
    name: &str,
    value: &Value,
    words: &str,
) -> Result<T, Refused> {
    T::deserialize(value).map_err(|_| Refused::new(name, code_unless(value.is_string()), words))
}
