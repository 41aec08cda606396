//! Drawings of workflows: Graphviz, Mermaid, and SVG that is laid out here.
//!
//! ```text
//! Workflow --Picture::of--> boxes and lines --to_dot, to_mermaid-----------> text
//!                                      \-----layout--> places --to_svg---> picture
//! ```
//!
//! One workflow gives one drawing, byte by byte. Every text of the file is escaped; characters that turn others around or that XML does not
//! have are replaced. The layout takes time nearly linear in the number of tasks and lines, and nothing here recurses.
//!
//! Names of tasks that are not there are drawn as well. Parallel tasks hold those inside of them.

mod dot;
mod layout;
mod mermaid;
mod outcome;
mod picture;
mod svg;
mod words;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::Workflow;
use picture::Picture;
use words::{clean, cut};

/// The most characters of a title.
const MAX_TITLE: usize = 200;

/// The style of the pictures, for pages that show them without their own.
pub const DRAWING_STYLE: &str = svg::STYLE;

/// A language of drawings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum DrawingFormat {
    /// That of Graphviz.
    Dot,
    /// That of Mermaid, which forges and wikis show.
    Mermaid,
    /// A picture.
    #[default]
    Svg,
}

/// A workflow, ready to be drawn.
#[derive(Debug, Clone)]
pub struct Drawing<'w> {
    title: String,
    picture: Picture<'w>,
}

impl<'w> Drawing<'w> {
    /// The drawing of `workflow`, which people know as `title`.
    pub fn of(workflow: &'w Workflow, title: &str) -> Self {
        Self { title: cut(&clean(title), MAX_TITLE), picture: Picture::of(workflow) }
    }

    /// The drawing in `format`.
    pub fn to_text(&self, format: DrawingFormat) -> String {
        match format {
            DrawingFormat::Dot => self.to_dot(),
            DrawingFormat::Mermaid => self.to_mermaid(),
            DrawingFormat::Svg => self.to_svg(),
        }
    }
}
