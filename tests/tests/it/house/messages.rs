//! Everything that the programs say of themselves and of failures, held word for word: every `--help`, and every
//! kind of error with its hint and exit code.

use std::fmt::Write as _;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use attune_tests::World;
use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter};

const PROGRAMS: [(&str, Binary); 3] =
    [("attune-build", Binary::Build), ("attune-install", Binary::Install), ("attune-serve", Binary::Serve)];

/// The help of `program` and of every command below it.
fn help(world: &World, program: (&str, Binary), commands: &[String], text: &mut String) {
    let mut command = world.command(program.1);
    // Values of variables are shown in helps.
    let output = command.args(commands).arg("--help").output().unwrap();
    assert!(output.status.success(), "{commands:?}");
    let shown = String::from_utf8(output.stdout).unwrap();
    let shown = shown.replace(&world.path().display().to_string(), "WORLD");
    writeln!(text, "$ {} --help\n{shown}", [&[program.0.to_owned()], commands].concat().join(" ")).unwrap();
    let listed = shown.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
    for line in listed.lines().take_while(|line| !line.is_empty()) {
        // Descriptions that go on are indented further.
        let Some(name) = line.strip_prefix("  ").filter(|line| !line.starts_with(' ')) else { continue };
        let name = name.split(' ').next().unwrap();
        if name != "help" {
            help(world, program, &[commands, &[name.to_owned()]].concat(), text);
        }
    }
}

#[test]
fn every_help() {
    let world = World::new();
    for program in PROGRAMS {
        let mut text = String::new();
        help(&world, program, &[], &mut text);
        insta::assert_snapshot!(format!("help_{}", program.0), text.trim_end());
    }
}

/// Runs command lines in a world, and writes down each with its standard error and exit code.
struct Transcript<'a> {
    world: &'a World,
    text: String,
}

impl Transcript<'_> {
    fn run(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let (_, binary) = PROGRAMS.into_iter().find(|(name, _)| *name == words[0]).unwrap();
        let mut command: Command = self.world.command(binary);
        let output = command.args(&words[1..]).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let code = output.status.code().unwrap();
        assert_ne!(code, 0, "{line} succeeded");
        let said = said.replace(&self.world.path().display().to_string(), "WORLD");
        let said: String = said.lines().map(redacted).collect();
        writeln!(self.text, "$ {line}\n{said}[{code}]\n").unwrap();
    }
}

/// A line without digests, key ids and the names of temporary files, which change with every run.
fn redacted(line: &str) -> String {
    let mut words = Vec::new();
    for word in line.split(' ') {
        let hex = word.trim_matches(|character: char| !character.is_ascii_hexdigit());
        let hex = word
            .rsplit([':', '/'])
            .next()
            .map_or(hex, |last| last.trim_matches(|c: char| !c.is_ascii_hexdigit()));
        let is_long = hex.len() >= 12 && hex.chars().all(|character| character.is_ascii_hexdigit());
        words.push(if is_long { word.replace(hex, "HEX") } else { word.to_owned() });
    }
    words.join(" ") + "\n"
}

#[test]
fn every_error_of_the_publisher() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    let write = |name: &str, text: &str| {
        let path = world.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    };
    write("bare/pack.yaml", "ref: bare\nlabel: Bare\nversion: 1.0.0\n");
    write("bad/pack.yaml", "ref: Bad Ref\nversion: one\n");
    write("python/pack.yaml", "ref: python_pack\nlabel: P\nversion: 1.0.0\n");
    write("python/requirements.txt", "-r ../bare/pack.yaml\n");
    write("node/pack.yaml", "ref: node_pack\nlabel: N\nversion: 1.0.0\n");
    write("node/package.json", "[]");
    write("full/file", "");
    write("secret/pack.yaml", "ref: secret\nlabel: S\nversion: 1.0.0\n");
    write("secret/.netrc", "machine a login b password c\n");
    write("double/pack.yaml", "ref: double\nlabel: D\nversion: 1.0.0\n");
    write("double/A.txt", "");
    write("double/a.txt", "");
    write("hidden/pack.yaml", "ref: hidden\nlabel: H\nversion: 1.0.0\n");
    write("hidden/.packignore", "*\n");
    write("old/pack.yaml", "ref: old\nlabel: O\nversion: 1.0.0\npython: '>=3.12'\n");
    write("keys/broken.json", "{");
    write("no.tar.zst", "not a bundle");
    write("right.txt", "right\n");
    write("wrong.txt", "wrong\n");
    write("open.txt", "right\n");
    for name in ["right.txt", "wrong.txt"] {
        fs_err::set_permissions(world.path().join(name), Permissions::from_mode(0o600)).unwrap();
    }
    world.build(["init", "damaged", "--name", "damaged"]).succeeds();
    world.build(["add", "damaged", "bare"]).succeeds();
    fs_err::remove_dir_all(world.path().join("damaged/blobs/sha256")).unwrap();
    let encrypted = ["init", "locked", "--name", "locked", "--encrypt", "--passphrase-file", "right.txt"];
    world.build(encrypted).succeeds();
    greeter().file("new.txt", "other").write(&world.path().join("again"));
    let mut transcript = Transcript { world: &world, text: String::new() };
    for line in [
        "attune-build nothing",
        "attune-build init full --name demo",
        "attune-build init fresh --name demo --threshold bins=2",
        "attune-build init fresh --name demo --keys full",
        "attune-build add bare bare",
        "attune-build add missing bare",
        "attune-build add registry nowhere",
        "attune-build add registry bare/pack.yaml",
        "attune-build add registry bad",
        "attune-build add registry bare bare",
        "attune-build add registry secret",
        "attune-build add registry double",
        "attune-build add registry hidden",
        "attune-build add registry old --python 3.11",
        "attune-build add registry again/greeter",
        "attune-build add registry bare --keys keys",
        "attune-build add registry bare --keys none",
        "attune-build add registry python --platform linux/amd64 --python 3.11",
        "attune-build add registry node --platform linux/amd64",
        "attune-build add registry bare --platform windows",
        "attune-build bundle registry nothing",
        "attune-build bundle registry greete",
        "attune-build bundle registry greeter@2.0",
        "attune-build bundle registry reporter --with-runtimes --platform linux/amd64 --python 3.11",
        "attune-build bundle registry greeter -o -",
        "attune-build bundle registry greeter -o full",
        "attune-build inspect full",
        "attune-build inspect nowhere",
        "attune-build lint bad",
        "attune-build lint nowhere",
        "attune-build lint secret",
        "attune-build verify full",
        "attune-build verify nowhere",
        "attune-build verify no.tar.zst",
        "attune-build verify damaged",
        "attune-build inspect no.tar.zst",
        "attune-build inspect registry nothing",
        "attune-build refresh registry --keys none",
        "attune-build refresh bare",
        "attune-build refresh locked",
        "attune-build refresh locked --passphrase-file wrong.txt",
        "attune-build refresh locked --passphrase-file open.txt",
        "attune-build refresh locked --passphrase-file nowhere.txt",
        "attune-build key remove --yes registry --role timestamp 00",
        "attune-build key remove --yes registry --role bins 00",
        "attune-build key add registry --role timestamp nowhere.json",
        "attune-build key generate registry/index.json",
        "attune-build root publish --yes registry",
        "attune-build root sign registry/metadata/1.root.json",
        "attune-build root show full/file",
        "attune-build runtime add registry python --version 3.11.7 full",
        "attune-build runtime add registry python --version 3.11.7 nowhere",
        "attune-build runtime add registry python --version 3.11.7 https://example.invalid/python.tar.gz",
    ] {
        transcript.run(line);
    }
    insta::assert_snapshot!("errors_attune-build", transcript.text.trim_end());
}

