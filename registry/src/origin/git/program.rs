//! The program `git`, run so that nobody is asked for anything, nothing of a repository runs, and all that it starts
//! ends with us.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::url::GitUrl;
use crate::origin::error::OriginError;
use crate::process::{Interrupt, Variables, run};
use crate::report::without_secrets;

/// How long one command may take.
const LIMIT: Duration = Duration::from_hours(1);
/// Variables of the caller that git may see.
const PASSED: [&str; 20] = [
    "ALL_PROXY",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LOGNAME",
    "NO_PROXY",
    "PATH",
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "USER",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];
/// What holds whatever the caller's own configuration says: no hook, no helper that watches files, no question, and
/// files as they are in the commit.
const CONFIG: [(&str, &str); 17] = [
    ("advice.detachedHead", "false"),
    ("core.askPass", ""),
    ("core.attributesFile", "/dev/null"),
    ("core.autocrlf", "false"),
    ("core.disambiguate", "commit"),
    ("core.eol", "lf"),
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("credential.interactive", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("fetch.fsckObjects", "false"),
    ("gc.auto", "0"),
    ("http.lowSpeedLimit", "100"),
    ("http.lowSpeedTime", "60"),
    ("maintenance.auto", "false"),
    ("submodule.recurse", "false"),
    ("transfer.credentialsInUrl", "die"),
];

/// git, for one repository.
pub(super) struct Git<'a> {
    program: PathBuf,
    repository: PathBuf,
    configuration: PathBuf,
    templates: PathBuf,
    scratch: PathBuf,
    transports: &'static str,
    source_name: &'a str,
    variables: &'a Variables,
    interrupt: &'a Interrupt,
}

/// What a repository is fetched with.
pub(super) struct Surroundings<'a> {
    pub(super) source_name: &'a str,
    pub(super) variables: &'a Variables,
    pub(super) interrupt: &'a Interrupt,
    /// Headers for the repository's server, secrets among them.
    pub(super) headers: Vec<String>,
}

/// git ended with a failure.
#[derive(Debug)]
pub(super) struct Complaint(String);

impl Complaint {
    /// Whether a server cannot give a part of the history only, or no commit by its name.
    pub(super) fn is_of_modest_server(&self) -> bool {
        let words =
            ["shallow", "unadvertised", "not our ref", "no such remote ref", "couldn't find remote ref"];
        words.iter().any(|word| self.0.contains(word))
    }
}

impl<'a> Git<'a> {
    /// An empty repository in `area/repository`, for `url`.
    pub(super) fn init(area: &Path, url: &GitUrl, around: Surroundings<'a>) -> Result<Self, OriginError> {
        let Surroundings { source_name, variables, interrupt, headers } = around;
        let program =
            find(variables).ok_or(OriginError::GitMissing { source_name: source_name.to_owned() })?;
        let place = |name: &str| area.join(name);
        for directory in ["repository", "templates", "scratch"] {
            fs_err::create_dir(place(directory))?;
        }
        let git = Self {
            program,
            repository: place("repository"),
            configuration: place("gitconfig"),
            templates: place("templates"),
            scratch: place("scratch"),
            transports: url.transport().allowed(),
            source_name,
            variables,
            interrupt,
        };
        write_secret(&git.configuration, &configuration(url, variables, &headers))?;
        git.require(&["init", "--quiet", "--template="])?;
        git.require(&["remote", "add", "--", "origin", url.text()])?;
        Ok(git)
    }

    /// The work tree.
    pub(super) fn work_tree(&self) -> &Path {
        &self.repository
    }

    /// What git prints.
    pub(super) fn require(&self, arguments: &[&str]) -> Result<String, OriginError> {
        self.try_to(arguments)?.map_err(|complaint| self.failed(&complaint))
    }

    /// The failure that `complaint` is.
    pub(super) fn failed(&self, complaint: &Complaint) -> OriginError {
        OriginError::Git { source_name: self.source_name.to_owned(), reason: reason(&complaint.0) }
    }

    /// What git prints, or as an inner error its complaint.
    pub(super) fn try_to(&self, arguments: &[&str]) -> Result<Result<String, Complaint>, OriginError> {
        let finished = run(self.command(arguments), LIMIT, &self.scratch, self.interrupt);
        let finished = finished.map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => OriginError::Interrupted,
            _ => error.into(),
        })?;
        match finished.status {
            Some(status) if status.success() => Ok(Ok(finished.stdout)),
            // A full disk is a fault of this machine and none of the repository.
            Some(_) if finished.stderr.contains("No space left on device") => {
                Err(io::Error::new(io::ErrorKind::StorageFull, reason(&finished.stderr)).into())
            }
            Some(_) => Ok(Err(Complaint(finished.stderr))),
            None => Err(OriginError::Git {
                source_name: self.source_name.to_owned(),
                reason: "git did not end, and was stopped".to_owned(),
            }),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(&self.repository).env_clear();
        for name in PASSED {
            if let Some(value) = self.variables.filled(name) {
                command.env(name, value);
            }
        }
        let ssh = self.variables.filled("GIT_SSH_COMMAND").unwrap_or("ssh");
        command
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "")
            .env("SSH_ASKPASS_REQUIRE", "never")
            .env(
                "GIT_SSH_COMMAND",
                format!("{ssh} -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=20"),
            )
            .env("GIT_ALLOW_PROTOCOL", self.transports)
            .env("GIT_PROTOCOL_FROM_USER", "0")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TEMPLATE_DIR", &self.templates)
            .env("GIT_CONFIG_GLOBAL", &self.configuration)
            .env("GIT_CEILING_DIRECTORIES", self.repository.parent().unwrap_or(&self.repository));
        command
    }
}

