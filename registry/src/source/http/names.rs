//! Names of servers: `/etc/hosts`, then the name servers of `/etc/resolv.conf`. The C library is not asked, since a
//! program that is linked statically would load parts of it that may not be there, or are of another version.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::Name as DomainName;
use hickory_resolver::system_conf::read_system_conf;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::machine_fault::MachineFault;

/// Looks names up; for `dns_resolver` of an HTTP client's builder.
#[derive(Clone, Default)]
pub struct Names {
    /// Made when the first name is looked up, within the client's runtime.
    resolver: Arc<OnceLock<TokioResolver>>,
}

/// A name that has no address.
#[derive(Debug, thiserror::Error)]
#[error("the name `{name}` has no address that this machine can resolve: {reason}")]
struct NoAddress {
    name: String,
    reason: String,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let told = |error: NetError| -> Box<dyn Error + Send + Sync> {
                if MachineFault::of(&error).is_some() {
                    return error.into();
                }
                let reason = match error {
                    NetError::NoConnections => {
                        "it is not in /etc/hosts, and /etc/resolv.conf names no server that answers"
                            .to_owned()
                    }
                    error if error.is_nx_domain() || error.is_no_records_found() => {
                        "no server knows it".to_owned()
                    }
                    error => error.to_string(),
                };
                NoAddress { name: name.as_str().to_owned(), reason }.into()
            };
            // Names of containers have underscores, which strict rules refuse.
            let domain = DomainName::from_str_relaxed(name.as_str()).map_err(|error| told(error.into()))?;
            let resolver = this.resolver().map_err(told)?;
            let found = resolver.lookup_ip(domain).await.map_err(told)?;
            let addresses: Vec<SocketAddr> =
                found.iter().map(|address| SocketAddr::new(address, 0)).collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

impl Names {
    fn resolver(&self) -> Result<&TokioResolver, NetError> {
        if let Some(resolver) = self.resolver.get() {
            return Ok(resolver);
        }
        let (config, mut options) = match read_system_conf() {
            Ok(read) => read,
            Err(error) if MachineFault::of(&error).is_some() => return Err(error),
            // `/etc/hosts` may do. No server is asked that nobody on this machine named.
            Err(_) => (ResolverConfig::from_parts(None, vec![], vec![]), ResolverOpts::default()),
        };
        options.ip_strategy = LookupIpStrategy::Ipv6AndIpv4;
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        *builder.options_mut() = options;
        let resolver = builder.build()?;
        Ok(self.resolver.get_or_init(|| resolver))
    }
}
