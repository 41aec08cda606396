//! npm's configuration as npm reads it: the environment, then the user's `.npmrc`, then the machine's. The
//! pack's own is never read. npm itself tells no login, so its files are read here.
//!
//! Source: npm's packages `@npmcli/config` and `npm-registry-fetch` (lib/auth.js).

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attune_registry::fetch::{
    Authorities, ConfiguredLogins, Connection, Login, Logins, Proxies, Variables, netrc_of,
};
use attune_schemas::problem::WarningCode;
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use url::Url;

use super::ini;

/// npm's own registry.
const DEFAULT_REGISTRY: &str = "https://registry.npmjs.org/";
/// Variables that configure npm begin with it, in any case.
const VARIABLE_PREFIX: &str = "npm_config_";
/// Passwords are often written without the padding, which npm does not ask for.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// npm's configuration.
#[derive(Clone, Default)]
pub(crate) struct NpmConfiguration {
    values: BTreeMap<String, String>,
    home: Option<PathBuf>,
}

impl NpmConfiguration {
    /// Reads `files`, the strongest first, below the variables; one that cannot be read says nothing.
    pub(crate) fn read(files: &[PathBuf], variables: &Variables) -> Self {
        let mut values = from_variables(variables);
        for file in files {
            let Ok(text) = fs_err::read_to_string(file) else { continue };
            let mut own: BTreeMap<String, String> = BTreeMap::new();
            for (key, value) in ini::entries(&text, variables) {
                match own.get_mut(&key) {
                    // The one list that is of use here; of all others the last value counts.
                    Some(list) if key == "ca" => list.extend(["\n", value.as_str()]),
                    _ => {
                        let _previous = own.insert(key, value);
                    }
                }
            }
            for (key, value) in own {
                values.entry(key).or_insert(value);
            }
        }
        Self { values, home: variables.path("HOME") }
    }

    /// The user's `.npmrc`, where npm cannot be asked for it.
    pub(crate) fn user_file(variables: &Variables) -> Option<PathBuf> {
        let named = from_variables(variables).remove("userconfig").map(PathBuf::from);
        named.or_else(|| Some(variables.path("HOME")?.join(".npmrc")))
    }

    /// The registry is `url`, whatever the files say.
    #[must_use]
    pub(crate) fn with_registry(mut self, url: Option<&String>) -> Self {
        if let Some(url) = url {
            self.values.insert("registry".to_owned(), url.clone());
        }
        self
    }

