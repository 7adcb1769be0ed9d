//! Frames a second through parse, six stages and encode, without Python.
//!
//! A regression here means that a core carries less of the market than before.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

mod workload;

use _core::engine::{Reply, Slices};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use workload::{Buffer, depth_frames, depth_reply, frames, normalizer, received};

fn bench_frames(criterion: &mut Criterion) {
    let frames = frames(1_000);
    let mut group = criterion.benchmark_group("frames");
    for size in [1, 1_000] {
        let frames = frames.get(..size).unwrap();
        group.throughput(Throughput::Elements(size as u64));
        group.bench_function(format!("push_{size}"), |bencher| {
            bencher.iter_batched_ref(
                || (normalizer(), Buffer::new()),
                |(normalizer, sink)| {
                    normalizer.push(
                        &Slices {
                            frames,
                            received: received(size),
                        },
                        None,
                        sink,
                    )
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

/// Depth updates of 20 levels into a book that is live.
fn bench_depth(criterion: &mut Criterion) {
    let frames = depth_frames(1_000);
    let (url, body) = depth_reply();
    let body = body.as_bytes();
    let mut group = criterion.benchmark_group("depth");
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("push_1000", |bencher| {
        bencher.iter_batched_ref(
            || {
                let (mut normalizer, mut sink) = (normalizer(), Buffer::new());
                let received = received(0);
                normalizer.push_reply(
                    &Reply {
                        url,
                        body,
                        received,
                    },
                    None,
                    &mut sink,
                );
                (normalizer, sink)
            },
            |(normalizer, sink)| {
                let (frames, received) = (frames.as_slice(), received(1_000));
                normalizer.push(&Slices { frames, received }, None, sink)
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, bench_frames, bench_depth);
criterion_main!(benches);
