//! Templates of steps, and where a step may reach: its pack and its environment.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

use super::description::RecipeEnvironment;

/// The values of the variables of one environment.
#[derive(Debug, Clone)]
pub struct Templates {
    values: BTreeMap<&'static str, String>,
    /// The pack and the environment, which steps are confined to.
    places: [PathBuf; 2],
}

/// The values of the variables.
#[derive(Debug, Clone)]
pub struct TemplateValues<'a> {
    /// The environment.
    pub env: &'a Path,
    /// The unpacked pack.
    pub pack: &'a Path,
    /// The pack's ref.
    pub pack_ref: &'a str,
    /// The runtime's ref.
    pub runtime_ref: &'a str,
    /// The runtime's name.
    pub runtime_name: &'a str,
    /// The pack's dependency file, if the runtime has one.
    pub manifest: Option<&'a Path>,
}

impl Templates {
    /// The variables of both forms: they do not collide, so that each definition finds its own.
    pub fn new(of: &TemplateValues<'_>) -> Self {
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
    pub fn set_interpreter(&mut self, interpreter: &str) {
        self.values.insert("interpreter", interpreter.to_owned());
    }

    /// `text` with every known variable replaced, in one pass: what a value brings is not looked at again.
    /// Unknown ones stay as they are.
    pub fn fill(&self, text: &str) -> String {
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
    pub fn allows(&self, path: &Path) -> bool {
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

/// The variables of `environment` at `env`, for the pack at `pack`.
pub fn templates_of(environment: &RecipeEnvironment, env: &Path, pack: &Path) -> Templates {
    let manifest = environment.recipe.manifest_file.as_ref().map(|name| pack.join(name));
    Templates::new(&TemplateValues {
        env,
        pack,
        pack_ref: environment.pack_ref.as_str(),
        runtime_ref: &environment.runtime_ref,
        runtime_name: &environment.runtime_name,
        manifest: manifest.as_deref(),
    })
}

/// The program that a worker executes in the environment at `env`: its own interpreter, else the host's.
pub fn executable_of(environment: &RecipeEnvironment, templates: &Templates) -> PathBuf {
    let recipe = &environment.recipe;
    let of_name = recipe.executables.get(&environment.runtime_name.to_lowercase());
    let own = recipe.interpreter_path.as_ref().or(of_name).or_else(|| recipe.executables.values().next());
    let own = own.map(|path| PathBuf::from(templates.fill(path)));
    own.filter(|path| is_program(path)).unwrap_or_else(|| environment.interpreter.clone())
}

/// Whether somebody may run the file at `path`.
fn is_program(path: &Path) -> bool {
    fs_err::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
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
