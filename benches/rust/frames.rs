//! Frames a second through parse, six stages and encode, without Python.
//!
//! A regression here means that a core carries less of the market than before.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench")]

mod workload;

use _core::engine::Slices;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use workload::{Buffer, frames, normalizer, received};

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

criterion_group!(benches, bench_frames);
criterion_main!(benches);
