//! `tuf-client`: a plain TUF client over HTTP, by which strangers can judge the trust module.
//!
//! Its three commands are those of the public TUF conformance protocol: `init`, `refresh` and `download`. It
//! serves any TUF 1.0 repository; trusted metadata is kept in the metadata directory as each step accepts
//! it. Exit code 0, or 1 with the reason on standard error.

#![allow(
    clippy::disallowed_methods,
    reason = "tests and benchmarks write files and read variables as they like"
)]
#![allow(clippy::print_stderr, reason = "a command-line program")]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use attune_registry::blob::replace_file;
use attune_registry::trust::{
    Fetch, FetchError, MetadataStore, TrustedSet, UpdateOptions, Updater, VerifiedTarget,
};
use clap::{Parser, Subcommand};
use reqwest::StatusCode;
use reqwest::blocking::Client;

#[derive(Parser)]
#[command(name = "tuf-client", version, about = "A plain TUF client")]
struct Cli {
    /// Where trusted metadata is kept
    #[arg(long, value_name = "DIR")]
    metadata_dir: PathBuf,
    /// Where the repository's metadata is
    #[arg(long, value_name = "URL")]
    metadata_url: Option<String>,
    /// A target to download; repeatable
    #[arg(long = "target-name", value_name = "NAME")]
    target_names: Vec<String>,
    /// Where the repository's targets are
    #[arg(long, value_name = "URL")]
    target_base_url: Option<String>,
    /// Where downloaded targets go
    #[arg(long, value_name = "DIR")]
    target_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start from a trusted root
    Init {
        /// The root metadata file
        root: PathBuf,
    },
    /// Bring the trusted metadata up to date
    Refresh,
    /// Bring the trusted metadata up to date, then download targets
    Download,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let store = MetadataStore::new(&cli.metadata_dir);
    match &cli.command {
        Command::Init { root } => {
            let bytes = fs_err::read(root)?;
            fs_err::create_dir_all(&cli.metadata_dir)?;
            store.initialize(&bytes)?;
        }
        Command::Refresh => {
            refresh(cli, &store)?;
        }
        Command::Download => {
            let (trusted, source) = refresh(cli, &store)?;
            let base = cli.target_base_url.as_deref().context("--target-base-url is missing")?;
            let directory = cli.target_dir.as_deref().context("--target-dir is missing")?;
            if cli.target_names.is_empty() {
                bail!("--target-name is missing");
            }
            for name in &cli.target_names {
                let target = trusted.target(name, &source)?;
                download(&target, &trusted, base, directory, &source)
                    .with_context(|| format!("cannot download `{name}`"))?;
            }
        }
    }
    Ok(())
}

fn refresh(cli: &Cli, store: &MetadataStore) -> Result<(TrustedSet, HttpFetch)> {
    let updater = Updater::open(store)?;
    let url = cli.metadata_url.as_deref().context("--metadata-url is missing")?;
    let source = HttpFetch::new(url)?;
    let trusted = updater.refresh(&source, &UpdateOptions::at(jiff::Timestamp::now()))?;
    Ok((trusted, source))
}

/// Section 5.7: one target, unless what is there already is that very file.
fn download(
    target: &VerifiedTarget,
    trusted: &TrustedSet,
    base: &str,
    directory: &Path,
    source: &HttpFetch,
) -> Result<()> {
    let path = directory.join(encode(target.name(), b""));
    if fs_err::read(&path).is_ok_and(|present| target.check(&present).is_ok()) {
        return Ok(());
    }
    // 5.7.3
    let consistent = trusted.root().role().consistent_snapshot;
    let remote = if consistent { target.consistent_path() } else { target.name().to_owned() };
    let url = format!("{}/{}", base.trim_end_matches('/'), encode(&remote, b"/"));
    let bytes = source.get(&url, target.length())?.with_context(|| format!("{url} is not there"))?;
    target.check(&bytes)?;
    fs_err::create_dir_all(directory)?;
    replace_file(&path, &bytes)?;
    Ok(())
}

/// Percent-encodes all but unreserved characters and those in `keep`: fit for a URL and, if `keep` is empty,
/// for a file name.
fn encode(text: &str, keep: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::new();
    for byte in text.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || keep.contains(&byte);
        let written =
            if is_plain { write!(encoded, "{}", char::from(byte)) } else { write!(encoded, "%{byte:02X}") };
        written.expect("writing to a string cannot fail");
    }
    // Such a name would be the directory itself, or the one above it.
    if encoded.bytes().all(|byte| byte == b'.') { encoded.replace('.', "%2E") } else { encoded }
}

/// A repository's metadata behind a URL.
struct HttpFetch {
    base: String,
    client: Client,
}

impl HttpFetch {
    fn new(base: &str) -> Result<Self> {
        // An error only says that a provider was installed before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(Duration::from_mins(1)).build()?;
        Ok(Self { base: base.trim_end_matches('/').to_owned(), client })
    }

    /// The file at `url`; none only where the server says that there is none.
    fn get(&self, url: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, FetchError> {
        let response = self.client.get(url).send().map_err(FetchError::source)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
            status => return Err(FetchError::source(format!("the server answered {status}"))),
        }
        let mut bytes = Vec::new();
        let mut limited = response.take(max_bytes.saturating_add(1));
        limited.read_to_end(&mut bytes).map_err(FetchError::source)?;
        if bytes.len() as u64 > max_bytes {
            return Err(FetchError::TooLarge { max_bytes });
        }
        Ok(Some(bytes))
    }
}

impl Fetch for HttpFetch {
    fn fetch(&self, name: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, FetchError> {
        self.get(&format!("{}/{name}", self.base), max_bytes)
    }
}
