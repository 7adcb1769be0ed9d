//! The six stages of a forced order.

use super::continuity::Outcome;
use super::counters::Counters;
use super::pipeline::{Passed, Pipeline, Stages};
use super::s1_structure::{self, Refusal};
use super::s2_fields::{self, Amount};
use super::settings::TimeUnit;
use super::states::keyed;
use super::verdict::Verdict;
use super::{s3_symbol, s4_precision, s5_receive_time, s6_anomaly};
use crate::model::{
    Coverage, Decimal, EventHead, EventType, IssueCode, IssueSet, JsonType, LiquidationEvent,
    RawField, RawLiquidation, Side, UnixNanos,
};

/// Most bytes of a status.
const LONGEST_STATUS: usize = 64;

/// The texts of a forced order.
struct Texts<'a> {
    symbol: &'a [u8],
    side: Side,
    price: &'a [u8],
    average_price: Option<&'a [u8]>,
    quantity: &'a [u8],
    status: &'a [u8],
    time: &'a [u8],
}

/// The values of a forced order, its decimals not exact yet.
struct Values<'a> {
    price: Amount<'a>,
    average_price: Option<Amount<'a>>,
    quantity: Amount<'a>,
    time: UnixNanos,
    published: Option<UnixNanos>,
}

/// A forced order after stage 5.
struct Exact<'a> {
    instrument: usize,
    side: Side,
    price: Decimal,
    average_price: Option<Decimal>,
    quantity: Decimal,
    status: &'a [u8],
    time: UnixNanos,
    published: Option<UnixNanos>,
    issues: IssueSet,
}

impl Pipeline {
    /// Cleans one forced order. Statements about the completeness of its stream go to `reports`.
    pub fn clean_liquidation<'a>(
        &mut self,
        raw: &RawLiquidation<'a>,
        received: Option<UnixNanos>,
        counters: &mut Counters,
        reports: &mut Vec<Coverage>,
    ) -> Verdict<LiquidationEvent<'a>> {
        let verdict = self
            .exact_liquidation(raw, received, counters)
            .and_then(|exact| self.judge_liquidation(raw, &exact, received, counters, reports));
        verdict.unwrap_or_else(|(stage, refusal)| {
            counters.count_quarantined(refusal.reason, stage);
            Verdict::Quarantine(self.rejected(raw.symbol, stage, refusal))
        })
    }

    fn exact_liquidation<'a>(
        &mut self,
        raw: &RawLiquidation<'a>,
        received: Option<UnixNanos>,
        counters: &mut Counters,
    ) -> Passed<Exact<'a>> {
        let mut stages = Stages::new(counters);
        let texts = stages.pass(1, |repairs| structure(raw, repairs))?;
        let unit = self.settings.time_unit;
        let values = stages.pass(2, |repairs| fields(raw, &texts, unit, received, repairs))?;
        let (symbol_key, _, _, price_key, quantity_key) = raw.keys;
        let instruments = &mut self.instruments;
        let instrument = stages.pass(3, |_| {
            s3_symbol::check(raw.stream_symbol, texts.symbol, symbol_key, instruments)
        })?;
        let contract_size = instruments.contract_size(instrument);
        let ((price, quantity), average_price) = stages.pass(4, |repairs| {
            let keys = (price_key, quantity_key);
            let (price, quantity) = (values.price, values.quantity);
            let amounts = s4_precision::check(price, quantity, contract_size, keys, repairs)?;
            let average = values
                .average_price
                .map(|average| s4_precision::exact_price(average, "average_price", repairs));
            Ok((amounts, average.transpose()?))
        })?;
        stages.pass(5, |repairs| {
            s5_receive_time::check(received, repairs);
            Ok(())
        })?;
        Ok(Exact {
            instrument,
            side: texts.side,
            price,
            average_price: average_price.filter(|average| *average != Decimal::ZERO),
            quantity,
            status: texts.status,
            time: values.time,
            published: values.published,
            issues: stages.issues,
        })
    }

    fn judge_liquidation<'a>(
        &mut self,
        raw: &RawLiquidation<'a>,
        exact: &Exact<'a>,
        received: Option<UnixNanos>,
        counters: &mut Counters,
        reports: &mut Vec<Coverage>,
    ) -> Passed<Verdict<LiquidationEvent<'a>>> {
        let internal = (6, Refusal::new(IssueCode::Internal, "$"));
        let settings = self.settings;
        let stream = self.liquidations_of(exact.instrument, raw.channel);
        let stream = stream.ok_or(internal)?;
        stream.last_received = stream.last_received.max(received);
        let seen = keyed(raw.content, raw.ordinal, Some(exact.time), received);
        if !matches!(stream.order.observe(&seen, reports), Outcome::Accepted(_)) {
            counters.duplicates += 1;
            return Ok(Verdict::Duplicate(exact.instrument));
        }
        let mut remarks = IssueSet::EMPTY;
        let (time, published) = (exact.time, exact.published);
        s6_anomaly::flag_clocks(time, published, received, &settings, &mut remarks);
        let mut issues = exact.issues;
        if !remarks.is_empty() {
            issues.insert_all(remarks);
            counters.count_flagged(6);
        }
        counters.count_event(EventType::Liquidation, issues.quality());
        let head = EventHead {
            event_id: stream.event_id(seen.key),
            timestamp: Some(time),
            received,
            published,
            issues,
            metadata: raw.metadata,
            raw: None,
        };
        Ok(Verdict::Event(exact.instrument, event(head, exact)))
    }
}

