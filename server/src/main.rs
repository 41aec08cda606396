//! The binary: parses, resolves the settings, calls the library, renders the outcome.

use std::ffi::OsString;

use attune_schemas::problem::WarningCode;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context as _;
use attune_serve::cli::{Service, Settings, report_error, report_listening, settings};
use attune_serve::{Drained, Limits, RegistryDirectory, Serving, Signals};

fn main() -> ExitCode {
    attune_terminal::survive_file_limit();
    let args: Vec<OsString> = std::env::args_os().collect();
    let settings = match settings(&args) {
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
    let ended = match &settings.service {
        Service::Registry { directory, listen } => {
            runtime.block_on(host_registry(settings, directory.clone(), *listen))
        }
    };
    // Not waiting for file reads that are still under way.
    runtime.shutdown_background();
    ended
}

#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
async fn host_registry(settings: &Settings, directory: PathBuf, listen: SocketAddr) -> anyhow::Result<()> {
    let directory = RegistryDirectory::open(directory)?;
    let mut signals = Signals::take().context("cannot wait for signals")?;
    let listener = attune_serve::bind(listen).await?;
    let address = listener.local_addr().context("cannot tell the own address")?;
    report_listening(settings, directory.path(), address);

    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async {
        // An error means the sender is gone, which is a reason to stop, too.
        let _ = stopped.await;
    };
    let router = attune_serve::router(directory, SystemTime::now);
    let serving = Serving { limits: Limits::of_this_process(settings.max_connections), ..Serving::default() };
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
