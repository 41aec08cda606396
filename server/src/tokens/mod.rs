//! Tokens: who may read, and who may change. Of a token, its file keeps a hash alone.
//!
//! ```text
//! token   the text that a client sends, made once and shown once
//! file    the tokens that were made, with what each may do and until when
//! change  making and revoking one, under a lock
//! keeper  the file as a server holds it: read again when it changes
//! ```

mod change;
mod file;
mod keeper;
mod token;

pub use change::{CreatedToken, NewToken, create_token, revoke_token};
pub use file::{Scope, TokenEntry, TokenError, TokenFile, TokenState};
pub use keeper::{Refusal, TokenKeeper};
