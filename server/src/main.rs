//! The binary: parses, resolves the settings, calls the library, renders what comes of it.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use attune_schemas::FailureKind;
use attune_serve::cli::{Cli, Service, Settings, Verbosity};
use attune_serve::{BindError, DirectoryError, Drained, RegistryDirectory, Signals};
use attune_terminal::{Failure, Output};
use clap::Parser as _;
use serde_json::json;

fn main() -> ExitCode {
    let settings = Settings::from(Cli::parse());
    tracing_subscriber::fmt()
        .with_max_level(settings.verbosity.level())
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
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the async runtime")?;
    let ended = match &settings.service {
        Service::Registry { directory, listen } => {
            runtime.block_on(host_registry(settings, directory.clone(), *listen))
        }
    };
    // Not waiting for file reads that are still under way.
    runtime.shutdown_background();
    ended
}

async fn host_registry(settings: &Settings, directory: PathBuf, listen: SocketAddr) -> anyhow::Result<()> {
    let directory = RegistryDirectory::open(directory)?;
    let mut signals = Signals::take().context("cannot wait for signals")?;
    let listener = attune_serve::bind(listen).await?;
    let address = listener.local_addr().context("cannot tell the own address")?;
    report_listening(settings, &directory, address);

    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async {
        // An error means the sender is gone, which is a reason to stop, too.
        let _ = stopped.await;
    };
    let mut serving = Box::pin(attune_serve::serve(listener, attune_serve::router(directory), shutdown));
    let signal = tokio::select! {
        ended = &mut serving => return ended.map(drop).context("cannot accept connections"),
        signal = signals.next() => signal,
    };
    tracing::info!("{signal}: finishing the running requests; a second signal ends them");
    drop(stop);
    let drained = tokio::select! {
        ended = serving => ended.context("cannot accept connections")?,
        _ = signals.next() => Drained::TimedOut,
    };
    if drained == Drained::TimedOut {
        tracing::warn!("stopped while requests were still running");
    }
    Ok(())
}

/// Tells where the server listens. A closed standard output is no reason not to serve.
fn report_listening(settings: &Settings, directory: &RegistryDirectory, address: SocketAddr) {
    let path = directory.path().display();
    let line = match settings.output {
        Output::Json => {
            json!({"listening": format!("http://{address}"), "directory": path.to_string()}).to_string()
        }
        Output::Text if settings.verbosity == Verbosity::Quiet => return,
        Output::Text => format!("serving {path} on http://{address}"),
    };
    let mut stdout = anstream::stdout();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Writes an error, its causes and the advice to standard error.
fn report_error(error: &anyhow::Error, output: Output) {
    Failure::new(error.as_ref(), FailureKind::Failed).with_hint(hint(error).map(str::to_owned)).show(output);
}

fn hint(error: &anyhow::Error) -> Option<&'static str> {
    let directory = error.downcast_ref::<DirectoryError>();
    let bind = error.downcast_ref::<BindError>();
    directory.map(DirectoryError::hint).or_else(|| bind.and_then(BindError::hint))
}
