//! Templates of steps, and where a step may reach: its pack and its environment.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// The values of the variables of one environment.
#[derive(Debug, Clone)]
pub(crate) struct Templates {
    values: BTreeMap<&'static str, String>,
    /// The pack and the environment, which steps are confined to.
    places: [PathBuf; 2],
}

/// What the variables stand for.
#[derive(Debug, Clone)]
pub(crate) struct TemplateValues<'a> {
    pub(crate) env: &'a Path,
    pub(crate) pack: &'a Path,
    pub(crate) pack_ref: &'a str,
    pub(crate) runtime_ref: &'a str,
    pub(crate) runtime_name: &'a str,
    pub(crate) manifest: Option<&'a Path>,
}

impl Templates {
    /// The variables of both forms: they do not collide, so that each definition finds its own.
    pub(crate) fn new(of: &TemplateValues<'_>) -> Self {
        let text = |path: &Path| path.display().to_string();
        let mut values = BTreeMap::from([
            ("env_path", text(of.env)),
            ("env_dir", text(of.env)),
            ("pack_path", text(of.pack)),
            ("pack_dir", text(of.pack)),
            ("pack_ref", of.pack_ref.to_owned()),
            ("runtime_ref", of.runtime_ref.to_owned()),
            ("runtime_name_lower", of.runtime_name.to_lowercase()),
        ]);
        values.extend(of.manifest.map(|manifest| ("manifest_path", text(manifest))));
        Self { values, places: [of.pack.to_owned(), of.env.to_owned()] }
    }

    /// The same with `{interpreter}`, which is known once the environment has one.
    pub(crate) fn set_interpreter(&mut self, interpreter: &str) {
        self.values.insert("interpreter", interpreter.to_owned());
    }

    /// `text` with every known variable replaced, in one pass: what a value brings is not looked at again.
    /// Unknown ones stay as they are.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            filled.push_str(&rest[..start]);
            rest = &rest[start..];
            let known = rest.find('}').and_then(|end| Some((end, self.values.get(&rest[1..end])?)));
            if let Some((end, value)) = known {
                filled.push_str(value);
                rest = &rest[end + 1..];
            } else {
                filled.push('{');
                rest = &rest[1..];
            }
        }
        filled + rest
    }

    /// Whether an absolute path stays in the pack or the environment.
    pub(crate) fn allows(&self, path: &Path) -> bool {
        let Some(plain) = without_dots(path) else { return false };
        self.places.iter().any(|place| plain.starts_with(place))
    }
}

/// An absolute path without `.` and `..`, by its text alone; `None` for others.
fn without_dots(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::RootDir => plain.push("/"),
            Component::Normal(name) if plain.has_root() => plain.push(name),
            Component::CurDir if plain.has_root() => {}
            _ => return None,
        }
    }
    plain.has_root().then_some(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn templates() -> Templates {
        Templates::new(&TemplateValues {
            env: Path::new("/root/env"),
            pack: Path::new("/root/{env_dir}"),
            pack_ref: "tools",
            runtime_ref: "tools.perl",
            runtime_name: "Perl",
            manifest: Some(Path::new("/root/pack/cpanfile")),
        })
    }

    #[test]
    fn known_variables_are_replaced_once() {
        let table = [
            ("{env_path}/bin", "/root/env/bin"),
            ("{env_dir}|{pack_ref}|{runtime_ref}|{runtime_name_lower}", "/root/env|tools|tools.perl|perl"),
            ("{manifest_path}", "/root/pack/cpanfile"),
            // A value that looks like a variable is none.
            ("{pack_path}", "/root/{env_dir}"),
            ("{unknown} {", "{unknown} {"),
            ("{{env_dir}}", "{/root/env}"),
            ("{interpreter}", "{interpreter}"),
        ];
        for (text, expected) in table {
            assert_eq!(templates().fill(text), expected, "{text}");
        }
    }

    #[test]
    fn steps_reach_their_pack_and_environment_alone() {
        let table = [
            ("/root/env", true),
            ("/root/env/bin/pip", true),
            ("/root/env/./bin", true),
            ("/root/env/../other", false),
            ("/root/environment", false),
            ("/etc", false),
            ("relative", false),
            ("", false),
        ];
        for (path, expected) in table {
            assert_eq!(templates().allows(Path::new(path)), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(\\{|\\}|env_dir|x|é|/){0,20}") {
            let _ = templates().fill(&text);
        }
    }
}
