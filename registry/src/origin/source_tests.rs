//! Tests of the words that name sources.

use super::*;

fn parse(word: &str, base: &Path) -> Result<PackSource, OriginError> {
    PackSource::parse(Path::new(word), base)
}

fn git(word: &str) -> (String, Option<String>, Option<String>) {
    let source = parse(word, Path::new("/nowhere")).unwrap_or_else(|error| panic!("{word}: {error}"));
    let SourceForm::Git(git) = source.form else { panic!("{word} is no repository") };
    let text = |value: Option<&str>| value.map(str::to_owned);
    (
        git.url.text().to_owned(),
        text(git.directory.as_ref().map(EntryPath::as_str)),
        text(git.reference.as_ref().map(GitRef::as_str)),
    )
}

#[test]
fn repositories_are_named_in_many_ways() {
    for (word, url, directory, reference) in [
        ("https://h.invalid/o/x.git", "https://h.invalid/o/x.git", None, None),
        ("https://h.invalid/o/x.git@v1", "https://h.invalid/o/x.git", None, Some("v1")),
        ("https://h.invalid/o/x.git#feature/a@b", "https://h.invalid/o/x.git", None, Some("feature/a@b")),
        ("https://h.invalid/x.git//packs/a@v1", "https://h.invalid/x.git", Some("packs/a"), Some("v1")),
        ("https://h.invalid/x.github/y.git#1", "https://h.invalid/x.github/y.git", None, Some("1")),
        ("https://u:p@h.invalid/x.git@v1", "https://h.invalid/x.git", None, Some("v1")),
        ("git+https://h.invalid/o/x@v1", "https://h.invalid/o/x", None, Some("v1")),
        ("git+https://u@h.invalid/o/x//packs/a#v1", "https://h.invalid/o/x", Some("packs/a"), Some("v1")),
        ("git+ssh://git@h.invalid/o/x", "ssh://git@h.invalid/o/x", None, None),
        ("ssh://git@h.invalid:22/o/x@v1", "ssh://git@h.invalid:22/o/x", None, Some("v1")),
        ("git@h.invalid:o/x.git", "git@h.invalid:o/x.git", None, None),
        ("git@h.invalid:o/x//packs/a@v1", "git@h.invalid:o/x", Some("packs/a"), Some("v1")),
        ("file:///srv/x.git@main", "file:///srv/x.git", None, Some("main")),
        ("github:o/x@v1", "https://github.com/o/x.git", None, Some("v1")),
        ("github:o/x//packs/a", "https://github.com/o/x.git", Some("packs/a"), None),
        ("gitlab:o/s/x.git#v1", "https://gitlab.com/o/s/x.git", None, Some("v1")),
    ] {
        let expected = (url.to_owned(), directory.map(str::to_owned), reference.map(str::to_owned));
        assert_eq!(git(word), expected, "{word}");
    }
}

#[test]
fn archives_are_named_by_path_and_by_url() {
    let directory = tempfile::tempdir().unwrap();
    let base = directory.path();
    fs_err::write(base.join("a.tgz"), "").unwrap();
    let at = |word: &str| {
        let SourceForm::Archive(archive) = parse(word, base).unwrap().form else { panic!("{word}") };
        (archive.place, archive.directory.map(|directory| directory.to_string()))
    };
    let url = |text: &str| Place::Url(text.parse().unwrap());
    assert_eq!(at("a.tgz"), (Place::Path(base.join("a.tgz")), None));
    assert_eq!(at("a.tgz//packs/x"), (Place::Path(base.join("a.tgz")), Some("packs/x".to_owned())));
    let file = Url::from_file_path(base.join("a.tgz")).unwrap().to_string();
    assert_eq!(at(&file), (Place::Path(base.join("a.tgz")), None));
    assert_eq!(at("https://h.invalid/d?id=1#x"), (url("https://h.invalid/d?id=1"), None));
    assert_eq!(
        at("https://h.invalid/a.tar.gz//packs/x?sig=1"),
        (url("https://h.invalid/a.tar.gz?sig=1"), Some("packs/x".to_owned()))
    );
    for word in ["b.tgz", "file:///nowhere/b.tgz"] {
        assert!(matches!(parse(word, base), Err(OriginError::Missing { .. })), "{word}");
    }
}

#[test]
fn what_is_a_directory_stays_one() {
    let directory = tempfile::tempdir().unwrap();
    let base = directory.path();
    for name in ["plain", "a.tar.gz", "work.git", "u@h:p"] {
        fs_err::create_dir(base.join(name)).unwrap();
        let form = parse(name, base).unwrap().form;
        assert!(matches!(&form, SourceForm::Directory(path) if *path == base.join(name)), "{name}: {form:?}");
    }
    for name in ["./absent", "absent/pack", "../absent"] {
        assert!(matches!(parse(name, base).unwrap().form, SourceForm::Directory(_)), "{name}");
    }
    fs_err::write(base.join("pack.yaml"), "ref: x").unwrap();
    assert!(matches!(parse("pack.yaml", base).unwrap().form, SourceForm::Directory(_)));
}

#[test]
fn other_words_are_refused() {
    let base = Path::new("/nowhere");
    for word in ["nonsense", "slack@1.0.0", "host:path"] {
        assert!(matches!(parse(word, base), Err(OriginError::Word { .. })), "{word}");
    }
    for word in [
        "ftp://h.invalid/x.tgz",
        "ext::sh -c touch% x://y.git",
        "git://h.invalid/x.git",
        "git+ext::sh",
        "github:x",
        "github:../x",
        "gitlab:-o/..",
        "https://h.invalid/x.git//../up",
        "https://h.invalid/x.tgz//../up",
        "ssh://-oProxyCommand=x/y.git",
    ] {
        assert!(matches!(parse(word, base), Err(OriginError::Form { .. })), "{word}");
    }
    for word in ["https://h.invalid/x.git@-x", "https://h.invalid/x.git@", "github:o/x@a..b"] {
        assert!(matches!(parse(word, base), Err(OriginError::RefForm(_))), "{word}");
    }
}

#[test]
fn a_ref_and_a_checksum_go_with_their_kind_alone() {
    let base = Path::new("/");
    let reference: GitRef = "v2".parse().unwrap();
    let checksum: Checksum = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    let (repository, archive) = ("https://h.invalid/x.git", "https://h.invalid/x.tgz");
    parse(repository, base).unwrap().with_ref(reference.clone()).unwrap();
    parse(archive, base).unwrap().with_checksum(checksum.clone()).unwrap();
    for error in [
        parse(archive, base).unwrap().with_ref(reference.clone()).unwrap_err(),
        parse("https://h.invalid/x.git@v1", base).unwrap().with_ref(reference).unwrap_err(),
        parse(repository, base).unwrap().with_checksum(checksum).unwrap_err(),
    ] {
        assert!(matches!(error, OriginError::Misplaced { .. }), "{error}");
    }
}

#[test]
fn no_login_is_shown() {
    for word in ["https://u:s3cret@h.invalid/x.git", "https://h.invalid/x.tgz?token=s3cret"] {
        let source = parse(word, Path::new("/")).unwrap();
        assert!(!source.shown.contains("s3cret"), "{}", source.shown);
    }
    let source = parse("https://u:s3cret@h.invalid/x.git", Path::new("/")).unwrap();
    assert!(!format!("{source:?}").contains("s3cret"));
}
