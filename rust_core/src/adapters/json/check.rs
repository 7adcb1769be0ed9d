//! What every frame is checked for before a channel reads it.

use super::scanner::{Scanner, Token};
use super::text::{Fault, check_text, is_whitespace, trim_whitespace};
use super::tolerant::Tolerant;
use crate::adapters::{Arena, ControlKind, Frame};
use crate::model::{IssueCode, Malformed};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a frame is that has no JSON value to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoText {
    /// The word `ping` or `pong`.
    Heartbeat,
    /// Not JSON.
    Malformed(Malformed),
}

impl From<NoText> for Frame<'_> {
    fn from(found: NoText) -> Self {
        match found {
            NoText::Heartbeat => Self::Control(ControlKind::Heartbeat),
            NoText::Malformed(fault) => Self::Malformed(fault),
        }
    }
}

/// Reads any frame with `read`, after [`check`] let it through.
pub fn read_checked<'a>(
    frame: &'a [u8],
    arena: &'a Arena,
    read: impl FnOnce(Tolerant<'a>) -> Result<Frame<'a>, Malformed>,
) -> Frame<'a> {
    match check(frame, arena) {
        Ok(reader) => {
            let faults = reader.faults();
            let found = read(reader).unwrap_or_else(Frame::Malformed);
            found.beside(faults.all(arena), arena)
        }
        Err(found) => found.into(),
    }
}

/// Checks a frame by the rules 2 to 6 of `docs/cleaning.md`, "Reading the frame": empty, byte order mark,
/// `ping` and `pong`, UTF-8, JSON.
///
/// # Errors
/// What it is when it has no JSON value to read.
pub fn check<'a>(frame: &'a [u8], arena: &'a Arena) -> Result<Tolerant<'a>, NoText> {
    let text = frame.strip_prefix(BYTE_ORDER_MARK);
    let text = text.unwrap_or(frame);
    if text.iter().all(|byte| is_whitespace(*byte)) {
        return Err(malformed(IssueCode::Empty, None));
    }
    if matches!(trim_whitespace(text), b"ping" | b"pong") {
        return Err(NoText::Heartbeat);
    }
    match check_text(frame).and_then(|()| check_json(frame, frame.len() - text.len())) {
        Ok(()) => Ok(Tolerant::new(frame, text, arena)),
        Err(Fault { reason, offset }) => Err(malformed(reason, Some(offset))),
    }
}

const fn malformed(reason: IssueCode, offset: Option<usize>) -> NoText {
    NoText::Malformed(Malformed {
        reason,
        field: "$",
        offset,
    })
}

/// Scans the whole text from byte `start` on.
fn check_json(frame: &[u8], start: usize) -> Result<(), Fault> {
    let mut scanner = Scanner::new(frame, start);
    while scanner.next_token()? != Token::End {}
    Ok(())
}
