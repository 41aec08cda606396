//! Scripts, programs and browsers of others, used against the API as they are.

use std::path::{Path, PathBuf};
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::machines::api_server::{ApiServer, make_token, tokens};
use attune_tests::standard_packs::greeter;
use attune_tests::{Run, World};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/api").join(name)
}

/// A host with a pack, and a directory from which another can be made.
fn world() -> World {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let folder = world.path().join("allowed/my_pack/workflows");
    fs_err::create_dir_all(&folder).unwrap();
    let text = "ref: my_pack.hello\nlabel: Hello\nversion: \"1.0.0\"\ntasks:\n  - name: first\n    action: core.noop\n";
    fs_err::write(folder.join("hello.yaml"), text).unwrap();
    world
}

/// A virtual environment with `package` of the index.
fn installed(world: &World, package: &str) -> PathBuf {
    let place = world.path().join("tools");
    let mut make = Command::new("python3");
    make.args(["-m", "venv"]).arg(&place);
    Run::of(make).succeeds();
    let mut install = Command::new(place.join("bin/pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check", package]);
    Run::of(install).succeeds();
    place.join("bin")
}

/// Serves the host of `world` on port 8080 of a network of its own, and runs `script` there.
fn beside_a_server(world: &World, script: &str) -> Run {
    let token = make_token(world, "script", "write");
    let serve = format!(
        "ip link set lo up\n\"$SERVE\" host --root \"$ROOT\" --tokens \"$TOKENS\" --listen 127.0.0.1:8080 --allow-unsigned \
         --allow-directory \"$ALLOWED\" >/dev/null &\nserver=$!\nfor _ in $(seq 100); do curl -s -o /dev/null \
         http://localhost:8080/healthz && break; sleep 0.1; done\n{script}\ncode=$?\nkill $server\nexit $code\n"
    );
    let mut command = Command::new("unshare");
    command.args(["-rn", "bash", "-c", &serve]);
    command.env("SERVE", Binary::Serve.path()).env("ROOT", world.root()).env("TOKENS", tokens(world));
    command.env("ALLOWED", world.path().join("allowed")).env("TOKEN", token);
    Run::of(command)
}

#[test]
#[ignore = "needs curl, jq and ip"]
fn tools_the_script_that_deploys_a_pack_runs_unchanged() {
    let world = world();
    let script = fixture("deploy-pack.sh");
    let run = beside_a_server(&world, &format!("bash {}", script.display())).succeeds();
    assert!(run.stdout.contains("\"ref_name\":\"my_pack.hello\""), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("Deployment complete!"), "{}", run.stdout);
    assert!(world.install(["list"]).succeeds().stdout.contains("my_pack"));
}

#[test]
#[ignore = "reaches a package index"]
fn tools_the_client_in_python_runs_unchanged() {
    let world = world();
    let bin = installed(&world, "requests");
    let text = fs_err::read_to_string(fixture("sync_workflows.py")).unwrap();
    let script = format!(
        "curl -s -f -X POST http://localhost:8080/api/v1/packs -H \"Authorization: Bearer $TOKEN\" -d \
         '{{\"ref\": \"my_pack\", \"label\": \"My Pack\", \"version\": \"1.0.0\"}}' >/dev/null && sed \"s/your_access_token/$TOKEN/\" \
         <<'END' | {}/python -\n{text}\nEND\n",
        bin.display()
    );
    let run = beside_a_server(&world, &script).succeeds();
    assert_eq!(run.stdout.trim(), "Synced 1 workflows", "{}", run.stderr);
}

#[test]
#[ignore = "reaches a package index"]
fn tools_schemathesis_finds_no_fault() {
    let world = world();
    let bin = installed(&world, "schemathesis");
    let allowed = world.path().join("allowed");
    let server =
        ApiServer::start_with(&world, &["--allow-unsigned", "--allow-directory", allowed.to_str().unwrap()]);
    let mut command = Command::new(bin.join("schemathesis"));
    command.arg("run").arg(format!("{}/openapi.json", server.url()));
    command.arg("--header").arg(format!("Authorization: Bearer {}", server.write_token()));
    let checks =
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    command.args(["--checks", checks, "--max-examples", "15", "--seed", "1", "--no-color"]);
    command.current_dir(world.path());
    let run = Run::of(command);
    assert_eq!(run.status, Some(0), "{}", run.stdout);
    world.verify(&[]).succeeds();
}
