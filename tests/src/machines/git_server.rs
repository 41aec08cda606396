//! A server of git repositories, as forges have them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::machines::private_server::{Asked, PrivateServer, Reply};

/// Serves the repositories below `directory` by git's own protocol, to whoever sends this `Authorization`.
pub fn git_server(directory: &Path, authorization: Option<&str>) -> PrivateServer {
    let (directory, authorization) = (directory.to_owned(), authorization.map(str::to_owned));
    PrivateServer::start(move |asked| {
        if authorization.as_ref().is_some_and(|wanted| asked.header("authorization") != wanted) {
            return Reply::new(401, "").header("WWW-Authenticate", "Basic realm=\"x\"");
        }
        git_reply(&directory, asked)
    })
}

/// What git answers.
pub fn git_reply(directory: &Path, asked: &Asked) -> Reply {
    let path = asked.target.trim_start_matches('/');
    let (repository, arguments, form) =
        if let Some(path) = path.strip_suffix("/info/refs?service=git-upload-pack") {
            (path, &["--stateless-rpc", "--advertise-refs"][..], "advertisement")
        } else if let Some(path) = path.strip_suffix("/git-upload-pack") {
            (path, &["--stateless-rpc"][..], "result")
        } else {
            return Reply::new(404, "");
        };
    let repository = directory.join(repository);
    if !repository.is_dir() {
        return Reply::new(404, "");
    }
    let mut command = Command::new("git");
    command
        .arg("upload-pack")
        .args(arguments)
        .arg(repository)
        .env("GIT_PROTOCOL", asked.header("git-protocol"));
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // git may have heard enough before the end.
    let _ = child.stdin.take().unwrap().write_all(&asked.body);
    let said = child.wait_with_output().unwrap().stdout;
    Reply::new(200, said).header("Content-Type", format!("application/x-git-upload-pack-{form}"))
}
