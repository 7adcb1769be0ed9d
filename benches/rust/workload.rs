//! Frames like those of the recordings, and a place to put what comes out.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "shared by benches, examples and tests, none of which uses all of it"
)]

use _core::adapters::ControlKind;
use _core::cleaning::Settings;
use _core::engine::{KeepRaw, Normalizer, Setup, SetupInstrument, Sink};
use _core::model::UnixNanos;
use _core::wire::EncodedBatch;

/// First receive time, in nanoseconds; frame `n` of [`frames`] happens `n` milliseconds later.
pub const START_MS: u64 = 1_723_161_255_342;

/// Returns the receive time that suits frame `index`.
pub fn received(index: usize) -> Option<UnixNanos> {
    let millis = i64::try_from(START_MS).unwrap() + i64::try_from(index).unwrap();
    Some(UnixNanos::new((millis + 5) * 1_000_000))
}

/// Makes `count` combined-stream trades: contiguous ids, a price that wanders, usual quantities.
pub fn frames(count: usize) -> Vec<Vec<u8>> {
    (0..u64::try_from(count).unwrap())
        .map(|n| {
            let (time, id) = (START_MS + n, 3_735_683_259 + n);
            let (cents, lots) = ((n * 7_919) % 10_000, 1_000 + (n * 104_729) % 90_000);
            let (whole, rest) = (61_800 + cents / 100, cents % 100);
            let maker = n.is_multiple_of(2);
            format!(
                r#"{{"stream":"btcusdt@trade","data":{{"e":"trade","E":{},"s":"BTCUSDT","t":{id},"p":"{whole}.{rest:02}000000","q":"0.{lots:05}000","T":{time},"m":{maker},"M":true}}}}"#,
                time + 1
            )
            .into_bytes()
        })
        .collect()
}

/// Address and body of a snapshot to which [`depth_frames`] join.
pub fn depth_reply() -> (&'static str, String) {
    let side = |from: u64| {
        let levels = (0..200).map(|n| format!(r#"["{}.00000000","1.50000000"]"#, from + n));
        levels.collect::<Vec<_>>().join(",")
    };
    let (bids, asks) = (side(61_600), side(61_801));
    let body = format!(r#"{{"lastUpdateId":63999999999,"bids":[{bids}],"asks":[{asks}]}}"#);
    (
        "https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000",
        body,
    )
}

/// Makes `count` combined-stream depth updates that join one another, of 20 levels each.
pub fn depth_frames(count: usize) -> Vec<Vec<u8>> {
    let side = |n: u64, from: u64| {
        let level = |k: u64| {
            let (price, lots) = (from + (n * 7 + k * 13) % 200, (n * 7_919 + k) % 90_000);
            let lots = if (n + k).is_multiple_of(5) {
                0
            } else {
                lots + 1_000
            };
            format!(r#"["{price}.00000000","0.{lots:05}000"]"#)
        };
        (0..10).map(level).collect::<Vec<_>>().join(",")
    };
    (0..u64::try_from(count).unwrap())
        .map(|n| {
            let (time, first) = (START_MS + n, 64_000_000_000 + n * 3);
            let (bids, asks) = (side(n, 61_600), side(n, 61_801));
            format!(
                r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":{time},"s":"BTCUSDT","U":{first},"u":{},"b":[{bids}],"a":[{asks}]}}}}"#,
                first + 2
            )
            .into_bytes()
        })
        .collect()
}

/// Makes a normalizer that knows BTC/USDT.
pub fn normalizer() -> Normalizer {
    let instrument = SetupInstrument {
        raw_symbol: "BTCUSDT".to_owned(),
        symbol: "BTC/USDT".to_owned(),
        market: "spot".to_owned(),
        contract_size: None,
        funding_interval_ns: None,
    };
    normalizer_of("binance", "spot", vec![instrument], 0)
}

/// Makes a normalizer of any market.
pub fn normalizer_of(
    exchange: &str,
    market: &str,
    instruments: Vec<SetupInstrument>,
    book_every: u32,
) -> Normalizer {
    Normalizer::new(Setup {
        exchange: exchange.to_owned(),
        market: market.to_owned(),
        instruments,
        producer: "workload".to_owned(),
        max_frame_bytes: 4_194_304,
        keep_raw: KeepRaw::Imperfect,
        book_every,
        gap_patience_ns: 0,
        cleaning: Settings::default(),
    })
    .unwrap()
}

/// Writes every batch over the one before, as a socket's buffer would.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    /// Batches taken.
    pub batches: u64,
}

impl Buffer {
    /// Makes a buffer that need not grow.
    pub fn new() -> Self {
        Self {
            bytes: vec![0; 1 << 20],
            batches: 0,
        }
    }
}

impl Sink for Buffer {
    fn message(&mut self, _route: usize, batch: &EncodedBatch<'_>) {
        self.bytes.clear();
        self.bytes.extend_from_slice(batch.as_bytes());
        self.batches += 1;
    }

    fn control(&mut self, _index: usize, _kind: ControlKind, _frame: &[u8]) {}

    fn discard(&mut self) {}
}
