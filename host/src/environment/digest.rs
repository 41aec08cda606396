//! The digests of linked environments: of what goes into them, so that packs with equal locks share one.

use attune_schemas::environment_lock::LockedNodePackage;
use attune_schemas::{Digest, PackRef};

use super::description::{NodeEnvironment, PythonEnvironment};
use crate::machine::{Interpreter, NodeInterpreter};

/// The `format` in the description that the digest of a Python environment is of.
const PYTHON_FORMAT: &str = "attune.environment/v3";
/// The `format` in the description that the digest of a Node.js environment is of.
const NODE_FORMAT: &str = "attune.node-environment/v2";

impl PythonEnvironment {
    /// The same packages on another interpreter.
    #[must_use]
    pub fn on(self, interpreter: Interpreter) -> Self {
        Self { interpreter, ..self }.named()
    }

    /// It, under the digest of its parts: equal interpreters and equal wheels make equal environments, unless
    /// one belongs to its pack alone.
    #[must_use]
    pub fn named(self) -> Self {
        let unfolded = self.wheels.iter().filter(|wheel| wheel.unfolded.is_some());
        let parts = serde_json::json!({
            "format": PYTHON_FORMAT,
            "interpreter": self.interpreter,
            "layout": self.link_mode.layout(),
            "wheels": self.wheels.iter().map(|wheel| wheel.digest).collect::<Vec<_>>(),
            "unfolded": unfolded.map(|wheel| wheel.digest).collect::<Vec<_>>(),
        });
        Self { digest: digest(parts, self.owner.as_ref()), ..self }
    }
}

impl NodeEnvironment {
    /// The same packages on another interpreter.
    #[must_use]
    pub fn on(self, interpreter: NodeInterpreter) -> Self {
        Self { interpreter, ..self }.named()
    }

    /// It, under the digest of its parts: equal interpreters and equal packages at equal places make equal
    /// environments, unless one belongs to its pack alone.
    #[must_use]
    pub fn named(self) -> Self {
        let place = |package: &LockedNodePackage| {
            let overlay = package.overlay.as_ref().map(|overlay| overlay.digest);
            serde_json::json!([package.path, package.digest, overlay])
        };
        let parts = serde_json::json!({
            "format": NODE_FORMAT,
            "interpreter": self.interpreter,
            // Node.js follows links before it looks for what a module requires: nothing can be folded.
            "layout": self.link_mode.unfolded().layout(),
            "packages": self.packages.iter().map(place).collect::<Vec<_>>(),
            "bins": self.bins,
        });
        Self { digest: digest(parts, self.owner.as_ref()), ..self }
    }
}

/// The digest of `parts`, and of the one pack that the environment is for.
fn digest(mut parts: serde_json::Value, owner: Option<&PackRef>) -> Digest {
    if let Some(owner) = owner {
        parts["owner"] = owner.as_str().into();
    }
    let bytes = attune_schemas::canonical_json::to_vec(&parts)
        .expect("a description of strings and integers has a canonical form");
    Digest::of(&bytes)
}
