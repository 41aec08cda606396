//! Packs added from git repositories, by file and over HTTP.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use attune_tests::binaries::Binary;
use attune_tests::machines::git_server::git_reply;
use attune_tests::{GitRepository, PackBuilder, PrivateServer, Reply, Run, World, git_server};
use serde_json::Value;

const SECRET: &str = "s3cret-token";

fn slack(version: &str) -> PackBuilder {
    PackBuilder::new("slack", version).action("post", "shell", "#!/bin/sh\necho posted\n")
}

/// Who reads the repositories: the program `git`, or attune-build where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Git,
    Itself,
}

impl By {
    /// A server of the repositories below `directory`, of plain files for git.
    fn server(self, directory: &Path, authorization: Option<&str>) -> PrivateServer {
        match self {
            Self::Git => dumb_server(directory, authorization),
            Self::Itself => git_server(directory, authorization),
        }
    }
}

macro_rules! with_git_and_without {
    ($($name:ident)*) => {
        mod with_git {
            $(#[test] fn $name() { super::$name(super::By::Git); })*
        }
        mod without_git {
            $(#[test] fn $name() { super::$name(super::By::Itself); })*
        }
    };
}

with_git_and_without! {
    branches_tags_and_commits_are_checked_out_and_the_commit_is_published
    refs_that_are_missing_ambiguous_or_options_are_refused
    a_repository_is_cloned_over_plain_http_with_a_login
    headers_go_to_the_repositorys_server_and_no_redirect_takes_them_along
    submodules_come_along_and_nothing_of_git_does
    a_strangers_submodule_reads_no_repository_of_this_machine
    nothing_of_a_repository_or_of_the_callers_configuration_runs
    a_directory_of_a_repository_is_named_after_two_slashes
    a_repository_without_a_pack_and_an_empty_one_are_told
    a_link_out_of_the_repository_is_not_followed
    offline_the_cache_serves_what_was_fetched
}

fn add(world: &World, by: By, arguments: &[&str]) -> Run {
    add_with(world, by, arguments, &[])
}

/// Adds with the home directory of the world, and asserts that nothing is shown and nothing left behind.
fn add_with(world: &World, by: By, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let home = world.path().join("home");
    fs_err::create_dir_all(&home).unwrap();
    let mut command = world.command(Binary::Build);
    command.arg("add").arg(world.registry()).args(arguments).arg("-vv").env("HOME", home);
    command.env_remove("XDG_CONFIG_HOME").env_remove("NETRC").envs(variables.iter().copied());
    if by == By::Itself {
        command.env("PATH", "/nowhere");
    }
    let run = Run::of(command);
    for said in [&run.stdout, &run.stderr] {
        assert!(!said.contains(SECRET), "it is shown:\n{said}");
    }
    let work = world.path().join("cache/work");
    if work.exists() {
        assert_eq!(fs_err::read_dir(&work).unwrap().count(), 0);
    }
    run
}

/// The origin of the one pack that is added.
fn origin(world: &World, by: By, arguments: &[&str]) -> Value {
    let run = add(world, by, &[arguments, &["--json"]].concat()).succeeds();
    run.json()["packs"][0]["origin"].clone()
}

fn repository(world: &World) -> GitRepository {
    GitRepository::new(&world.path().join("repository"))
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// The files of the published pack, as they are installed.
fn installed(world: &World, pack: &str) -> PathBuf {
    world.bundle(&[pack]).succeeds();
    world.install_bundle().succeeds();
    world.root().join("packs").join(pack)
}

/// A server of the plain files below `directory`.
fn dumb_server(directory: &Path, authorization: Option<&str>) -> PrivateServer {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut left = vec![directory.to_owned()];
    while let Some(place) = left.pop() {
        for entry in fs_err::read_dir(place).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                left.push(entry);
            } else {
                let name = format!("/{}", entry.strip_prefix(directory).unwrap().display());
                files.insert(name, fs_err::read(&entry).unwrap());
            }
        }
    }
    let authorization = authorization.map(str::to_owned);
    PrivateServer::start(move |asked| {
        if authorization.as_ref().is_some_and(|wanted| asked.header("authorization") != wanted) {
            return Reply::new(401, "").header("WWW-Authenticate", "Basic realm=\"x\"");
        }
        let path = asked.target.split('?').next().unwrap_or_default();
        files.get(path).map_or_else(|| Reply::new(404, ""), |body| Reply::new(200, body.clone()))
    })
}

fn branches_tags_and_commits_are_checked_out_and_the_commit_is_published(by: By) {
    let world = World::with_registry();
    let repository = repository(&world);
    let first = repository.commit(&slack("1.0.0"));
    repository.git(&["tag", "-a", "v1.0.0", "-m", "first"]);
    let second = repository.commit(&slack("2.0.0"));
    repository.git(&["branch", "next"]);
    let third = repository.commit(&slack("3.0.0"));
    let bare = text(&repository.bare(&world.path().join("slack.git")));
    let url = format!("file://{bare}");
    for (arguments, reference, commit) in [
        (vec![bare.clone()], None, &third),
        (vec![format!("{bare}@v1.0.0")], Some("v1.0.0"), &first),
        (vec![format!("{url}#next")], Some("next"), &second),
        (vec![url.clone(), "--ref=main".to_owned()], Some("main"), &third),
        (vec![url.clone(), format!("--ref-spec={first}")], Some(first.as_str()), &first),
        (vec![format!("{url}@{}", &second[..9])], Some(&second[..9]), &second),
        (vec![format!("git+{url}@refs/tags/v1.0.0")], Some("refs/tags/v1.0.0"), &first),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let world = World::with_registry();
        let told = origin(&world, by, &arguments);
        assert_eq!(told["kind"], "git", "{arguments:?}");
        assert_eq!(told["commit"], *commit, "{arguments:?}");
        assert_eq!(told.get("ref").and_then(Value::as_str), reference, "{arguments:?}");
        assert!(told.get("url").is_none(), "{told}");
    }
    let told = origin(&world, by, &[&url]);
    let inspected = world.build(["inspect", "--json", &text(&world.registry())]).succeeds().json();
    assert_eq!(inspected["releases"][0]["origin"], told);
    let pack = installed(&world, "slack");
    assert!(!pack.join(".git").exists() && pack.join("actions/post.sh").exists());
}

fn refs_that_are_missing_ambiguous_or_options_are_refused(by: By) {
    let world = World::with_registry();
    let repository = repository(&world);
    repository.commit(&slack("1.0.0"));
    repository.git(&["tag", "both"]);
    repository.commit(&slack("2.0.0"));
    repository.git(&["branch", "both"]);
    let url = format!("file://{}", text(&repository.bare(&world.path().join("slack.git"))));
    add(&world, by, &[&url, "--ref", "v9"]).fails(4, &["B049", "v9"]).with_hint();
    add(&world, by, &[&url, "--ref", &"a".repeat(40)]).fails(4, &["B049"]).with_hint();
    add(&world, by, &[&url, "--ref", "abcd"]).fails(4, &["B049", "abcd"]).with_hint();
    add(&world, by, &[&url, "--ref", "both"]).fails(4, &["B049", "both a branch and a tag"]).with_hint();
    add(&world, by, &[&url, "--ref", "refs/heads/both"]).succeeds();
    add(&world, by, &[&format!("{url}@--upload-pack=touch")]).fails(2, &["B042", "begins with"]).with_hint();
    add(&world, by, &[&url, "--ref=-x"]).fails(2, &["begins with"]);
    add(&world, by, &[&format!("{url}@main"), "--ref", "v1"])
        .fails(2, &["B042", "names one itself"])
        .with_hint();
    let checksum = format!("sha256:{}", "0".repeat(64));
    add(&world, by, &[&url, "--checksum", &checksum]).fails(2, &["B042", "full commit"]).with_hint();
}

fn a_repository_is_cloned_over_plain_http_with_a_login(by: By) {
    let world = World::with_registry();
    let repository = repository(&world);
    let first = repository.commit(&slack("1.0.0"));
    repository.git(&["tag", "v1"]);
    repository.commit(&slack("2.0.0"));
    let served = world.path().join("served");
    repository.bare(&served.join("slack.git"));
    // `u:s3cret-token`.
    let server = by.server(&served, Some("Basic dTpzM2NyZXQtdG9rZW4="));
    let url = server.url("/slack.git");
    add(&world, by, &[&url]).fails(1, &["B048"]).with_hint();
    let with_login = url.replace("http://", &format!("http://u:{SECRET}@"));
    let run = add(&world, by, &[&format!("{with_login}@v1"), "--json"]).succeeds();
    let told = &run.json()["packs"][0]["origin"];
    assert_eq!((&told["url"], &told["commit"]), (&Value::from(url.clone()), &Value::from(first.clone())));
    let netrc = format!("machine 127.0.0.1 login u password {SECRET}\n");
    fs_err::write(world.path().join("home/.netrc"), netrc).unwrap();
    let run = add(&world, by, &[&format!("{url}@main")]).succeeds();
    assert!(run.stderr.contains("W114"), "{}", run.stderr);
    // A commit in full says what the files are.
    let other = World::with_registry();
    let run = add(&other, by, &[&format!("{with_login}@{first}")]).succeeds();
    assert!(!run.stderr.contains("W114"), "{}", run.stderr);
}

fn headers_go_to_the_repositorys_server_and_no_redirect_takes_them_along(by: By) {
    let world = World::with_registry();
    let elsewhere = PrivateServer::start(|_| Reply::new(404, ""));
    let target = elsewhere.url("/slack.git/info/refs?service=git-upload-pack");
    let server = PrivateServer::start(move |_| Reply::new(302, "").header("Location", target.clone()));
    let header = format!("Private-Token: {SECRET}");
    add(&world, by, &[&server.url("/slack.git"), "--header", &header]).fails(1, &["B048"]).with_hint();
    assert_eq!(server.asked()[0].header("private-token"), SECRET);
    assert!(elsewhere.asked().is_empty());
}

fn submodules_come_along_and_nothing_of_git_does(by: By) {
    let world = World::with_registry();
    let library = GitRepository::new(&world.path().join("library"));
    fs_err::write(library.work_tree().join("helper.py"), "HELP = 1\n").unwrap();
    library.commit_all("library");
    library.bare(&world.path().join("served/library.git"));
    let repository = repository(&world);
    repository.commit(&slack("1.0.0"));
    let from = text(&world.path().join("served/library.git"));
    repository.git(&["submodule", "--quiet", "add", &from, "lib/help"]);
    // As publishers write it, so that it is beside the repository wherever that is.
    repository.git(&["config", "--file", ".gitmodules", "submodule.lib/help.url", "../library.git"]);
    repository.commit_all("submodule");
    let bare = text(&repository.bare(&world.path().join("served/slack.git")));
    add(&world, by, &[&format!("file://{bare}")]).succeeds();
    let pack = installed(&world, "slack");
    assert_eq!(fs_err::read_to_string(pack.join("lib/help/helper.py")).unwrap(), "HELP = 1\n");
    assert!(!pack.join("lib/help/.git").exists());

    let server = by.server(&world.path().join("served"), None);
    let other = World::with_registry();
    add(&other, by, &[&server.url("/slack.git")]).succeeds();
    assert!(installed(&other, "slack").join("lib/help/helper.py").exists());
}

fn a_strangers_submodule_reads_no_repository_of_this_machine(by: By) {
    let world = World::with_registry();
    let private = GitRepository::new(&world.path().join("private"));
    fs_err::write(private.work_tree().join("secret.txt"), "x").unwrap();
    private.commit_all("private");
    let repository = repository(&world);
    repository.commit(&slack("1.0.0"));
    repository.git(&["submodule", "--quiet", "add", &text(private.work_tree()), "stolen"]);
    repository.commit_all("submodule");
    let served = world.path().join("served");
    repository.bare(&served.join("slack.git"));
    let server = by.server(&served, None);
    add(&world, by, &[&server.url("/slack.git")]).fails(1, &["B048", "not allowed"]).with_hint();
}

fn nothing_of_a_repository_or_of_the_callers_configuration_runs(by: By) {
    let world = World::with_registry();
    let repository = repository(&world);
    repository.commit(&slack("1.0.0"));
    let url = format!("file://{}", text(&repository.bare(&world.path().join("slack.git"))));
    let (home, ran) = (world.path().join("home"), world.path().join("ran"));
    let hooks = home.join("hooks");
    fs_err::create_dir_all(&hooks).unwrap();
    let script = format!("#!/bin/sh\ntouch {}\n", ran.display());
    for name in ["post-checkout", "reference-transaction", "fsmonitor"] {
        fs_err::write(hooks.join(name), &script).unwrap();
        fs_err::set_permissions(hooks.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let configuration = format!(
        "[core]\n\thooksPath = {hooks}\n\tfsmonitor = {hooks}/fsmonitor\n[init]\n\ttemplateDir = {hooks}\n",
        hooks = hooks.display()
    );
    fs_err::write(home.join(".gitconfig"), configuration).unwrap();
    add_with(&world, by, &[&url], &[("GIT_DIR", "/nowhere"), ("GIT_EXTERNAL_DIFF", "/nowhere")]).succeeds();
    assert!(!ran.exists());
    add(&world, by, &["ext::sh -c touch% ran"]).fails(2, &["B041"]).with_hint();
    add(&world, by, &["git+ext::sh"]).fails(2, &["B041"]).with_hint();
    assert!(!ran.exists());
}

fn a_directory_of_a_repository_is_named_after_two_slashes(by: By) {
    let world = World::with_registry();
    let repository = repository(&world);
    for pack in [slack("1.0.0"), PackBuilder::new("jira", "1.0.0")] {
        pack.write(&repository.work_tree().join("packs"));
        pack.write(repository.work_tree());
    }
    repository.commit_all("packs");
    let bare = text(&repository.bare(&world.path().join("all.git")));
    add(&world, by, &[&bare]).fails(2, &["B046", "jira", "slack"]).with_hint();
    let told = origin(&world, by, &[&format!("{bare}//packs/jira@main")]);
    assert_eq!((&told["directory"], &told["ref"]), (&Value::from("packs/jira"), &Value::from("main")));
    add(&world, by, &[&format!("{bare}//absent")]).fails(1, &["B045", "absent"]).with_hint();
    add(&world, by, &[&format!("{bare}//../up")]).fails(2, &["B041"]).with_hint();
}

fn a_repository_without_a_pack_and_an_empty_one_are_told(by: By) {
    let world = World::with_registry();
    let repository = repository(&world);
    fs_err::write(repository.work_tree().join("README"), "x").unwrap();
    repository.commit_all("nothing");
    let bare = text(&repository.bare(&world.path().join("nothing.git")));
    add(&world, by, &[&bare]).fails(1, &["B045", "no pack"]).with_hint();
    let empty = GitRepository::new(&world.path().join("none"));
    let bare = text(&empty.bare(&world.path().join("empty.git")));
    add(&world, by, &[&bare]).fails(4, &["B049", "HEAD"]).with_hint();
    add(&world, by, &["file:///nowhere/at/all.git"]).fails(1, &["B048"]).with_hint();
}

fn a_link_out_of_the_repository_is_not_followed(by: By) {
    let world = World::with_registry();
    let repository = repository(&world);
    repository.commit(&slack("1.0.0"));
    fs_err::os::unix::fs::symlink("/etc/passwd", repository.work_tree().join("users")).unwrap();
    repository.commit_all("link");
    let bare = text(&repository.bare(&world.path().join("slack.git")));
    add(&world, by, &[&bare]).fails(1, &["B010", "users"]);
}

fn offline_the_cache_serves_what_was_fetched(by: By) {
    let world = World::with_registry();
    let repository = repository(&world);
    let first = repository.commit(&slack("1.0.0"));
    let path = repository.bare(&world.path().join("slack.git"));
    let url = format!("file://{}", text(&path));
    add(&world, by, &[&url, "--ref", "main", "--offline"]).fails(1, &["B050"]).with_hint();
    let online = origin(&world, by, &[&url, "--ref", "main"]);
    let manifest = |world: &World| {
        let inspected = world.build(["inspect", "--json", &text(&world.registry())]).succeeds().json();
        inspected["releases"][0]["manifest"].clone()
    };
    let published = manifest(&world);
    fs_err::remove_dir_all(&path).unwrap();
    // Another registry with the same cache.
    fs_err::remove_dir_all(world.registry()).unwrap();
    fs_err::remove_dir_all(world.keys()).unwrap();
    world.init("demo").succeeds();
    assert_eq!(origin(&world, by, &[&url, "--ref", "main", "--offline"]), online);
    assert_eq!(manifest(&world), published);
    add(&world, by, &[&url, "--ref", &first, "--offline"]).succeeds();
    add(&world, by, &[&url, "--ref", "v1", "--offline"]).fails(1, &["B050"]).with_hint();
}

#[test]
fn a_machine_without_git_is_told_how_to_go_on() {
    let world = World::with_registry();
    let run = add(&world, By::Itself, &["git@h.invalid:x.git"]);
    run.fails(1, &["B047", "by ssh", "apt install git", "dnf install git", "archive"]).with_hint();
    // Servers of plain files do for git alone.
    let repository = repository(&world);
    repository.commit(&slack("1.0.0"));
    let served = world.path().join("served");
    repository.bare(&served.join("slack.git"));
    let server = dumb_server(&served, None);
    let run = add(&world, By::Itself, &[&server.url("/slack.git")]);
    run.fails(1, &["B047", "version 2 of git's protocol"]).with_hint();
    fs_err::write(repository.work_tree().join(".gitattributes"), "*.bat eol=crlf\n").unwrap();
    repository.commit_all("attributes");
    let run = add(&world, By::Itself, &[&text(repository.work_tree().join(".git").as_path())]);
    run.fails(1, &["B047", ".gitattributes"]).with_hint();
}

#[test]
fn the_files_are_the_same_without_git() {
    let world = World::with_registry();
    let repository = repository(&world);
    repository.commit(&slack("1.0.0"));
    let tree = repository.work_tree();
    fs_err::write(tree.join("actions/run.sh"), "#!/bin/sh\r\necho\n").unwrap();
    fs_err::set_permissions(tree.join("actions/run.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    fs_err::write(tree.join(".gitattributes"), "* text=auto\n*.bin filter=lfs -text\n").unwrap();
    fs_err::write(tree.join("big.bin"), "version https://git-lfs.github.com/spec/v1\n").unwrap();
    fs_err::os::unix::fs::symlink("actions/run.sh", tree.join("run")).unwrap();
    repository.commit_all("files");
    // Packed as deltas of one another.
    repository.git(&["gc", "--quiet", "--aggressive"]);
    let served = world.path().join("served");
    let bare = repository.bare(&served.join("slack.git"));
    let server = git_server(&served, None);
    let ways = [(By::Git, text(&bare)), (By::Itself, text(&bare)), (By::Itself, server.url("/slack.git"))];
    let archives = ways.map(|(by, source)| {
        let world = World::with_registry();
        add(&world, by, &[&source]).succeeds();
        let inspected = world.build(["inspect", "--json", &text(&world.registry())]).succeeds().json();
        let digest = inspected["releases"][0]["manifest"].as_str().unwrap().replace(':', "/");
        let manifest = fs_err::read(world.registry().join("blobs").join(digest)).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        manifest["layers"][0]["digest"].as_str().unwrap().to_owned()
    });
    assert!(archives.iter().all(|archive| *archive == archives[0]), "{archives:?}");
}

/// Adds a tree of raw `entries` as the commit of the branch `main`.
fn commit_tree(repository: &GitRepository, entries: &[(&str, &str, &str)]) {
    let mut tree = Vec::new();
    for (mode, name, id) in entries {
        tree.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        let byte = |at| u8::from_str_radix(&id[at..at + 2], 16).unwrap();
        tree.extend((0..id.len()).step_by(2).map(byte));
    }
    let file = repository.work_tree().parent().unwrap().join("tree");
    fs_err::write(&file, tree).unwrap();
    let tree = repository.git(&["hash-object", "-t", "tree", "--literally", "-w", &text(&file)]);
    let commit = repository.git(&["commit-tree", "-m", "x", tree.trim()]);
    repository.git(&["update-ref", "refs/heads/main", commit.trim()]);
}

#[test]
fn trees_that_lead_elsewhere_are_refused_without_git() {
    for name in ["..", ".git", ".GIT", "git~1", "a/b", "", "."] {
        let world = World::with_registry();
        let repository = repository(&world);
        repository.commit(&slack("1.0.0"));
        let blob = repository.git(&["rev-parse", "HEAD:pack.yaml"]);
        commit_tree(&repository, &[("100644", name, blob.trim()), ("100644", "pack.yaml", blob.trim())]);
        add(&world, By::Itself, &[&text(&repository.work_tree().join(".git"))])
            .fails(1, &["B048"])
            .with_hint();
    }
    // A link, and a directory of the same name below which files would be elsewhere.
    let world = World::with_registry();
    let (repository, outside) = (repository(&world), world.path().join("outside"));
    fs_err::create_dir(&outside).unwrap();
    repository.commit(&slack("1.0.0"));
    let actions = repository.git(&["rev-parse", "HEAD:actions"]);
    fs_err::os::unix::fs::symlink(&outside, repository.work_tree().join("link")).unwrap();
    repository.commit_all("link");
    let link = repository.git(&["rev-parse", "HEAD:link"]);
    commit_tree(&repository, &[("120000", "x", link.trim()), ("40000", "x", actions.trim())]);
    add(&world, By::Itself, &[&text(&repository.work_tree().join(".git"))])
        .fails(1, &["B048", "two entries"])
        .with_hint();
    assert_eq!(fs_err::read_dir(outside).unwrap().count(), 0);
}

#[test]
fn packs_that_are_cut_changed_or_of_another_commit_are_refused_without_git() {
    let world = World::with_registry();
    let repository = repository(&world);
    repository.commit(&slack("1.0.0"));
    let served = world.path().join("served");
    repository.bare(&served.join("slack.git"));
    repository.commit(&slack("2.0.0"));
    let other = repository.git(&["rev-parse", "HEAD"]);
    let changes: [fn(Vec<u8>) -> Vec<u8>; 4] = [
        |mut body| {
            body.truncate(body.len() / 2);
            body
        },
        |mut body| {
            let at = body.len() / 2;
            body[at] ^= 1;
            body
        },
        |_| b"0000".to_vec(),
        |_| b"000dpackfile\n000c\x03go away0000".to_vec(),
    ];
    for change in changes {
        let served = served.clone();
        let server = PrivateServer::start(move |asked| {
            let reply = git_reply(&served, asked);
            let is_fetch = asked.body.windows(13).any(|part| part == b"command=fetch");
            if is_fetch { reply.changed(change) } else { reply }
        });
        add(&world, By::Itself, &[&server.url("/slack.git")]).fails(1, &["B048"]).with_hint();
    }
    // A server that says another commit is the branch.
    let server = PrivateServer::start(move |asked| {
        let reply = git_reply(&served, asked);
        let other = other.trim().as_bytes().to_vec();
        let is_list = asked.body.windows(15).any(|part| part == b"command=ls-refs");
        if !is_list {
            return reply;
        }
        reply.changed(move |mut body| {
            body[4..44].copy_from_slice(&other);
            body
        })
    });
    add(&world, By::Itself, &[&server.url("/slack.git")]).fails(4, &["B049"]).with_hint();
}

#[test]
fn a_server_that_does_not_answer_is_left_by_an_interrupt() {
    let world = World::with_registry();
    let server = PrivateServer::start(|_| {
        std::thread::sleep(std::time::Duration::from_secs(20));
        Reply::new(404, "")
    });
    let mut command = world.command(Binary::Build);
    command.arg("add").arg(world.registry()).arg(server.url("/x.git")).env("PATH", "/nowhere");
    command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let child = command.spawn().unwrap();
    for _ in 0..500 {
        if !server.asked().is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let started = std::time::Instant::now();
    std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(started.elapsed().as_secs() < 10);
    assert_eq!(fs_err::read_dir(world.path().join("cache/work")).unwrap().count(), 0);
}

#[test]
fn a_git_that_does_not_end_is_ended_by_an_interrupt_with_its_children() {
    let world = World::with_registry();
    let (bin, mark) = (world.path().join("bin"), world.path().join("child"));
    fs_err::create_dir(&bin).unwrap();
    let script = format!("#!/bin/sh\nsleep 600 &\necho $! > {0}.new\nmv {0}.new {0}\nwait\n", mark.display());
    let program = bin.join("git");
    fs_err::write(&program, script).unwrap();
    fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = world.command(Binary::Build);
    command.arg("add").arg(world.registry()).arg("https://h.invalid/x.git");
    command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let child = command.spawn().unwrap();
    for _ in 0..500 {
        if mark.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let grandchild = fs_err::read_to_string(&mark).unwrap().trim().to_owned();
    std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs_err::read_dir(world.path().join("cache/work")).unwrap().count(), 0);
    for _ in 0..200 {
        if fs_err::read(format!("/proc/{grandchild}/cmdline")).map_or(true, |line| line.is_empty()) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("what git started is still running");
}
