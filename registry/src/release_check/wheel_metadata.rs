//! Whether a wheel is the one that its file name promises, and leaves the interpreter alone.

use std::io::{BufReader, Read, Seek};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::error::WheelError;
use crate::wheel::{DATA_KINDS, check_identity, is_of_the_interpreter, only_dist_info, parse_scripts};

/// The most bytes of a file of the metadata; the longest descriptions have some hundred kilobytes.
const MAX_METADATA_BYTES: u64 = 16 << 20;

/// Refuses the wheel at `path`, unless it is `filename` and can be part of an environment.
pub fn check_metadata(path: &Path, filename: &str) -> Result<(), WheelError> {
    check(BufReader::new(fs_err::File::open(path)?), filename)
}

fn check(reader: impl Read + Seek, filename: &str) -> Result<(), WheelError> {
    let mut archive = ZipArchive::new(reader)?;
    let tops = archive.file_names().filter_map(|name| name.split_once('/')).map(|(top, _)| top);
    let dist_info = only_dist_info(tops)?.to_owned();
    let missing = |path: String| WheelError::Metadata { path, reason: "is not there" };
    let mut file = |name: &str| read(&mut archive, format!("{dist_info}/{name}"));
    let metadata = file("METADATA")?.map_err(missing)?;
    let wheel = file("WHEEL")?.map_err(missing)?;
    check_identity(filename, &metadata, &wheel)?;
    let scripts = parse_scripts(&file("entry_points.txt")?.unwrap_or_default());
    let scripts = scripts.map_err(WheelError::EntryPoint)?.into_iter();
    check_data(archive.file_names())?;
    let of_entry_points = scripts.map(|script| (format!("bin/{}", script.name), script.name));
    let of_data = archive.file_names().filter_map(|name| Some((data_path(name)?, name.to_owned())));
    match of_entry_points.chain(of_data).find(|(path, _)| is_of_the_interpreter(path)) {
        Some((_, name)) => Err(WheelError::Interpreter(name)),
        None => Ok(()),
    }
}

/// Refuses what no installer knows a place for.
fn check_data<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), WheelError> {
    let mut known = None;
    for name in names {
        let Some((top, rest)) = name.split_once('/').filter(|(top, _)| top.ends_with(".data")) else {
            continue;
        };
        let kind = rest.split_once('/').map(|(kind, _)| kind);
        let is_directory = rest.is_empty() || kind.is_some_and(|kind| DATA_KINDS.contains(&kind));
        if !is_directory || *known.get_or_insert(top) != top {
            return Err(WheelError::Data(name.to_owned()));
        }
    }
    Ok(())
}

/// The text of the entry `path`, or the path again if there is none.
fn read<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    path: String,
) -> Result<Result<String, String>, WheelError> {
    let entry = match archive.by_name(&path) {
        Err(ZipError::FileNotFound) => return Ok(Err(path)),
        entry => entry?,
    };
    let mut bytes = Vec::new();
    if entry.take(MAX_METADATA_BYTES + 1).read_to_end(&mut bytes)? as u64 > MAX_METADATA_BYTES {
        return Err(WheelError::Metadata { path, reason: "is larger than any" });
    }
    Ok(Ok(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Where in an environment an entry of `.data` comes to lie, if not among the modules.
fn data_path(name: &str) -> Option<String> {
    let (top, rest) = name.split_once('/')?;
    let (kind, rest) = rest.split_once('/')?;
    match kind {
        _ if !top.ends_with(".data") => None,
        "scripts" => Some(format!("bin/{rest}")),
        "data" => Some(rest.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::release_check::testing::{wheel_bytes, zip_bytes};

    fn judge(filename: &str, files: &[(&str, &[u8])]) -> Result<(), WheelError> {
        check(Cursor::new(wheel_bytes("foo", "1.0", files)), filename)
    }

    const FOO: &str = "foo-1.0-py3-none-any.whl";

    #[test]
    fn an_honest_wheel_passes() {
        judge(FOO, &[("foo-1.0.data/scripts/tool", b""), ("foo-1.0.data/data/share/x", b"")]).unwrap();
    }

    #[test]
    fn another_name_or_version_is_refused() {
        for filename in ["bar-1.0-py3-none-any.whl", "foo-1.1-py3-none-any.whl", "foo.whl"] {
            let error = judge(filename, &[]).unwrap_err();
            assert!(matches!(error, WheelError::Identity(_)), "{filename}: {error}");
        }
    }

    #[test]
    fn two_dist_infos_are_refused() {
        let error = judge(FOO, &[("foo-1.1.dist-info/METADATA", b"")]).unwrap_err();
        assert!(matches!(error, WheelError::Identity(_)), "{error}");
    }

    #[test]
    fn metadata_that_is_missing_or_endless_is_refused() {
        let of = |files: &[(&str, &[u8])]| check(Cursor::new(zip_bytes(files)), FOO).unwrap_err();
        let missing = of(&[("foo-1.0.dist-info/WHEEL", b"")]);
        assert!(missing.to_string().contains("METADATA` is not there"), "{missing}");
        let endless = b"\n".repeat(usize::try_from(MAX_METADATA_BYTES + 1).unwrap());
        let endless = of(&[("foo-1.0.dist-info/METADATA", &endless)]);
        assert!(endless.to_string().contains("larger than any"), "{endless}");
    }

    #[test]
    fn whatever_would_replace_the_interpreter_is_refused() {
        let entry_points = ("foo-1.0.dist-info/entry_points.txt", &b"[console_scripts]\npython = foo:f"[..]);
        let scripts = ("foo-1.0.data/scripts/python3", &b"#!/bin/sh"[..]);
        let data = ("foo-1.0.data/data/pyvenv.cfg", &b""[..]);
        for file in [entry_points, scripts, data] {
            let error = judge(FOO, &[file]).unwrap_err();
            assert!(matches!(error, WheelError::Interpreter(_)), "{}: {error}", file.0);
        }
    }

    #[test]
    fn data_of_no_known_kind_is_refused() {
        for file in ["foo-1.0.data/etc/x", "foo-1.0.data/x", "other.data/scripts/x"] {
            let error = judge(FOO, &[("foo-1.0.data/scripts/tool", b""), (file, b"")]).unwrap_err();
            assert!(matches!(error, WheelError::Data(_)), "{file}: {error}");
        }
    }

    #[test]
    fn an_entry_point_that_is_more_than_a_name_is_refused() {
        let file = ("foo-1.0.dist-info/entry_points.txt", &b"[console_scripts]\n../../x = foo:f"[..]);
        assert!(matches!(judge(FOO, &[file]), Err(WheelError::EntryPoint(_))));
    }
}
