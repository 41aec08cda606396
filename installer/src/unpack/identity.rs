//! Whether an unpacked wheel is the one that its file name promises.

use std::io;
use std::path::Path;

use attune_registry::release_check::WheelError;
use attune_registry::wheel::{self, only_dist_info};

/// Refuses the wheel unpacked at `tree`, unless it is `filename`.
pub(super) fn check_identity(tree: &Path, filename: &str) -> Result<(), WheelError> {
    let mut names = Vec::new();
    for entry in fs_err::read_dir(tree)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    let dist_info = only_dist_info(names.iter().map(String::as_str))?;
    let missing =
        |name: &str| WheelError::Metadata { path: format!("{dist_info}/{name}"), reason: "is not there" };
    let file = |name: &str| match fs_err::read(tree.join(dist_info).join(name)) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing(name)),
        Err(error) => Err(error.into()),
    };
    wheel::check_identity(filename, &file("METADATA")?, &file("WHEEL")?)?;
    if tree.join(dist_info).join("RECORD").is_file() { Ok(()) } else { Err(missing("RECORD")) }
}
