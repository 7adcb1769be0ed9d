//! The Python face: extract, call the core, convert. No rule and no loop over data lives here.

use pyo3::prelude::*;

mod arrow;
mod backtest;
mod book_replay;
mod books;
mod columns;
mod copy;
mod decode;
mod errors;
mod frames;
mod indicators;
mod native_format;
mod normalizer;
mod parquet;
mod push_result;
mod sinks;

/// Keeps freed memory for a second before the system gets it back. A table of a chunk is freed when
/// the next one is made: with the system's allocator each of its pages is mapped and cleared again.
#[cfg(feature = "allocator")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule]
mod _core {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::backtest::{ContentHash, RunRows, Simulator};
    #[pymodule_export]
    use super::book_replay::BookReplay;
    #[pymodule_export]
    use super::columns::{ColumnRows, floats, merge_rows, repeats};
    #[pymodule_export]
    use super::copy::{CopiedRows, CopyDecoder, CopyEncoder};
    #[pymodule_export]
    use super::decode::{BatchInfo, Events, crc32c, decode, decode_rows, inspect, topic};
    #[pymodule_export]
    use super::errors::TapelineError;
    #[pymodule_export]
    use super::indicators::IndicatorStream;
    #[pymodule_export]
    use super::native_format::NativeEncoder;
    #[pymodule_export]
    use super::normalizer::Normalizer;
    #[pymodule_export]
    use super::parquet::{
        RowOrder, StoredRows, decode_decimals, decode_wholes, encode_parquet, time_order,
    };
    #[pymodule_export]
    use super::push_result::PushResult;

    /// Adds what a `use` cannot: the classes that are made at run time.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::errors::add_to(module)
    }
}
