//! Six stages from a raw record to a graded event, a duplicate or a quarantine record.
//!
//! `docs/cleaning.md` has the rules; each file here names its part of them. Integer arithmetic only,
//! no IO, no clock, no venue.

mod continuity;
mod counters;
mod gaps;
mod instruments;
mod pipeline;
mod reference;
mod ring;
mod s1_structure;
mod s2_fields;
mod s3_symbol;
mod s4_precision;
mod s5_receive_time;
mod s6_anomaly;
mod settings;
mod short_text;
mod stream;

pub use counters::{Counters, StageCounts};
pub use pipeline::{OpenGap, Pipeline, Rejected, Verdict};
pub use settings::{Settings, TimeUnit};
