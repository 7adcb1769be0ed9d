use super::*;
use crate::adapters::ControlKind;
use crate::adapters::binance::spot::Spot;
use crate::cleaning::Settings;
use crate::engine::{KeepRaw, SetupInstrument, StreamEvent, StreamsChange};
use crate::model::EventType;
use crate::wire::EncodedBatch;

#[derive(Default)]
struct Collected {
    messages: Vec<(usize, String, Vec<u8>)>,
    controls: Vec<(usize, ControlKind)>,
}

impl Sink for Collected {
    fn message(&mut self, route: usize, batch: &EncodedBatch<'_>) {
        self.messages
            .push((route, batch.topic().to_owned(), batch.as_bytes().to_vec()));
    }

    fn control(&mut self, index: usize, kind: ControlKind, _frame: &[u8]) {
        self.controls.push((index, kind));
    }

    fn discard(&mut self) {
        self.messages.clear();
        self.controls.clear();
    }
}

fn normalizer() -> Normalizer {
    let pair = |raw: &str, symbol: &str| SetupInstrument {
        raw_symbol: raw.to_owned(),
        symbol: symbol.to_owned(),
        market: "spot".to_owned(),
        contract_size: None,
        funding_interval_ns: None,
    };
    Normalizer::new(Setup {
        exchange: "binance".to_owned(),
        market: "spot".to_owned(),
        instruments: vec![pair("BTCUSDT", "BTC/USDT"), pair("ETHUSDT", "ETH/USDT")],
        producer: "test".to_owned(),
        max_frame_bytes: 1_000,
        keep_raw: KeepRaw::Imperfect,
        book_every: 0,
        gap_patience_ns: 0,
        cleaning: Settings::default(),
    })
    .unwrap()
}

fn trade(symbol: &str, id: u64) -> String {
    format!(
        r#"{{"e":"trade","E":1723161255343,"s":"{symbol}","t":{id},"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}"#
    )
}

const AT: Option<UnixNanos> = Some(UnixNanos::new(1_723_161_255_400_000_000));

fn push(normalizer: &mut Normalizer, frames: &[String]) -> (Tally, Collected) {
    let mut sink = Collected::default();
    let tally = normalizer.push(
        &Slices {
            frames,
            received: AT,
        },
        None,
        &mut sink,
    );
    (tally, sink)
}

fn topics(sink: &Collected) -> Vec<&str> {
    sink.messages
        .iter()
        .map(|(_, topic, _)| topic.as_str())
        .collect()
}

#[test]
fn every_frame_has_one_verdict_and_topics_come_in_the_order_they_were_touched() {
    let mut normalizer = normalizer();
    let frames = [
        trade("ETHUSDT", 7),
        trade("BTCUSDT", 1),
        trade("BTCUSDT", 1),
        trade("XRPUSDT", 1),
        "ping".to_owned(),
        r#"{"e":"kline"}"#.to_owned(),
        trade("BTCUSDT", 2).replace("0.02000000", "x"),
        "x".repeat(1_001),
        trade("ETHUSDT", 9),
    ];
    let (tally, sink) = push(&mut normalizer, &frames);
    assert_eq!(
        tally,
        Tally {
            frames: 9,
            items: 9,
            events: 3,
            quarantined: 3,
            duplicates: 1,
            control: 1,
            unsupported: 1
        }
    );
    assert_eq!(
        topics(&sink),
        [
            "trade.binance.spot.ethusdt",
            "coverage.binance.spot.ethusdt",
            "trade.binance.spot.btcusdt",
            "coverage.binance.spot.btcusdt",
            "quarantine.binance.spot.Xunknown",
            "quarantine.binance.spot.btcusdt",
        ]
    );
    assert_eq!(sink.controls, [(4, ControlKind::Heartbeat)]);
    let gaps: Vec<_> = normalizer
        .gaps()
        .iter()
        .map(|gap| (gap.channel, gap.first, gap.last))
        .collect();
    assert_eq!(gaps, [("trade", 8, 8)]);
}

#[test]
fn a_batch_is_cut_at_256_events() {
    let frames: Vec<_> = (0..600).map(|id| trade("BTCUSDT", id)).collect();
    let (_, sink) = push(&mut normalizer(), &frames);
    let trades = topics(&sink)
        .iter()
        .filter(|topic| topic.starts_with("trade"))
        .count();
    assert_eq!(trades, 3);
}

