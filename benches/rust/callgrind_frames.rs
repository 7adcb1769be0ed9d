//! Pushes N real-shaped frames in calls of 1,000.
//!
//! `valgrind --tool=callgrind` on N and on 2N gives instructions a frame by difference, free of the
//! noise of a shared machine: `callgrind_frames 20000` and `callgrind_frames 40000`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool for people"
)]

#[path = "workload.rs"]
mod workload;

use _core::engine::Slices;
use workload::{Buffer, frames, normalizer, received};

fn main() {
    let count = std::env::args()
        .nth(1)
        .map_or(20_000, |text| text.parse().unwrap());
    // The frames are made once and for the larger run, so that making them cancels out too.
    let frames = frames(count.max(100_000));
    let (mut normalizer, mut sink) = (normalizer(), Buffer::new());
    let mut events = 0;
    for (index, frames) in frames.get(..count).unwrap().chunks(1_000).enumerate() {
        let source = Slices {
            frames,
            received: received(index * 1_000),
        };
        events += normalizer.push(&source, None, &mut sink).events;
    }
    println!("{events} events in {} batches", sink.batches);
}
