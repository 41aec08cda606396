//! Files whose names say that they hold secrets.

const LOGINS: &str = "logins";
const KEY_STORE: &str = "private keys";

/// Files by name, in lower case.
const NAMES: [(&str, &str); 11] = [
    (".netrc", LOGINS),
    ("_netrc", LOGINS),
    (".pypirc", "logins for package indexes"),
    (".git-credentials", LOGINS),
    (".pgpass", LOGINS),
    (".my.cnf", LOGINS),
    (".s3cfg", "credentials of a cloud"),
    (".boto", "credentials of a cloud"),
    (".vault-token", "a login"),
    (".dockercfg", "logins for container registries"),
    ("credentials.tfrc.json", "logins for Terraform"),
];

/// Files by the end of their paths.
const PATHS: [(&str, &str); 4] = [
    (".aws/credentials", "credentials of a cloud"),
    (".azure/accesstokens.json", "credentials of a cloud"),
    (".config/gcloud/credentials.db", "credentials of a cloud"),
    (".kube/config", "logins for clusters"),
];

/// Files by the end of their names: what PKCS#12, Java, Kerberos and password managers keep keys in.
const ENDINGS: [&str; 8] = [".p12", ".pfx", ".jks", ".jceks", ".bcfks", ".keystore", ".keytab", ".kdbx"];

/// Endings of files that show which variables there are.
const TEMPLATES: [&str; 3] = [".example", ".sample", ".template"];

/// The kind of secret that a file at `path`, in lower case, holds.
pub(super) fn holds(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_at = |end: &str| path == end || path.strip_suffix(end).is_some_and(|rest| rest.ends_with('/'));
    let named = NAMES.iter().find(|(known, _)| name == *known);
    if let Some((_, holds)) = named.or_else(|| PATHS.iter().find(|(end, _)| is_at(end))) {
        return Some(holds);
    }
    let is_environment = name == ".env" || name.starts_with(".env.");
    if is_environment && !TEMPLATES.iter().any(|ending| name.ends_with(ending)) {
        return Some("environment variables, which usually are passwords");
    }
    ENDINGS.iter().any(|ending| name.ends_with(ending)).then_some(KEY_STORE)
}
