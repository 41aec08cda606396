//! `.netrc`: logins by host, as curl, pip and uv read them.

use std::fmt;
use std::path::PathBuf;

use url::Url;

use crate::process::Variables;

/// The logins of a `.netrc`.
#[derive(Clone, Default)]
pub struct Netrc(Vec<Machine>);

/// One entry; the default one has no host.
#[derive(Clone, Default)]
struct Machine {
    host: Option<String>,
    login: String,
    password: String,
}

impl Netrc {
    /// The file that `NETRC` names, else that of the home directory; one that cannot be read holds nothing.
    pub fn read(variables: &Variables) -> Self {
        let path =
            variables.path("NETRC").or_else(|| Some(PathBuf::from(variables.filled("HOME")?).join(".netrc")));
        let Some(path) = path else { return Self::default() };
        match fs_err::read_to_string(&path) {
            Ok(text) => Self::parse(&text),
            Err(error) => {
                tracing::debug!(%error, "no .netrc is used");
                Self::default()
            }
        }
    }

    fn parse(text: &str) -> Self {
        let mut machines: Vec<Machine> = Vec::new();
        let mut words = Words { rest: text };
        while let Some(word) = words.next() {
            match word.as_str() {
                "machine" => machines.push(Machine { host: words.next(), ..Machine::default() }),
                "default" => machines.push(Machine::default()),
                "macdef" => words.skip_macro(),
                field @ ("login" | "user" | "password" | "account") => {
                    let value = words.next().unwrap_or_default();
                    match (field, machines.last_mut()) {
                        ("login" | "user", Some(machine)) => machine.login = value,
                        ("password", Some(machine)) => machine.password = value,
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        Self(machines)
    }

    /// User and password for `url`: by its host alone, whatever the port.
    pub fn login(&self, url: &Url) -> Option<(&str, &str)> {
        let host = url.host_str()?;
        let named = self.0.iter().find(|machine| machine.host.as_deref() == Some(host));
        let machine = named.or_else(|| self.0.iter().find(|machine| machine.host.is_none()))?;
        let is_empty = machine.login.is_empty() && machine.password.is_empty();
        (!is_empty).then_some((machine.login.as_str(), machine.password.as_str()))
    }
}

impl fmt::Debug for Netrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Netrc({})", self.0.len())
    }
}

/// The words of a `.netrc`, without comments; quotes hold a word together.
struct Words<'a> {
    rest: &'a str,
}

impl Words<'_> {
    /// The definition of a macro ends with an empty line.
    fn skip_macro(&mut self) {
        self.rest = self.rest.split_once("\n\n").map_or("", |(_, rest)| rest);
    }
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                break;
            }
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
        let is_quoted = self.rest.starts_with('"');
        let mut word = String::new();
        let mut characters = self.rest.char_indices().skip(usize::from(is_quoted));
        let mut end = self.rest.len();
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => word.extend(characters.next().map(|(_, escaped)| escaped)),
                '"' if is_quoted => {
                    end = at + 1;
                    break;
                }
                space if space.is_whitespace() && !is_quoted => {
                    end = at;
                    break;
                }
                other => word.push(other),
            }
        }
        let is_there = end > 0 && !self.rest.is_empty();
        self.rest = &self.rest[end..];
        is_there.then_some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# comment\nmachine a.invalid login u password p#1\nmachine b.invalid\n  user v\n  \
                        password \"a b\"\n  account x\nmacdef init\ncd /\nmachine c.invalid login no\n\n\
                        machine d.invalid password only\n";

    #[test]
    fn logins_are_found_by_host() {
        let netrc = Netrc::parse(TEXT);
        let login = |url: &str| netrc.login(&url.parse().unwrap());
        assert_eq!(login("https://a.invalid:8443/x"), Some(("u", "p#1")));
        assert_eq!(login("http://b.invalid/"), Some(("v", "a b")));
        assert_eq!(login("http://d.invalid/"), Some(("", "only")));
        for other in ["https://c.invalid/", "https://sub.a.invalid/", "https://e.invalid/"] {
            assert_eq!(login(other), None, "{other}");
        }
    }

    #[test]
    fn the_default_is_for_all_others() {
        let netrc = Netrc::parse("machine a.invalid login u password p default login d password q");
        assert_eq!(netrc.login(&"https://a.invalid/".parse().unwrap()), Some(("u", "p")));
        assert_eq!(netrc.login(&"https://b.invalid/".parse().unwrap()), Some(("d", "q")));
    }

    #[test]
    fn the_variable_goes_before_the_home_directory() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().to_str().unwrap();
        let other = home.path().join("other");
        fs_err::write(home.path().join(".netrc"), "default login home password p").unwrap();
        fs_err::write(&other, "default login other password p").unwrap();
        let user = |variables: Variables| {
            let netrc = Netrc::read(&variables);
            netrc.login(&"https://h.invalid/".parse().unwrap()).map(|(user, _)| user.to_owned())
        };
        assert_eq!(user(Variables::from([("HOME", directory)])).as_deref(), Some("home"));
        let named = Variables::from([("HOME", directory), ("NETRC", other.to_str().unwrap())]);
        assert_eq!(user(named.clone()).as_deref(), Some("other"));
        assert_eq!(format!("{:?}", Netrc::read(&named)), "Netrc(1)");
        assert_eq!(user(Variables::from([("HOME", "/nowhere")])), None);
    }
}