    /// The value of `key`; npm takes `null` and `false` for none.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let value = self.values.get(key).map(String::as_str);
        value.filter(|value| !matches!(*value, "" | "null" | "false" | "undefined"))
    }

    /// Whether `key` is off.
    pub(crate) fn is_off(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(|value| value == "false")
    }

    /// The path that `key` names, with `~/` as the home directory.
    pub(crate) fn path(&self, key: &str) -> Option<PathBuf> {
        let text = self.get(key)?;
        let below_home = text.strip_prefix("~/").and_then(|rest| Some(self.home.as_ref()?.join(rest)));
        Some(below_home.unwrap_or_else(|| Path::new(text).to_owned()))
    }

    /// The registry of packages of `scope`, such as `@acme`, or of those without one.
    pub(crate) fn registry(&self, scope: Option<&str>) -> &str {
        let own = scope.and_then(|scope| self.get(&format!("{scope}:registry")));
        own.or_else(|| self.get("registry")).unwrap_or(DEFAULT_REGISTRY)
    }

    /// Every registry that is configured.
    pub(crate) fn registries(&self) -> impl Iterator<Item = &str> {
        let is_registry =
            |key: &str| key == "registry" || (key.starts_with('@') && key.ends_with(":registry"));
        self.values.iter().filter(move |(key, _)| is_registry(key)).map(|(_, url)| url.as_str())
    }

    /// The way to registries.
    pub(crate) fn connection(&self, variables: &Variables) -> Connection {
        let own = self.get("https-proxy").or_else(|| self.get("proxy"));
        let except = self.get("noproxy");
        let of_environment = |name: &str| variables.filled(name).or(variables.filled(&name.to_uppercase()));
        let proxies = (own.is_some() || except.is_some()).then(|| Proxies {
            http: own.or_else(|| of_environment("http_proxy")).map(str::to_owned),
            https: own.or_else(|| of_environment("https_proxy")).map(str::to_owned),
            except: except.or_else(|| of_environment("no_proxy")).map(str::to_owned),
        });
        Connection { proxies, authorities: self.authorities(variables) }
    }

    /// `ca` and `cafile` go instead of the machine's, and the files that variables name beside either; files
    /// that are not there are passed over, as npm does.
    fn authorities(&self, variables: &Variables) -> Authorities {
        let read = |path: PathBuf| match fs_err::read(path) {
            Ok(pem) => Some(pem),
            Err(error) => {
                tracing::warn!(code = %WarningCode::CertificatesNotUsed, %error, "the configured certificates cannot be used");
                None
            }
        };
        let joined = |names: &[&str]| {
            let files = names.iter().filter_map(|name| variables.path(name)).filter_map(read);
            files.collect::<Vec<_>>().join(&b'\n')
        };
        let inline = self.get("ca").map(|pem| pem.replace("\\n", "\n").into_bytes());
        if let Some(own) = inline.or_else(|| self.path("cafile").and_then(read)) {
            return Authorities::Only(own, joined(&["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]));
        }
        // The machine's are those of SSL_CERT_FILE already, where that is set.
        match joined(&["NODE_EXTRA_CA_CERTS"]) {
            none if none.is_empty() => Authorities::OfMachine,
            extra => Authorities::Also(extra),
        }
    }

    /// Walks up from `//host:port/path`, by what is after a slash and by the slash in turn.
    fn login_of_prefix(&self, url: &Url) -> Option<Login> {
        let whole = format!("//{}{}", host(url)?, url.path());
        let mut prefix = whole.as_str();
        while prefix.len() > "//".len() {
            if let Some(login) = self.login_at(prefix) {
                return Some(login);
            }
            let shorter = prefix.trim_end_matches(|c| c != '/');
            prefix = if shorter.len() < prefix.len() { shorter } else { &prefix[..prefix.len() - 1] };
        }
        None
    }

    fn login_at(&self, prefix: &str) -> Option<Login> {
        let value = |name: &str| self.get(&format!("{prefix}:{name}"));
        if let Some(token) = value("_authToken") {
            return Some(Login::bearer(token));
        }
        if let Some(encoded) = value("_auth") {
            return Some(Login::encoded(encoded));
        }
        let password = FORGIVING.decode(value("_password")?).ok()?;
        Some(Login::basic(value("username")?, &String::from_utf8_lossy(&password)))
    }
}

impl ConfiguredLogins for NpmConfiguration {
    /// The login for `url`, from which `package` is fetched: of the longest prefix that has one, else that of
    /// the package's registry, if it is of the same host.
    fn login(&self, package: &str, url: &Url) -> Option<Login> {
        let scope = package.split_once('/').map(|(scope, _)| scope).filter(|scope| scope.starts_with('@'));
        self.login_of_prefix(url).or_else(|| {
            let registry: Url = self.registry(scope).parse().ok()?;
            (host(&registry) == host(url)).then(|| self.login_of_prefix(&registry)).flatten()
        })
    }
}

/// The logins of the user's `.npmrc` and `.netrc`, for a file that belongs to no package.
pub(crate) fn logins_of_caller(variables: &Variables) -> Logins {
    let npmrc: Vec<_> = NpmConfiguration::user_file(variables).into_iter().collect();
    let npm = NpmConfiguration::read(&npmrc, variables);
    Logins { configured: Some(Arc::new(npm)), netrc: netrc_of(variables), ..Logins::default() }
}

impl fmt::Debug for NpmConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NpmConfiguration({})", self.values.len())
    }
}

/// What the variables say; npm passes over those that are empty.
fn from_variables(variables: &Variables) -> BTreeMap<String, String> {
    let entries = variables.iter().filter(|(_, value)| !value.is_empty()).filter_map(|(name, value)| {
        let prefix = name.get(..VARIABLE_PREFIX.len())?;
        let key = &name[VARIABLE_PREFIX.len()..];
        let is_npms = prefix.eq_ignore_ascii_case(VARIABLE_PREFIX);
        is_npms.then(|| (variable_key(key), ini::expanded(value, variables)))
    });
    entries.filter(|(key, _)| !key.is_empty()).collect()
}

/// The key that a variable sets: keys with a host stay as they are.
fn variable_key(name: &str) -> String {
    if name.starts_with("//") {
        return name.to_owned();
    }
    let mut characters = name.chars();
    let first = characters.next().into_iter();
    first.chain(characters.map(|c| if c == '_' { '-' } else { c })).collect::<String>().to_lowercase()
}

