//! Environment variables, and what may be wrong with them.

use std::collections::HashMap;
use std::str::FromStr;

/// A wrong environment. The message says which variable to look at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable that must be there is not, or is empty.
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    /// A variable does not hold what it should.
    #[error("environment variable {name} must be {wanted}, not `{value}`")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it should hold.
        wanted: &'static str,
        /// What it holds.
        value: String,
    },
}

pub(super) type ConfigResult<T> = Result<T, ConfigError>;

/// Environment variables.
#[derive(Clone, Debug, Default)]
pub struct Env {
    pub(super) variables: HashMap<String, String>,
}

impl Env {
    /// Those of this process.
    pub fn process() -> Self {
        Self {
            variables: std::env::vars_os()
                .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
                .collect(),
        }
    }

    /// The lines of a file such as `.local/stack.env`: `NAME=value`, comments and empty lines left out.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let lines = lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
        lines
            .map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
            .collect()
    }

    /// The value of `name`, if it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    pub(super) fn need(&self, name: &'static str) -> ConfigResult<String> {
        self.get(name)
            .map(ToOwned::to_owned)
            .ok_or(ConfigError::Missing(name))
    }

    pub(super) fn number<T: FromStr>(&self, name: &'static str) -> ConfigResult<Option<T>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let wanted = "a whole number";
        value.parse().map(Some).map_err(|_| ConfigError::Invalid {
            name,
            wanted,
            value: value.to_owned(),
        })
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self {
            variables: variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }
}
