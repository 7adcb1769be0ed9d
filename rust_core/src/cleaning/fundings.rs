//! The six stages of a funding state.

use super::continuity::{Arrival, Outcome};
use super::counters::Counters;
use super::pipeline::{Passed, Pipeline, Stages};
use super::s1_structure::{self, Refusal};
use super::s2_fields::{self, Amount};
use super::settings::{Settings, TimeUnit};
use super::states::{FundingState, keyed};
use super::verdict::Verdict;
use super::{s3_symbol, s4_precision, s5_receive_time, s6_anomaly};
use crate::model::{
    Coverage, EventHead, EventType, FundingEvent, IssueCode, IssueSet, JsonType, RawField,
    RawFunding, UnixNanos,
};

/// The texts of a funding state.
struct Texts<'a> {
    symbol: &'a [u8],
    time: Option<&'a [u8]>,
    rate: Option<&'a [u8]>,
    mark_price: Option<&'a [u8]>,
    index_price: Option<&'a [u8]>,
    next_funding: Option<&'a [u8]>,
}

/// The values of a funding state, its decimals not exact yet.
struct Values<'a> {
    time: Option<UnixNanos>,
    rate: Option<Amount<'a>>,
    mark_price: Option<Amount<'a>>,
    index_price: Option<Amount<'a>>,
    next_funding: Option<UnixNanos>,
}

/// A funding state after stage 5.
struct Exact {
    instrument: usize,
    time: Option<UnixNanos>,
    state: FundingState,
    issues: IssueSet,
}

impl Pipeline {
    /// Cleans one funding state. Statements about the completeness of its stream go to `reports`.
    pub fn clean_funding<'a>(
        &mut self,
        raw: &RawFunding<'a>,
        received: Option<UnixNanos>,
        counters: &mut Counters,
        reports: &mut Vec<Coverage>,
    ) -> Verdict<FundingEvent<'a>> {
        let verdict = self
            .exact_funding(raw, received, counters)
            .and_then(|exact| self.judge_funding(raw, &exact, received, counters, reports));
        verdict.unwrap_or_else(|(stage, refusal)| {
            counters.count_quarantined(refusal.reason, stage);
            Verdict::Quarantine(self.rejected(raw.symbol, stage, refusal))
        })
    }

    fn exact_funding(
        &mut self,
        raw: &RawFunding<'_>,
        received: Option<UnixNanos>,
        counters: &mut Counters,
    ) -> Passed<Exact> {
        let mut stages = Stages::new(counters);
        let texts = stages.pass(1, |repairs| structure(raw, repairs))?;
        let unit = self.settings.time_unit;
        let values = stages.pass(2, |repairs| fields(raw, &texts, unit, received, repairs))?;
        let instruments = &mut self.instruments;
        let instrument = stages.pass(3, |_| {
            s3_symbol::check(raw.stream_symbol, texts.symbol, raw.keys.0, instruments)
        })?;
        let state = stages.pass(4, |repairs| precision(raw, &values, repairs))?;
        stages.pass(5, |repairs| {
            s5_receive_time::check(received, repairs);
            Ok(())
        })?;
        Ok(Exact {
            instrument,
            time: values.time,
            state,
            issues: stages.issues,
        })
    }

    /// Adds the interval that the instrument list knows, where the venue sends none with a rate.
    fn with_interval(&self, instrument: usize, state: FundingState) -> FundingState {
        let listed = || {
            let entry = self.instruments.entries().get(instrument);
            entry.and_then(|entry| entry.instrument.funding_interval_ns)
        };
        let listed = state.rate.and_then(|_| listed());
        FundingState {
            interval_ns: state.interval_ns.or(listed),
            ..state
        }
    }

    fn judge_funding<'a>(
        &mut self,
        raw: &RawFunding<'a>,
        exact: &Exact,
        received: Option<UnixNanos>,
        counters: &mut Counters,
        reports: &mut Vec<Coverage>,
    ) -> Passed<Verdict<FundingEvent<'a>>> {
        let internal = (6, Refusal::new(IssueCode::Internal, "$"));
        if raw.is_delta
            && exact.state == FundingState::default()
            && !self.has_funding_state(exact.instrument, raw.channel)
        {
            return Ok(Verdict::Unsupported);
        }
        let settings = self.settings;
        let stream = self.fundings_of(exact.instrument, raw.channel);
        let stream = stream.ok_or(internal)?;
        stream.last_received = stream.last_received.max(received);
        let latest = stream.order.latest_time();
        let seen = keyed(raw.content, 0, exact.time, received);
        match stream.order.observe(&seen, reports) {
            Outcome::Accepted(Arrival::Late) | Outcome::Conflict | Outcome::Duplicate => {
                counters.duplicates += 1;
                return Ok(Verdict::Duplicate(exact.instrument));
            }
            Outcome::Accepted(_) => {}
        }
        let is_late = exact.time.is_some() && exact.time < latest;
        let before = stream.funding.filter(|_| raw.is_delta);
        let state = before.unwrap_or_default().with(exact.state);
        if !is_late && (before.is_some() || !raw.is_delta) {
            stream.funding = Some(state);
        }
        let event_id = stream.event_id(seen.key);
        let mut issues = exact.issues;
        let remarks = flags(exact.time, received, is_late, &settings);
        if !remarks.is_empty() {
            issues.insert_all(remarks);
            counters.count_flagged(6);
        }
        counters.count_event(EventType::Funding, issues.quality());
        let head = EventHead {
            event_id,
            timestamp: exact.time,
            received,
            published: None,
            issues,
            metadata: raw.metadata,
            raw: None,
        };
        let state = self.with_interval(exact.instrument, state);
        Ok(Verdict::Event(exact.instrument, event(head, state)))
    }

    fn has_funding_state(&self, instrument: usize, channel: &str) -> bool {
        let entry = self.instruments.entries().get(instrument);
        let mut streams = entry.into_iter().flat_map(|entry| &entry.fundings);
        streams.any(|stream| stream.channel == channel && stream.funding.is_some())
    }
}

