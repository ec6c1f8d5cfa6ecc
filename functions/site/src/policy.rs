//! Security headers: what the page may load, where it may connect, who may show it in a frame.

use docmill_gateway::Response;

/// The headers of every answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    content_security: String,
}

impl Policy {
    /// Scripts, styles and pictures come from here and are never inline; connections go here and to the origins of
    /// `addresses`: the WebSocket, the user pool's endpoint, the store that files are uploaded to. Addresses that are
    /// empty or no URLs are left out.
    pub fn new<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let mut connect = vec!["'self'".to_owned()];
        for origin in addresses.into_iter().filter_map(origin) {
            if !connect.contains(&origin) {
                connect.push(origin);
            }
        }
        Self {
            content_security: format!(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src {}; \
                 form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
                connect.join(" ")
            ),
        }
    }

    /// The answer with the headers.
    pub fn apply(&self, response: Response) -> Response {
        response
            .with("content-security-policy", self.content_security.clone())
            .with("x-content-type-options", "nosniff")
            .with("referrer-policy", "no-referrer")
            .with("x-frame-options", "DENY")
            .with("cross-origin-opener-policy", "same-origin")
            .with("permissions-policy", "camera=(), geolocation=(), microphone=()")
            .with("strict-transport-security", "max-age=31536000")
    }
}

/// Scheme, host and port of a URL; `None` for what is none, and for what would end the directive it is put into.
fn origin(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_scheme = matches!(scheme, "http" | "https" | "ws" | "wss");
    let is_host = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    (is_scheme && is_host).then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect_src(addresses: &[&str]) -> String {
        let policy = Policy::new(addresses.iter().copied()).content_security;
        let directive = policy
            .split("; ")
            .find(|directive| directive.starts_with("connect-src"));
        directive.unwrap().to_owned()
    }

    #[test]
    fn connections_go_to_the_named_origins_only() {
        assert_eq!(connect_src(&[]), "connect-src 'self'");
        assert_eq!(
            connect_src(&[
                "wss://abc.execute-api.eu-west-3.amazonaws.com/live",
                "https://cognito-idp.eu-west-3.amazonaws.com/",
                "https://bucket.s3.eu-west-3.amazonaws.com",
                "https://cognito-idp.eu-west-3.amazonaws.com/again",
            ]),
            "connect-src 'self' wss://abc.execute-api.eu-west-3.amazonaws.com https://cognito-idp.eu-west-3.amazonaws.com \
             https://bucket.s3.eu-west-3.amazonaws.com"
        );
        assert_eq!(
            connect_src(&["ws://127.0.0.1:4566/_aws/x/live"]),
            "connect-src 'self' ws://127.0.0.1:4566"
        );
    }

    #[test]
    fn what_is_no_address_is_left_out() {
        for odd in [
            "",
            "live",
            "https://",
            "https:///path",
            "javascript://x",
            "https://a b",
            "https://a; script-src *",
            "https://*",
            "https://user@host",
        ] {
            assert_eq!(connect_src(&[odd]), "connect-src 'self'", "{odd}");
        }
    }

    #[test]
    fn nothing_inline_is_allowed() {
        let Policy { content_security } = Policy::new([]);
        assert!(!content_security.contains("unsafe"));
        assert!(content_security.starts_with("default-src 'none'; script-src 'self';"));
        assert!(content_security.ends_with("frame-ancestors 'none'"));
    }
}
