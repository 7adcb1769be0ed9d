//! Six stages from a raw record to a graded event, a duplicate or a quarantine record.
//!
//! `docs/cleaning.md` has the rules; each file here names its part of them. Integer arithmetic only,
//! no IO, no clock, no venue.

mod book_stream;
mod books;
mod content;
mod continuity;
mod counters;
#[cfg(test)]
mod fixture;
mod fundings;
mod gaps;
mod instruments;
mod levels;
mod liquidations;
mod pipeline;
mod reference;
mod ring;
mod s1_structure;
mod s2_fields;
mod s3_symbol;
mod s4_precision;
mod s5_receive_time;
mod s6_anomaly;
mod sessions;
mod settings;
mod short_text;
mod states;
mod stream;
mod verdict;
mod waiting;
mod window;
mod windowed;

pub use book_stream::{BookInfo, SnapshotSource};
pub use books::MAX_LEVELS;
pub use counters::{Counters, StageCounts};
pub use pipeline::Pipeline;
pub use sessions::{StreamChange, StreamEvent};
pub use settings::{Settings, TimeUnit};
pub use verdict::{OpenGap, Rejected, Verdict};
