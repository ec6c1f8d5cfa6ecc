//! Reading and writing DynamoDB attributes.

use std::collections::{BTreeSet, HashMap};
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use docmill_core::ports::PortError;
use docmill_core::time::Time;

/// An item, or a map inside one.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// An item that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("attribute `{attribute}` {problem}")]
pub struct ItemError {
    attribute: String,
    problem: String,
}

impl ItemError {
    fn new(attribute: &str, problem: impl Into<String>) -> Self {
        Self {
            attribute: attribute.to_owned(),
            problem: problem.into(),
        }
    }
}

impl From<ItemError> for PortError {
    fn from(error: ItemError) -> Self {
        Self::Broken(format!("dynamodb: undecodable item: {error}"))
    }
}

/// A string.
pub(crate) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number.
pub(crate) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// Milliseconds since the epoch.
pub(crate) fn time(time: Time) -> AttributeValue {
    number(time.ms())
}

/// A set of numbers; DynamoDB has no empty ones.
pub(crate) fn numbers(numbers: &BTreeSet<u32>) -> AttributeValue {
    AttributeValue::Ns(numbers.iter().map(ToString::to_string).collect())
}

/// A map.
pub(crate) fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, AttributeValue)>) -> AttributeValue {
    AttributeValue::M(
        entries
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect(),
    )
}

/// What is read of an item. A missing attribute is `None`, one of another type an error.
pub(crate) trait Attributes {
    /// A string.
    fn text(&self, name: &str) -> Result<Option<&str>, ItemError>;
    /// A number.
    fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, ItemError>;
    /// A word of an enumeration, or an id.
    fn word<T: FromStr>(&self, name: &str) -> Result<Option<T>, ItemError>;
    /// A point in time.
    fn time(&self, name: &str) -> Result<Option<Time>, ItemError>;
    /// A truth value.
    fn flag(&self, name: &str) -> Result<Option<bool>, ItemError>;
    /// A map.
    fn map(&self, name: &str) -> Result<Option<&Item>, ItemError>;
    /// A list of maps.
    fn maps(&self, name: &str) -> Result<Vec<&Item>, ItemError>;
    /// A set of numbers.
    fn numbers(&self, name: &str) -> Result<BTreeSet<u32>, ItemError>;
}

impl Attributes for Item {
    fn text(&self, name: &str) -> Result<Option<&str>, ItemError> {
        let value = self.get(name);
        value
            .map(|value| {
                value
                    .as_s()
                    .map(String::as_str)
                    .map_err(|_| not(name, "a string"))
            })
            .transpose()
    }

    fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>, ItemError> {
        let parse = |value: &AttributeValue| value.as_n().ok()?.parse().ok();
        self.get(name)
            .map(|value| parse(value).ok_or_else(|| not(name, "a number in range")))
            .transpose()
    }

    fn word<T: FromStr>(&self, name: &str) -> Result<Option<T>, ItemError> {
        let word = self.text(name)?;
        word.map(|word| word.parse().map_err(|_| not(name, &format!("known: `{word}`"))))
            .transpose()
    }

    fn time(&self, name: &str) -> Result<Option<Time>, ItemError> {
        Ok(self.number(name)?.map(Time::from_ms))
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, ItemError> {
        let value = self.get(name);
        value
            .map(|value| value.as_bool().copied().map_err(|_| not(name, "a truth value")))
            .transpose()
    }

    fn map(&self, name: &str) -> Result<Option<&Item>, ItemError> {
        self.get(name)
            .map(|value| value.as_m().map_err(|_| not(name, "a map")))
            .transpose()
    }

    fn maps(&self, name: &str) -> Result<Vec<&Item>, ItemError> {
        let Some(value) = self.get(name) else {
            return Ok(Vec::new());
        };
        let list = value.as_l().map_err(|_| not(name, "a list"))?;
        list.iter()
            .map(|value| value.as_m().map_err(|_| not(name, "a list of maps")))
            .collect()
    }

    fn numbers(&self, name: &str) -> Result<BTreeSet<u32>, ItemError> {
        let Some(value) = self.get(name) else {
            return Ok(BTreeSet::new());
        };
        let set = value.as_ns().map_err(|_| not(name, "a set of numbers"))?;
        set.iter()
            .map(|number| number.parse().map_err(|_| not(name, "a set of numbers in range")))
            .collect()
    }
}

/// The attribute must be there.
pub(crate) fn need<T>(name: &str, value: Option<T>) -> Result<T, ItemError> {
    value.ok_or_else(|| ItemError::new(name, "is missing"))
}

/// The attribute is not `what` it should be.
pub(crate) fn not(name: &str, what: &str) -> ItemError {
    ItemError::new(name, format!("is not {what}"))
}
