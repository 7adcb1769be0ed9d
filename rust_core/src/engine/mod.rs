//! The one loop that joins adapters, cleaning and wire: frames in, encoded batches out.

mod normalizer;
mod outlets;
mod ports;
mod setup;
mod unsupported;

pub use normalizer::{ConnectionState, Normalizer};
pub use ports::{Frames, Sink, Slices, Tally};
pub use setup::{KeepRaw, Setup, SetupError};
