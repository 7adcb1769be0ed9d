//! What the tests of the pipeline share.

use std::sync::Arc;

use super::{Counters, Pipeline, Settings, Verdict};
use crate::model::{Coverage, Decimal, Instrument, IssueSet, UnixNanos};

/// 2026-09-27, in milliseconds.
pub(super) const NOW_MS: i64 = 1_790_526_539_672;
pub(super) const RECEIVED: Option<UnixNanos> = Some(UnixNanos::new(NOW_MS * 1_000_000));

/// A pipeline with one instrument, `BTC`, and what it writes to.
pub(super) struct Fixture {
    pub(super) pipeline: Pipeline,
    pub(super) counters: Counters,
    pub(super) reports: Vec<Coverage>,
}

impl Fixture {
    pub(super) fn new(contract_size: Option<&str>) -> Self {
        let text = |text: &str| text.to_owned();
        let instrument = Instrument {
            exchange: text("venue"),
            market: text("swap"),
            symbol: text("BTC/USD:BTC"),
            raw_symbol: text("BTC"),
            contract_size: contract_size.map(|size| Decimal::parse(size.as_bytes()).unwrap()),
            funding_interval_ns: None,
        };
        Self {
            pipeline: Pipeline::new(&[Arc::new(instrument)], Settings::default()),
            counters: Counters::default(),
            reports: Vec::new(),
        }
    }
}

/// Returns a verdict in one line: what `show` says of an event with the names of its issues, or the
/// reason, stage and field of a quarantine.
pub(super) fn told<E>(verdict: Verdict<E>, show: impl FnOnce(&E) -> (String, IssueSet)) -> String {
    match verdict {
        Verdict::Event(_, event) => {
            let (shown, issues) = show(&event);
            let names = issues.numbers().filter_map(|number| {
                let code = crate::model::IssueCode::from_number(u32::from(number))?;
                Some(format!(" {}", code.name()))
            });
            shown + &names.collect::<String>()
        }
        Verdict::Duplicate(_) => "duplicate".to_owned(),
        Verdict::Unsupported => "unsupported".to_owned(),
        Verdict::Quarantine(rejected) => format!(
            "{} {} {}",
            rejected.reason.name(),
            rejected.stage,
            rejected.field
        ),
    }
}

/// Returns a decimal's text, `-` for none.
pub(super) fn text(decimal: Option<Decimal>) -> String {
    decimal.map_or("-".to_owned(), |decimal| decimal.to_string())
}
