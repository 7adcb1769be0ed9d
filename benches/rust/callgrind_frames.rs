//! Pushes N real-shaped frames in calls of 1,000, or of as many as the second argument says.
//!
//! `valgrind --tool=callgrind` on N and on 2N gives instructions a frame by difference, free of the
//! noise of a shared machine: `callgrind_frames 20000` and `callgrind_frames 40000`, the same with
//! a second argument of 1 for the fixed cost of a call.
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
    let argument = |index, default| {
        let text = std::env::args().nth(index);
        text.map_or(default, |text| text.parse().unwrap())
    };
    let (count, batch): (usize, usize) = (argument(1, 20_000), argument(2, 1_000));
    // The frames are made once and for the larger run, so that making them cancels out too.
    let frames = frames(count.max(100_000));
    let (mut normalizer, mut sink) = (normalizer(), Buffer::new());
    let mut events = 0;
    for (index, frames) in frames.get(..count).unwrap().chunks(batch).enumerate() {
        let source = Slices {
            frames,
            received: received(index * batch),
        };
        events += normalizer.push(&source, None, &mut sink).events;
    }
    println!("{events} events in {} batches", sink.batches);
}
