//! Stage 1, structural integrity: every field there and of a usable JSON type.

use crate::model::{IssueCode, IssueSet, RawField, RawTrade, Side};

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

/// The required fields as text.
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
    // Every field of the usual type is there and needs no remark.
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
    check_unusual(raw, issues)
}

const fn aggressor(is_buyer_maker: bool) -> Side {
    if is_buyer_maker {
        Side::Sell
    } else {
        Side::Buy
    }
}

#[cold]
fn check_unusual<'a>(raw: &RawTrade<'a>, issues: &mut IssueSet) -> Result<Structured<'a>, Refusal> {
    let required = [
        (raw.symbol, "s"),
        (raw.id, raw.stream.keys.id),
        (raw.price, "p"),
        (raw.quantity, "q"),
        (raw.time, "T"),
        (raw.side, "m"),
    ];
    for (field, key) in required {
        if field == RawField::Missing {
            return Err(Refusal::new(IssueCode::Missing, key));
        }
    }
    let RawField::Text(symbol) = raw.symbol else {
        return Err(Refusal::new(IssueCode::Type, "s"));
    };
    let text_or_number = |field: RawField<'a>, reason, key| match field {
        RawField::Text(text) => Ok((text, true)),
        RawField::Number(text) => Ok((text, false)),
        _ => Err(Refusal::new(reason, key)),
    };
    let (id, id_is_text) = text_or_number(raw.id, IssueCode::Type, raw.stream.keys.id)?;
    let (price, price_is_text) = text_or_number(raw.price, IssueCode::Type, "p")?;
    let (quantity, quantity_is_text) = text_or_number(raw.quantity, IssueCode::Type, "q")?;
    let (time, time_is_text) = text_or_number(raw.time, IssueCode::Timestamp, "T")?;
    let RawField::Bool(is_buyer_maker) = raw.side else {
        return Err(Refusal::new(IssueCode::Side, "m"));
    };
    if id_is_text || time_is_text || !price_is_text || !quantity_is_text {
        issues.insert(IssueCode::UnexpectedJsonType);
    }
    if raw.has_byte_order_mark {
        issues.insert(IssueCode::ByteOrderMark);
    }
    Ok(Structured {
        symbol,
        id,
        price,
        quantity,
        time,
        side: aggressor(is_buyer_maker),
    })
}
