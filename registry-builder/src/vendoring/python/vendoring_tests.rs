//! Tests of the whole way, from a pack to its vendored wheels; those that need an index are ignored
//! by default.

use std::path::Path;

use attune_registry::pack_directory::PackDirectory;
use attune_schemas::{Digest, FailureKind, Platform, PythonMinor};

use super::error::PythonError;
use super::requirements::{LOCK_FILE, PythonInputs, REQUIREMENTS_FILE};
use super::selection::Coverage;
use super::selection::TargetKey;
use super::vendoring::{VendoredPython, vendor_python};
use crate::testing::wheel_bytes;
use crate::vendoring::{VendorSession, VendorSettings};
use attune_registry::fetch::NoProgress;
use attune_registry::fetch::testing::{Answer, Server};

fn target(platform: &str, python: &str) -> (Platform, PythonMinor) {
    (platform.parse().unwrap(), python.parse().unwrap())
}

struct Pack {
    dir: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl Pack {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        fs_err::write(self.path().join(name), bytes).unwrap();
        self
    }

    fn vendor(
        &self,
        requires_python: Option<&str>,
        targets: &[(Platform, PythonMinor)],
    ) -> Result<VendoredPython, PythonError> {
        let inputs = PythonInputs::read(&PackDirectory::open(self.path()).unwrap(), &[], requires_python)?;
        vendor_python(
            &inputs,
            targets,
            &VendorSession::new(&VendorSettings::new(self.cache.path())),
            &NoProgress,
        )
    }
}

fn entry(name: &str, location: &str, bytes: &[u8]) -> String {
    let sha256 = Digest::of(bytes).hex();
    format!(
        "[[packages]]\nname = '{name}'\nversion = '1.0'\nwheels = [{{ {location}, size = {}, hashes = {{ sha256 = '{sha256}' }} }}]\n",
        bytes.len()
    )
}

/// A pack with a committed lock: one wheel in the pack, one behind a server.
fn locked_pack() -> (Pack, Server) {
    let (foo, bar) = (wheel_bytes("foo", "1.0", &[("foo.py", b"x = 1\n")]), wheel_bytes("bar", "1.0", &[]));
    let bar_name = "bar-1.0-cp311-cp311-manylinux_2_17_x86_64.whl";
    let lock_entries = |server: &Server| {
        let bar_url = format!("url = '{}'", server.url(bar_name));
        entry("foo", "path = 'foo-1.0-py3-none-any.whl'", &foo) + &entry("bar", &bar_url, &bar)
    };
    let answer = bar.clone();
    let server = Server::start(move |_, _| Answer::new(200, answer.clone()));
    let lock = format!("lock-version = '1.0'\n{}", lock_entries(&server));
    (Pack::new().file("foo-1.0-py3-none-any.whl", &foo).file(LOCK_FILE, lock), server)
}

#[test]
fn a_committed_lock_is_followed() {
    let (pack, _server) = locked_pack();
    let targets =
        [target("linux/amd64", "3.11"), target("linux/arm64", "3.11"), target("linux/amd64", "3.12")];
    let vendored = pack.vendor(Some(">=3.10"), &targets).unwrap();

    assert_eq!(vendored.lock.requires_python.as_deref(), Some(">=3.10"));
    let [only] = &vendored.lock.targets[..] else { panic!("{:?}", vendored.lock.targets) };
    assert_eq!((only.platform, only.python), targets[0]);
    let names: Vec<&str> = only.wheels.iter().map(|wheel| wheel.name.as_str()).collect();
    assert_eq!(names, ["bar", "foo"]);
    assert!(only.wheels[0].origin.as_ref().is_some_and(|origin| origin.ends_with("_x86_64.whl")));
    assert_eq!((only.wheels[1].origin.as_ref(), only.wheels[1].unpacked.files), (None, 4));

    assert_eq!(vendored.files.len(), 2);
    for file in &vendored.files {
        assert_eq!(Digest::of(&fs_err::read(&file.path).unwrap()), file.digest);
    }
    let cell = |(platform, python)| vendored.coverage.get(TargetKey::new(platform, python)).unwrap().clone();
    assert_eq!(cell(targets[0]), Coverage::Vendored);
    assert!(matches!(cell(targets[1]), Coverage::Blocked { .. }));
    assert!(vendored.coverage.render().contains("`bar` 1.0 has no wheel that fits"));
    assert!(vendored.coverage.render().contains("the pack requires python >=3.10"));
}

#[test]
fn no_target_that_can_be_served_is_an_error_that_names_who_is_to_blame() {
    let (pack, server) = locked_pack();
    let error =
        pack.vendor(None, &[target("linux/arm64", "3.11"), target("linux/arm64", "3.12")]).unwrap_err();
    assert_eq!(error.code().kind(), FailureKind::Unresolvable);
    assert!(error.to_string().contains("`bar` 1.0"), "{error}");
    assert!(server.seen().is_empty());
}

#[test]
fn a_pack_that_allows_no_requested_python_is_an_error() {
    let pack = Pack::new().file(REQUIREMENTS_FILE, "requests\n");
    let error = pack.vendor(Some(">=3.12"), &[target("linux/amd64", "3.11")]).unwrap_err();
    assert!(matches!(&error, PythonError::NoTargetServed { blames } if blames.len() == 1), "{error}");
    assert!(error.to_string().contains("the pack requires python >=3.12"), "{error}");
}

