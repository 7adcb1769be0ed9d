//! Messages about the connection: those with `event`.

use crate::adapters::json::Reader;
use crate::adapters::{ControlKind, Frame};
use crate::model::{IssueCode, RawField};

/// The notice before the service closes connections for an upgrade.
const CLOSING: &[u8] = b"64008";

/// Reads a message by its `event` and, of a notice, its `code`.
pub(super) fn read<'a, R: Reader<'a>>(
    event: RawField<'a>,
    code: RawField<'a>,
) -> Result<Frame<'a>, R::Stop> {
    let RawField::Text(event) = event else {
        return Err(R::stop(IssueCode::Type, "event"));
    };
    let is_closing = matches!(code, RawField::Text(CLOSING) | RawField::Number(CLOSING));
    let kind = match event {
        b"subscribe" | b"unsubscribe" => ControlKind::Ack,
        b"error" | b"channel-conn-count-error" => ControlKind::Error,
        b"notice" if is_closing => ControlKind::ServerShutdown,
        b"notice" | b"channel-conn-count" => ControlKind::Notice,
        _ => return Err(R::stop(IssueCode::UnknownMessage, "event")),
    };
    Ok(Frame::Control(kind))
}
