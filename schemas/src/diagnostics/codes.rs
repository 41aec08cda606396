//! Every code that a finding can carry, with its severity and one line of explanation.
//!
//! `Y` is YAML itself, `F` a field of any file, `P` `pack.yaml`, `C` a component file, `L` the logic of a
//! workflow. A code keeps its meaning for good: one that is retired is never given to something else.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::finding::Severity;

macro_rules! codes {
    ($($name:ident $id:literal $severity:ident $summary:literal;)*) => {
        /// The stable code of a finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = concat!("`", $id, "`: ", $summary)] $name,)*
        }

        impl Code {
            const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as it is printed and documented, for example `P001`.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// How bad it is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// Its meaning, in one line.
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$name => $summary,)* }
            }
        }
    };
}

codes! {
    FileTooLarge "Y001" Error "the file is larger than 1 MiB";
    Syntax "Y002" Error "the file is not YAML";
    Empty "Y003" Error "the file is empty";
    SecondDocument "Y004" Error "the file holds more than one YAML document";
    RootNotMapping "Y005" Error "the file is not a mapping of keys to values";
    DuplicateKey "Y006" Error "a key is given twice in one mapping";
    Expansion "Y007" Error "the file's aliases expand to far more than the file";
    ComplexKey "Y008" Error "a key is itself a list or a mapping";
    Tagged "Y009" Error "a value carries a YAML tag";
    NotFinite "Y010" Error "a number is infinite or not a number";
    MergeKey "Y011" Warning "a merge key `<<`, which Attune does not apply";
    Unreadable "Y012" Error "the file cannot be read as UTF-8 text";

    WrongType "F001" Error "a field has the wrong type";
    Missing "F002" Error "a required field is missing";
    UnknownField "F003" Info "a field that Attune does not know";
    UnknownValue "F004" Error "a field has none of the values it may have";
    OutOfRange "F005" Error "a number is out of range";
    UnsafePath "F006" Error "a path is absolute or leaves its directory";
    UnreadField "F007" Info "a field that Attune's loaders do not read here";
    PassedOver "F008" Warning "a value that Attune passes over, or reads otherwise than it is written";
    QueueActionMissing "C022" Warning "a queue's action is not in this pack";

    NoPackFile "P001" Error "the pack has no `pack.yaml`";
    PackRefMissing "P002" Error "`pack.yaml` has no `ref`";
    PackRefInvalid "P003" Error "the pack's ref is not one that Attune accepts";
    VersionMissing "P004" Error "`pack.yaml` has no `version`";
    VersionNotText "P005" Error "the version is a number, not text";
    VersionInvalid "P006" Error "the version is not MAJOR.MINOR.PATCH";
    SpellingsDiffer "P007" Warning "two spellings of one field have different values";
    DependencyForm "P008" Info "dependencies in a form that Attune itself ignores";
    DependencyInvalid "P009" Error "a dependency is not `ref` or `ref@requirement`";
    SelfDependency "P010" Error "the pack depends on itself";
    DependencyTwice "P011" Error "one pack is asked for twice with different requirements";
    RuntimeUnknown "P012" Warning "a runtime that Attune does not ship";
    RuntimeRequirement "P013" Error "a runtime's version requirement is not understood";
    InlineComponents "P014" Warning "components inside `pack.yaml`, which are never loaded";
    RunnerUnknown "P015" Warning "a type of test runner that cannot run";
    NoRunners "P016" Warning "testing is enabled and has no runners";
    TestFileMissing "P017" Error "a test runner's entry point is not in the pack";
    LabelMissing "P018" Warning "`pack.yaml` has no `label`";
    ResultFormat "P019" Warning "a test result format that is not known";
    EmptyDirectory "P020" Warning "an empty directory, which no archive keeps";
    ForeignPack "P021" Warning "a pack of StackStorm, which Attune cannot run as it is";
    NothingRuns "P022" Error "no action of the pack has a runtime";
    DiscoveryUnknown "P023" Warning "a way to find tests that is not known";
    RunnersMissing "P024" Warning "testing has no `runners`, without which Attune itself cannot test the pack";
    MigrationFileMissing "P025" Error "a migration's script is not in the pack";
    MigrationVersion "P026" Error "a version of a migration is not understood";
    MigrationNeverRuns "P027" Warning "a migration that never runs";

    ComponentRefMissing "C001" Error "a component has neither a `ref` nor a `name`";
    ComponentRefDerived "C002" Warning "a component has no `ref`; one was made from its `name`";
    ComponentRefInvalid "C003" Error "a component's ref is not `pack.name`";
    ForeignRef "C004" Warning "a component's ref belongs to another pack";
    ComponentTwice "C005" Error "two components of one kind have the same ref";
    RuleActionMissing "C006" Warning "a rule's action is not in this pack";
    RuleTriggerMissing "C007" Warning "a rule's trigger is not in this pack";
    SensorTriggerMissing "C008" Warning "a sensor's trigger is not in this pack";
    EntryPointMissing "C009" Error "an entry point is not in the pack";
    QueueField "C010" Error "a queue has a field that Attune refuses";
    WorkflowShadowed "C011" Warning "two workflow files have the same ref, and the second wins";
    NativeEntryPoint "C012" Warning "a native entry point is not in the pack";
    RunnerTypeUnknown "C013" Warning "a runner type that no runtime answers to";
    NoEntryPoint "C014" Warning "an action or sensor has nothing to run";
    WorkflowFileMissing "C015" Error "an action's workflow file is not in the pack";
    LegacyWorkflow "C016" Warning "a workflow in an older form, which current Attune cannot load";
    UnlinkedWorkflow "C017" Warning "a workflow file of an action that no action names";
    NestedComponent "C018" Info "a component file in a subdirectory, which is never loaded";
    NeededFileLeftOut "C019" Error "a file that a component needs is left out of the pack";
    OlderRuleField "C020" Warning "a field of a rule in an older spelling, which current Attune does not read";
    SchemaUnclear "C021" Warning "a schema that Attune reads otherwise than it is written";

    TaskUnknown "L001" Error "a transition leads to a task that is not there";
    TaskWithoutAction "L002" Error "a task has no action";
    ParallelWithoutTasks "L003" Error "a parallel task has no tasks";
    TextTooLong "L004" Error "a text is longer than Attune allows";
    TransitionIgnored "L005" Warning "a field that has no effect beside `next`";
    DecisionBranch "L006" Warning "branches of a decision that contradict each other";
    TemplateNumber "L007" Warning "a template in the place of a number, which current Attune cannot load";
    TaskName "L008" Warning "a task's name is blank or very long";
    DuplicateTask "L009" Warning "two tasks have the same name";
    ReservedName "L010" Warning "a name that expressions use for something else";
    VariableName "L011" Warning "a variable's name has a character that none may have";
    TaskWithoutWorkflow "L012" Warning "a task of type workflow names no workflow";
    RetryDelays "L013" Warning "the longest delay of a retry is shorter than the first";
    EmptyBatch "L014" Warning "a batch or concurrency of zero";
    TaskUnreached "L015" Warning "a task that no way leads to";
    NoFirstTask "L016" Warning "no task starts the workflow";
    ActionRefForm "L017" Warning "a task's action is not `pack.name`";
    SchemaForm "L018" Warning "a schema of parameters or output is not a mapping";
    FlatSchema "L019" Warning "a schema in the flat form, with which current Attune passes the file over";
    WorkflowRefMissing "L020" Warning "a workflow without a `ref`, which current Attune passes over";
    StandaloneWorkflow "L021" Warning "a workflow that no action names, which current Attune cannot run";
    ParallelTask "L022" Warning "a parallel task, which current Attune never ends";
    MixedCondition "L023" Warning "a condition on more than the outcome, which current Attune may pass over";
    TextInCondition "L024" Warning "a condition with text beside its expression, so that it always holds";
    OptionalParameter "L025" Warning "an expression reads a parameter that may be absent";
    RepeatedTarget "L026" Warning "a transition names one task twice";
    JoinTooLarge "L027" Warning "a task waits for more tasks than lead to it";
    EndlessCycle "L028" Warning "tasks that lead to each other without an end";
    ActionUnknown "L029" Warning "a task's action is defined nowhere";
    ParameterUnknown "L030" Warning "a parameter that the task's action does not have";
    ParameterMissing "L031" Warning "a parameter that the task's action needs is missing";
    VariableUnused "L032" Warning "a variable that nothing reads";
    OutputOfNothing "L033" Warning "an output names something that is not there";
    ExpressionSyntax "L034" Warning "a template holds no valid expression";
    ExpressionTooDeep "L035" Warning "an expression is nested too deep";
    TemplateUnclosed "L036" Warning "a template is not closed";
    NameUnknown "L037" Warning "an expression uses a name that means nothing";
    VariableUnknown "L038" Warning "an expression reads a variable that is neither declared nor published";
    WorkflowParameterUnknown "L039" Warning "an expression reads a parameter that the workflow does not have";
    FunctionUnknown "L040" Warning "an expression calls a function that is not there";
    ArgumentCount "L041" Warning "a function is called with a wrong number of arguments";
    Filter "L042" Warning "an expression uses a filter, which current Attune does not have";
    ResultOfNoTask "L043" Warning "an expression reads the result of a task that is not there";
    ResultTooEarly "L044" Warning "an expression reads a result before it can be there";
    ItemOutsideLoop "L045" Warning "an expression reads `item` or `index` in a task without `with_items`";
    ManyTasks "L046" Warning "a workflow has very many tasks";
    EndlessCalls "L047" Warning "workflows that run each other without an end";
}

/// Every code, for documentation.
pub fn all_codes() -> &'static [Code] {
    Code::ALL
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[YFPCL][0-9]{3}$" })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_well_formed() {
        let mut seen = BTreeSet::new();
        for code in all_codes() {
            let (family, number) = code.id().split_at(1);
            assert!(seen.insert(code.id()), "{code} twice");
            assert!("YFPCL".contains(family) && number.len() == 3 && number.parse::<u16>().is_ok(), "{code}");
            assert!(!code.summary().is_empty() && !code.summary().ends_with('.'), "{code}");
        }
    }
}
