//! The settings of a job: names, ranges, defaults.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use docmill_core::model::Tier;
use docmill_core::problem::FieldError;

pub(super) use crate::settings::Engine;
use crate::settings::{Refused, boolean, given, number, word};

/// Smallest and largest `sentence_length_limit`, in words.
const LIMIT_RANGE: (u32, u32) = (3, 50);
/// Smallest and largest `min_sentence_length`, in words.
const MIN_RANGE: (u32, u32) = (1, 10);

/// How much a writing service may cost. The rules do not read it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ModelPreference {
    /// The cheapest.
    #[default]
    Speed,
    /// In between.
    Balanced,
    /// The best.
    Quality,
}

impl ModelPreference {
    /// The model that is asked first.
    pub(super) fn tier(self) -> Tier {
        match self {
            Self::Speed => Tier::Speed,
            Self::Balanced => Tier::Balanced,
            Self::Quality => Tier::Quality,
        }
    }

    /// Credits for a thousand tokens (§3.2).
    pub(super) fn rate(self) -> u32 {
        match self {
            Self::Speed => 2,
            Self::Balanced => 3,
            Self::Quality => 5,
        }
    }
}

/// What to do with a sentence that is too long and has no clause to cut at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum OnOverlong {
    /// Cut between phrases; the pieces may be fragments, and say so.
    #[default]
    Cut,
    /// Leave it whole, flagged `over_limit`.
    Keep,
}

/// The settings of a job, complete. A snapshot of them is stored with the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    /// Most words of an output sentence, 3–50.
    pub(super) sentence_length_limit: u32,
    /// Pieces with fewer words are merged back where possible, 1–10.
    pub(super) min_sentence_length: u32,
    /// Dialogue goes out as it is.
    pub(super) ignore_dialogue: bool,
    /// Keeps « », “ ” and the dashes of dialogue.
    pub(super) preserve_formatting: bool,
    /// Repairs words broken at line ends.
    pub(super) fix_hyphenation: bool,
    /// Who rewrites.
    pub(super) engine: Engine,
    /// For a writing service.
    pub(super) model_preference: ModelPreference,
    /// What to do where no clause can be cut off.
    pub(super) on_overlong: OnOverlong,
    /// Gives out chapter headings as rows.
    pub(super) include_headings: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sentence_length_limit: 8,
            min_sentence_length: 2,
            ignore_dialogue: false,
            preserve_formatting: true,
            fix_hyphenation: true,
            engine: Engine::default(),
            model_preference: ModelPreference::default(),
            on_overlong: OnOverlong::default(),
            include_headings: false,
        }
    }
}

impl Settings {
    /// Reads what a user sent: an object, or `null` for the defaults.
    ///
    /// # Errors
    /// Every unknown name, wrong type, value out of range, and `min_sentence_length` above
    /// `sentence_length_limit`.
    pub(super) fn parse(raw: &Value) -> Result<Self, Vec<FieldError>> {
        let mut settings = Self::default();
        let mut errors: Vec<FieldError> = given(raw)?
            .iter()
            .filter_map(|(name, value)| settings.set(name, value).err())
            .map(Refused::named)
            .collect();
        if errors.is_empty() && settings.min_sentence_length > settings.sentence_length_limit {
            errors.push(FieldError::new(
                "settings.min_sentence_length",
                "OUT_OF_RANGE",
                "min_sentence_length must not be larger than sentence_length_limit.",
            ));
        }
        if errors.is_empty() {
            Ok(settings)
        } else {
            Err(errors)
        }
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), Refused> {
        match name {
            "sentence_length_limit" => self.sentence_length_limit = number(name, value, LIMIT_RANGE)?,
            "min_sentence_length" => self.min_sentence_length = number(name, value, MIN_RANGE)?,
            "ignore_dialogue" => self.ignore_dialogue = boolean(name, value)?,
            "preserve_formatting" => self.preserve_formatting = boolean(name, value)?,
            "fix_hyphenation" => self.fix_hyphenation = boolean(name, value)?,
            "include_headings" => self.include_headings = boolean(name, value)?,
            "engine" => self.engine = word(name, value, Engine::WORDS)?,
            "model_preference" => {
                self.model_preference = word(name, value, "`speed`, `balanced` or `quality`")?;
            }
            "on_overlong" => self.on_overlong = word(name, value, "`cut` or `keep`")?,
            _ => return Err(Refused::unknown(name)),
        }
        Ok(())
    }
}

/// `engine: llm` where there is no language model.
pub(super) fn engine_unavailable() -> FieldError {
    FieldError::new(
        "settings.engine",
        "ENGINE_UNAVAILABLE",
        "No writing service is configured here. Use `rules`, or `auto` for the best engine there is.",
    )
}

