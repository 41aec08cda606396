//! A change whose process dies after any of its steps is completed or undone by the next one.

use std::path::Path;
use std::process::Command;

use attune_host::database::registered_generation;
use attune_host::process::Interrupted;
use attune_host::root::HostRoot;
use attune_host::transaction::Step;
use attune_host::{ChangeError, generation::Generation};

use crate::fixture::{config, hold, install, install_quietly, root, rows};

const ROOT: &str = "ATTUNE_TEST_ROOT";
const STEP: &str = "ATTUNE_TEST_STEP";

/// The change of the tests below: a pack is upgraded, another is new.
fn change(
    root: &HostRoot,
    reached: &mut dyn FnMut(Step) -> Result<(), Interrupted>,
) -> Result<(), ChangeError> {
    let packs = [config("one", "2.0.0", &["new"]), config("two", "1.0.0", &["a"])];
    install(root, &packs, reached)
}

/// Not a test of its own: the process that dies.
#[test]
#[ignore = "run by the tests of crashes, in a process of its own"]
fn dies_after_a_step() {
    let root = HostRoot::new(Path::new(&std::env::var_os(ROOT).unwrap())).unwrap();
    let step: usize = std::env::var(STEP).unwrap().parse().unwrap();
    let _ = change(&root, &mut |reached| {
        if reached == Step::ALL[step] {
            std::process::abort();
        }
        Ok(())
    });
    unreachable!("the step is reached");
}

fn die_after(step: usize, root: &HostRoot) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "change::dies_after_a_step"]);
    command.env(ROOT, root.path()).env(STEP, step.to_string());
    let output = command.output().unwrap();
    assert!(output.status.code().is_none(), "it ended by itself: {output:?}");
}

#[test]
fn a_death_after_any_step_of_an_upgrade_is_mended() {
    for (number, step) in Step::ALL.into_iter().enumerate() {
        let directory = tempfile::tempdir().unwrap();
        let root = root(&directory);
        install_quietly(&root, &[config("one", "1.0.0", &["old"])]);
        let before = rows(&root);
        die_after(number, &root);
        drop(hold(&root));
        let active = Generation::active(&root).unwrap();
        assert_eq!(active.id, if step.is_final() { 2 } else { 1 }, "{step:?}");
        assert_eq!(registered_generation(&root).unwrap(), Some(active.id), "{step:?}");
        assert_eq!(rows(&root) == before, !step.is_final(), "{step:?}");
        assert!(!root.staging().exists(), "{step:?}");
        let generations = fs_err::read_dir(root.generations()).unwrap().count() as u64;
        assert_eq!(generations, active.id, "{step:?}");
        // And the root goes on working.
        change(&root, &mut |_| Ok(())).unwrap();
        assert_eq!(Generation::active(&root).unwrap().packs.len(), 2, "{step:?}");
    }
}

#[test]
fn a_death_after_any_step_of_a_first_installation_is_mended() {
    for (number, step) in Step::ALL.into_iter().enumerate() {
        let directory = tempfile::tempdir().unwrap();
        let root = root(&directory);
        die_after(number, &root);
        drop(hold(&root));
        let active = root.active_generation().unwrap();
        assert_eq!(active, step.is_final().then_some(1), "{step:?}");
        assert_eq!(registered_generation(&root).unwrap(), active, "{step:?}");
        assert_eq!(root.database().exists(), step.is_final(), "{step:?}");
    }
}

#[test]
fn an_interrupt_counts_until_the_rows_are_written() {
    for step in Step::ALL {
        let directory = tempfile::tempdir().unwrap();
        let root = root(&directory);
        install_quietly(&root, &[config("one", "1.0.0", &["old"])]);
        let outcome = change(&root, &mut |reached| if reached == step { Err(Interrupted) } else { Ok(()) });
        assert_eq!(outcome.is_ok(), step.is_final(), "{step:?}");
        assert_eq!(root.active_generation().unwrap(), Some(if step.is_final() { 2 } else { 1 }), "{step:?}");
        assert!(!root.staging().exists(), "{step:?}");
    }
}