#[test]
fn the_stages_account_for_every_frame() {
    let mut normalizer = normalizer();
    let frames = [
        trade("BTCUSDT", 1),
        trade("BTCUSDT", 1),
        trade("BTCUSDT", 5),
        "pong".to_owned(),
        trade("A", 1),
        "{".to_owned(),
    ];
    push(&mut normalizer, &frames);
    let stages = normalizer.counters().stages();
    assert_eq!(stages.map(|stage| stage.entered), [6, 4, 4, 3, 3, 3]);
    assert_eq!(stages.map(|stage| stage.left), [4, 4, 3, 3, 3, 2]);
    assert_eq!(stages[5].flagged, 1);
    assert_eq!(normalizer.counters().quality, [1, 0, 1]);
}

#[test]
fn a_panic_quarantines_the_push_and_the_state_stays_usable() {
    let mut normalizer = normalizer();
    push(&mut normalizer, &[trade("BTCUSDT", 1)]);
    let frames = [
        trade("BTCUSDT", 2),
        r#"{"e":"kline"}"#.to_owned(),
        trade("BTCUSDT", 3),
    ];
    let (source, mut sink) = (
        Slices {
            frames: &frames,
            received: AT,
        },
        Collected::default(),
    );
    let tally = normalizer.guarded(&source, None, &mut sink, |normalizer, sink| {
        for (index, frame) in frames.iter().enumerate() {
            normalizer.frame::<Spot, _>(
                Arrived {
                    index,
                    bytes: frame.as_bytes(),
                    received: AT,
                },
                sink,
            );
        }
        panic!("on purpose");
    });
    assert_eq!(
        tally,
        Tally {
            frames: 3,
            items: 3,
            quarantined: 3,
            ..Tally::default()
        }
    );
    assert_eq!(topics(&sink), ["quarantine.binance.spot.Xunknown"]);
    assert_eq!(normalizer.unsupported().count(), 0);
    assert_eq!(
        normalizer.counters().reasons().collect::<Vec<_>>(),
        [(IssueCode::Internal, 3)]
    );
    let (tally, sink) = push(&mut normalizer, &[trade("BTCUSDT", 4)]);
    assert_eq!(tally.events, 1);
    assert_eq!(topics(&sink), ["trade.binance.spot.btcusdt"]);
}

#[test]
fn a_lost_connection_and_the_end_are_stated_for_what_had_data() {
    let mut normalizer = normalizer();
    push(&mut normalizer, &[trade("BTCUSDT", 1)]);
    let mut sink = Collected::default();
    let lost = StreamsChange {
        event: StreamEvent::Lost,
        received: UnixNanos::new(5),
        reason: "reset by peer",
        streams: None,
    };
    normalizer.change_streams(&lost, None, &mut sink);
    let elsewhere = StreamsChange {
        streams: Some(&[("NOPE", "trade"), ("", "depth")]),
        ..lost
    };
    normalizer.change_streams(&elsewhere, None, &mut sink);
    normalizer.finish(None, None, &mut sink);
    assert_eq!(topics(&sink), ["coverage.binance.spot.btcusdt"; 2]);
    assert!(
        sink.messages[0]
            .2
            .windows(13)
            .any(|bytes| bytes == b"reset by peer")
    );
}

#[test]
fn a_push_after_a_gap_with_late_ids_states_one_filling() {
    let mut normalizer = normalizer();
    let (_, sink) = push(
        &mut normalizer,
        &[1, 5, 2, 3].map(|id| trade("BTCUSDT", id)),
    );
    assert_eq!(topics(&sink).len(), 2);
    let gaps: Vec<_> = normalizer
        .gaps()
        .iter()
        .map(|gap| (gap.first, gap.last))
        .collect();
    assert_eq!(gaps, [(4, 4)]);
    assert_eq!(
        normalizer
            .topics(&["BTCUSDT"], &EventType::ALL)
            .unwrap()
            .len(),
        7
    );
    assert_eq!(
        normalizer
            .topics(&["ETHUSDT"], &[EventType::OrderBook])
            .unwrap(),
        ["orderbook.binance.spot.ethusdt"]
    );
    assert_eq!(normalizer.topics(&["NOPE"], &EventType::ALL), Err("NOPE"));
}
