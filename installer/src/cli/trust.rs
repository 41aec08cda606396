//! `attune-install trust`

use std::path::PathBuf;

use attune_registry::terminal::{Output, Table, write_result};
use attune_schemas::tuf::RegistryName;
use clap::{Args, Subcommand};

use super::settings::CommonArgs;
use crate::error::InstallError;
use crate::host::HostRoot;
use crate::trusted::{TrustedRegistry, reset_trust, trust, trusted_registries};

/// Shows and changes whom this host trusts.
#[derive(Debug, Args)]
pub(super) struct TrustArgs {
    #[command(subcommand)]
    command: TrustCommand,
}

#[derive(Debug, Subcommand)]
enum TrustCommand {
    /// Trust the registry whose root metadata this is
    Add {
        /// The registry's root metadata, which you got on a way that you trust
        #[arg(value_name = "ROOT.json")]
        file: PathBuf,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Show the registries that are trusted
    List {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Forget a registry and everything seen of it; what is installed stays
    Reset {
        /// The registry's name
        registry: RegistryName,
        #[command(flatten)]
        common: CommonArgs,
    },
}

impl TrustArgs {
    pub(super) fn run(self) -> (Output, Result<(), InstallError>) {
        let (TrustCommand::Add { common, .. }
        | TrustCommand::List { common }
        | TrustCommand::Reset { common, .. }) = &self.command;
        let output = common.output();
        common.start_log();
        let result = common.host_root().and_then(|root| self.command.text(&root, output));
        let result = result.and_then(|text| write_result(&text).map_err(InstallError::Output));
        (output, result)
    }
}

impl TrustCommand {
    fn text(&self, root: &HostRoot, output: Output) -> Result<String, InstallError> {
        match self {
            Self::Add { file, .. } => Ok(render(&[trust(root, file)?], output)),
            Self::List { .. } => Ok(render(&trusted_registries(root)?, output)),
            Self::Reset { registry, .. } => {
                reset_trust(root, registry)?;
                Ok(match output {
                    Output::Json => "{}\n".to_owned(),
                    Output::Text => {
                        format!("registry `{registry}` is no longer trusted; pass --trust to trust it anew\n")
                    }
                })
            }
        }
    }
}

fn render(registries: &[TrustedRegistry], output: Output) -> String {
    if output == Output::Json {
        return serde_json::to_string_pretty(registries).expect("a list serialises") + "\n";
    }
    if registries.is_empty() {
        return "no registry is trusted\n".to_owned();
    }
    let mut table = Table::new(&["REGISTRY", "ROOT", "EXPIRES", "DIGEST"]);
    for registry in registries {
        table.push(vec![
            registry.registry.clone(),
            registry.root_version.to_string(),
            registry.root_expires.clone(),
            registry.root_digest.to_string(),
        ]);
    }
    table.to_string()
}
