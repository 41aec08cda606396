//! YAML with positions: every value of a file, and the line and column where it stands.
//!
//! The values are those of the parser that Attune's servers use, so a scalar has the same meaning here and
//! there. That parser keeps no positions, so a pass over the events of another one notes where
//! each key and value is, and refuses texts that must not reach the first: alias bombs and bottomless
//! nesting. Where a file is written so plainly that both can only agree, its values come of that pass as well.

mod document;
mod field_path;
mod fields;
mod json;
mod located;
mod outline;
mod outline_builder;
mod plain;
mod shifted_text;
mod source_text;
mod syntax;

pub use document::{MAX_FILE_BYTES, YamlDocument};
pub use field_path::{FieldPath, Step};
pub(crate) use fields::{Fields, describe};
pub(crate) use located::Located;
pub(crate) use source_text::SourceText;
pub(crate) use syntax::{SyntaxContent, SyntaxEntry, SyntaxNode};

pub use crate::diagnostics::Position;
