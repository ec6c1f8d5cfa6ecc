//! Where the service is and who asks: flags, then the environment, then `.local/stack.env`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Base URL of the API.
pub const URL: &str = "DOCMILL_URL";
/// URL of the WebSocket, when it is not the one that tickets name.
pub const WS_URL: &str = "DOCMILL_WS_URL";
/// ID token.
pub const TOKEN: &str = "DOCMILL_TOKEN";

/// What `make up` writes.
const STACK_FILE: &str = ".local/stack.env";

/// Larger than any settings file.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// What a command talks to.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Base URL, possibly with a path, without a slash at its end.
    pub url: String,
    /// WebSocket URL without a ticket; `None` to take the one that comes with the ticket.
    pub ws_url: Option<String>,
    /// ID token.
    pub token: Option<String>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("url", &self.url)
            .field("ws_url", &self.ws_url)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .finish()
    }
}

/// Settings given as flags.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--url`.
    pub url: Option<String>,
    /// `--ws-url`.
    pub ws_url: Option<String>,
    /// `--token`.
    pub token: Option<String>,
}

/// Settings that do not suffice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Nowhere is said where the service is.
    #[error(
        "no service is named: `make up` starts a local one; for another, give --url or set {URL} (and {TOKEN})"
    )]
    NoUrl,
    /// The file is there, but cannot be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why.
        reason: String,
    },
}

/// Puts the settings together. `env` looks a variable up; `start` is where the search for the file begins.
pub fn resolve(
    flags: &Overrides,
    env: impl Fn(&str) -> Option<String>,
    start: &Path,
) -> Result<Settings, ConfigError> {
    let env = |name: &str| env(name).filter(|value| !value.is_empty());
    let file = match find_stack_file(start) {
        Some(path) => read_stack_file(&path)?,
        None => BTreeMap::new(),
    };
    let given_url = flags.url.clone().or_else(|| env(URL)).map(|url| trimmed(&url));
    let file_url = file.get(URL).map(|url| trimmed(url));
    // A token goes only to the service it was made for.
    let same_service = given_url.is_none() || given_url == file_url;
    let from_file = |name: &str| file.get(name).filter(|_| same_service).cloned();
    Ok(Settings {
        url: given_url.or(file_url).ok_or(ConfigError::NoUrl)?,
        ws_url: flags
            .ws_url
            .clone()
            .or_else(|| env(WS_URL))
            .or_else(|| from_file(WS_URL)),
        token: flags
            .token
            .clone()
            .or_else(|| env(TOKEN))
            .or_else(|| from_file(TOKEN)),
    })
}

/// The nearest `.local/stack.env`, in `start` or above it.
pub fn find_stack_file(start: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .map(|folder| folder.join(STACK_FILE))
        .find(|path| path.is_file())
}

/// Reads a file of `NAME=value` lines.
pub fn read_stack_file(path: &Path) -> Result<BTreeMap<String, String>, ConfigError> {
    let unreadable = |reason: String| ConfigError::Unreadable {
        path: path.display().to_string(),
        reason,
    };
    let size = std::fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if size > MAX_FILE_BYTES {
        return Err(unreadable("it is too large for a settings file".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    Ok(parse(&text))
}

/// `NAME=value` lines; empty ones, comments, `export ` and quotes around a value are allowed.
fn parse(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), unquoted(value.trim()).to_owned()))
        .collect()
}

fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value)
}

fn trimmed(url: &str) -> String {
    url.trim().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(".local")).unwrap();
        std::fs::create_dir_all(folder.path().join("deep/er")).unwrap();
        std::fs::write(folder.path().join(STACK_FILE), text).unwrap();
        folder
    }

    const FILE: &str =
        "# local\nDOCMILL_URL=http://file/\nexport DOCMILL_WS_URL='ws://file'\nDOCMILL_TOKEN=\"t-file\"\n";

    #[test]
    fn the_file_is_found_above() {
        let folder = stack(FILE);
        let settings = resolve(&Overrides::default(), |_| None, &folder.path().join("deep/er")).unwrap();
        assert_eq!(
            settings,
            Settings {
                url: "http://file".into(),
                ws_url: Some("ws://file".into()),
                token: Some("t-file".into()),
            }
        );
    }

    #[test]
    fn flags_come_before_the_environment_and_that_before_the_file() {
        let folder = stack(FILE);
        let env = |name: &str| Some(format!("env-{name}"));
        let from_env = resolve(&Overrides::default(), env, folder.path()).unwrap();
        assert_eq!(from_env.url, "env-DOCMILL_URL");
        assert_eq!(from_env.token.as_deref(), Some("env-DOCMILL_TOKEN"));
        let flags = Overrides {
            url: Some("http://flag".into()),
            token: Some("t-flag".into()),
            ..Overrides::default()
        };
        let from_flags = resolve(&flags, env, folder.path()).unwrap();
        assert_eq!(from_flags.url, "http://flag");
        assert_eq!(from_flags.token.as_deref(), Some("t-flag"));
        assert_eq!(from_flags.ws_url.as_deref(), Some("env-DOCMILL_WS_URL"));
    }

    #[test]
    fn the_files_token_goes_only_to_the_files_service() {
        let folder = stack(FILE);
        let elsewhere = Overrides {
            url: Some("https://elsewhere".into()),
            ..Overrides::default()
        };
        let settings = resolve(&elsewhere, |_| None, folder.path()).unwrap();
        assert_eq!((settings.token, settings.ws_url), (None, None));
        let same = Overrides {
            url: Some("http://file".into()),
            ..Overrides::default()
        };
        let settings = resolve(&same, |_| None, folder.path()).unwrap();
        assert_eq!(settings.token.as_deref(), Some("t-file"));
    }

    #[test]
    fn nothing_anywhere_is_an_error_that_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        // An empty variable is as good as none.
        let error = resolve(&Overrides::default(), |_| Some(String::new()), folder.path()).unwrap_err();
        assert_eq!(error, ConfigError::NoUrl);
        assert!(error.to_string().contains("make up"));
    }

    #[test]
    fn tokens_are_not_shown() {
        let settings = Settings {
            token: Some("secret".into()),
            ..Settings::default()
        };
        assert!(!format!("{settings:?}").contains("secret"));
    }
}
