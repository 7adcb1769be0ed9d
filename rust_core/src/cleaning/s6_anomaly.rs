//! Stage 6, anomaly flagging: continuity, then times, price band and quantity.

use super::continuity::{Arrival, Observation};
use super::settings::Settings;
use super::stream::Stream;
use crate::model::{IssueCode, IssueSet, UnixNanos};

/// Remarks what is odd about an accepted event and lets it move the averages.
///
/// `latest` is the stream's latest event as it was before this one: its time and published time.
#[inline]
pub(super) fn flag(
    stream: &mut Stream,
    seen: &Observation,
    arrival: Arrival,
    latest: Option<(UnixNanos, Option<UnixNanos>)>,
    settings: &Settings,
    issues: &mut IssueSet,
) {
    match arrival {
        Arrival::First | Arrival::InSequence => {}
        Arrival::AfterGap => issues.insert(IssueCode::SequenceGap),
        Arrival::Late => issues.insert(IssueCode::OutOfOrder),
        Arrival::Jump => issues.insert(IssueCode::SequenceJump),
    }
    flag_times(seen, arrival, latest, settings, issues);
    let remarks = stream.reference.judge(seen.price, seen.quantity, seen.time);
    if remarks.is_price_off {
        issues.insert(IssueCode::PriceBand);
    }
    if remarks.is_quantity_off {
        issues.insert(IssueCode::QuantitySpike);
    }
}

#[inline]
fn flag_times(
    seen: &Observation,
    arrival: Arrival,
    latest: Option<(UnixNanos, Option<UnixNanos>)>,
    settings: &Settings,
    issues: &mut IssueSet,
) {
    flag_clocks(seen.time, seen.published, seen.received, settings, issues);
    if arrival == Arrival::InSequence
        && let Some((time, published)) = latest
    {
        let is_published_earlier = seen
            .published
            .zip(published)
            .is_some_and(|(this, before)| this < before);
        if seen.time < time || is_published_earlier {
            issues.insert(IssueCode::TimeReversed);
        }
    }
}

/// Remarks times of one event that contradict each other.
#[inline]
pub(super) fn flag_clocks(
    time: UnixNanos,
    published: Option<UnixNanos>,
    received: Option<UnixNanos>,
    settings: &Settings,
    issues: &mut IssueSet,
) {
    if let Some(received) = received {
        let ahead = i128::from(time.get()) - i128::from(received.get());
        if ahead > i128::from(settings.future_after_ns) {
            issues.insert(IssueCode::FutureTimestamp);
        }
        if settings.stale_after_ns != 0 && -ahead > i128::from(settings.stale_after_ns) {
            issues.insert(IssueCode::StaleTimestamp);
        }
    }
    if published.is_some_and(|published| published < time) {
        issues.insert(IssueCode::TimeReversed);
    }
}
