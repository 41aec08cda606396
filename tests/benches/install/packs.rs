//! Packs with the dependencies that public packs of the same name have, as directories.

use std::path::{Path, PathBuf};

/// A pack's name, and what its requirements file asks for.
const PYTHON: [(&str, &[&str]); 20] = [
    ("aws", &["boto3==1.34.162", "requests==2.32.3"]),
    ("docker_host", &["docker==7.1.0", "requests==2.32.3"]),
    ("elasticsearch", &["elasticsearch==8.15.1", "requests==2.32.3"]),
    ("email", &["imapclient==3.0.1", "mail-parser==3.15.0", "pyyaml==6.0.2"]),
    ("excel", &["openpyxl==3.1.5", "requests==2.32.3"]),
    ("github", &["pygithub==2.4.0", "requests==2.32.3", "pyyaml==6.0.2"]),
    ("gitlab", &["python-gitlab==4.11.1", "pyyaml==6.0.2"]),
    ("jenkins", &["python-jenkins==1.8.2", "requests==2.32.3"]),
    ("jira", &["jira==3.8.0", "cryptography", "pyjwt==2.9.0"]),
    ("kubernetes", &["kubernetes==30.1.0", "pyyaml==6.0.2"]),
    ("napalm", &["napalm==5.0.0", "requests==2.32.3"]),
    ("netbox", &["pynetbox==7.4.1", "requests==2.32.3"]),
    ("opsgenie", &["requests==2.32.3"]),
    ("pagerduty", &["requests==2.32.3", "pyyaml==6.0.2"]),
    ("salesforce", &["simple-salesforce==1.12.6", "cryptography"]),
    ("servicenow", &["requests==2.32.3", "pyyaml==6.0.2"]),
    ("slack", &["requests==2.32.3", "websocket-client==1.8.0"]),
    ("sql", &["sqlalchemy==2.0.35", "pymysql==1.1.1", "psycopg2-binary==2.9.9"]),
    ("vault", &["hvac==2.3.0", "requests==2.32.3"]),
    ("zabbix", &["zabbix-utils==2.0.1", "pyyaml==6.0.2", "cryptography"]),
];

/// What the next release of every pack asks for in addition: every environment is another then, and every
/// wheel in it is one that some pack had before.
const NEXT: &str = "tabulate==0.9.0";

/// Which release of the packs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edition {
    First,
    Next,
}

/// Writes the packs of `edition` below `place`.
pub(crate) fn python(place: &Path, edition: Edition) -> Vec<PathBuf> {
    let version = if edition == Edition::First { "1.0.0" } else { "1.1.0" };
    let first = PYTHON[0].0;
    PYTHON
        .iter()
        .map(|&(name, requirements)| {
            let pack = place.join(version).join(name);
            let mut lines = requirements.to_vec();
            // The one pack that has it from the start brings it into the store.
            match (edition, name == first) {
                (Edition::First, true) => lines.push(NEXT),
                (Edition::Next, true) => lines.push("pyyaml==6.0.2"),
                (Edition::Next, false) => lines.push(NEXT),
                (Edition::First, false) => {}
            }
            write_python(&pack, name, version, &lines);
            pack
        })
        .collect()
}

/// Writes one pack with `requirements`.
pub(crate) fn write_python(pack: &Path, name: &str, version: &str, requirements: &[&str]) {
    write(pack, "requirements.txt", &(requirements.join("\n") + "\n"));
    write(pack, "pack.yaml", &manifest(name, version, "python"));
    write(pack, "actions/hello.yaml", &action("python", "hello.py"));
    write(pack, "actions/hello.py", "print('hello')\n");
}

/// What the Node.js packs depend on.
const NODE: [(&str, &[(&str, &str)]); 3] = [
    ("hooks", &[("express", "4.21.0"), ("axios", "1.7.7"), ("lodash", "4.17.21")]),
    ("tickets", &[("@octokit/rest", "21.0.2"), ("axios", "1.7.7"), ("winston", "3.14.2")]),
    (
        "mailer",
        &[("nodemailer", "6.9.15"), ("handlebars", "4.7.8"), ("winston", "3.14.2"), ("rxjs", "7.8.1")],
    ),
];

/// Writes the Node.js packs below `place`, without a lock.
pub(crate) fn node(place: &Path) -> Vec<PathBuf> {
    NODE.iter()
        .map(|&(name, dependencies)| {
            let pack = place.join(name);
            let dependencies: serde_json::Map<String, serde_json::Value> =
                dependencies.iter().map(|&(name, version)| (name.into(), version.into())).collect();
            let package =
                serde_json::json!({ "name": name, "version": "1.0.0", "dependencies": dependencies });
            write(&pack, "package.json", &format!("{package:#}\n"));
            write(&pack, "pack.yaml", &manifest(name, "1.0.0", "nodejs"));
            write(&pack, "actions/hello.yaml", &action("nodejs", "hello.js"));
            write(&pack, "actions/hello.js", "console.log('hello')\n");
            pack
        })
        .collect()
}

fn manifest(name: &str, version: &str, runtime: &str) -> String {
    format!(
        "ref: {name}\nlabel: {name}\nversion: {version}\ndescription: A pack of the benchmark\nruntime_deps: [{runtime}]\n"
    )
}

fn action(runner: &str, entry_point: &str) -> String {
    format!("name: hello\ndescription: Says hello\nrunner_type: {runner}\nentry_point: {entry_point}\n")
}

fn write(pack: &Path, name: &str, text: &str) {
    let path = pack.join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, text).unwrap();
}
