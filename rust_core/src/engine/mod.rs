//! The one loop that joins adapters, cleaning and wire: frames in, encoded batches out.

mod events;
mod kept;
mod learning;
mod markets;
mod normalizer;
mod outlets;
mod patience;
mod ports;
mod queries;
mod replay;
mod setup;
mod statements;
mod tops;
mod unsupported;

pub use normalizer::{Normalizer, Reply};
pub use ports::{Frames, Sink, Slices, Tally};
pub use replay::{ABSENT, BookColumns, BookReplay, ColumnError, SideColumns};
pub use setup::{KeepRaw, Setup, SetupError, SetupInstrument};
pub use statements::{StreamEvent, StreamsChange};
pub use tops::{BookTops, SideTops};
