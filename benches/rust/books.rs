//! Time of a changed price level, on a recorded session.
//!
//! `levels` replays every delta of the session, `frames` the same deltas without their levels: the
//! difference, divided by the number of levels, is what a level costs beyond the frame.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a bench"
)]

#[path = "../../tests/rust/recorded_books.rs"]
mod recorded;

use std::hint::black_box;
use std::time::{Duration, Instant};

use _core::book::BookTrack;
use _core::model::{BookAction, BookRule};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use recorded::{Message, observe, recording, track};

const SESSIONS: [(&str, BookRule, &str); 3] = [
    (
        "spot",
        BookRule::FirstAfterLast,
        "binance_spot_btcusdt_20240808.jsonl.gz",
    ),
    (
        "usdm",
        BookRule::PrevIsLast,
        "binance_usdm_btcusdt_20240808.jsonl.gz",
    ),
    (
        "coinm",
        BookRule::PrevIsLast,
        "binance_coinm_btcusd_perp_20240808.jsonl.gz",
    ),
];

/// Returns a live book and the deltas that follow.
fn session(rule: BookRule, name: &str) -> Option<(BookTrack, Vec<Message>)> {
    let mut messages = recording(name)?;
    messages.retain(|message| message.channel == "depth");
    let at = messages
        .iter()
        .position(|message| message.action == BookAction::Snapshot)?;
    let deltas = messages.split_off(at + 1);
    let mut book = track(rule, messages.first()?);
    let mut reports = Vec::new();
    for message in &messages {
        observe(&mut book, message, &mut reports);
    }
    Some((book, deltas))
}

fn replay(book: &mut BookTrack, deltas: &[Message]) {
    let mut reports = Vec::new();
    for delta in deltas {
        black_box(observe(book, delta, &mut reports));
    }
}

/// Returns the shortest of some replays.
fn shortest(book: &BookTrack, deltas: &[Message]) -> Duration {
    let run = || {
        let mut book = book.clone();
        let start = Instant::now();
        replay(&mut book, deltas);
        start.elapsed()
    };
    (0..15).map(|_| run()).min().unwrap_or_default()
}

fn bench_books(criterion: &mut Criterion) {
    for (name, rule, file) in SESSIONS {
        let Some((book, deltas)) = session(rule, file) else {
            continue;
        };
        let bare: Vec<_> = deltas.iter().map(Message::without_levels).collect();
        let levels: usize = deltas
            .iter()
            .flat_map(|delta| &delta.levels)
            .map(Vec::len)
            .sum();
        let (full, empty) = (shortest(&book, &deltas), shortest(&book, &bare));
        eprintln!(
            "{name}: {} deltas, {levels} levels: {:.1} ns a level beyond {:.1} ns a frame",
            deltas.len(),
            full.saturating_sub(empty).as_nanos() as f64 / levels as f64,
            empty.as_nanos() as f64 / deltas.len() as f64,
        );
        let mut group = criterion.benchmark_group(format!("books/{name}"));
        group.throughput(Throughput::Elements(levels as u64));
        for (part, deltas) in [("levels", &deltas), ("frames", &bare)] {
            group.bench_function(part, |bencher| {
                bencher.iter_batched_ref(
                    || book.clone(),
                    |book| replay(book, deltas),
                    BatchSize::LargeInput,
                );
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2));
    targets = bench_books
}
criterion_main!(benches);
