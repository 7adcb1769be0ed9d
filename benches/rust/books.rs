//! CPU time of a changed price level, on recorded sessions.
//!
//! Replays every delta of a session, then the same deltas without their levels: the difference,
//! divided by the number of levels, is what a level costs beyond the frame. The shortest of many
//! replays counts, in CPU time of this thread where the system tells it, because a machine that does
//! other things too makes every single one longer.
//!
//! A number as argument says how many replays: `valgrind --tool=callgrind` on the built program with 1
//! and with 2 gives the instructions of one replay by difference, bare ones included.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a bench"
)]

#[path = "../../tests/rust/recorded_books.rs"]
mod recorded;

use std::fs;
use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use _core::book::BookTrack;
use _core::model::{BookAction, BookRule};
use recorded::{Message, observe, recording, track};

const SESSIONS: [(BookRule, &str); 3] = [
    (
        BookRule::FirstAfterLast,
        "binance_spot_btcusdt_20240808.jsonl.gz",
    ),
    (
        BookRule::PrevIsLast,
        "binance_usdm_btcusdt_20240808.jsonl.gz",
    ),
    (
        BookRule::PrevIsLast,
        "binance_coinm_btcusd_perp_20240808.jsonl.gz",
    ),
];

fn main() {
    let replays = std::env::args().find_map(|argument| argument.parse().ok());
    let replays = replays.unwrap_or(100);
    for (rule, name) in SESSIONS {
        let Some((book, deltas)) = session(rule, name) else {
            continue;
        };
        let bare: Vec<_> = deltas.iter().map(Message::without_levels).collect();
        let levels = deltas.iter().flat_map(|delta| &delta.levels).map(Vec::len);
        let levels: usize = levels.sum();
        let (full, empty) = (
            shortest(replays, &book, &deltas),
            shortest(replays, &book, &bare),
        );
        println!(
            "{name}: {} deltas, {levels} levels: {:.1} ns a level beyond {:.1} ns a frame",
            deltas.len(),
            full.saturating_sub(empty).as_nanos() as f64 / levels as f64,
            empty.as_nanos() as f64 / deltas.len() as f64,
        );
    }
}

/// Returns a live book and the deltas that follow.
fn session(rule: BookRule, name: &str) -> Option<(BookTrack, Vec<Message>)> {
    let mut messages = recording(name)?;
    messages.retain(|message| message.channel == "depth");
    let is_snapshot = |message: &Message| message.action == BookAction::Snapshot;
    let at = messages.iter().position(is_snapshot)?;
    let deltas = messages.split_off(at + 1);
    let mut book = track(rule, messages.first()?);
    let mut reports = Vec::new();
    for message in &messages {
        observe(&mut book, message, &mut reports);
    }
    Some((book, deltas))
}

fn shortest(replays: usize, book: &BookTrack, deltas: &[Message]) -> Duration {
    let run = |_| {
        let (mut book, mut reports) = (book.clone(), Vec::new());
        let start = cpu_time();
        for delta in deltas {
            black_box(observe(&mut book, delta, &mut reports));
        }
        cpu_time().saturating_sub(start)
    };
    (0..replays).map(run).min().unwrap_or_default()
}

/// Returns the CPU time of this thread, elsewhere than on Linux the time that passed.
fn cpu_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    // The kernel counts a slice of time when it ends.
    std::thread::yield_now();
    let counted = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = counted.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| START.elapsed(), Duration::from_nanos)
}
