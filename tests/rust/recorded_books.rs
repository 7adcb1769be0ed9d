//! Recorded order-book messages, read by a plain JSON reader of the tests.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "shared by tests and benches, none of which uses all of it"
)]

use std::path::PathBuf;
use std::process::Command;

use _core::book::{BookTrack, BookUpdate, Outcome};
use _core::model::{
    BookAction, BookDepth, BookOrigin, BookRule, Coverage, Decimal, Level, ProofLevel, RawLevel,
    UnixNanos,
};
use serde_json::Value;

/// One order-book message.
#[derive(Clone, Debug)]
pub struct Message {
    pub symbol: String,
    pub channel: String,
    pub action: BookAction,
    pub origin: BookOrigin,
    pub first_id: Option<i64>,
    pub last_id: Option<i64>,
    pub prev_id: Option<i64>,
    pub time: Option<UnixNanos>,
    pub hash: u64,
    pub texts: [Vec<(Vec<u8>, Vec<u8>)>; 2],
    pub levels: [Vec<Level>; 2],
    pub checksum: Option<i32>,
}

impl Message {
    fn new(symbol: &str, channel: &str, raw: &str, sides: [&Value; 2], time: &Value) -> Self {
        let texts = sides.map(|side| {
            let text = |value: &Value| value.as_str().unwrap().as_bytes().to_vec();
            let levels = side.as_array().unwrap().iter();
            levels
                .map(|level| (text(&level[0]), text(&level[1])))
                .collect::<Vec<_>>()
        });
        let decimal = |text: &[u8]| Decimal::parse(text).unwrap();
        let levels = [&texts[0], &texts[1]].map(|side| {
            let levels = side.iter();
            levels
                .map(|(price, quantity)| Level {
                    price: decimal(price),
                    quantity: decimal(quantity),
                })
                .collect()
        });
        let millis = time.as_i64().or_else(|| time.as_str()?.parse().ok());
        Self {
            symbol: symbol.to_owned(),
            channel: channel.to_owned(),
            action: BookAction::Delta,
            origin: BookOrigin::Wire,
            first_id: None,
            last_id: None,
            prev_id: None,
            time: millis.map(|millis| UnixNanos::new(millis * 1_000_000)),
            hash: hash(raw.as_bytes()),
            texts,
            levels,
            checksum: None,
        }
    }

    /// Returns the same message with no level changed.
    pub fn without_levels(&self) -> Self {
        Self {
            texts: Default::default(),
            levels: Default::default(),
            ..self.clone()
        }
    }

    /// Calls `use_it` with the message as the book layer takes it.
    pub fn with<R>(&self, use_it: impl FnOnce(&BookUpdate<'_>) -> R) -> R {
        // Read for checksums alone; without one a vector is not even allocated.
        let count = if self.checksum.is_some() {
            usize::MAX
        } else {
            0
        };
        let [raw_bids, raw_asks] = [&self.texts[0], &self.texts[1]].map(|side| {
            let levels = side.iter().take(count);
            levels
                .map(|(price, quantity)| RawLevel { price, quantity })
                .collect::<Vec<_>>()
        });
        use_it(&BookUpdate {
            action: self.action,
            origin: self.origin,
            first_id: self.first_id,
            last_id: self.last_id,
            prev_id: self.prev_id,
            content_hash: self.hash,
            time: self.time,
            received: None,
            bids: &self.levels[0],
            asks: &self.levels[1],
            raw_bids: &raw_bids,
            raw_asks: &raw_asks,
            checksum: self.checksum,
            asked_levels: None,
        })
    }
}

/// FNV-1a: any hash does.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Returns the lines of a recording, or `None` (with a word why) where there is none.
fn lines(name: &str) -> Option<Vec<(String, String)>> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures");
    let path = std::env::var("TAPELINE_CAPTURES")
        .map_or(default, PathBuf::from)
        .join(name);
    if !path.exists() {
        eprintln!(
            "skipped: {} does not exist; set TAPELINE_CAPTURES",
            path.display()
        );
        return None;
    }
    let unpacked = Command::new("gzip")
        .arg("-dcf")
        .arg(&path)
        .output()
        .unwrap();
    let text = String::from_utf8(unpacked.stdout).unwrap();
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        (
            line["url"].as_str().unwrap().to_owned(),
            line["raw"].as_str().unwrap().to_owned(),
        )
    };
    Some(text.lines().map(line).collect())
}

