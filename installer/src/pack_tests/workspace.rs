//! A copy of a pack for its tests and migrations, so that nothing they write reaches the store.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Copies the unpacked pack at `from` to `to`, which must not exist, with every file writable.
pub(crate) fn copy_pack(from: &Path, to: &Path) -> io::Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        // Unpacked packs hold nothing but files and directories.
        if entry.file_type()?.is_dir() {
            copy_pack(&entry.path(), &target)?;
        } else {
            fs_err::copy(entry.path(), &target)?;
            let mode = fs_err::metadata(&target)?.permissions().mode() | 0o200;
            fs_err::set_permissions(&target, std::fs::Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}