const fn event(head: EventHead<'_>, state: FundingState) -> FundingEvent<'_> {
    FundingEvent {
        head,
        rate: state.rate,
        mark_price: state.mark_price,
        index_price: state.index_price,
        interval_ns: state.interval_ns,
        next_funding: state.next_funding,
    }
}

fn flags(
    time: Option<UnixNanos>,
    received: Option<UnixNanos>,
    is_late: bool,
    settings: &Settings,
) -> IssueSet {
    let mut remarks = IssueSet::EMPTY;
    if let Some(time) = time {
        s6_anomaly::flag_clocks(time, None, received, settings, &mut remarks);
    }
    if is_late {
        remarks.insert(IssueCode::OutOfOrder);
    }
    remarks
}

/// Stage 1.
fn structure<'a>(raw: &RawFunding<'a>, issues: &mut IssueSet) -> Result<Texts<'a>, Refusal> {
    let (symbol_key, time_key, rate_key) = raw.keys;
    s1_structure::all_there(&[(raw.symbol, symbol_key)])?;
    let symbol = s1_structure::text(raw.symbol, symbol_key)?;
    let time_fault = Refusal::new(IssueCode::Timestamp, time_key);
    let time = match raw.time {
        RawField::Missing => None,
        field => Some(s1_structure::scalar(
            field,
            raw.time_type,
            time_fault,
            issues,
        )?),
    };
    let mut number = |field, usual, key| {
        s1_structure::optional(field, usual, Refusal::new(IssueCode::Type, key), issues)
    };
    let rate = number(raw.rate, JsonType::Text, rate_key)?;
    let mark_price = number(raw.mark_price, JsonType::Text, "mark_price")?;
    let index_price = number(raw.index_price, JsonType::Text, "index_price")?;
    let next_funding = number(raw.next_funding, JsonType::Any, "next_funding")?;
    let is_empty = rate.is_none() && mark_price.is_none() && index_price.is_none();
    if is_empty && !raw.is_delta {
        return Err(Refusal::new(IssueCode::Missing, rate_key));
    }
    s1_structure::byte_order_mark(raw.has_byte_order_mark, issues);
    Ok(Texts {
        symbol,
        time,
        rate,
        mark_price,
        index_price,
        next_funding,
    })
}

/// Stage 2.
fn fields<'a>(
    raw: &RawFunding<'_>,
    texts: &Texts<'a>,
    unit: TimeUnit,
    received: Option<UnixNanos>,
    issues: &mut IssueSet,
) -> Result<Values<'a>, Refusal> {
    let (_, time_key, rate_key) = raw.keys;
    let time = texts
        .time
        .map(|text| s2_fields::time(text, time_key, unit, received, issues));
    let rate = texts
        .rate
        .map(|text| s2_fields::signed_amount(text, rate_key));
    let price = |text: Option<&'a [u8]>, key| text.map(|text| s2_fields::amount(text, key));
    let next_funding = texts.next_funding.filter(|text| *text != b"0").map(|text| {
        let time = s2_fields::plain_time(text, TimeUnit::Milliseconds);
        time.ok_or(Refusal::new(IssueCode::Timestamp, "next_funding"))
    });
    Ok(Values {
        time: time.transpose()?,
        rate: rate.transpose()?,
        mark_price: price(texts.mark_price, "mark_price").transpose()?,
        index_price: price(texts.index_price, "index_price").transpose()?,
        next_funding: next_funding.transpose()?,
    })
}