/// The settings as JSON Schema; with `engine: llm` where there is a language model.
pub(super) fn schema(models: bool) -> Value {
    let flag =
        |default: bool, text: &str| json!({"type": "boolean", "default": default, "description": text});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "sentence_length_limit": {
                "type": "integer", "minimum": LIMIT_RANGE.0, "maximum": LIMIT_RANGE.1, "default": 8,
                "description": "Most words of an output sentence.",
            },
            "min_sentence_length": {
                "type": "integer", "minimum": MIN_RANGE.0, "maximum": MIN_RANGE.1, "default": 2,
                "description": "Pieces with fewer words are merged back where possible. Not above sentence_length_limit.",
            },
            "ignore_dialogue": flag(false, "Give out dialogue as it is."),
            "preserve_formatting": flag(true, "Keep « », “ ” and the dashes of dialogue."),
            "fix_hyphenation": flag(true, "Repair words broken at line ends."),
            "engine": {
                "type": "string", "enum": Engine::offered(models), "default": "auto",
                "description": "Who rewrites: the rules, a language model, or the best engine there is.",
            },
            "model_preference": {
                "type": "string", "enum": ["speed", "balanced", "quality"], "default": "speed",
                "description": "How much a writing service may cost. The rules do not read it.",
            },
            "on_overlong": {
                "type": "string", "enum": ["cut", "keep"], "default": "cut",
                "description": "Where no clause can be cut off: cut between phrases, or keep the sentence whole.",
            },
            "include_headings": flag(false, "Give out chapter headings as rows."),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(raw: &Value) -> Vec<(String, String)> {
        let errors = Settings::parse(raw).unwrap_err();
        errors
            .into_iter()
            .map(|error| (error.field, error.code))
            .collect()
    }

    fn one(field: &str, code: &str) -> Vec<(String, String)> {
        vec![(format!("settings.{field}"), code.to_owned())]
    }

    #[test]
    fn nothing_given_means_the_defaults() {
        assert_eq!(Settings::parse(&Value::Null), Ok(Settings::default()));
        assert_eq!(Settings::parse(&json!({})), Ok(Settings::default()));
    }

    #[test]
    fn what_is_given_is_read() {
        let settings = Settings::parse(&json!({
            "sentence_length_limit": 50, "min_sentence_length": 10, "ignore_dialogue": true,
            "preserve_formatting": false, "fix_hyphenation": false, "engine": "rules",
            "model_preference": "quality", "on_overlong": "keep", "include_headings": true,
        }))
        .unwrap();
        assert_eq!(
            (settings.sentence_length_limit, settings.min_sentence_length),
            (50, 10)
        );
        assert_eq!(
            (settings.engine, settings.on_overlong),
            (Engine::Rules, OnOverlong::Keep)
        );
        assert_eq!(
            Settings::parse(&serde_json::to_value(&settings).unwrap()),
            Ok(settings)
        );
    }

    #[test]
    fn ranges_names_and_types_are_checked() {
        assert_eq!(
            codes(&json!({"sentence_length_limit": 2})),
            one("sentence_length_limit", "OUT_OF_RANGE")
        );
        assert_eq!(
            codes(&json!({"sentence_length_limit": 51})),
            one("sentence_length_limit", "OUT_OF_RANGE")
        );
        assert_eq!(
            codes(&json!({"sentence_length_limit": 8.5})),
            one("sentence_length_limit", "OUT_OF_RANGE")
        );
        assert_eq!(
            codes(&json!({"sentence_length_limit": "8"})),
            one("sentence_length_limit", "WRONG_TYPE")
        );
        assert_eq!(
            codes(&json!({"min_sentence_length": 0})),
            one("min_sentence_length", "OUT_OF_RANGE")
        );
        assert_eq!(
            codes(&json!({"min_sentence_length": -1})),
            one("min_sentence_length", "OUT_OF_RANGE")
        );
        assert_eq!(
            codes(&json!({"ignore_dialogue": "yes"})),
            one("ignore_dialogue", "WRONG_TYPE")
        );
        assert_eq!(
            codes(&json!({"on_overlong": "drop"})),
            one("on_overlong", "OUT_OF_RANGE")
        );
        assert_eq!(codes(&json!({"colour": 1})), one("colour", "UNKNOWN_SETTING"));
        assert_eq!(
            codes(&json!({"min_sentence_length": 9, "sentence_length_limit": 8})),
            one("min_sentence_length", "OUT_OF_RANGE")
        );
        assert_eq!(
            codes(&json!([])),
            [("settings".to_owned(), "WRONG_TYPE".to_owned())]
        );
    }

    #[test]
    fn the_schema_offers_a_model_where_there_is_one() {
        let engines = |models| schema(models)["properties"]["engine"]["enum"].clone();
        assert_eq!(engines(true), json!(["auto", "rules", "llm"]));
        assert_eq!(engines(false), json!(["auto", "rules"]));
    }

    #[test]
    fn the_schema_names_every_setting_with_its_default() {
        let schema = schema(true);
        let properties = schema["properties"].as_object().unwrap();
        let defaults = serde_json::to_value(Settings::default()).unwrap();
        assert_eq!(properties.len(), defaults.as_object().unwrap().len());
        for (name, property) in properties {
            assert_eq!(property["default"], defaults[name], "{name}");
        }
    }
}
