//! Messages about the connection: answers to a request, which they name in `op` (before version 5 in
//! `request`).

use crate::adapters::json::Reader;
use crate::adapters::{ControlKind, Frame};
use crate::model::{IssueCode, RawField};

/// Reads an answer by its `op` and `success`.
///
/// A pong comes in three forms: `op` `ping` with a `ret_msg`, `op` `pong` with `args`, and without `success`.
pub(super) fn read<'a, R: Reader<'a>>(
    op: RawField<'a>,
    success: RawField<'a>,
) -> Result<Frame<'a>, R::Stop> {
    let op = match op {
        RawField::Text(op) => op,
        RawField::Missing if success == RawField::Bool(false) => b"",
        RawField::Missing => return Err(R::stop(IssueCode::UnknownMessage, "$")),
        _ => return Err(R::stop(IssueCode::Type, "op")),
    };
    let kind = match (op, success) {
        (_, RawField::Bool(false)) => ControlKind::Error,
        (b"ping" | b"pong", _) => ControlKind::Heartbeat,
        (b"subscribe" | b"unsubscribe", RawField::Bool(true)) => ControlKind::Ack,
        (b"subscribe" | b"unsubscribe", RawField::Missing) => {
            return Err(R::stop(IssueCode::Missing, "success"));
        }
        (b"subscribe" | b"unsubscribe", _) => return Err(R::stop(IssueCode::Type, "success")),
        _ => return Err(R::stop(IssueCode::UnknownMessage, "op")),
    };
    Ok(Frame::Control(kind))
}
