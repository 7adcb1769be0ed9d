//! Reading JSON text (RFC 8259): no recursion beyond a bound, no allocation outside the arena, no panic.
//!
//! A channel is written once, against [`Reader`]: see there.

mod check;
mod cursor;
mod escape;
mod faults;
mod reader;
mod scanner;
mod text;
mod tolerant;
mod usual;

pub use check::{NoText, check, read_checked};
pub use cursor::{Cursor, strip_suffix};
pub use reader::{Kind, MOST_ELEMENTS, Reader};
pub use scanner::{MAX_DEPTH, Scanner, Token};
pub use text::{Fault, Span, check_text, is_whitespace, trim_whitespace};
pub use tolerant::Tolerant;
pub use usual::{Unusual, Usual};
