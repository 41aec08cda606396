//! Environments that a pack goes without: those that this host cannot have, and those that nobody wants built.

use attune_host::environment::{EnvironmentDescription, EnvironmentName, PackEnvironments};
use attune_host::generation::FailedEnvironment;

use super::error::PlanError;

/// What becomes of a pack whose environments cannot be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EnvironmentPolicy {
    /// It is not installed.
    #[default]
    Require,
    /// It is installed without.
    GoWithout,
    /// No environment is built at all.
    LeaveOut,
}

/// A runtime, and its version where the environment is for one.
type Runtime = (String, Option<String>);

/// The environments that one pack goes without.
pub(super) struct Without {
    policy: EnvironmentPolicy,
    failed: Vec<FailedEnvironment>,
}

impl Without {
    pub(super) const fn new(policy: EnvironmentPolicy) -> Self {
        Self { policy, failed: Vec::new() }
    }

    /// What was planned; nothing where the pack goes without the environment `name`.
    pub(super) fn unless<T>(
        &mut self,
        name: &EnvironmentName,
        planned: Result<Option<T>, PlanError>,
    ) -> Result<Option<T>, PlanError> {
        match planned {
            Err(error) if self.policy != EnvironmentPolicy::Require && is_of_host(&error) => {
                self.push(name, core_runtime(name), error.to_string());
                Ok(None)
            }
            planned => planned,
        }
    }

    /// Takes out all of `environments` where none is to be built.
    pub(super) fn leave_out(&mut self, environments: &mut PackEnvironments) {
        if self.policy != EnvironmentPolicy::LeaveOut {
            return;
        }
        for (name, environment) in std::mem::take(environments) {
            let runtime = match environment {
                EnvironmentDescription::Recipe(recipe) => (recipe.runtime_ref, recipe.version),
                _ => core_runtime(&name),
            };
            if name != EnvironmentName::test_python() {
                self.push(&name, runtime, "it was not to be built".to_owned());
            }
        }
    }

    fn push(&mut self, name: &EnvironmentName, (runtime_ref, version): Runtime, error: String) {
        let (name, log) = (name.clone(), String::new());
        self.failed.push(FailedEnvironment { name, runtime_ref, version, error, log });
    }

    pub(super) fn names(&self) -> Vec<EnvironmentName> {
        self.failed.iter().map(|failed| failed.name.clone()).collect()
    }

    pub(super) fn into_failed(self) -> Vec<FailedEnvironment> {
        self.failed
    }
}

/// The runtime of an environment that no steps build.
fn core_runtime(name: &EnvironmentName) -> Runtime {
    let (runtime, version) = name.linked().unwrap_or((name.as_str(), None));
    (runtime.to_owned(), version.map(str::to_owned))
}

/// Whether the host has not what an environment needs.
fn is_of_host(error: &PlanError) -> bool {
    matches!(error, PlanError::Interpreter(error) if !error.is_of_machine())
        || matches!(
            error,
            PlanError::NoInterpreter { .. }
                | PlanError::NoNode { .. }
                | PlanError::RootWithColon { .. }
                | PlanError::OtherTarget { .. }
                | PlanError::OtherBundle { .. }
                | PlanError::WheelTags { .. }
        )
}