/// Stage 4.
fn precision(
    raw: &RawFunding<'_>,
    values: &Values<'_>,
    issues: &mut IssueSet,
) -> Result<FundingState, Refusal> {
    let mut exact = |amount: Option<Amount<'_>>, key| {
        let amount = amount.map(|amount| s4_precision::exact_price(amount, key, issues));
        amount.transpose()
    };
    Ok(FundingState {
        rate: exact(values.rate, raw.keys.2)?,
        mark_price: exact(values.mark_price, "mark_price")?,
        index_price: exact(values.index_price, "index_price")?,
        interval_ns: raw.interval_ns,
        next_funding: values.next_funding,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleaning::fixture::{Fixture, NOW_MS, RECEIVED, text, told};

    const NOW: &str = "1790526539672";

    fn raw(content: &'static str) -> RawFunding<'static> {
        RawFunding {
            channel: "tickers",
            is_delta: false,
            keys: ("symbol", "ts", "fundingRate"),
            time_type: JsonType::Number,
            stream_symbol: None,
            symbol: RawField::Text(b"BTC"),
            time: RawField::Number(NOW.as_bytes()),
            rate: RawField::Text(b"-0.00010000"),
            mark_price: RawField::Text(b"84000.5"),
            index_price: RawField::Missing,
            next_funding: RawField::Text(b"1790553600000"),
            interval_ns: None,
            metadata: &[],
            content: content.as_bytes(),
            has_byte_order_mark: false,
        }
    }

    fn clean(fixture: &mut Fixture, raw: &RawFunding<'_>) -> String {
        let (counters, reports) = (&mut fixture.counters, &mut fixture.reports);
        let verdict = fixture
            .pipeline
            .clean_funding(raw, RECEIVED, counters, reports);
        told(verdict, |event| {
            let next = event.next_funding.map_or(0, |time| time.get() / 1_000_000);
            let prices = (text(event.mark_price), text(event.index_price));
            let shown = format!("{} {} {} {next}", text(event.rate), prices.0, prices.1);
            (shown, event.head.issues)
        })
    }

    #[test]
    fn a_delta_changes_the_state_and_is_an_event_of_all_of_it() {
        let mut fixture = Fixture::new(None);
        let empty = RawFunding {
            is_delta: true,
            rate: RawField::Missing,
            mark_price: RawField::Missing,
            next_funding: RawField::Missing,
            ..raw("1")
        };
        assert_eq!(clean(&mut fixture, &empty), "unsupported");
        assert_eq!(
            clean(&mut fixture, &raw("2")),
            "-0.0001 84000.5 - 1790553600000"
        );
        assert_eq!(clean(&mut fixture, &raw("2")), "duplicate");
        let change = RawFunding {
            index_price: RawField::Text(b"84001"),
            content: b"3",
            ..empty
        };
        assert_eq!(
            clean(&mut fixture, &change),
            "-0.0001 84000.5 84001 1790553600000"
        );
        let late = (NOW_MS - 1).to_string();
        let late = RawFunding {
            rate: RawField::Text(b"0.5"),
            time: RawField::Number(late.as_bytes()),
            content: b"4",
            ..change
        };
        assert!(clean(&mut fixture, &late).ends_with("out_of_order"));
        assert!(
            clean(
                &mut fixture,
                &RawFunding {
                    content: b"5",
                    ..empty
                }
            )
            .starts_with("-0.0001 ")
        );
        assert_eq!(fixture.counters.events_by_type()[2].1, 4);
        assert_eq!(fixture.reports.len(), 1);
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn faults_are_found_in_the_order_of_the_stages() {
        let mut fixture = Fixture::new(None);
        let number = RawField::Number(b"0.1");
        for (raw, expected) in [
            (
                RawFunding {
                    symbol: RawField::Missing,
                    ..raw("")
                },
                "missing 1 symbol",
            ),
            (
                RawFunding {
                    time: RawField::Null,
                    ..raw("")
                },
                "timestamp 1 ts",
            ),
            (
                RawFunding {
                    time: RawField::Number(b"1"),
                    ..raw("")
                },
                "timestamp 2 ts",
            ),
            (
                RawFunding {
                    rate: RawField::Bool(true),
                    ..raw("")
                },
                "type 1 fundingRate",
            ),
            (
                RawFunding {
                    rate: RawField::Text(b"x"),
                    ..raw("")
                },
                "decimal_syntax 2 fundingRate",
            ),
            (
                RawFunding {
                    mark_price: RawField::Text(b"-1"),
                    ..raw("")
                },
                "range 2 mark_price",
            ),
            (
                RawFunding {
                    next_funding: RawField::Text(b"7"),
                    ..raw("")
                },
                "timestamp 2 next_funding",
            ),
            (
                RawFunding {
                    symbol: RawField::Text(b"ETH"),
                    ..raw("")
                },
                "unknown_symbol 3 symbol",
            ),
            (
                RawFunding {
                    rate: RawField::Text(b"-1e17"),
                    ..raw("")
                },
                "range 4 fundingRate",
            ),
            (
                RawFunding {
                    rate: number,
                    content: b"a",
                    ..raw("")
                },
                "0.1 84000.5 - 1790553600000 unexpected_json_type",
            ),
            (
                RawFunding {
                    rate: RawField::Text(b""),
                    mark_price: RawField::Missing,
                    ..raw("")
                },
                "missing 1 fundingRate",
            ),
            (
                RawFunding {
                    next_funding: RawField::Number(b"0"),
                    content: b"b",
                    ..raw("")
                },
                "-0.0001 84000.5 - 0",
            ),
        ] {
            assert_eq!(clean(&mut fixture, &raw), expected);
        }
    }
}
