//! The project itself: layers, documents, and everything that the programs say.

mod command_line;
mod described_types;
mod documentation;
mod documents;
mod formats;
mod guide;
mod hints;
mod layers;
mod messages;
mod on_a_terminal;
mod quiet;
mod shells;
mod words;