const fn event<'a>(head: EventHead<'a>, exact: &Exact<'a>) -> LiquidationEvent<'a> {
    LiquidationEvent {
        head,
        side: exact.side,
        price: exact.price,
        average_price: exact.average_price,
        quantity: exact.quantity,
        status: exact.status,
    }
}

/// Stage 1.
fn structure<'a>(raw: &RawLiquidation<'a>, issues: &mut IssueSet) -> Result<Texts<'a>, Refusal> {
    let (symbol_key, time_key, side_key, price_key, quantity_key) = raw.keys;
    s1_structure::all_there(&[
        (raw.symbol, symbol_key),
        (raw.side, side_key),
        (raw.price, price_key),
        (raw.quantity, quantity_key),
        (raw.time, time_key),
    ])?;
    let symbol = s1_structure::text(raw.symbol, symbol_key)?;
    let side = s1_structure::side(raw.side, side_key)?;
    let fault = |key| Refusal::new(IssueCode::Type, key);
    let usual = JsonType::Text;
    let price = s1_structure::scalar(raw.price, usual, fault(price_key), issues)?;
    let quantity = s1_structure::scalar(raw.quantity, usual, fault(quantity_key), issues)?;
    let time_fault = Refusal::new(IssueCode::Timestamp, time_key);
    let time = s1_structure::scalar(raw.time, raw.time_type, time_fault, issues)?;
    let average = fault("average_price");
    let average_price = s1_structure::optional(raw.average_price, usual, average, issues)?;
    let status = match raw.status {
        RawField::Missing => &[],
        RawField::Text(status) if status.len() <= LONGEST_STATUS => status,
        _ => return Err(fault("status")),
    };
    s1_structure::byte_order_mark(raw.has_byte_order_mark, issues);
    Ok(Texts {
        symbol,
        side: if raw.side_is_position {
            closing(side)
        } else {
            side
        },
        price,
        average_price,
        quantity,
        status,
        time,
    })
}

/// Returns the side of the order that closes a position.
const fn closing(position: Side) -> Side {
    match position {
        Side::Buy => Side::Sell,
        Side::Sell => Side::Buy,
    }
}

