//! The stages of an installation as commands, each by itself.

mod dependencies;
mod downloads;
mod downloads_refused;
mod environments;
mod forced;
mod registered;

use std::path::Path;

use attune_tests::binaries::Binary;
use attune_tests::{Run, World};
use serde_json::Value;

/// Runs `attune-install` for the root of `world`, with its own home.
fn stage(world: &World, arguments: &[&str]) -> Run {
    let home = world.path().join("home");
    fs_err::create_dir_all(&home).unwrap();
    let mut command = world.command(Binary::Install);
    command.args(arguments).arg("--root").arg(world.root());
    command.env("HOME", home).env_remove("XDG_CACHE_HOME").env_remove("NETRC");
    Run::of(command)
}

/// The names of fields of the objects in the list `name`.
fn fields(document: &Value, list: &str) -> Vec<String> {
    let mut names: Vec<String> = document[list][0].as_object().unwrap().keys().cloned().collect();
    names.sort();
    names
}

fn text(path: impl AsRef<Path>) -> String {
    path.as_ref().to_str().unwrap().to_owned()
}
