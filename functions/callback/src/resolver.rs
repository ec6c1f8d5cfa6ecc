//! Where the addresses of a name come from, and which of them are connected to.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Looks names up.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The addresses of `name`.
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// A name has an address that may not be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AddressRefused;

impl fmt::Display for AddressRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address of the name may not be connected to")
    }
}

impl std::error::Error for AddressRefused {}

/// The resolver of an HTTP client: a name is looked up once for a connection, and what is handed on is what is connected
/// to. There is no second look that could find another address (DNS rebinding).
pub(crate) struct Checked {
    pub(crate) lookup: Arc<dyn Lookup>,
    /// Which addresses may be connected to.
    pub(crate) allows: fn(IpAddr) -> bool,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, allows) = (self.lookup.clone(), self.allows);
        Box::pin(async move {
            let found = lookup.lookup(name.as_str()).await?;
            // One that may not be is enough: a public name has no business with an inside address, and which of them is
            // tried first is not ours to say.
            if !found.iter().all(|address| allows(*address)) {
                return Err(AddressRefused.into());
            }
            // The port is that of the URL.
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
