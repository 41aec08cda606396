//! URLs of registries as people write them: with logins, with tokens, in capitals. None of it is shown.

use attune_tests::world::standard;
use attune_tests::{PrivateServer, Reply, Run, World};

const SECRET: &str = "s3cret";

/// Gives the registry to those whom `admits` lets in.
fn server(status: u16, admits: impl Fn(&str, &str) -> bool + Send + Sync + 'static) -> PrivateServer {
    PrivateServer::start(move |asked| {
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        if !admits(asked.header("authorization"), query) {
            return Reply::new(status, "");
        }
        let Some(path) = path.strip_prefix("/reg") else { return Reply::new(404, "") };
        match fs_err::read(standard().registry().join(path.trim_start_matches('/'))) {
            Ok(body) => Reply::new(200, body),
            Err(_) => Reply::new(404, ""),
        }
    })
}

/// Installs from `url`, saying all that can be said; the secret must not be in it, nor stay on the host.
fn install(host: &World, url: &str) -> Run {
    let run = |option: &str| {
        let mut command = host.installer();
        command.args(["reporter", option, "--registry", url, "--trust"]).arg(standard().trust());
        let run = Run::of(command);
        for said in [&run.stdout, &run.stderr] {
            assert!(!said.contains(SECRET), "it is shown:\n{said}");
        }
        run
    };
    let run = run("-vv").clone();
    if host.root().is_dir() {
        assert_absent(&host.root());
    }
    run
}

fn assert_absent(directory: &std::path::Path) {
    for entry in fs_err::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match fs_err::symlink_metadata(&path).unwrap() {
            kind if kind.is_dir() => assert_absent(&path),
            kind if kind.is_file() => {
                let bytes = fs_err::read(&path).unwrap();
                let holds = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
                assert!(!holds, "{}", path.display());
            }
            _ => {}
        }
    }
}

#[test]
fn a_login_in_the_url_is_used_and_shown_nowhere() {
    // `u:s3cret`.
    let server = server(401, |authorization, _| authorization == "Basic dTpzM2NyZXQ=");
    let url = |login: &str| format!("http://{login}@{}/reg/", server.address());
    install(&World::new(), &url(&format!("u:{SECRET}"))).succeeds();
    let told = format!("http://***@{}/reg/metadata/2.root.json", server.address());
    install(&World::new(), &url(&format!("other:{SECRET}"))).fails(1, &[&told, "401", "login"]).with_hint();
    let world = World::new();
    let mut command = world.installer();
    command.args(["reporter", "--json", "--registry", &url(&format!("other:{SECRET}")), "--trust"]);
    command.arg(standard().trust());
    let run = Run::of(command);
    assert!(run.stderr.contains(&told) && !run.stderr.contains(SECRET), "{}", run.stderr);
}

#[test]
fn a_login_is_not_shown_by_errors_about_the_url_itself() {
    for (url, code) in [
        (format!("http://u:{SECRET}@127.0.0.1:99999/reg"), 1),
        (format!("http://u:{SECRET}/x@127.0.0.1/reg"), 1),
        (format!("ftp://u:{SECRET}@127.0.0.1/reg"), 1),
        (format!("http://u:{SECRET}@127.0.0.1:1/reg"), 1),
    ] {
        install(&World::new(), &url).fails(code, &["***@"]);
    }
    for arguments in [
        vec![format!("http://u:{SECRET}@h.invalid/bundle.tar.zst")],
        vec!["reporter".to_owned(), format!("--http://u:{SECRET}@h.invalid/")],
        vec!["reporter".to_owned(), format!("--https://u:{SECRET}@h.invalid/"), "--json".to_owned()],
    ] {
        let run = World::new().install(&arguments);
        assert_eq!(run.status, Some(2), "{run:?}");
        assert!(!run.stderr.contains(SECRET), "{}", run.stderr);
    }
}

#[test]
fn a_token_in_the_query_goes_with_every_request_and_is_shown_nowhere() {
    let admitted = format!("sv=1&sig={SECRET}%2B");
    let query = admitted.clone();
    let server = server(403, move |_, asked| asked == query);
    for slash in ["", "/"] {
        install(&World::new(), &server.url(&format!("/reg{slash}?{admitted}#part"))).succeeds();
    }
    assert!(server.asked().iter().all(|asked| asked.target.ends_with(&admitted)));
    let words = ["/reg/metadata/timestamp.json?***", "403"];
    install(&World::new(), &server.url(&format!("/reg?sig={SECRET}"))).fails(1, &words).with_hint();
}

#[test]
fn a_scheme_may_be_in_capitals() {
    let server = server(401, |_, _| true);
    for scheme in ["HTTP", "Http"] {
        install(&World::new(), &format!("{scheme}://{}/reg", server.address())).succeeds();
    }
    let directory = format!("FILE://{}", standard().registry().display());
    install(&World::new(), &directory).succeeds();
}
