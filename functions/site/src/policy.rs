//! Security headers: what the page may load, where it may connect, who may show it in a frame.

use docmill_gateway::Response;

const CONTENT_SECURITY: &str = "content-security-policy";

/// The headers of every answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    connect: String,
}

impl Policy {
    /// Connections go to the site itself and to the origins of `addresses`: the WebSocket, the user pool's endpoint,
    /// the store that files are uploaded to. Addresses that are empty or no URLs are left out.
    pub fn new<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let mut connect = vec!["'self'".to_owned()];
        for origin in addresses.into_iter().filter_map(origin) {
            if !connect.contains(&origin) {
                connect.push(origin);
            }
        }
        Self {
            connect: connect.join(" "),
        }
    }

    /// The answer with the headers; one that has a policy for its content keeps it.
    pub fn apply(&self, response: Response) -> Response {
        let response = if response.header(CONTENT_SECURITY).is_some() {
            response
        } else {
            response.with(CONTENT_SECURITY, self.content_security("style-src 'self'"))
        };
        response
            .with("x-content-type-options", "nosniff")
            .with("referrer-policy", "no-referrer")
            .with("x-frame-options", "DENY")
            .with("cross-origin-opener-policy", "same-origin")
            .with("permissions-policy", "camera=(), geolocation=(), microphone=()")
            .with("strict-transport-security", "max-age=31536000")
    }

    /// The answer with a policy that also lets in the style sheets that scripts mark with `nonce`, which must be fresh.
    pub fn apply_with_nonce(&self, response: Response, nonce: &str) -> Response {
        let styles = format!("style-src 'self' 'nonce-{nonce}'");
        response.with(CONTENT_SECURITY, self.content_security(&styles))
    }

    /// Scripts, styles and pictures come from here; scripts are never inline. Pictures may be ones that the page itself
    /// made, or that stand in a style sheet.
    fn content_security(&self, styles: &str) -> String {
        format!(
            "default-src 'none'; script-src 'self'; {styles}; img-src 'self' data: blob:; connect-src {}; \
             form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
            self.connect
        )
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
        let policy = Policy::new(addresses.iter().copied()).content_security("style-src 'self'");
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
    fn nothing_inline_is_allowed_but_styles_with_the_nonce() {
        let policy = Policy::new([]);
        let plain = policy.apply(Response::empty(200));
        let plain = plain.header(CONTENT_SECURITY).unwrap();
        assert!(plain.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "));
        assert!(plain.ends_with("frame-ancestors 'none'"));
        assert!(!plain.contains("unsafe") && !plain.contains("nonce"));
        let page = policy.apply(policy.apply_with_nonce(Response::empty(200), "abc"));
        let page = page.header(CONTENT_SECURITY).unwrap();
        assert_eq!(
            page,
            plain.replace("style-src 'self'", "style-src 'self' 'nonce-abc'")
        );
    }
}
