//! The versions of runtimes that single actions and sensors ask for, held against those that are built for.

use attune_schemas::component::ComponentSummary;
use attune_schemas::pack::canonical_runtime;
use attune_schemas::{PackRef, PythonMinor};

/// An action or sensor asks for a version of its runtime that nothing is built for.
#[derive(Debug, thiserror::Error)]
#[error("`{component}` of pack `{pack}` could not run on any host: {reason}")]
pub struct RuntimeVersionError {
    pack: PackRef,
    component: String,
    reason: String,
}

/// Refuses a pack of which some component could run nowhere: its constraint cannot be read, or none of
/// `pythons` satisfies it.
///
/// # Errors
/// There is such a component.
pub fn require_versions(
    pack: &PackRef,
    components: &[ComponentSummary],
    pythons: &[PythonMinor],
) -> Result<(), RuntimeVersionError> {
    for component in components {
        let Some(runner) = component.runner() else { continue };
        let refuse = |reason: String| RuntimeVersionError {
            pack: pack.clone(),
            component: component.component_ref.clone(),
            reason,
        };
        let parsed = component.runtime_version().map_err(|error| refuse(error.to_string()))?;
        let Some(parsed) = parsed else { continue };
        let is_python = canonical_runtime(runner) == Some("python");
        if is_python
            && !pythons.is_empty()
            && !pythons.iter().any(|python| parsed.allows(&python.to_string()))
        {
            let names = pythons.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            return Err(refuse(format!("it needs Python {parsed}, and the pack is built for {names}")));
        }
    }
    Ok(())
}
