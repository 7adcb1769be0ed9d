//! A pull scanner for JSON text (RFC 8259): one pass, no recursion, no allocation, no panic.

mod escape;
mod scanner;
mod text;

pub use scanner::{MAX_DEPTH, Scanner, Token};
pub use text::{Fault, Span, check_text, is_whitespace, trim_whitespace};
