//! The guide: every command in it runs, in its order, as a user would type it.

use std::path::Path;
use std::process::{Command, Stdio};

use attune_tests::binaries::Binary;
use attune_tests::{PackBuilder, World};

/// The `sh` blocks of the guide, in their order.
fn blocks() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/GUIDE.md");
    let text = fs_err::read_to_string(path).unwrap();
    let blocks = text.split("```sh\n").skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_command_of_the_guide_runs() {
    let world = World::new();
    let packs = world.path().join("packs");
    let graph = "version: \"1\"\ntasks: [{name: first, action: net_tools.ping}]\n";
    let action = "ref: weather.checked_forecast\nworkflow_file: workflows/checked_forecast.workflow.yaml\n";
    PackBuilder::new("net_tools", "1.2.0").action("ping", "shell", "echo pong\n").write(&packs);
    // With the workflow of the example of that name.
    PackBuilder::new("weather", "1.0.0")
        .action("report", "python", "print('sunny')\n")
        .file("actions/checked_forecast.yaml", action)
        .file("actions/workflows/checked_forecast.workflow.yaml", graph)
        .depends_on("net_tools@^1.2")
        .write(&packs);
    let programs = Binary::Install.path();
    let programs = programs.parent().unwrap();
    let blocks = blocks();
    assert!(blocks.len() > 12, "{}", blocks.len());
    for block in blocks {
        let mut shell = Command::new("bash");
        shell.args(["-euo", "pipefail", "-c", &block]).current_dir(world.path()).stdin(Stdio::null());
        let path = std::env::var("PATH").unwrap();
        shell.env("PATH", format!("{}:{path}", programs.display())).env("ATTUNE_ROOT", world.root());
        let output = shell.output().unwrap();
        assert!(
            output.status.success(),
            "{block}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
