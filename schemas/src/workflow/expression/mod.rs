//! The expressions of templates: what stands between `{{` and `}}`.
//!
//! ```text
//! "a {{ x.y }} b" --templates--> "x.y" --Expression::parse--> nodes --uses, calls--> what it refers to
//! ```
//!
//! The grammar is that of Attune's server: `or`, `and`, `not`, comparisons with `in`, `+ -`, `* / %`, unary `-`,
//! and after a value `.name`, `[expression]`; calls of a function by its bare name; lists; texts in either quotes.
//! Filters (`x | length`) are parsed as well, since documents show them, and no server knows them.
//!
//! Nothing is evaluated. The nodes lie in one list, and the nesting is bounded, so that no expression overflows
//! the stack, neither while it is read nor when it is dropped.

mod functions;
mod lexer;
mod parser;
mod template;
mod tree;

pub use functions::{Arity, Function, FunctionKind, function, function_names};
pub use parser::{MAX_DEPTH, SyntaxError, SyntaxFault};
pub use template::{Piece, Templates, is_template, only_expression, templates};
pub use tree::{Call, Expression, Member, Use};