/// Whether there is a `git`.
#[cfg(feature = "gix")]
pub(super) fn has_git(variables: &Variables) -> bool {
    find(variables).is_some()
}

/// The first `git` on the search path.
fn find(variables: &Variables) -> Option<PathBuf> {
    let directories = std::env::split_paths(variables.get("PATH").unwrap_or_default());
    let mut programs = directories.filter(|directory| directory.is_absolute()).map(|dir| dir.join("git"));
    programs.find(|program| {
        fs_err::metadata(program)
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    })
}

/// The caller's own configuration, and what goes before it. Submodules are fetched with it as well.
fn configuration(url: &GitUrl, variables: &Variables, headers: &[String]) -> String {
    let home = variables.path("HOME");
    let xdg = variables.path("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let own = [xdg.map(|xdg| xdg.join("git/config")), home.map(|home| home.join(".gitconfig"))];
    let mut text = String::new();
    for file in own.into_iter().flatten().filter(|file| file.is_file()) {
        let _ = writeln!(text, "[include]\n\tpath = {}", quoted(&file.to_string_lossy()));
    }
    let mut push = |key: &str, value: &str| {
        let (section, name) = key.split_once('.').unwrap_or((key, ""));
        let _ = writeln!(text, "[{section}]\n\t{name} = {}", quoted(value));
    };
    for (key, value) in CONFIG {
        push(key, value);
    }
    if let Some(file) =
        variables.filled("SSL_CERT_FILE").filter(|_| variables.filled("GIT_SSL_CAINFO").is_none())
    {
        push("http.sslCAInfo", file);
    }
    if let Some(server) = url.server().filter(|_| !headers.is_empty()) {
        // git would send them on to wherever a redirect leads.
        push("http.followRedirects", "false");
        let origin = server.origin().ascii_serialization();
        for header in headers {
            let _ = writeln!(
                text,
                "[http {}]\n\textraHeader = {}",
                quoted(&format!("{origin}/")),
                quoted(header)
            );
        }
    }
    text
}

fn quoted(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("\"{escaped}\"")
}

/// Writes a file that nobody else may read.
fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true).options_mut().mode(0o600);
    options.open(path)?.write_all(text.as_bytes())
}

/// git's complaint in one line: advice follows it, and what a server or ssh says goes before it.
fn reason(output: &str) -> String {
    let lines: Vec<&str> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let fatal = lines.iter().position(|line| line.starts_with("fatal: "));
    let general = "fatal: Could not read from remote repository";
    let at = match fatal {
        Some(at) if at > 0 && lines[at].starts_with(general) => Some(at - 1),
        other => other,
    };
    let line = at.or_else(|| lines.len().checked_sub(1)).map_or("git failed without a word", |at| lines[at]);
    let line = line.strip_prefix("fatal: ").unwrap_or(line);
    let line: String = line.chars().filter(|c| !c.is_control()).take(500).collect();
    format!("git: {}", without_secrets(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_told_in_one_line() {
        for (output, expected) in [
            (
                "fatal: repository 'https://u:s3cret@h/' not found\n",
                "git: repository 'https://***@h/' not found",
            ),
            (
                "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\nPlease make sure\n",
                "git: git@h: Permission denied (publickey).",
            ),
            ("error: x\nerror: y\n", "git: error: y"),
            ("", "git: git failed without a word"),
        ] {
            assert_eq!(reason(output), expected);
        }
    }

    #[test]
    fn headers_go_to_the_repositorys_server_alone_and_stop_redirects() {
        let url = GitUrl::parse("https://u:p@h.invalid:8443/x.git", Path::new("/")).unwrap();
        let text = configuration(&url, &Variables::default(), &["Authorization: Basic \"x\\".to_owned()]);
        assert!(text.contains(
            "[http \"https://h.invalid:8443/\"]\n\textraHeader = \"Authorization: Basic \\\"x\\\\\""
        ));
        assert!(text.contains("followRedirects = \"false\""));
        let plain = configuration(&url, &Variables::default(), &[]);
        assert!(!plain.contains("extraHeader") && !plain.contains("followRedirects"));
    }

    #[test]
    fn a_missing_git_is_told() {
        let area = tempfile::tempdir().unwrap();
        let url = GitUrl::parse("https://h.invalid/x.git", Path::new("/")).unwrap();
        let around = Surroundings {
            source_name: "x",
            variables: &Variables::from([("PATH", "/nowhere:relative")]),
            interrupt: &Interrupt::default(),
            headers: Vec::new(),
        };
        let error = Git::init(area.path(), &url, around).err().unwrap();
        assert!(matches!(error, OriginError::GitMissing { .. }), "{error}");
        assert_eq!(fs_err::read_dir(area.path()).unwrap().count(), 0);
    }
}