/// Stage 2.
fn fields<'a>(
    raw: &RawLiquidation<'_>,
    texts: &Texts<'a>,
    unit: TimeUnit,
    received: Option<UnixNanos>,
    issues: &mut IssueSet,
) -> Result<Values<'a>, Refusal> {
    let (_, time_key, _, price_key, quantity_key) = raw.keys;
    let price = s2_fields::amount(texts.price, price_key)?;
    let quantity = s2_fields::amount(texts.quantity, quantity_key)?;
    let time = s2_fields::time(texts.time, time_key, unit, received, issues)?;
    let published = s2_fields::published(raw.published, unit, issues);
    let average_price = texts
        .average_price
        .map(|text| s2_fields::amount_or_zero(text, "average_price"));
    Ok(Values {
        price,
        average_price: average_price.transpose()?,
        quantity,
        time,
        published,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleaning::fixture::{Fixture, RECEIVED, text, told};

    fn raw() -> RawLiquidation<'static> {
        RawLiquidation {
            channel: "liquidation-orders",
            side_is_position: false,
            keys: ("instId", "ts", "side", "bkPx", "sz"),
            time_type: JsonType::Text,
            stream_symbol: None,
            symbol: RawField::Text(b"BTC"),
            side: RawField::Text(b"SELL"),
            price: RawField::Text(b"84000.5"),
            average_price: RawField::Missing,
            quantity: RawField::Text(b"13"),
            status: RawField::Missing,
            time: RawField::Text(b"1790526539672"),
            published: RawField::Missing,
            metadata: &[],
            content: b"{}",
            ordinal: 0,
            has_byte_order_mark: false,
        }
    }

    fn clean(fixture: &mut Fixture, raw: &RawLiquidation<'_>) -> String {
        let (counters, reports) = (&mut fixture.counters, &mut fixture.reports);
        let verdict = fixture
            .pipeline
            .clean_liquidation(raw, RECEIVED, counters, reports);
        told(verdict, |event| {
            let average = text(event.average_price);
            let shown = format!(
                "{:?} {} {} {average}",
                event.side, event.price, event.quantity
            );
            (shown, event.head.issues)
        })
    }

    #[test]
    fn equal_orders_of_one_frame_are_two_and_the_frame_again_is_none() {
        let mut fixture = Fixture::new(Some("0.01"));
        let second = RawLiquidation {
            ordinal: 1,
            ..raw()
        };
        assert_eq!(clean(&mut fixture, &raw()), "Sell 84000.5 0.13 -");
        assert_eq!(clean(&mut fixture, &second), "Sell 84000.5 0.13 -");
        assert_eq!(clean(&mut fixture, &raw()), "duplicate");
        assert_eq!(clean(&mut fixture, &second), "duplicate");
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn a_position_is_closed_by_the_other_side_and_faults_have_their_stage() {
        let mut fixture = Fixture::new(None);
        for (raw, expected) in [
            (
                RawLiquidation {
                    side_is_position: true,
                    content: b"a",
                    ..raw()
                },
                "Buy 84000.5 13 -",
            ),
            (
                RawLiquidation {
                    average_price: RawField::Text(b"0"),
                    content: b"b",
                    ..raw()
                },
                "Sell 84000.5 13 -",
            ),
            (
                RawLiquidation {
                    average_price: RawField::Text(b"8e4"),
                    content: b"c",
                    ..raw()
                },
                "Sell 84000.5 13 80000 exponent_notation",
            ),
            (
                RawLiquidation {
                    average_price: RawField::Text(b"-1"),
                    ..raw()
                },
                "range 2 average_price",
            ),
            (
                RawLiquidation {
                    side: RawField::Text(b"long"),
                    ..raw()
                },
                "side 1 side",
            ),
            (
                RawLiquidation {
                    quantity: RawField::Missing,
                    ..raw()
                },
                "missing 1 sz",
            ),
            (
                RawLiquidation {
                    quantity: RawField::Text(b"0"),
                    ..raw()
                },
                "range 2 sz",
            ),
            (
                RawLiquidation {
                    price: RawField::Text(b"1e17"),
                    ..raw()
                },
                "range 4 bkPx",
            ),
            (
                RawLiquidation {
                    status: RawField::Text(&[b'x'; 65]),
                    ..raw()
                },
                "type 1 status",
            ),
            (
                RawLiquidation {
                    published: RawField::Text(b"1790526539671"),
                    content: b"d",
                    ..raw()
                },
                "Sell 84000.5 13 - time_reversed",
            ),
        ] {
            assert_eq!(clean(&mut fixture, &raw), expected);
        }
    }

    #[test]
    fn contracts_that_do_not_fit_are_refused() {
        let mut fixture = Fixture::new(Some("10000000000"));
        let raw = RawLiquidation {
            quantity: RawField::Text(b"10000000000"),
            ..raw()
        };
        assert_eq!(clean(&mut fixture, &raw), "range 4 sz");
        let mut fixture = Fixture::new(Some("0.0000000001"));
        let raw = RawLiquidation {
            quantity: RawField::Text(b"0.000000001"),
            ..raw
        };
        assert_eq!(clean(&mut fixture, &raw), "scale_overflow 4 sz");
    }
}
