//! Tests of packs that name no runners: found by the names of files, by a list, or by one command; and every runner.

use attune_tests::{NodePackage, NodeProject, PackBuilder, Run, World};
use attune_tests::{Wheel, WheelBuilder};
use rusqlite::Connection;
use serde_json::{Value, json};

fn pack(section: &str) -> PackBuilder {
    PackBuilder::new("checked", "1.0.0").action("act", "shell", "#!/bin/sh\necho '{}'\n").testing(section)
}

/// What an installation of `pack` says, and what it registers of the tests.
fn installed(pack: &PackBuilder) -> (World, Value) {
    let world = World::with_packs(&[pack]);
    world.install_packs(&["checked"]).succeeds();
    let result = result(&world);
    (world, result)
}

fn refused(pack: &PackBuilder, words: &[&str]) -> Run {
    let world = World::with_packs(&[pack]);
    let run = world.install_packs(&["checked"]).fails(6, words).with_hint();
    assert!(world.root_tree().is_absent());
    run
}

/// The last result that is registered.
fn result(world: &World) -> Value {
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    let text: String = database
        .query_row("SELECT result FROM pack_test_execution ORDER BY id DESC LIMIT 1", [], |row| row.get(0))
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The suites: name, runner, total, passed, failed, skipped.
fn suites(result: &Value) -> Vec<(String, String, [u64; 4])> {
    let suites = result["testSuites"].as_array().unwrap().iter();
    let number = |suite: &Value, name: &str| suite[name].as_u64().unwrap();
    let suites = suites.map(|suite| {
        let counts = ["total", "passed", "failed", "skipped"].map(|name| number(suite, name));
        let text = |name: &str| suite[name].as_str().unwrap().to_owned();
        (text("name"), text("runnerType"), counts)
    });
    suites.collect()
}

fn cases(result: &Value) -> Vec<(String, String)> {
    let suites = result["testSuites"].as_array().unwrap().iter();
    let cases = suites.flat_map(|suite| suite["testCases"].as_array().unwrap());
    let text = |case: &Value, name: &str| case[name].as_str().unwrap().to_owned();
    cases.map(|case| (text(case, "name"), text(case, "status"))).collect()
}

fn named(cases: &[(&str, &str)]) -> Vec<(String, String)> {
    cases.iter().map(|(name, status)| ((*name).to_owned(), (*status).to_owned())).collect()
}

const DIRECTORY: &str = "discovery: {method: directory, path: tests}, runners: {}";
const UNIT: &str = "import unittest\n\nclass One(unittest.TestCase):\n    def test_good(self):\n        pass\n\n    \
    @unittest.skip('no disk')\n    def test_skipped(self):\n        pass\n\n    def test_many(self):\n        \
    for n in range(2):\n            with self.subTest(n=n):\n                self.assertLess(n, 5)\n";

#[test]
fn tests_in_a_directory_are_found_by_their_names() {
    let pack = pack(DIRECTORY)
        .yaml("runtime_deps: [python, nodejs]\npython: '3.8'\nnodejs: '>=18'")
        .file("tests/test_one.py", UNIT)
        .file(
            "tests/deep/two_test.py",
            "import unittest\n\nclass Two(unittest.TestCase):\n    def test_it(self):\n        pass\n",
        )
        .file("tests/helper.py", "raise RuntimeError('nobody asked for this')\n")
        .file("tests/a.test.js", "const test = require('node:test');\ntest('adds', () => {});\n")
        .program("tests/test_shell.sh", "#!/bin/sh\necho 'Total Tests: 3'\necho 'Passed: 3'\n")
        .file(
            "tests/test_list.yaml",
            "tests:\n- {name: listed, runner: shell, command: test -f pack.yaml}\n",
        );
    let (_, result) = installed(&pack);
    assert_eq!(
        suites(&result),
        [
            ("python".to_owned(), "unittest".to_owned(), [4, 3, 0, 1]),
            ("node".to_owned(), "node".to_owned(), [1, 1, 0, 0]),
            ("tests/test_shell.sh".to_owned(), "script".to_owned(), [3, 3, 0, 0]),
            ("listed".to_owned(), "shell".to_owned(), [1, 1, 0, 0]),
        ]
    );
    assert!(cases(&result).contains(&("tests.test_one.One.test_skipped".to_owned(), "skipped".to_owned())));
    assert_eq!((result["status"].as_str(), result["totalTests"].as_u64()), (Some("partial"), Some(9)));
}

#[test]
fn runners_come_before_the_discovery() {
    let section = "discovery: {method: directory, path: tests}, \
        runners: {only: {type: script, entry_point: tests/run.sh}}";
    let pack = pack(section).program("tests/run.sh", "exit 0\n").program("tests/test_bad.sh", "exit 1\n");
    assert_eq!(suites(&installed(&pack).1).len(), 1);
}

#[test]
fn a_directory_without_tests_is_warned_of_and_passes() {
    let world = World::with_registry();
    let pack = pack(DIRECTORY).file("tests/README.md", "later\n");
    let run = world.add(&[&pack]).succeeds();
    assert!(
        run.stderr.contains("P016") && run.stderr.contains("finds no tests in `tests`"),
        "{}",
        run.stderr
    );
    world.install_packs(&["checked"]).succeeds();
    assert_eq!(suites(&result(&world)), []);
}

#[test]
fn a_list_in_pack_yaml_and_one_in_a_file() {
    let section = "discovery: {method: manifest, path: tests/list.yaml, tests: [\
        {name: Action Tests, runner: python, command: python -m unittest tests/test_one.py, timeout: 60}, \
        {name: Numbers, runner: shell, command: 'echo Total Tests: 5; echo Passed: 5'}]}, runners: {}";
    let pack = pack(section)
        .file("tests/test_one.py", UNIT)
        .file("tests/list.yaml", "tests:\n- name: TAP\n  runner: shell\n  command: 'printf \"1..2\\nok 1 - a\\nok 2 - b\\n\"'\n  result_format: tap\n");
    let (_, result) = installed(&pack);
    assert_eq!(
        suites(&result),
        [
            ("Action Tests".to_owned(), "python".to_owned(), [3, 2, 0, 1]),
            ("Numbers".to_owned(), "shell".to_owned(), [5, 5, 0, 0]),
            ("TAP".to_owned(), "shell".to_owned(), [2, 2, 0, 0]),
        ]
    );
}

#[test]
fn one_command_for_all() {
    let section =
        "discovery: {method: executable, command: 'sh tests/all.sh && exit 0', timeout: 30}, runners: {}";
    let pack = pack(section).file("tests/all.sh", "echo 'Total Tests: 2'; echo 'Passed: 2'\n");
    let expected = ("executable".to_owned(), "executable".to_owned(), [2, 2, 0, 0]);
    assert_eq!(suites(&installed(&pack).1), [expected]);
    let failing = pack.file("tests/all.sh", "echo 'it is broken' >&2; exit 3\n");
    refused(&failing, &["the tests of pack `checked` failed", "exit status: 3", "it is broken"]);
}

#[test]
fn sections_that_cannot_work_are_refused_when_they_are_published() {
    let script = |runner: &str| format!("discovery: {{method: directory}}, runners: {{a: {runner}}}");
    for (section, code) in [
        ("discovery: {method: manifest, path: tests/none.yaml}, runners: {}".to_owned(), "P017"),
        ("discovery: {method: manifest, path: tests/bad.yaml}, runners: {}".to_owned(), "F002"),
        ("discovery: {method: executable}, runners: {}".to_owned(), "F002"),
        (script("{type: script, entry_point: tests/none.sh}"), "P017"),
        (script("{type: jest, entry_point: tests, config: tests/none.js}"), "P017"),
        ("discovery: {method: directory}, runners: {}, min_pass_rate: 1.5".to_owned(), "F005"),
    ] {
        let world = World::with_registry();
        let pack =
            pack(&section).program("tests/run.sh", "exit 0\n").file("tests/bad.yaml", "tests: [{name: a}]\n");
        let run = world.add(&[&pack]);
        assert!(run.status == Some(1) && run.stderr.contains(code), "{section}: {}", run.stderr);
    }
    for (section, code) in [
        (script("{type: mocha, entry_point: tests/run.sh}"), "P015"),
        (script("{type: script, entry_point: tests/run.sh, result_format: xunit}"), "P019"),
        ("discovery: {method: guess}, runners: {}".to_owned(), "P023"),
        ("discovery: {method: executable, command: 'true'}".to_owned(), "P024"),
    ] {
        let world = World::with_registry();
        let run = world.add(&[&pack(&section).program("tests/run.sh", "exit 0\n")]).succeeds();
        assert!(run.stderr.contains(code), "{section}: {}", run.stderr);
    }
    // Who installs it all the same is told.
    let unknown =
        pack(&script("{type: mocha, entry_point: tests/run.sh}")).program("tests/run.sh", "exit 0\n");
    refused(&unknown, &["runners of type `mocha` are not supported"]);
}

#[test]
fn unittest_tells_each_test_and_a_directory_is_searched() {
    let runner = |entry: &str| {
        format!(
            "discovery: {{method: directory}}, runners: {{unit: {{type: unittest, entry_point: {entry}}}}}"
        )
    };
    let failing = "import unittest\n\nclass Bad(unittest.TestCase):\n    def test_bad(self):\n        \
        self.assertEqual(1, 2, 'numbers differ')\n";
    let one = pack(&runner("tests")).file("tests/test_one.py", UNIT).file("tests/__init__.py", "");
    assert_eq!(suites(&installed(&one).1)[0].2, [3, 2, 0, 1]);
    let bad = one.file("tests/test_bad.py", failing);
    refused(&bad, &["2 of 4 passed", "tests.test_bad.Bad.test_bad: AssertionError: 1 != 2 : numbers differ"]);
    let (_, result) =
        installed(&bad.yaml("x: y").testing(&format!("{}, min_pass_rate: 0.6", runner("tests"))));
    assert!(cases(&result).contains(&("tests.test_bad.Bad.test_bad".to_owned(), "failed".to_owned())));
}

#[test]
fn a_test_that_ends_the_process_passes_nothing() {
    let runner =
        "discovery: {method: directory}, runners: {unit: {type: unittest, entry_point: tests/test_one.py}}";
    let leaving =
        "import os, unittest\n\nclass A(unittest.TestCase):\n    def test_a(self):\n        os._exit(0)\n";
    let pack = pack(runner).file("tests/test_one.py", leaving);
    refused(&pack, &["its results cannot be believed", "ended before its tests did"]);
}

/// A stand-in for pytest: functions of files, and the XML that it is told to write.
fn pytest() -> Wheel {
    let program = "import sys, time, traceback\nfrom xml.sax.saxutils import quoteattr\n\
        files = [a for a in sys.argv[1:] if a.endswith('.py')]\n\
        out = [a[len('--junitxml='):] for a in sys.argv if a.startswith('--junitxml=')][0]\n\
        cases, failed = [], 0\n\
        for file in files:\n    space = {}\n    exec(compile(open(file).read(), file, 'exec'), space)\n    \
        for name in sorted(n for n in space if n.startswith('test_')):\n        \
        text = ''\n        try:\n            space[name]()\n        except BaseException as error:\n            \
        failed += 1\n            text = '<failure message=%s/>' % quoteattr(repr(error))\n        \
        cases.append('<testcase classname=%s name=%s time=\"0.01\">%s</testcase>' % (quoteattr(file), quoteattr(name), text))\n\
        open(out, 'w').write('<testsuites><testsuite name=\"pytest\" tests=\"%d\" failures=\"%d\">%s</testsuite></testsuites>' % (len(cases), failed, ''.join(cases)))\n\
        print('%d ran' % len(cases))\nsys.exit(1 if failed else 0)\n";
    let wheel = WheelBuilder::new("pytest", "8.0.0");
    wheel.file("pytest/__init__.py", "").file("pytest/__main__.py", program).build()
}

#[test]
fn pytest_is_used_where_the_environment_has_it() {
    let pack = pack(DIRECTORY)
        .yaml("runtime_deps: [python]\npython: '3.8'")
        .wheel(&pytest())
        .file("requirements.txt", "pytest==8.0.0\n")
        .file("tests/test_a.py", "def test_one():\n    pass\n\ndef test_two():\n    assert True\n");
    let (_, result) = installed(&pack);
    assert_eq!(suites(&result), [("python".to_owned(), "pytest".to_owned(), [2, 2, 0, 0])]);
    assert_eq!(
        cases(&result),
        named(&[("tests/test_a.py.test_one", "passed"), ("tests/test_a.py.test_two", "passed")])
    );
    let failing = pack.file("tests/test_a.py", "def test_one():\n    raise ValueError('seven')\n");
    refused(&failing, &["0 of 1 passed", "test_one: ValueError('seven')"]);
}

#[test]
fn node_tells_each_test() {
    let text = "const test = require('node:test');\nconst assert = require('node:assert');\n\
        test('adds', () => assert.strictEqual(1 + 1, 2));\n\
        test('group', async (t) => {\n  await t.test('inner', () => {});\n  await t.test('skipped', { skip: true }, () => {});\n});\n";
    let section = "discovery: {method: directory}, runners: {js: {type: node, entry_point: tests}}";
    let pack = pack(section).yaml("runtime_deps: [nodejs]\nnodejs: '>=18'").file("tests/a.test.js", text);
    let (_, result) = installed(&pack);
    assert_eq!(
        cases(&result),
        named(&[("adds", "passed"), ("group > inner", "passed"), ("group > skipped", "skipped")])
    );
    let failing =
        pack.file("tests/b.test.js", "require('node:test')('breaks', () => { throw new Error('boom'); });\n");
    refused(&failing, &["breaks", "boom"]);
}

/// A stand-in for jest, which runs `test(name, body)` of the files it is given.
fn jest() -> NodeProject {
    let program = "#!/usr/bin/env node\nconst fs = require('fs'), path = require('path');\n\
        const args = process.argv.slice(2);\nconst out = args[args.indexOf('--outputFile') + 1];\n\
        const files = args.filter((a) => a.endsWith('.js') && a !== out);\nconst results = [];\n\
        let name, list; globalThis.test = (title, body) => {\n  let status = 'passed', failureMessages = [];\n  \
        try { body(); } catch (e) { status = 'failed'; failureMessages = [String(e)]; }\n  \
        list.push({ fullName: title, title, status, duration: 2, failureMessages });\n};\n\
        for (const file of files) { list = []; require(path.resolve(file)); results.push({ name: file, status: 'passed', assertionResults: list }); }\n\
        const all = results.flatMap((r) => r.assertionResults), failed = all.filter((t) => t.status === 'failed');\n\
        fs.writeFileSync(out, JSON.stringify({ numTotalTests: all.length, numFailedTests: failed.length, success: !failed.length, testResults: results }));\n\
        process.exit(failed.length ? 1 : 0);\n";
    let package = NodePackage::new("jest", "29.0.0").field("bin", json!({"jest": "./bin/jest.js"}));
    let package = package.file("bin/jest.js", program);
    NodeProject::new(&["jest@29"]).at("node_modules/jest", &package)
}

#[test]
fn jest_is_used_where_the_environment_has_it() {
    let pack = pack(DIRECTORY)
        .yaml("runtime_deps: [nodejs]\nnodejs: '>=18'")
        .file("tests/a.test.js", "test('adds', () => {});\ntest('divides', () => {});\n");
    let (_, result) = installed(&jest().in_pack(pack.clone(), 3));
    assert_eq!(suites(&result), [("node".to_owned(), "jest".to_owned(), [2, 2, 0, 0])]);
    assert_eq!(cases(&result), named(&[("adds", "passed"), ("divides", "passed")]));
    let failing = pack.file("tests/a.test.js", "test('adds', () => { throw new Error('seven'); });\n");
    refused(&jest().in_pack(failing, 3), &["adds: Error: seven"]);
    let section = "discovery: {method: directory}, runners: {js: {type: jest, entry_point: tests}}";
    let without = PackBuilder::new("checked", "1.0.0")
        .action("act", "shell", "#!/bin/sh\n")
        .testing(section)
        .yaml("runtime_deps: [nodejs]\nnodejs: '>=18'")
        .file("tests/a.test.js", "");
    refused(&without, &["jest is not in the pack's Node.js environment"]);
}
