//! Tells the crate what it is built from: the commit, the target, and the versions of the crates that matter.
//!
//! The commit is read from git's files, so git itself is not needed; where there is no repository, a variable
//! `ATTUNE_COMMIT` may name it, else it is unknown. Only builds for release look at it: otherwise each commit would have
//! the programs built anew. There is no date, so that builds can be reproduced.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The crates whose versions are told.
const CRATES: [&str; 2] = ["rustls", "zstd-sys"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=ATTUNE_COMMIT");
    let workspace = PathBuf::from(variable("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..");
    let profile = variable("PROFILE").unwrap_or_default();
    let named = variable("ATTUNE_COMMIT");
    let commit = named.or_else(|| commit(&workspace.join(".git")).filter(|_| profile == "release"));
    set("COMMIT", &commit.unwrap_or_else(|| "unknown".to_owned()));
    set("TARGET", &variable("TARGET").unwrap_or_default());
    set("PROFILE", if profile == "debug" { "dev" } else { &profile });
    set("CRATES", &locked_versions(&workspace.join("Cargo.lock")));
}

#[expect(clippy::disallowed_methods, reason = "cargo tells build scripts everything by variables")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn set(name: &str, value: &str) {
    println!("cargo:rustc-env=ATTUNE_BUILT_{name}={value}");
}

/// The text of a file that the build depends on from now on.
fn watched(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    if variable("PROFILE").is_some_and(|profile| profile == "release") || path.ends_with("Cargo.lock") {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    Some(text.trim().to_owned())
}

/// The commit that is checked out in the repository whose `.git` is at `path`: a directory, or in a worktree a file.
fn commit(path: &Path) -> Option<String> {
    let git = match fs::read_to_string(path) {
        Ok(link) => path.parent()?.join(link.strip_prefix("gitdir:")?.trim()),
        Err(_) => path.to_owned(),
    };
    let head = watched(&git.join("HEAD"))?;
    let Some(reference) = head.strip_prefix("ref: ") else { return Some(head) };
    let common =
        fs::read_to_string(git.join("commondir")).map_or(git.clone(), |common| git.join(common.trim()));
    watched(&common.join(reference)).or_else(|| {
        let packed = watched(&common.join("packed-refs"))?;
        // The next commit makes a file there.
        println!("cargo:rerun-if-changed={}", common.join("refs").display());
        let line = packed.lines().find_map(|line| line.strip_suffix(reference))?;
        Some(line.trim().to_owned())
    })
}

/// The versions of [`CRATES`] in the lockfile, as `name=version;`.
fn locked_versions(lockfile: &Path) -> String {
    let text = watched(lockfile).unwrap_or_default();
    let version = |name: &str| {
        let (_, rest) = text.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        Some(format!("{name}={};", rest.split('"').next()?))
    };
    CRATES.iter().filter_map(|name| version(name)).collect()
}
