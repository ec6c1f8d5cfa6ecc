//! Where a callback may go.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

use super::is_public;

/// Longest URL. It stands in the job record, which must stay small.
pub const MAX_URL_CHARS: usize = 2_000;

/// Names that mean something inside a machine or a network and nothing outside: RFC 6761, 6762, 8375, and the one that
/// ICANN reserved for private use.
const NOT_PUBLIC_NAMES: [&str; 5] = ["localhost", "localdomain", "local", "internal", "home.arpa"];

/// Why a URL is not called. The text is a sentence for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlRefused {
    /// No URL of a web server.
    #[error("The callback URL is not a URL like https://example.com/hook, of visible ASCII characters.")]
    Malformed,
    /// Above [`MAX_URL_CHARS`].
    #[error("The callback URL has more than 2,000 characters.")]
    TooLong,
    /// `https://user:password@...`
    #[error(
        "The callback URL has a user name or a password in it. Put a token into its path or query instead."
    )]
    UserInfo,
    /// `https://...#...`
    #[error("The callback URL has a fragment (`#`), which is never sent to a server.")]
    Fragment,
    /// Something else than HTTPS, to a host that is not one of the installation's own.
    #[error("The callback URL must begin with https://.")]
    NotHttps,
    /// An address, or a name, of a private network.
    #[error("The callback URL does not lead to a public address.")]
    NotPublic,
}

impl UrlRefused {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed | Self::TooLong | Self::UserInfo | Self::Fragment => "INVALID_CALLBACK_URL",
            Self::NotHttps => "CALLBACK_NOT_HTTPS",
            Self::NotPublic => "CALLBACK_NOT_PUBLIC",
        }
    }
}

/// Receivers that an installation allows although they are not public: each one host and one port. Plain HTTP is
/// allowed to them, since inside a network there may be no certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivateHosts(BTreeSet<(Host<String>, u16)>);

/// A receiver that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a host and a port, like receiver.example:8443")]
pub struct InvalidPrivateHost(String);

impl FromStr for PrivateHosts {
    type Err = InvalidPrivateHost;

    /// Reads `host:port` with commas between; blanks around them do no harm.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let read = |entry: &str| {
            let (host, port) = entry.rsplit_once(':')?;
            Some((
                Host::parse(host).ok()?,
                port.parse().ok().filter(|port| *port != 0)?,
            ))
        };
        let hosts = entries.map(|entry| read(entry).ok_or_else(|| InvalidPrivateHost(entry.to_owned())));
        hosts.collect::<Result<_, _>>().map(Self)
    }
}

impl PrivateHosts {
    fn allow(&self, url: &Url) -> bool {
        let place = url
            .host()
            .map(|host| host.to_owned())
            .zip(url.port_or_known_default());
        place.is_some_and(|place| self.0.contains(&place))
    }
}

/// A URL that may be called, as far as its text tells. What a name stands for is checked when it is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    url: Url,
    is_private: bool,
}

impl Target {
    /// Checks `text`. The URL is read by the same rules that the HTTP client reads it by, so that an IPv4 address in
    /// decimal, octal or hexadecimal is seen for what it is.
    pub fn parse(text: &str, private: &PrivateHosts) -> Result<Self, UrlRefused> {
        if text.chars().count() > MAX_URL_CHARS {
            return Err(UrlRefused::TooLong);
        }
        // The parser would take other characters out, or encode them: three for one, and more in a host.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(UrlRefused::Malformed);
        }
        let url = Url::parse(text).map_err(|_| UrlRefused::Malformed)?;
        let Some(host) = url.host() else {
            return Err(UrlRefused::Malformed);
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlRefused::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(UrlRefused::Fragment);
        }
        let is_private = private.allow(&url);
        match url.scheme() {
            "https" => {}
            "http" if is_private => {}
            _ => return Err(UrlRefused::NotHttps),
        }
        if !is_private && !may_be_public(&host) {
            return Err(UrlRefused::NotPublic);
        }
        Ok(Self { url, is_private })
    }

    /// The URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Its host, for the log: path and query may carry a receiver's own secret.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Whether it is one of the installation's private receivers, of any address.
    pub fn is_private(&self) -> bool {
        self.is_private
    }
}

