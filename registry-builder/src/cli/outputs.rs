//! Files that a command is to write: their names, and whether something is there already.

use std::path::Path;

use attune_schemas::problem::ErrorCode;
use attune_terminal::Failure;

use crate::bundle::is_standard_output;
use crate::signing::public_file;

/// The endings of bundles.
const ENDINGS: [&str; 2] = [".tar.zst", ".tzst"];
/// The endings of what else people pack files into, the longest first.
const OTHER_ENDINGS: [&str; 12] =
    [".tar.gz", ".tar.xz", ".tar.bz2", ".tgz", ".txz", ".tar", ".zip", ".zst", ".gz", ".xz", ".7z", ".oci"];

/// Fails where a bundle may not be written to `output` by its name, or because a file is there.
pub(super) fn check_bundle(output: &Path, force: bool) -> Result<(), Failure> {
    if is_written_in_place(output) {
        return Ok(());
    }
    let name = output.display().to_string();
    // A link is there already, under whatever name.
    if !output.is_symlink() && !ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        let message = format!("`{name}` is no name for a bundle, which is a .tar.zst archive");
        let hint = format!("name it `{}`", right_name(&name));
        return Err(Failure::from_message(message, ErrorCode::BundleOutput).with_hint(Some(hint)));
    }
    check_free(output, force, "pass --force to replace it")
}

/// Fails where a key may not be written to `file` because one is there.
pub(super) fn check_new_key(file: &Path, force: bool) -> Result<(), Failure> {
    let hint = "choose another name; --force replaces it, and with the old key nobody can sign any more";
    check_free(file, force, hint)?;
    check_free(&public_file(file), force, "choose another name, or pass --force to replace it")
}

fn check_free(file: &Path, force: bool, hint: &str) -> Result<(), Failure> {
    if force || !file.exists() {
        return Ok(());
    }
    let message = format!("`{}` exists", file.display());
    Err(Failure::from_message(message, ErrorCode::OutputExists).with_hint(Some(hint.to_owned())))
}

/// Whether `output` is written to as it is: a pipe, a device, an open file; or is refused for another reason.
fn is_written_in_place(output: &Path) -> bool {
    let is_open = ["/dev/fd", "/proc"].iter().any(|directory| output.starts_with(directory));
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty());
    output == Path::new("-")
        || is_open
        || is_standard_output(output)
        || fs_err::metadata(output).is_ok_and(|metadata| !metadata.is_file())
        || parent.is_some_and(|parent| !parent.is_dir())
}

fn right_name(name: &str) -> String {
    let stem =
        OTHER_ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).filter(|stem| !stem.is_empty());
    format!("{}.tar.zst", stem.unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_name_keeps_what_is_no_ending() {
        for (name, expected) in [
            ("t.zip", "t.tar.zst"),
            ("a/t.tar.gz", "a/t.tar.zst"),
            ("t.zst", "t.tar.zst"),
            ("release-1.2", "release-1.2.tar.zst"),
            ("bundle", "bundle.tar.zst"),
        ] {
            assert_eq!(right_name(name), expected);
        }
    }

    #[test]
    fn what_is_no_file_is_written_to_under_any_name() {
        for output in ["/dev/null", "-", "/dev/fd/1", "/nonexistent/x"] {
            check_bundle(Path::new(output), false).unwrap();
        }
    }
}
