//! The binary: parses, resolves the settings, calls the library, renders the outcome.

use std::ffi::OsString;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context as _;
#[cfg(feature = "host")]
use attune_host::root::HostRoot;
use attune_schemas::problem::WarningCode;
#[cfg(feature = "host")]
use attune_serve::api::{AllowedPlaces, ApiSettings, Installer};
#[cfg(feature = "host")]
use attune_serve::cli::{HostService, NoDirectory, NoHost};
use attune_serve::cli::{Service, Settings, report_error, report_listening, settings};
#[cfg(feature = "host")]
use attune_serve::tokens::TokenKeeper;
use attune_serve::{Drained, Limits, RegistryDirectory, Serving, Signals, Tls};
use axum::Router;
use jiff::Timestamp;

fn main() -> ExitCode {
    attune_terminal::survive_file_limit();
    let args: Vec<OsString> = std::env::args_os().collect();
    let settings = match settings(&args, now_in_calendar()) {
        Ok(settings) => settings,
        Err(code) => return ExitCode::from(code),
    };
    tracing_subscriber::fmt()
        .with_max_level(settings.verbosity.level())
        // Where a log cannot be written, that is no reason to stop: it would panic.
        .log_internal_errors(false)
        .with_target(false)
        .with_writer(anstream::stderr)
        .init();
    match run(&settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report_error(&error, settings.output);
            ExitCode::FAILURE
        }
    }
}

fn run(settings: &Settings) -> anyhow::Result<()> {
    let runtime = attune_serve::start_runtime().context("cannot start the threads that answer requests")?;
    let ended = runtime.block_on(serve(settings));
    // Not waiting for file reads that are still under way.
    runtime.shutdown_background();
    ended
}

async fn serve(settings: &Settings) -> anyhow::Result<()> {
    match &settings.service {
        Service::Registry { directory, listen } => {
            let directory = RegistryDirectory::open(directory.clone())?;
            let path = directory.path().to_owned();
            serve_until_stopped(settings, &path, *listen, None, attune_serve::router(directory, now)).await
        }
        #[cfg(feature = "host")]
        Service::Host(host) => serve_host(settings, host).await,
    }
}

#[cfg(feature = "host")]
async fn serve_host(settings: &Settings, host: &HostService) -> anyhow::Result<()> {
    let path = HostRoot::new(&host.root)?.path().to_owned();
    let tls = host.certificate.as_ref().map(|files| Tls::read(&files.chain, &files.key)).transpose()?;
    let api = attune_serve::api::router(api_settings(host)?).merge(attune_serve::pages());
    serve_until_stopped(settings, &path, host.listen, tls, api).await
}

#[cfg(feature = "host")]
fn api_settings(host: &HostService) -> anyhow::Result<ApiSettings> {
    let root = HostRoot::new(&host.root)?;
    if !root.path().is_dir() {
        return Err(NoHost(root.path().to_owned()).into());
    }
    let installer = host.installer.clone().map(|program| Installer::new(program, root.path()));
    if installer.is_none() {
        tracing::warn!("the program attune-install is not found: the host is only read");
    }
    let places = AllowedPlaces::new(&host.directories, &host.origins, host.allow_unsigned);
    let places = places.map_err(NoDirectory)?;
    let tokens = TokenKeeper::open(host.tokens.clone())?;
    Ok(ApiSettings { root, tokens, clock: now_in_calendar, installer, places })
}

#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
fn now() -> SystemTime {
    SystemTime::now()
}

#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
fn now_in_calendar() -> Timestamp {
    Timestamp::now()
}

/// Serves `router`, which answers for `path`, until a signal asks to stop.
async fn serve_until_stopped(
    settings: &Settings,
    path: &Path,
    listen: SocketAddr,
    tls: Option<Tls>,
    router: Router,
) -> anyhow::Result<()> {
    let mut signals = Signals::take().context("cannot wait for signals")?;
    let listener = attune_serve::bind(listen).await?;
    let address = listener.local_addr().context("cannot tell the own address")?;
    report_listening(settings, path, address);

    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async {
        // An error means the sender is gone, which is a reason to stop, too.
        let _ = stopped.await;
    };
    let limits = Limits::of_this_process(settings.max_connections);
    let serving = Serving { limits, tls, ..Serving::default() };
    tracing::info!("at most {} connections at a time", serving.limits.connections);
    let mut serving = Box::pin(attune_serve::serve(listener, router, shutdown, serving));
    let signal = tokio::select! {
        _ = &mut serving => return Ok(()),
        signal = signals.next() => signal,
    };
    tracing::info!("{signal}: finishing the running requests; a second signal ends them");
    drop(stop);
    let drained = tokio::select! {
        drained = serving => drained,
        _ = signals.next() => Drained::TimedOut,
    };
    if drained == Drained::TimedOut {
        tracing::warn!(code = %WarningCode::CutShort, "stopped while requests were still running");
    }
    Ok(())
}
