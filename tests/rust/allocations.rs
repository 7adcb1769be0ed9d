//! In steady state a frame costs no heap allocation.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    reason = "a counting allocator is unsafe by its signature; a panic is how a test reports"
)]

#[path = "../../benches/rust/workload.rs"]
mod workload;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use _core::engine::{Reply, Slices};
use workload::{Buffer, frames, normalizer, received};

thread_local! {
    /// Allocations of this thread: the test harness has threads of its own.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

fn count() {
    // A thread that is ending has no counter any more; it is not the one under test.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of pushing frames 2,000 to 10,000 in calls of `size`, after 2,000 to warm up.
fn allocations(size: usize, spell: impl Fn(Vec<u8>) -> Vec<u8>) -> (u64, u64) {
    let frames: Vec<_> = frames(10_000).into_iter().map(spell).collect();
    let (mut normalizer, mut sink) = (normalizer(), Buffer::new());
    let (mut before, mut events) = (0, 0);
    for (index, chunk) in frames.chunks(size).enumerate() {
        if index * size == 2_000 {
            before = COUNT.with(Cell::get);
        }
        let source = Slices {
            frames: chunk,
            received: received(index * size),
        };
        events += normalizer.push(&source, None, &mut sink).events;
    }
    (COUNT.with(Cell::get) - before, events)
}

#[test]
fn usual_frames_allocate_nothing() {
    assert_eq!(allocations(1_000, |frame| frame), (0, 10_000));
    assert_eq!(allocations(1, |frame| frame), (0, 10_000));
}

#[test]
fn frames_that_take_the_general_parser_allocate_nothing_either() {
    let spaced = |frame: Vec<u8>| {
        String::from_utf8(frame)
            .unwrap()
            .replace(",\"", ", \"")
            .into_bytes()
    };
    assert_eq!(allocations(1_000, spaced), (0, 10_000));
}

#[test]
fn a_kept_book_allocates_nothing() {
    let (mut normalizer, mut sink) = (normalizer(), Buffer::new());
    let (url, body) = workload::depth_reply();
    let reply = Reply {
        url,
        body: body.as_bytes(),
        received: received(0),
    };
    normalizer.push_reply(&reply, None, &mut sink);
    let (mut before, mut events) = (0, 0);
    let frames = workload::depth_frames(6_000);
    // The first push is the longest: buffers grow to it.
    let (first, rest) = frames.split_at(2_000);
    for (index, frames) in core::iter::once(first).chain(rest.chunks(100)).enumerate() {
        if index == 20 {
            before = COUNT.with(Cell::get);
        }
        let source = Slices {
            frames,
            received: received(2_000 + index * 100),
        };
        events += normalizer.push(&source, None, &mut sink).events;
    }
    let counted = COUNT.with(Cell::get) - before;
    let live = normalizer
        .books()
        .map(|book| (book.channel, book.state.name()));
    assert_eq!(live.collect::<Vec<_>>(), [("depth", "live")]);
    assert_eq!((counted, events), (0, 6_000));
}

#[test]
fn the_counter_counts() {
    let before = COUNT.with(Cell::get);
    let boxed = std::hint::black_box(Box::new(7));
    assert_eq!(COUNT.with(Cell::get) - before, *boxed / 7);
}
