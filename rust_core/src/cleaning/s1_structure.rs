//! Stage 1, structural integrity: every field there and of a usable JSON type.

use crate::model::{IssueCode, IssueSet, JsonType, RawField, RawTrade, Side, SideForm};

/// Why a stage gives a record up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: IssueCode,
    pub(super) field: &'static str,
}

impl Refusal {
    pub(super) const fn new(reason: IssueCode, field: &'static str) -> Self {
        Self { reason, field }
    }
}

/// The required fields of a trade as text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Structured<'a> {
    pub(super) symbol: &'a [u8],
    pub(super) id: &'a [u8],
    pub(super) price: &'a [u8],
    pub(super) quantity: &'a [u8],
    pub(super) time: &'a [u8],
    pub(super) side: Side,
}

/// Checks presence, then types; remarks what came as another type than usual.
#[inline]
pub(super) fn check<'a>(
    raw: &RawTrade<'a>,
    issues: &mut IssueSet,
) -> Result<Structured<'a>, Refusal> {
    // Every field of the most frequent types is there and needs no remark.
    if let RawTrade {
        symbol: RawField::Text(symbol),
        id: RawField::Number(id),
        price: RawField::Text(price),
        quantity: RawField::Text(quantity),
        time: RawField::Number(time),
        side: RawField::Bool(is_buyer_maker),
        has_byte_order_mark: false,
        ..
    } = *raw
        && raw.stream.id_type == JsonType::Number
        && raw.stream.time_type == JsonType::Number
        && raw.stream.side_form == SideForm::BuyerIsMaker
    {
        return Ok(Structured {
            symbol,
            id,
            price,
            quantity,
            time,
            side: aggressor(is_buyer_maker),
        });
    }
    check_other(raw, issues)
}

const fn aggressor(is_buyer_maker: bool) -> Side {
    if is_buyer_maker {
        Side::Sell
    } else {
        Side::Buy
    }
}

#[inline(never)]
fn check_other<'a>(raw: &RawTrade<'a>, issues: &mut IssueSet) -> Result<Structured<'a>, Refusal> {
    let (stream, keys) = (raw.stream, &raw.stream.keys);
    all_there(&[
        (raw.symbol, keys.symbol),
        (raw.id, keys.id),
        (raw.price, keys.price),
        (raw.quantity, keys.quantity),
        (raw.time, keys.time),
        (raw.side, keys.side),
    ])?;
    let symbol = text(raw.symbol, keys.symbol)?;
    let type_fault = |key| Refusal::new(IssueCode::Type, key);
    let id = scalar(raw.id, stream.id_type, type_fault(keys.id), issues)?;
    let price = scalar(raw.price, JsonType::Text, type_fault(keys.price), issues)?;
    let quantity = scalar(
        raw.quantity,
        JsonType::Text,
        type_fault(keys.quantity),
        issues,
    )?;
    let time_fault = Refusal::new(IssueCode::Timestamp, keys.time);
    let time = scalar(raw.time, stream.time_type, time_fault, issues)?;
    let side = match (stream.side_form, raw.side) {
        (SideForm::BuyerIsMaker, RawField::Bool(is_buyer_maker)) => aggressor(is_buyer_maker),
        (SideForm::Taker, field) => side(field, keys.side)?,
        _ => return Err(Refusal::new(IssueCode::Side, keys.side)),
    };
    byte_order_mark(raw.has_byte_order_mark, issues);
    Ok(Structured {
        symbol,
        id,
        price,
        quantity,
        time,
        side,
    })
}

/// Refuses the first of `required` that does not occur.
#[inline]
pub(super) fn all_there(required: &[(RawField<'_>, &'static str)]) -> Result<(), Refusal> {
    let missing = required
        .iter()
        .find(|(field, _)| *field == RawField::Missing);
    match missing {
        Some((_, key)) => Err(Refusal::new(IssueCode::Missing, key)),
        None => Ok(()),
    }
}

/// Returns a field that must be text.
#[inline]
pub(super) fn text<'a>(field: RawField<'a>, key: &'static str) -> Result<&'a [u8], Refusal> {
    match field {
        RawField::Text(text) => Ok(text),
        _ => Err(Refusal::new(IssueCode::Type, key)),
    }
}

/// Returns a field that must be text or a number; the type that is not `usual` is remarked.
#[inline]
pub(super) fn scalar<'a>(
    field: RawField<'a>,
    usual: JsonType,
    fault: Refusal,
    issues: &mut IssueSet,
) -> Result<&'a [u8], Refusal> {
    let (text, other) = match field {
        RawField::Text(text) => (text, JsonType::Number),
        RawField::Number(text) => (text, JsonType::Text),
        _ => return Err(fault),
    };
    if usual == other {
        issues.insert(IssueCode::UnexpectedJsonType);
    }
    Ok(text)
}

/// As [`scalar`]; a field that does not occur, or is empty text, is `None`.
#[inline]
pub(super) fn optional<'a>(
    field: RawField<'a>,
    usual: JsonType,
    fault: Refusal,
    issues: &mut IssueSet,
) -> Result<Option<&'a [u8]>, Refusal> {
    match field {
        RawField::Missing | RawField::Text(b"") => Ok(None),
        _ => scalar(field, usual, fault, issues).map(Some),
    }
}

/// Returns a side that is spelt out, in any ASCII case.
#[inline]
pub(super) fn side(field: RawField<'_>, key: &'static str) -> Result<Side, Refusal> {
    match field {
        RawField::Text(text) if text.eq_ignore_ascii_case(b"buy") => Ok(Side::Buy),
        RawField::Text(text) if text.eq_ignore_ascii_case(b"sell") => Ok(Side::Sell),
        _ => Err(Refusal::new(IssueCode::Side, key)),
    }
}

/// Remarks a byte order mark.
#[inline]
pub(super) const fn byte_order_mark(is_there: bool, issues: &mut IssueSet) {
    if is_there {
        issues.insert(IssueCode::ByteOrderMark);
    }
}
