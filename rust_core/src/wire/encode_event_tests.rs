//! Order-book messages, funding states and forced orders against prost, byte for byte.

use proptest::prelude::*;

use super::encode_tests::{
    batch, decimal, decimals, head_message, heads, instrument, owned, sealed, texts,
};
use super::generated as proto;
use super::generated::market_event::Payload;
use super::*;
use crate::model::{
    BookAction, BookDepth, BookEvent, BookOrigin, Decimal, EventHead, EventId, FundingEvent,
    IssueSet, Level, LiquidationEvent, Side, UnixNanos,
};

const EMPTY_HEAD: EventHead<'static> = EventHead {
    event_id: EventId::from_sequence(1, 2),
    timestamp: None,
    received: None,
    published: None,
    issues: IssueSet::EMPTY,
    metadata: &[],
    raw: None,
};

fn levels_message(levels: &[Level]) -> Vec<proto::BookLevel> {
    levels
        .iter()
        .map(|level| proto::BookLevel {
            price: Some(decimal(level.price)),
            quantity: Some(decimal(level.quantity)),
        })
        .collect()
}

fn book_message(event: &BookEvent<'_>) -> proto::MarketEvent {
    proto::MarketEvent {
        native_id: event
            .last_update_id
            .map_or_else(String::new, |id| id.to_string()),
        payload: Some(Payload::Orderbook(proto::OrderBook {
            depth: event.depth as i32,
            action: event.action as i32,
            origin: event.origin as i32,
            first_update_id: event.first_update_id,
            last_update_id: event.last_update_id,
            prev_update_id: event.prev_update_id,
            bids: levels_message(event.bids),
            asks: levels_message(event.asks),
        })),
        ..head_message(&event.head)
    }
}

fn funding_message(event: &FundingEvent<'_>) -> proto::MarketEvent {
    proto::MarketEvent {
        payload: Some(Payload::Funding(proto::Funding {
            rate: event.rate.map(decimal),
            mark_price: event.mark_price.map(decimal),
            index_price: event.index_price.map(decimal),
            interval_ns: event.interval_ns,
            next_funding_ns: event.next_funding.map(UnixNanos::get),
        })),
        ..head_message(&event.head)
    }
}

fn liquidation_message(event: &LiquidationEvent<'_>) -> proto::MarketEvent {
    proto::MarketEvent {
        payload: Some(Payload::Liquidation(proto::Liquidation {
            side: i32::from(event.side.number()),
            price: Some(decimal(event.price)),
            average_price: event.average_price.map(decimal),
            quantity: Some(decimal(event.quantity)),
            status: String::from_utf8(event.status.to_vec()).unwrap(),
        })),
        ..head_message(&event.head)
    }
}

/// Levels as venues send them, removals among them, and any others.
fn levels(most: usize) -> impl Strategy<Value = Vec<Level>> {
    let usual = (any::<u32>(), 0_u32..9)
        .prop_map(|(units, scale)| Decimal::new(i128::from(units), scale).unwrap());
    let number = || {
        prop_oneof![
            6 => usual.clone(),
            2 => Just(Decimal::ZERO),
            1 => decimals(),
        ]
    };
    let level = (number(), number()).prop_map(|(price, quantity)| Level { price, quantity });
    prop::collection::vec(level, 0..most)
}

fn ids() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        3 => (0_i64..1 << 40).prop_map(Some),
        1 => any::<i64>().prop_map(Some),
        1 => Just(None),
    ]
}

prop_compose! {
    fn books(most: usize)(
        ids in (ids(), ids(), ids()),
        kind in (any::<bool>(), any::<bool>(), 0_usize..3),
        bids in levels(most), asks in levels(most),
    ) -> (BookEvent<'static>, Vec<Level>, Vec<Level>) {
        let origins = [BookOrigin::Wire, BookOrigin::Rest, BookOrigin::Book];
        (BookEvent {
            head: EMPTY_HEAD,
            depth: if kind.0 { BookDepth::L1 } else { BookDepth::L2 },
            action: if kind.1 { BookAction::Snapshot } else { BookAction::Delta },
            origin: origins[kind.2],
            first_update_id: ids.0,
            last_update_id: ids.1,
            prev_update_id: ids.2,
            bids: &[],
            asks: &[],
        }, bids, asks)
    }
}

