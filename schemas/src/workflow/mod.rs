//! Workflows: one model of every dialect, and every finding at once.
//!
//! ```text
//! text --parse--> Workflow --Graph::of----> edges, cycles
//!                    |\-----check--------> findings
//!                    \------Drawing::of--> Graphviz, Mermaid, SVG
//! ```
//!
//! Reading accepts the form that Attune's servers read (`next` lists), the flat fields before it (`on_success`), and
//! the forms that documents and shipped packs have and servers refuse: lists of `{when, do}`, keys with hyphens, tasks
//! as a mapping, variables as a list. What a server would refuse to load is an error; all else is a warning, also
//! where a rule here is stricter than a server's. `docs/WORKFLOWS.md` lists the rules.
//!
//! Nothing here reads files: the caller knows the actions that there are.

mod dialects;
mod drawing;
mod editor_schema;
pub mod expression;
mod graph;
mod model;
mod parameters;
mod parse;
mod rules;
mod told;

pub(crate) use dialects::{Outcome, all_of};
pub use drawing::{DRAWING_STYLE, Drawing, DrawingFormat};
pub(crate) use editor_schema::{editor_schema, parameters_schema};
pub use graph::{Cycle, Edge, Graph, Node};
pub use model::{
    Backoff, CancellationPolicy, Placed, Publish, Quantity, Retry, Task, TaskKind, Template, TemplatePlace,
    Transition, WorkerChoice, Workflow,
};
pub(crate) use parameters::schema_faults;
pub use parameters::{Parameter, ParameterSet};
pub use parse::{parse, parse_document, read_definition};
pub use rules::{ActionKnown, Home, Lookup, WorkflowContext, check};