/// Returns the order-book messages of a recording in their order, or `None` where there is none.
pub fn recording(name: &str) -> Option<Vec<Message>> {
    let lines = lines(name)?;
    let messages = lines.iter().filter_map(|(url, raw)| {
        let value: Value = serde_json::from_str(raw).ok()?;
        binance(url, raw, &value)
            .or_else(|| okx(raw, &value))
            .or_else(|| bybit(raw, &value))
    });
    Some(messages.collect())
}

fn binance(url: &str, raw: &str, value: &Value) -> Option<Message> {
    let data = value.get("data").unwrap_or(value);
    if let Some((_, query)) = url.split_once("/depth?") {
        let symbol = query
            .split('&')
            .find_map(|part| part.strip_prefix("symbol="))?;
        let mut message = Message::new(
            symbol,
            "depth",
            raw,
            [&data["bids"], &data["asks"]],
            &data["T"],
        );
        message.action = BookAction::Snapshot;
        message.origin = BookOrigin::Rest;
        message.last_id = data["lastUpdateId"].as_i64();
        return Some(message);
    }
    let symbol = data.get("s")?.as_str()?;
    if data["e"] == "depthUpdate" {
        let time = data.get("T").unwrap_or(&data["E"]);
        let mut message = Message::new(symbol, "depth", raw, [&data["b"], &data["a"]], time);
        message.first_id = data["U"].as_i64();
        message.last_id = data["u"].as_i64();
        message.prev_id = data["pu"].as_i64();
        return Some(message);
    }
    data.get("B")?.as_str()?;
    let side = |price: &str, size: &str| serde_json::json!([[data[price], data[size]]]);
    let (bids, asks) = (side("b", "B"), side("a", "A"));
    let mut message = Message::new(symbol, "bookTicker", raw, [&bids, &asks], &data["T"]);
    message.action = BookAction::Snapshot;
    message.last_id = data["u"].as_i64();
    Some(message)
}

fn okx(raw: &str, value: &Value) -> Option<Message> {
    let argument = value.get("arg")?;
    let channel = argument["channel"].as_str()?;
    let data = value.get("data")?.get(0)?;
    if !channel.starts_with("books") && channel != "bbo-tbt" {
        return None;
    }
    let sides = [&data["bids"], &data["asks"]];
    let mut message = Message::new(
        argument["instId"].as_str()?,
        channel,
        raw,
        sides,
        &data["ts"],
    );
    if value["action"] != "update" {
        message.action = BookAction::Snapshot;
    }
    message.last_id = data["seqId"].as_i64();
    message.prev_id = data["prevSeqId"].as_i64();
    message.checksum = data["checksum"]
        .as_i64()
        .map(|sum| i32::try_from(sum).unwrap());
    Some(message)
}

fn bybit(raw: &str, value: &Value) -> Option<Message> {
    let topic = value.get("topic")?.as_str()?;
    let (channel, symbol) = topic
        .rsplit_once('.')
        .filter(|_| topic.starts_with("orderbook."))?;
    let data = &value["data"];
    let time = value.get("cts").unwrap_or(&value["ts"]);
    let mut message = Message::new(symbol, channel, raw, [&data["b"], &data["a"]], time);
    if value["type"] == "snapshot" {
        message.action = BookAction::Snapshot;
    }
    message.last_id = data["u"].as_i64();
    Some(message)
}

/// Returns a track for the channel of a message.
pub fn track(rule: BookRule, message: &Message) -> BookTrack {
    let channel: &'static str = match message.channel.as_str() {
        "bookTicker" | "bbo-tbt" => "top",
        _ => "depth",
    };
    let is_top = channel == "top" || message.channel == "orderbook.1";
    let (rule, depth) = if is_top {
        (BookRule::Snapshots, BookDepth::L1)
    } else {
        (rule, BookDepth::L2)
    };
    BookTrack::new(rule, depth, channel, ProofLevel::ProvenGap)
}

/// Feeds a message.
pub fn observe(track: &mut BookTrack, message: &Message, reports: &mut Vec<Coverage>) -> Outcome {
    message.with(|update| track.observe(update, reports))
}
