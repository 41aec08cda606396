//! What tests say of themselves, where they say it, what they may reach, and what is done about failures.

use std::time::{Duration, Instant};

use attune_tests::refusing_kernel::refuse;
use attune_tests::{Hosts, PackBuilder, World};
use rusqlite::Connection;
use serde_json::Value;

const EPERM: i32 = 1;

/// A pack that is tested by a script, whose runner has these fields as well.
fn pack(script: &str, fields: &str, section: &str) -> PackBuilder {
    PackBuilder::new("checked", "1.0.0")
        .action("act", "shell", "#!/bin/sh\necho '{}'\n")
        .testing(&format!(
            "discovery: {{method: directory, path: tests}}, \
             runners: {{all: {{type: script, entry_point: tests/run.sh{fields}}}}}{section}"
        ))
        .program("tests/run.sh", script)
}

fn installed(pack: &PackBuilder) -> Value {
    let world = World::with_packs(&[pack]);
    world.install_packs(&["checked"]).succeeds();
    result(&world)
}

fn result(world: &World) -> Value {
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    let text: String = database
        .query_row("SELECT result FROM pack_test_execution ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

#[track_caller]
fn refused(pack: &PackBuilder, words: &[&str]) {
    let publisher = World::with_packs(&[pack]);
    Hosts::new().refuse(6, words, |host| {
        let mut command = host.installer();
        command
            .arg("checked")
            .arg("--registry")
            .arg(publisher.registry())
            .arg("--trust")
            .arg(publisher.trust());
        attune_tests::Run::of(command)
    });
}

fn counts(result: &Value) -> [u64; 4] {
    ["totalTests", "passed", "failed", "skipped"].map(|name| result[name].as_u64().unwrap())
}

const JUNIT: &str =
    "<testsuite tests=\"2\"><testcase name=\"a\"/><testcase name=\"b\"><skipped/></testcase></testsuite>";

#[test]
fn each_format_is_read_from_the_output() {
    for (format, text, expected) in [
        ("junit-xml", JUNIT, [2, 1, 0, 1]),
        ("tap", "1..2\nok 1 - a\nok 2 - b # SKIP", [2, 1, 0, 1]),
        ("json", "{\"total\": 2, \"passed\": 1, \"skipped\": 1}", [2, 1, 0, 1]),
        ("simple", "Total Tests: 2\nPassed: 1\nSkipped: 1", [2, 1, 0, 1]),
    ] {
        let script = format!("cat <<'END'\n{text}\nEND\n");
        let result = installed(&pack(&script, &format!(", result_format: {format}"), ""));
        assert_eq!(counts(&result), expected, "{format}");
        assert_eq!(result["status"], "partial");
    }
}

#[test]
fn results_are_read_where_the_pack_says() {
    let script = format!(
        "echo working\ncat > tests/results/a.xml <<'END'\n{JUNIT}\nEND\ncp tests/results/a.xml tests/results/b.xml\n"
    );
    let fields = ", result_format: junit-xml";
    let result = installed(&pack(&script, fields, ", result_path: tests/results/"));
    assert_eq!(counts(&result), [4, 2, 0, 2]);
    let script = "printf '1..1\\nok 1 - a\\n' > out.tap\n";
    let result = installed(&pack(script, ", result_format: tap, result_path: out.tap", ""));
    assert_eq!(counts(&result), [1, 1, 0, 0]);
    // Plain output has no file, wherever the pack says that it is.
    let simple = pack("exit 0\n", "", ", result_path: tests/results/");
    assert_eq!(counts(&installed(&simple)), [1, 1, 0, 0]);
}

#[test]
fn results_that_cannot_be_believed_block() {
    let junit = ", result_format: junit-xml";
    let tap = ", result_format: tap";
    for (script, fields, word) in [
        ("echo all passed\n".to_owned(), junit, "cannot be believed"),
        ("echo '<!DOCTYPE x [<!ENTITY a \"b\">]><testsuite/>'\n".to_owned(), junit, "document type"),
        ("exit 0\n".to_owned(), ", result_format: json", "it is empty"),
        ("echo 'ok 1 - a'\n".to_owned(), tap, "no plan"),
        ("printf '1..3\\nok 1 - a\\n'\n".to_owned(), tap, "1 of 3 planned tests"),
        ("exit 0\n".to_owned(), ", result_format: tap, result_path: out.tap", "no results"),
        (
            "ln -s /etc/passwd out.tap\n".to_owned(),
            ", result_format: tap, result_path: out.tap",
            "cannot be read",
        ),
        ("mkfifo out.tap\n".to_owned(), ", result_format: tap, result_path: out.tap", "cannot be read"),
        ("head -c 20000000 /dev/zero\n".to_owned(), tap, "larger than 16 MiB"),
        (format!("echo '{JUNIT}'; exit 2\n"), junit, "exit status: 2"),
        ("printf '1..1\\nnot ok 1 - a\\n'\n".to_owned(), tap, "0 of 1 passed"),
        ("echo '{\"total\": 2, \"passed\": 3}'\n".to_owned(), ", result_format: json", "contradict"),
    ] {
        refused(&pack(&script, fields, ""), &[word]);
    }
}

#[test]
fn a_result_that_was_published_with_the_pack_is_none() {
    let stale = pack("exit 0\n", ", result_format: tap, result_path: tests/out.tap", "");
    refused(&stale.file("tests/out.tap", "1..1\nok 1 - a\n"), &["wrote no results to `tests/out.tap`"]);
}

#[test]
fn a_rate_of_passed_tests_decides() {
    let script = "echo 'Total Tests: 10'; echo 'Passed: 8'; echo 'Failed: 1'; echo 'Skipped: 1'; exit 1\n";
    let result = installed(&pack(script, "", ", min_pass_rate: 0.85"));
    assert_eq!((counts(&result), result["status"].as_str()), ([10, 8, 1, 1], Some("failed")));
    refused(&pack(script, "", ", min_pass_rate: 0.9"), &["8 of 10 passed"]);
    // No rate excuses what could not run.
    let slow = pack("sleep 600\n", ", timeout: 1", ", min_pass_rate: 0.0");
    refused(&slow, &["limit of 1 s"]);
}

#[test]
fn failures_block_warn_or_are_ignored() {
    let script = "echo 'it is broken' >&2; exit 1\n";
    refused(&pack(script, "", ""), &["it is broken"]);
    for (on_failure, is_told) in [("warn", true), ("ignore", false)] {
        let world = World::with_packs(&[&pack(script, "", &format!(", on_failure: {on_failure}"))]);
        let run = world.install_packs(&["checked"]).succeeds();
        assert_eq!(run.stderr.contains("W003"), is_told, "{}", run.stderr);
        assert_eq!(counts(&result(&world)), [1, 0, 1, 0]);
    }
}

#[test]
fn grandchildren_that_ignore_signals_do_not_outlive_a_limit() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path().display();
    let script = format!(
        "(trap '' TERM INT HUP; echo $$ > {place}/inner; sh -c 'trap \"\" TERM; echo $$ > {place}/one; sleep 600' & wait) &\n\
         setsid sh -c 'trap \"\" TERM; echo $$ > {place}/two; sleep 600' &\nsleep 600\n"
    );
    let started = Instant::now();
    refused(&pack(&script, ", timeout: 2", ""), &["limit of 2 s"]);
    assert!(started.elapsed() < Duration::from_mins(2));
    for name in ["one", "two"] {
        let pid = fs_err::read_to_string(format!("{place}/{name}")).unwrap();
        let line = fs_err::read(format!("/proc/{}/cmdline", pid.trim())).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&line).contains(&place.to_string()), "{name} is still running");
    }
}