#[test]
fn every_error_of_the_installer_and_the_host() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.bundle(&["greeter"]).succeeds();
    let write = |name: &str, text: &str| {
        let path = world.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    };
    let bundle = world.bundle_path().file_name().unwrap().to_str().unwrap().to_owned();
    let bytes = fs_err::read(world.bundle_path()).unwrap();
    fs_err::write(world.path().join("cut.tar.zst"), &bytes[..bytes.len() / 2]).unwrap();
    write("text.tar.zst", "not a bundle");
    write("foreign/etc/passwd", "root");
    write("planted/state/file", "");
    fs_err::os::unix::fs::symlink("/tmp", world.path().join("planted/store")).unwrap();
    write("empty/file", "");
    let trust = world.trust();
    let trust = trust.strip_prefix(world.path()).unwrap().display().to_string();
    let installed = format!("attune-install {bundle} --trust {trust} --root root");
    let mut command = world.command(Binary::Install);
    assert!(command.args(installed.split(' ').skip(1)).output().unwrap().status.success());
    let mut transcript = Transcript { world: &world, text: String::new() };
    for line in [
        "attune-install",
        "attune-install nowhere.tar.zst --root fresh",
        "attune-install greeter --root fresh",
        "attune-install Not --registry registry --root fresh",
        &format!("attune-install {bundle} --root fresh"),
        &format!("attune-install {bundle} --trust text.tar.zst --root fresh"),
        &format!("attune-install {bundle} --trust nowhere.json --root fresh"),
        &format!("attune-install {bundle} --trust-fingerprint sha256:{} --root fresh", "0".repeat(64)),
        &format!("attune-install text.tar.zst --trust {trust} --root fresh"),
        &format!("attune-install cut.tar.zst --trust {trust} --root fresh"),
        &format!("attune-install {bundle} --trust {trust} --root foreign"),
        &format!("attune-install {bundle} --trust {trust} --root planted"),
        &format!("attune-install {bundle} --trust {trust} --root empty/file"),
        &format!("attune-install {bundle} nothing --root root"),
        &format!("attune-install {bundle} greeter@^7 --root root"),
        &format!(
            "attune-install reporter --registry registry --trust {trust} --root fresh --python /nonexistent"
        ),
        &format!("attune-install greeter --registry empty --trust {trust} --root fresh"),
        &format!("attune-install greeter --registry http://127.0.0.1:1 --trust {trust} --root fresh"),
        "attune-install env show nothing --root root",
        "attune-install env repair nothing --root root",
        "attune-install repair nothing --root root",
        "attune-install env path nothing --root root",
        "attune-install trust remove --yes nothing --root root",
        "attune-install trust show nothing --root root",
        "attune-install trust add text.tar.zst --root root",
        "attune-install gc --keep few --root root",
        "attune-install gc --root foreign",
        "attune-serve",
        "attune-serve registry nowhere",
        "attune-serve registry empty",
        "attune-serve registry registry --listen nowhere",
    ] {
        transcript.run(line);
    }
    insta::assert_snapshot!("errors_attune-install", transcript.text.trim_end());
}
