//! Commands that write a file for the user, killed: the file is whole or not there.

use std::path::PathBuf;

use super::lifecycle::{has_old, installed};
use super::operation::{all_is_well, has};
use super::subject::Subject;
use crate::binaries::Binary;
use crate::run::Run;
use crate::world::World;

fn backup(world: &World) -> PathBuf {
    world.path().join("out/backup.tar.zst")
}

/// A backup can be restored, if there is one.
fn backup_is_whole(world: &World) -> Result<(), String> {
    all_is_well(world)?;
    if !backup(world).exists() {
        return Ok(());
    }
    let looked = world.install(["restore".as_ref(), backup(world).as_os_str(), "--dry-run".as_ref()]);
    if looked.status == Some(0) { Ok(()) } else { Err(format!("the backup cannot be restored: {looked:?}")) }
}

/// The removal of a pack with a backup, and the restoration of one whose trees are gone.
pub(super) fn backups() -> Vec<Subject> {
    let remove = |world: &World| {
        let _ = fs_err::create_dir(world.path().join("out"));
        [
            "uninstall".into(),
            "watcher".into(),
            "--force".into(),
            "--backup".into(),
            backup(world).into_os_string(),
        ]
    };
    let backed_up = installed();
    let arguments = remove(&backed_up);
    let gone = installed();
    gone.install(remove(&gone)).succeeds();
    gone.install(["gc", "--keep", "0"]).succeeds();
    let restore = ["restore".into(), backup(&gone).into_os_string()];
    vec![
        Subject::new("uninstall with a backup", backed_up, &arguments, backup_is_whole, |world| {
            has(world, &["greeter 1.0.0", "reporter 1.0.0"], "packs/greeter/actions/greet.sh", "hello")?;
            if !backup(world).is_file() {
                return Err("there is no backup".to_owned());
            }
            backup_is_whole(world)
        })
        .repeated(4)
        .outside(&["out"]),
        Subject::new("restore", gone, &restore, all_is_well, has_old),
    ]
}

fn exported(world: &World) -> PathBuf {
    world.path().join("out/exported.tar.zst")
}

/// An exported bundle can be installed, if there is one.
fn export_is_whole(world: &World) -> Result<(), String> {
    if !exported(world).exists() {
        return Ok(());
    }
    let mut command = world.command(Binary::Install);
    command.arg(exported(world)).arg("--trust").arg(world.trust()).arg("--dry-run");
    command.arg("--root").arg(world.path().join("elsewhere"));
    let run = Run::of(command);
    if run.status == Some(0) { Ok(()) } else { Err(format!("the bundle cannot be installed: {run:?}")) }
}

/// A bundle of what is installed.
pub(super) fn export() -> Subject {
    let world = installed();
    fs_err::create_dir(world.path().join("out")).unwrap();
    let (output, registry) = (exported(&world), world.registry());
    let arguments = [
        "export".as_ref(),
        "--force".as_ref(),
        "-o".as_ref(),
        output.as_os_str(),
        "--from".as_ref(),
        registry.as_os_str(),
    ];
    let usable = |world: &World| has_old(world).and_then(|()| export_is_whole(world));
    Subject::new("export", world, &arguments, usable, |world| {
        if !exported(world).is_file() {
            return Err("there is no bundle".to_owned());
        }
        has_old(world).and_then(|()| export_is_whole(world))
    })
    .outside(&["out"])
}