fn may_be_public(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => is_public(IpAddr::V4(*address)),
        Host::Ipv6(address) => is_public(IpAddr::V6(*address)),
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            let is_below = |suffix: &&str| {
                let rest = name.strip_suffix(suffix);
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            };
            // A name without a dot is completed by the network that the function runs in.
            name.contains('.') && !NOT_PUBLIC_NAMES.iter().any(is_below)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(text: &str) -> Option<UrlRefused> {
        Target::parse(text, &PrivateHosts::default()).err()
    }

    #[test]
    fn public_https_is_accepted() {
        for text in [
            "https://example.com",
            "https://example.com:8443/hook?token=a%20b",
            "HTTPS://Example.COM./x",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "https://xn--caf-dma.example/",
            "https://localhost.example.com/",
            "https://mylocal/x".replace("mylocal", "my.notlocal").as_str(),
        ] {
            assert_eq!(refused(text), None, "{text}");
        }
        let longest = format!("https://example.com/{}", "x".repeat(MAX_URL_CHARS - 20));
        assert_eq!(refused(&longest), None);
        assert_eq!(refused(&format!("{longest}x")), Some(UrlRefused::TooLong));
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        use UrlRefused::*;
        for (text, reason) in [
            ("", Malformed),
            ("example.com/hook", Malformed),
            ("https://", Malformed),
            ("https:///", Malformed),
            ("https://exa mple.com", Malformed),
            ("https://exam\nple.com", Malformed),
            (" https://example.com", Malformed),
            ("https://café.example", Malformed),
            ("https://example.com:99999", Malformed),
            ("https://1.2.3.4.5/", Malformed),
            ("https://256.1.1.1/", Malformed),
            ("https://user@example.com", UserInfo),
            ("https://user:secret@example.com", UserInfo),
            ("https://:secret@example.com", UserInfo),
            ("https://example.com/#top", Fragment),
            ("https://example.com/#", Fragment),
            ("http://example.com", NotHttps),
            ("ftp://example.com", NotHttps),
            ("file:///etc/passwd", Malformed),
            ("data:text/plain,x", Malformed),
            ("javascript:alert(1)", Malformed),
        ] {
            assert_eq!(refused(text), Some(reason), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_public_is_refused_however_it_is_spelt() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.1.",
            "%31%32%37.0.0.1",
            "0",
            "169.254.169.254",
            "0xa9fea9fe",
            "2852039166",
            "0251.0376.0251.0376",
            "10.1.2.3",
            "[::1]",
            "[::]",
            "[::ffff:169.254.169.254]",
            "[::ffff:a9fe:a9fe]",
            "[::169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:a9fe:a9fe::]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "x.localhost",
            "printer",
            "printer.",
            "printer.local",
            "metadata.google.internal",
            "nas.home.arpa",
            "host.localdomain",
        ] {
            let text = format!("https://{host}/hook");
            assert_eq!(refused(&text), Some(UrlRefused::NotPublic), "{text}");
        }
        // Other characters for the same digits and dots never come as far as that.
        for host in ["①②⑦.0.0.1", "127。0。0。1", "ｌocalhost"] {
            assert_eq!(refused(&format!("https://{host}/")), Some(UrlRefused::Malformed));
        }
    }

    #[test]
    fn a_private_receiver_is_one_host_and_one_port() {
        let private: PrivateHosts = "127.0.0.1:8080, receiver.internal:443,[fd00::1]:9000"
            .parse()
            .unwrap();
        for text in [
            "http://127.0.0.1:8080/hook",
            "https://127.0.0.1:8080",
            "http://2130706433:8080/",
            "https://receiver.internal/x",
            "https://RECEIVER.internal:443/",
            "http://receiver.internal:443/",
            "http://[fd00::1]:9000/",
        ] {
            assert!(Target::parse(text, &private).unwrap().is_private(), "{text}");
        }
        for text in [
            "http://127.0.0.1:8081/",
            "http://127.0.0.1/",
            "https://127.0.0.2:8080/",
            "http://receiver.internal/",
            "https://x.receiver.internal/",
            "http://[fd00::2]:9000/",
            "http://example.com:8080/",
        ] {
            assert!(Target::parse(text, &private).is_err(), "{text}");
        }
        assert!(
            !Target::parse("https://example.com", &private)
                .unwrap()
                .is_private()
        );
        for text in [
            "localhost",
            "a b:80",
            "host:",
            "host:x",
            ":80",
            "host:0",
            "host:70000",
            "http://host:80",
            "fd00::1",
        ] {
            assert!(text.parse::<PrivateHosts>().is_err(), "{text}");
        }
        assert_eq!("".parse(), Ok(PrivateHosts::default()));
    }

    proptest! {
        /// Whatever is accepted is HTTPS to a name or to a public address.
        #[test]
        fn no_text_gets_past_the_rules(text in "(https?|HTTPS|ftp)?:?[/\\\\]{0,3}[a-z0-9.:@\\[\\]%#?/x-]{0,40}") {
            if let Ok(target) = Target::parse(&text, &PrivateHosts::default()) {
                prop_assert_eq!(target.url().scheme(), "https");
                prop_assert!(!target.is_private() && target.url().username().is_empty());
                match target.url().host() {
                    Some(Host::Ipv4(address)) => prop_assert!(is_public(address.into())),
                    Some(Host::Ipv6(address)) => prop_assert!(is_public(address.into())),
                    Some(Host::Domain(name)) => prop_assert!(name.contains('.')),
                    None => prop_assert!(false),
                }
            }
        }

        /// Every spelling of an address is the address.
        #[test]
        fn spellings_of_private_addresses_are_refused(last in 0_u32..1 << 24, base in 0_usize..4) {
            let bits = (127 << 24) | last;
            let host = [format!("{bits}"), format!("0x{bits:x}"), format!("0{bits:o}"), format!("127.{last}")];
            prop_assert_eq!(refused(&format!("https://{}/", host[base])), Some(UrlRefused::NotPublic));
        }
    }
}