proptest! {
    #[test]
    fn a_batch_of_books_has_the_bytes_that_prost_writes(
        made in prop::collection::vec((heads(), owned(), books(40)), 1..8), sent_ns in any::<i64>(),
    ) {
        let mut encoder = BookEncoder::new(&instrument(), "producer-1").unwrap();
        let mut messages = Vec::new();
        for (head, owned, (event, bids, asks)) in &made {
            let metadata = owned.metadata();
            let event = BookEvent { head: owned.fill(*head, &metadata), bids, asks, ..*event };
            encoder.push(&event);
            messages.push(book_message(&event));
        }
        let value = encoder.flush(UnixNanos::new(sent_ns), |batch| batch.as_bytes().to_vec()).unwrap();
        let count = u32::try_from(made.len()).unwrap();
        prop_assert_eq!(value, sealed(&batch(count, sent_ns, proto::EventType::Orderbook, messages)));
    }

    #[test]
    fn a_batch_of_fundings_has_the_bytes_that_prost_writes(
        made in prop::collection::vec((
            heads(), owned(), prop::array::uniform3(prop::option::of(decimals())),
            any::<(Option<i64>, Option<i64>)>(),
        ), 1..20),
        sent_ns in any::<i64>(),
    ) {
        let mut encoder = FundingEncoder::new(&instrument(), "producer-1").unwrap();
        let mut messages = Vec::new();
        for (head, owned, [rate, mark_price, index_price], (interval_ns, next)) in &made {
            let metadata = owned.metadata();
            let event = FundingEvent {
                head: owned.fill(*head, &metadata),
                rate: *rate,
                mark_price: *mark_price,
                index_price: *index_price,
                interval_ns: *interval_ns,
                next_funding: next.map(UnixNanos::new),
            };
            encoder.push(&event);
            messages.push(funding_message(&event));
        }
        let value = encoder.flush(UnixNanos::new(sent_ns), |batch| batch.as_bytes().to_vec()).unwrap();
        let count = u32::try_from(made.len()).unwrap();
        prop_assert_eq!(value, sealed(&batch(count, sent_ns, proto::EventType::Funding, messages)));
    }

    #[test]
    fn a_batch_of_liquidations_has_the_bytes_that_prost_writes(
        made in prop::collection::vec((
            heads(), owned(), (decimals(), prop::option::of(decimals()), decimals()),
            any::<bool>(), texts(),
        ), 1..20),
        sent_ns in any::<i64>(),
    ) {
        let mut encoder = LiquidationEncoder::new(&instrument(), "producer-1").unwrap();
        let mut messages = Vec::new();
        for (head, owned, (price, average_price, quantity), is_buy, status) in &made {
            let metadata = owned.metadata();
            let event = LiquidationEvent {
                head: owned.fill(*head, &metadata),
                side: if *is_buy { Side::Buy } else { Side::Sell },
                price: *price,
                average_price: *average_price,
                quantity: *quantity,
                status: status.as_bytes(),
            };
            encoder.push(&event);
            messages.push(liquidation_message(&event));
        }
        let value = encoder.flush(UnixNanos::new(sent_ns), |batch| batch.as_bytes().to_vec()).unwrap();
        let count = u32::try_from(made.len()).unwrap();
        prop_assert_eq!(value, sealed(&batch(count, sent_ns, proto::EventType::Liquidation, messages)));
    }
}

#[test]
fn the_longest_book_behind_an_open_batch_stays_below_what_brokers_take() {
    let widest = Decimal::new(-(10_i128.pow(37) + 1), 38).unwrap();
    let level = Level {
        price: widest,
        quantity: widest,
    };
    let levels = vec![level; MAX_BOOK_LEVELS / 2];
    let raw = vec![b'x'; MAX_RAW];
    let event = BookEvent {
        head: EventHead {
            raw: Some(&raw),
            ..EMPTY_HEAD
        },
        depth: BookDepth::L2,
        action: BookAction::Snapshot,
        origin: BookOrigin::Rest,
        first_update_id: None,
        last_update_id: Some(i64::MIN),
        prev_update_id: None,
        bids: &levels,
        asks: &levels,
    };
    let mut encoder = BookEncoder::new(&instrument(), "producer-1").unwrap();
    let small = BookEvent {
        head: EventHead {
            raw: Some(&raw[..MAX_BATCH_BYTES - 200 - MAX_RAW]),
            ..EMPTY_HEAD
        },
        bids: &[],
        asks: &[],
        ..event
    };
    encoder.push(&BookEvent {
        head: event.head,
        ..small
    });
    encoder.push(&small);
    let almost = encoder.is_full();
    encoder.push(&event);
    assert!(!almost && encoder.is_full());
    let value = encoder
        .flush(UnixNanos::new(1), |batch| batch.as_bytes().to_vec())
        .unwrap();
    assert!(value.len() < 1_000_000, "{}", value.len());
    let expected = [
        book_message(&BookEvent {
            head: event.head,
            ..small
        }),
        book_message(&small),
        book_message(&event),
    ];
    assert_eq!(
        value,
        sealed(&batch(3, 1, proto::EventType::Orderbook, expected.to_vec()))
    );
}