/// Whether this machine lets tests have a network of their own.
fn has_namespaces() -> bool {
    let mut command = std::process::Command::new("unshare");
    command.args(["--net", "--", "true"]);
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn tests_reach_no_network_but_themselves() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let python = format!(
        "import socket, threading, unittest\n\nclass Net(unittest.TestCase):\n    \
         def test_own_server(self):\n        \
         server = socket.create_server(('127.0.0.1', 0))\n        \
         threading.Thread(target=lambda: server.accept()[0].sendall(b'hi'), daemon=True).start()\n        \
         client = socket.create_connection(server.getsockname(), timeout=5)\n        \
         self.assertEqual(client.recv(2), b'hi')\n\n    \
         def test_nobody_else(self):\n        \
         with self.assertRaises(OSError):\n            \
         socket.create_connection(('127.0.0.1', {port}), timeout=5)\n"
    );
    if !has_namespaces() {
        println!("skipped: this kernel makes no network namespaces here");
        return;
    }
    let pack = PackBuilder::new("checked", "1.0.0").yaml("runtime_deps: [python]\npython: '3.8'");
    let result = installed(&pack.unittested_by(&python));
    assert_eq!((counts(&result), result["network"].as_str()), ([2, 2, 0, 0], Some("none")));
}

#[test]
fn tests_run_where_no_network_can_be_taken_away() {
    let world = World::with_packs(&[&pack("exit 0\n", "", "")]);
    let mut command = world.installer();
    command.arg("checked").arg("--registry").arg(world.registry()).arg("--trust").arg(world.trust());
    if !refuse(&mut command, &[("unshare", EPERM)]) {
        println!("skipped: nothing refuses calls here");
        return;
    }
    attune_tests::Run::of(command).succeeds();
    assert_eq!(result(&world)["network"], "reachable");
}

#[test]
fn very_much_output_is_bounded() {
    let script = "head -c 30000000 /dev/zero | tr '\\0' 'x'; echo; echo 'Total Tests: 1'; echo 'Passed: 1'\n";
    let result = installed(&pack(script, "", ""));
    let kept = result["testSuites"][0]["testCases"][0]["stdout"].as_str().unwrap().len();
    assert!((1 << 20) - 100 < kept && kept <= 1 << 20, "{kept}");
    refused(&pack("cat /dev/zero\n", "", ""), &["wrote without end"]);
}