/// Host and port as they stand in a URL.
fn host(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(text: &str, variables: &Variables) -> NpmConfiguration {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(".npmrc");
        fs_err::write(&file, text).unwrap();
        NpmConfiguration::read(&[file], variables)
    }

    fn header(configuration: &NpmConfiguration, package: &str, url: &str) -> Option<String> {
        let header = configuration.login(package, &url.parse().unwrap())?.header()?;
        assert!(header.is_sensitive());
        Some(header.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_longest_prefix_counts() {
        let text = "//h.invalid/:_authToken=host\n//h.invalid/a/:_authToken=a\n//h.invalid/a/b:_authToken=b\n\
                    //h.invalid:8443/:_authToken=port\n//bare.invalid:_authToken=bare\n";
        let configuration = configured(text, &Variables::default());
        for (url, expected) in [
            ("https://h.invalid/x/-/x-1.tgz", Some("Bearer host")),
            ("http://h.invalid/a/x/-/x-1.tgz", Some("Bearer a")),
            ("https://h.invalid/a/b/x-1.tgz", Some("Bearer b")),
            ("https://h.invalid/ab/x-1.tgz", Some("Bearer host")),
            ("https://h.invalid:8443/a/x-1.tgz", Some("Bearer port")),
            ("https://h.invalid:443/a/x-1.tgz", Some("Bearer a")),
            ("https://bare.invalid/x-1.tgz", Some("Bearer bare")),
            ("https://h.invalid.evil.invalid/a/x-1.tgz", None),
            ("https://h.invalid:1/a/x-1.tgz", None),
        ] {
            assert_eq!(header(&configuration, "x", url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn every_kind_of_login_is_known() {
        let text = "//t.invalid/:_authToken=${TOKEN}\n//t.invalid/:_auth=never\n//a.invalid/:_auth=dTpw\n\
                    //b.invalid/:username=u\n//b.invalid/:_password=cA==\n//c.invalid/:username=u\n\
                    //d.invalid/:username=u\n//d.invalid/:_password=cA\n";
        let configuration = configured(text, &Variables::from([("TOKEN", "T")]));
        for (host, expected) in [
            ("t", Some("Bearer T")),
            ("a", Some("Basic dTpw")),
            ("b", Some("Basic dTpw")),
            ("c", None),
            ("d", Some("Basic dTpw")),
        ] {
            let url = format!("https://{host}.invalid/x.tgz");
            assert_eq!(header(&configuration, "x", &url).as_deref(), expected, "{host}");
        }
    }

    #[test]
    fn a_registrys_login_is_good_for_its_host() {
        let text = "registry=https://h.invalid/npm/\n//h.invalid/npm/:_authToken=all\n\
                    @acme:registry=https://h.invalid/acme/\n//h.invalid/acme/:_authToken=acme\n\
                    @other:registry=https://o.invalid/npm/\n//o.invalid/npm/:_authToken=other\n";
        let configuration = configured(text, &Variables::default());
        for (package, url, expected) in [
            ("x", "https://h.invalid/files/x.tgz", Some("Bearer all")),
            ("@acme/x", "https://h.invalid/files/x.tgz", Some("Bearer acme")),
            ("@acme/x", "https://h.invalid/npm/x.tgz", Some("Bearer all")),
            ("@other/x", "https://o.invalid/files/x.tgz", Some("Bearer other")),
            ("x", "https://o.invalid/files/x.tgz", None),
            ("@other/x", "https://h.invalid/files/x.tgz", None),
        ] {
            assert_eq!(header(&configuration, package, url).as_deref(), expected, "{package} {url}");
        }
        assert_eq!(configuration.registry(Some("@acme")), "https://h.invalid/acme/");
        assert_eq!(configuration.registry(Some("@none")), "https://h.invalid/npm/");
        assert_eq!(configuration.registries().count(), 3);
    }

    #[test]
    fn variables_go_before_files_and_files_before_later_ones() {
        let dir = tempfile::tempdir().unwrap();
        let (user, global) = (dir.path().join("user"), dir.path().join("global"));
        fs_err::write(&user, "registry=https://user.invalid/\ncafile=~/ca.pem\n").unwrap();
        fs_err::write(&global, "registry=https://global.invalid/\nproxy=http://p.invalid/\n").unwrap();
        let files = [user, global, dir.path().join("absent")];
        let plain = NpmConfiguration::read(&files, &Variables::from([("HOME", "/home/u")]));
        assert_eq!(plain.registry(None), "https://user.invalid/");
        assert_eq!(plain.get("proxy"), Some("http://p.invalid/"));
        assert_eq!(plain.path("cafile").unwrap(), Path::new("/home/u/ca.pem"));
        let variables = Variables::from([
            ("NPM_CONFIG_REGISTRY", "https://env.invalid/"),
            ("npm_config_proxy", "null"),
            ("npm_config_strict_ssl", "false"),
            ("npm_config_//env.invalid/:_authToken", "${TOKEN}"),
            ("TOKEN", "T"),
            ("npm_config_userconfig", "/elsewhere/.npmrc"),
        ]);
        let configuration = NpmConfiguration::read(&files, &variables);
        assert_eq!(configuration.registry(None), "https://env.invalid/");
        assert_eq!(configuration.get("proxy"), None);
        assert!(configuration.is_off("strict-ssl"));
        assert_eq!(header(&configuration, "x", "https://env.invalid/x.tgz").as_deref(), Some("Bearer T"));
        assert_eq!(NpmConfiguration::user_file(&variables).unwrap(), Path::new("/elsewhere/.npmrc"));
        assert_eq!(
            configuration.with_registry(Some(&"https://o.invalid/".to_owned())).registry(None),
            "https://o.invalid/"
        );
        assert!(!format!("{plain:?}").contains("invalid"));
    }
}