#[test]
fn a_pack_without_requirements_has_no_entries_and_installs_everywhere() {
    let vendored = Pack::new().vendor(Some(">=3.10"), &[target("linux/amd64", "3.11")]).unwrap();
    assert!(vendored.lock.targets.is_empty() && vendored.files.is_empty());
    let cell = |python: &str| {
        let (platform, python) = target("linux/arm64", python);
        vendored.coverage.get(TargetKey::new(platform, python)).unwrap().clone()
    };
    assert_eq!(cell("3.12"), Coverage::Vendored);
    assert!(matches!(cell("3.9"), Coverage::Blocked { .. }));
}

#[test]
fn no_target_at_all_is_an_error() {
    assert!(matches!(Pack::new().vendor(None, &[]), Err(PythonError::NoTargets)));
}

#[test]
fn a_pinned_hash_rules_out_other_wheels() {
    let (pack, _server) = locked_pack();
    let other = Digest::of(b"other");
    let pack = pack.file(REQUIREMENTS_FILE, format!("foo==1.0 --hash={other}\n"));
    let error = pack.vendor(None, &[target("linux/amd64", "3.11")]).unwrap_err();
    assert!(error.to_string().contains("`foo` 1.0 has no published file with the pinned hash"), "{error}");
}

#[test]
fn a_hostile_wheel_is_refused() {
    let hostile = crate::testing::zip_bytes(&[("foo.py", b"no metadata")]);
    let name = "foo-1.0-py3-none-any.whl";
    let lock = format!("lock-version = '1.0'\n{}", entry("foo", &format!("path = '{name}'"), &hostile));
    let pack = Pack::new().file(name, &hostile).file(LOCK_FILE, lock);
    let error = pack.vendor(None, &[target("linux/amd64", "3.11")]).unwrap_err();
    assert!(
        matches!(error, PythonError::Wheel { .. }) && error.code().kind() == FailureKind::Untrusted,
        "{error}"
    );
}

#[test]
fn a_wheel_in_the_pack_that_is_not_the_locked_one_is_refused() {
    let (pack, _server) = locked_pack();
    let pack = pack.file("foo-1.0-py3-none-any.whl", "changed");
    let error = pack.vendor(None, &[target("linux/amd64", "3.11")]).unwrap_err();
    assert!(
        matches!(error, PythonError::Download(_)) && error.code().kind() == FailureKind::Untrusted,
        "{error}"
    );
}

#[test]
fn a_lock_that_does_not_parse_is_refused() {
    let pack = Pack::new().file(LOCK_FILE, "lock-version = '9.0'\npackages = []\n");
    let error = pack.vendor(None, &[target("linux/amd64", "3.11")]).unwrap_err();
    assert!(matches!(error, PythonError::Lock { .. }), "{error}");
}

fn amd64_and_arm64(pythons: &[&str]) -> Vec<(Platform, PythonMinor)> {
    let platforms = ["linux/amd64", "linux/arm64"];
    platforms.iter().flat_map(|platform| pythons.iter().map(|python| target(platform, python))).collect()
}

#[test]
#[ignore = "reaches a package index"]
fn index_requests_and_yaml_for_two_pythons_and_two_machines() {
    let pack = Pack::new().file(REQUIREMENTS_FILE, "requests\nPyYAML\n");
    let vendored = pack.vendor(None, &amd64_and_arm64(&["3.11", "3.12"])).unwrap();
    assert_eq!(vendored.lock.targets.len(), 4);
    for target in &vendored.lock.targets {
        let names: Vec<&str> = target.wheels.iter().map(|wheel| wheel.name.as_str()).collect();
        assert_eq!(names, ["certifi", "charset-normalizer", "idna", "pyyaml", "requests", "urllib3"]);
        assert!(target.wheels.iter().all(|wheel| wheel.unpacked.files > 3 && wheel.origin.is_some()));
    }
    assert!(vendored.coverage.render().contains("linux/arm64"));
}

#[test]
#[ignore = "reaches a package index"]
fn index_boto3_again_from_the_cache() {
    let pack = Pack::new().file(REQUIREMENTS_FILE, "boto3\n");
    let first = pack.vendor(Some(">=3.10"), &amd64_and_arm64(&["3.11"])).unwrap();
    let again = pack.vendor(Some(">=3.10"), &amd64_and_arm64(&["3.11"])).unwrap();
    assert!(first.lock.targets[0].wheels.iter().any(|wheel| wheel.name == "botocore"));
    assert_eq!((first.lock, first.files), (again.lock, again.files));
}

#[test]
#[ignore = "reaches a package index"]
fn index_conflicting_requirements_are_explained() {
    let pack = Pack::new().file(REQUIREMENTS_FILE, "requests==2.31.0\nrequests>=2.32\n");
    let error = pack.vendor(None, &amd64_and_arm64(&["3.11"])).unwrap_err();
    assert!(matches!(&error, PythonError::Unsatisfiable { explanation } if explanation.contains("requests")));
    assert_eq!(error.code().kind(), FailureKind::Unresolvable);
}
