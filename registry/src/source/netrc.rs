//! `.netrc`: logins by host, as curl, pip and uv read them.

use std::fmt;
use std::path::{Path, PathBuf};

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
    /// The file `named` by the variable `NETRC`, else that in the directory `home`; one that cannot be read holds nothing.
    pub fn read(named: Option<PathBuf>, home: Option<&Path>) -> Self {
        let Some(path) = named.or_else(|| Some(home?.join(".netrc"))) else { return Self::default() };
        fs_err::read_to_string(path).map(|text| Self::parse(&text)).unwrap_or_default()
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

    /// User and password for `host`, whatever the port.
    pub fn login(&self, host: &str) -> Option<(&str, &str)> {
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
        assert_eq!(netrc.login("a.invalid"), Some(("u", "p#1")));
        assert_eq!(netrc.login("b.invalid"), Some(("v", "a b")));
        assert_eq!(netrc.login("d.invalid"), Some(("", "only")));
        for other in ["c.invalid", "sub.a.invalid", "e.invalid"] {
            assert_eq!(netrc.login(other), None, "{other}");
        }
    }

    #[test]
    fn the_default_is_for_all_others() {
        let netrc = Netrc::parse("machine a.invalid login u password p default login d password q");
        assert_eq!(netrc.login("a.invalid"), Some(("u", "p")));
        assert_eq!(netrc.login("b.invalid"), Some(("d", "q")));
    }

    #[test]
    fn the_variable_goes_before_the_home_directory() {
        let home = tempfile::tempdir().unwrap();
        let other = home.path().join("other");
        fs_err::write(home.path().join(".netrc"), "default login home password p").unwrap();
        fs_err::write(&other, "default login other password p").unwrap();
        let user = |named: Option<&Path>, home: &Path| {
            let netrc = Netrc::read(named.map(Path::to_owned), Some(home));
            netrc.login("h.invalid").map(|(user, _)| user.to_owned())
        };
        assert_eq!(user(None, home.path()).as_deref(), Some("home"));
        assert_eq!(user(Some(&other), home.path()).as_deref(), Some("other"));
        assert_eq!(format!("{:?}", Netrc::read(Some(other), None)), "Netrc(1)");
        assert_eq!(user(None, Path::new("/nowhere")), None);
    }
}
