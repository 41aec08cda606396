//! The URLs of package indexes that uv is configured with: those that hold a login, or are given one.
//!
//! Source: uv's documentation of `index`, `uv.toml` and `UV_INDEX_NAME_USERNAME`.

use std::path::PathBuf;

use toml::Value;
use url::Url;

use attune_registry::fetch::Variables;

/// Variables with URLs, separated by spaces.
const URL_VARIABLES: [&str; 5] =
    ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"];
/// Keys of `uv.toml` with a URL or several.
const URL_KEYS: [&str; 3] = ["index-url", "extra-index-url", "find-links"];

/// Every URL that has a login.
pub(crate) fn index_urls(variables: &Variables) -> Vec<Url> {
    let mut indexes: Vec<String> = Vec::new();
    for name in URL_VARIABLES {
        let urls = variables.filled(name).into_iter().flat_map(str::split_whitespace);
        indexes.extend(urls.flat_map(|urls| urls.split(',')).map(str::to_owned));
    }
    for file in configuration_files(variables) {
        let Ok(text) = fs_err::read_to_string(&file) else { continue };
        let Ok(table) = text.parse::<toml::Table>() else { continue };
        indexes.extend(urls_of(&table));
        indexes.extend(table.get("pip").and_then(Value::as_table).into_iter().flat_map(urls_of));
    }
    let urls = indexes.iter().filter_map(|index| with_login(index, variables));
    urls.filter(|url| !url.username().is_empty() || url.password().is_some()).collect()
}

/// The user's `uv.toml` and the machine's; a variable names one that goes instead of both.
fn configuration_files(variables: &Variables) -> Vec<PathBuf> {
    if let Some(file) = variables.path("UV_CONFIG_FILE") {
        return vec![file];
    }
    let user = variables.path("XDG_CONFIG_HOME").or_else(|| Some(variables.path("HOME")?.join(".config")));
    let machine = variables.filled("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg");
    let machine = std::env::split_paths(machine).chain([PathBuf::from("/etc")]);
    user.into_iter().chain(machine).map(|directory| directory.join("uv").join("uv.toml")).collect()
}

/// The URLs in a table, as `NAME=URL` where they have a name.
fn urls_of(table: &toml::Table) -> Vec<String> {
    let mut urls = Vec::new();
    for value in URL_KEYS.iter().filter_map(|key| table.get(*key)) {
        match value {
            Value::String(url) => urls.push(url.clone()),
            Value::Array(several) => urls.extend(several.iter().filter_map(Value::as_str).map(str::to_owned)),
            _ => {}
        }
    }
    for index in table.get("index").and_then(Value::as_array).into_iter().flatten() {
        let Some(url) = index.get("url").and_then(Value::as_str) else { continue };
        urls.push(match index.get("name").and_then(Value::as_str) {
            Some(name) => format!("{name}={url}"),
            None => url.to_owned(),
        });
    }
    urls
}

/// The URL of `[NAME=]URL`, with the login that the variables give its name.
fn with_login(index: &str, variables: &Variables) -> Option<Url> {
    let named = index.split_once('=').filter(|(name, _)| !name.contains([':', '/']));
    let (name, url) = named.map_or((None, index), |(name, url)| (Some(name), url));
    let mut url: Url = url.parse().ok()?;
    url.host_str()?;
    if let Some(name) = name {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        let name: String = name.chars().map(letter).collect();
        if let Some(user) = variables.filled(&format!("UV_INDEX_{name}_USERNAME")) {
            url.set_username(user).ok()?;
        }
        if let Some(password) = variables.filled(&format!("UV_INDEX_{name}_PASSWORD")) {
            url.set_password(Some(password)).ok()?;
        }
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(variables: &Variables) -> Vec<String> {
        index_urls(variables).iter().map(Url::to_string).collect()
    }

    #[test]
    fn logins_of_variables_are_found() {
        let variables = Variables::from([
            ("HOME", "/nowhere"),
            ("UV_DEFAULT_INDEX", "https://u:p@a.invalid/simple"),
            ("UV_INDEX", "my-own=https://b.invalid/simple https://c.invalid/simple"),
            ("UV_INDEX_MY_OWN_USERNAME", "v"),
            ("UV_INDEX_MY_OWN_PASSWORD", "q@"),
        ]);
        assert_eq!(urls(&variables), ["https://u:p@a.invalid/simple", "https://v:q%40@b.invalid/simple"]);
    }

    #[test]
    fn logins_of_the_users_configuration_are_found() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join(".config/uv");
        fs_err::create_dir_all(&directory).unwrap();
        let text = "index-url = 'https://a:p@a.invalid/'\n[pip]\nextra-index-url = ['https://b:p@b.invalid/']\n\
                    [[index]]\nname = 'own'\nurl = 'https://c.invalid/'\n";
        fs_err::write(directory.join("uv.toml"), text).unwrap();
        let home = home.path().to_str().unwrap();
        let variables = Variables::from([("HOME", home), ("UV_INDEX_OWN_USERNAME", "c")]);
        assert_eq!(
            urls(&variables),
            ["https://a:p@a.invalid/", "https://c@c.invalid/", "https://b:p@b.invalid/"]
        );
        let other = Variables::from([("HOME", home), ("UV_CONFIG_FILE", "/nowhere/uv.toml")]);
        assert!(urls(&other).is_empty());
    }
}
