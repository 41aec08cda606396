//! The digests of linked environments: of what goes into them, so that packs with equal locks share one.

use attune_schemas::Digest;
use attune_schemas::environment_lock::{BinLink, LockedNodePackage, LockedWheel};

use super::description::{NodeEnvironment, PythonEnvironment};
use super::link_mode::LinkMode;
use crate::machine::{Interpreter, NodeInterpreter};

/// The `format` in the description that the digest of a Python environment is of.
const PYTHON_FORMAT: &str = "attune.environment/v2";
/// The `format` in the description that the digest of a Node.js environment is of.
const NODE_FORMAT: &str = "attune.node-environment/v1";

impl PythonEnvironment {
    /// The same packages on another interpreter.
    #[must_use]
    pub fn on(self, interpreter: Interpreter) -> Self {
        let digest = Self::digest_of(&interpreter, &self.wheels, self.link_mode);
        Self { digest, interpreter, ..self }
    }

    /// The digest: equal interpreters and equal wheels make equal environments.
    pub fn digest_of(interpreter: &Interpreter, wheels: &[LockedWheel], link_mode: LinkMode) -> Digest {
        let unfolded = wheels.iter().filter(|wheel| wheel.unfolded.is_some());
        digest(&serde_json::json!({
            "format": PYTHON_FORMAT,
            "interpreter": interpreter,
            "layout": link_mode.layout(),
            "wheels": wheels.iter().map(|wheel| wheel.digest).collect::<Vec<_>>(),
            "unfolded": unfolded.map(|wheel| wheel.digest).collect::<Vec<_>>(),
        }))
    }
}

impl NodeEnvironment {
    /// The same packages on another interpreter.
    #[must_use]
    pub fn on(self, interpreter: NodeInterpreter) -> Self {
        let digest = Self::digest_of(&interpreter, &self.packages, &self.bins, self.link_mode);
        Self { digest, interpreter, ..self }
    }

    /// The digest: equal interpreters and equal packages at equal places make equal environments.
    pub fn digest_of(
        interpreter: &NodeInterpreter,
        packages: &[LockedNodePackage],
        bins: &[BinLink],
        link_mode: LinkMode,
    ) -> Digest {
        let place = |package: &LockedNodePackage| {
            let overlay = package.overlay.as_ref().map(|overlay| overlay.digest);
            serde_json::json!([package.path, package.digest, overlay])
        };
        digest(&serde_json::json!({
            "format": NODE_FORMAT,
            "interpreter": interpreter,
            // Node.js follows links before it looks for what a module requires: nothing can be folded.
            "layout": link_mode.unfolded().layout(),
            "packages": packages.iter().map(place).collect::<Vec<_>>(),
            "bins": bins,
        }))
    }
}

fn digest(description: &serde_json::Value) -> Digest {
    let bytes = attune_schemas::canonical_json::to_vec(description)
        .expect("a description of strings and integers has a canonical form");
    Digest::of(&bytes)
}
