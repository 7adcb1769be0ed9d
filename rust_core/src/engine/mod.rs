//! The one loop that joins adapters, cleaning and wire: frames in, encoded batches out.

mod normalizer;
mod outlets;
mod ports;
mod unsupported;

pub use normalizer::{ConnectionState, KeepRaw, Normalizer, Setup, SetupError};
pub use ports::{Frames, Sink, Slices, Tally};
