//! `attune-serve host`, and the tokens that it asks for.

mod failure;
mod service;
pub(super) mod token;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueHint};
use url::Url;

pub use failure::{NoDirectory, NoHost};
pub(super) use failure::{code, hint};
pub use service::{Certificate, HostService};
pub use token::TokenArgs;

use super::listen_address;

pub(super) const EXAMPLES: &str = "\
Examples:
  attune-serve token create ci --scope write --tokens /etc/attune/tokens.json
      Make a token, and the file that its hash is kept in
  attune-serve host --tokens /etc/attune/tokens.json
      Serve /opt/attune for this machine alone, on port 8080
  attune-serve host --root /srv/attune --tokens tokens.json --listen 0.0.0.0:8443 \\
      --tls-cert server.pem --tls-key server.key
      Serve another root for the network, over TLS

Then:
  curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:8080/api/v1/packs

Each change is a run of attune-install, with its lock, history and log: one that is under way goes
on where its client leaves, and another one meanwhile gets 409 with `Retry-After`.
GET /healthz and /openapi.json need no token. A token that is revoked is refused from then on; the
server need not be started again.";

/// The arguments of `attune-serve host`.
#[derive(Debug, Args)]
pub struct HostArgs {
    /// The installation root
    #[arg(long, value_name = "DIR", env = "ATTUNE_ROOT", default_value = "/opt/attune")]
    #[arg(value_hint = ValueHint::DirPath)]
    pub root: PathBuf,

    /// The file of the tokens, which `attune-serve token create` makes
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub tokens: PathBuf,

    /// The address and port to listen on; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    #[arg(value_parser = listen_address)]
    pub listen: SocketAddr,

    /// The server's certificate in PEM, followed by those between it and a trusted one
    #[arg(long, value_name = "FILE", requires = "tls_key", value_hint = ValueHint::FilePath)]
    pub tls_cert: Option<PathBuf>,

    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", value_hint = ValueHint::FilePath)]
    pub tls_key: Option<PathBuf>,

    /// A directory that clients may name in: packs to register, and places to download to; repeatable
    #[arg(long = "allow-directory", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub directories: Vec<PathBuf>,

    /// A server that clients may name for sources and registries, by its URL; repeatable
    #[arg(long = "allow-origin", value_name = "URL")]
    pub origins: Vec<Url>,

    /// Install packs that nobody signed, where clients name them; this host signs and marks them
    #[arg(long)]
    pub allow_unsigned: bool,

    /// The program attune-install, which makes every change [default: beside this program, else from PATH]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::ExecutablePath)]
    pub installer: Option<PathBuf>,

    /// The maximum number of connections [default: as many as the limit on open files allows]
    #[arg(long, value_name = "N")]
    pub max_connections: Option<NonZeroUsize>,
}
