//! Routing keys: `type.exchange.market.symbol`.

use crate::model::EventType;

/// Most characters of a Kafka topic's name.
pub const MAX_TOPIC_LENGTH: usize = 249;

/// The last token of quarantine topics of frames whose symbol is not known. No escaped symbol looks
/// like it: after `X` an escape has two hexadecimal digits.
const UNKNOWN_SYMBOL: &str = "Xunknown";

/// Announces an escaped byte; upper case, which no other character of a token is.
const ESCAPE: u8 = b'X';

const HEX: [u8; 16] = *b"0123456789abcdef";

/// Why there is no topic for an instrument.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// The exchange's or market's tag is not made of `a-z` and `0-9`.
    #[error("{field} must be one or more of a-z and 0-9, was {found:?}")]
    BadTag {
        /// `exchange` or `market`.
        field: &'static str,
        /// The tag.
        found: String,
    },
    /// Only quarantine records may be without a symbol.
    #[error("raw_symbol must not be empty for {event_type} events")]
    EmptySymbol {
        /// Name of the event type.
        event_type: &'static str,
    },
    /// Longer than Kafka allows.
    #[error("topic must have at most 249 characters, had {length} (raw_symbol {raw_symbol:?})")]
    TooLong {
        /// What it would have.
        length: usize,
        /// The symbol.
        raw_symbol: String,
    },
}

/// Returns the routing key of an instrument's events of one type, e.g. `trade.binance.spot.btcusdt`.
///
/// Different arguments give different keys. An empty `raw_symbol` stands for "not known" and is
/// accepted for quarantine records alone.
///
/// # Errors
/// See [`TopicError`].
pub fn topic(
    event_type: EventType,
    exchange: &str,
    market: &str,
    raw_symbol: &str,
) -> Result<String, TopicError> {
    check_tag("exchange", exchange)?;
    check_tag("market", market)?;
    if raw_symbol.is_empty() && event_type != EventType::Quarantine {
        return Err(TopicError::EmptySymbol {
            event_type: event_type.name(),
        });
    }
    let token = symbol_token(raw_symbol);
    let topic = format!("{}.{exchange}.{market}.{token}", event_type.name());
    if topic.len() > MAX_TOPIC_LENGTH {
        return Err(TopicError::TooLong {
            length: topic.len(),
            raw_symbol: raw_symbol.to_owned(),
        });
    }
    Ok(topic)
}

/// Escapes a venue's symbol to `[a-z0-9_X-]`, reversibly.
///
/// Upper-case letters become lower-case ones, digits, `-` and `_` stay, every other byte of the
/// symbol's UTF-8 becomes `X` and two hexadecimal digits. The empty symbol becomes `Xunknown`.
#[must_use]
pub fn symbol_token(raw_symbol: &str) -> String {
    if raw_symbol.is_empty() {
        return UNKNOWN_SYMBOL.to_owned();
    }
    let mut token = String::with_capacity(raw_symbol.len());
    for byte in raw_symbol.bytes() {
        match byte {
            b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => {
                token.push(char::from(byte.to_ascii_lowercase()));
            }
            _ => {
                token.push(char::from(ESCAPE));
                token.push(hex_digit(byte >> 4));
                token.push(hex_digit(byte & 0x0f));
            }
        }
    }
    token
}

/// Returns the symbol that [`symbol_token`] made a token from, or `None` when it made none like it.
#[must_use]
pub fn raw_symbol_of(token: &str) -> Option<String> {
    if token == UNKNOWN_SYMBOL {
        return Some(String::new());
    }
    let mut bytes = token.bytes();
    let mut symbol = Vec::with_capacity(token.len());
    while let Some(byte) = bytes.next() {
        symbol.push(match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => byte.to_ascii_uppercase(),
            ESCAPE => (hex_value(bytes.next()?)? << 4) | hex_value(bytes.next()?)?,
            _ => return None,
        });
    }
    // An escape that was not needed is refused, so that a symbol has one token alone.
    let symbol = String::from_utf8(symbol).ok()?;
    (symbol_token(&symbol) == token).then_some(symbol)
}

fn check_tag(field: &'static str, tag: &str) -> Result<(), TopicError> {
    let is_fine = !tag.is_empty()
        && tag
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if is_fine {
        Ok(())
    } else {
        Err(TopicError::BadTag {
            field,
            found: tag.to_owned(),
        })
    }
}

fn hex_digit(nibble: u8) -> char {
    HEX.get(usize::from(nibble))
        .map_or('0', |digit| char::from(*digit))
}

fn hex_value(digit: u8) -> Option<u8> {
    HEX.iter()
        .zip(0_u8..)
        .find(|(hex, _)| **hex == digit)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_topic_is_type_exchange_market_symbol() {
        let name = |event_type, symbol| topic(event_type, "binance", "spot", symbol);
        assert_eq!(
            name(EventType::Trade, "BTCUSDT").as_deref(),
            Ok("trade.binance.spot.btcusdt")
        );
        assert_eq!(
            name(EventType::Coverage, "1INCHUSDT").as_deref(),
            Ok("coverage.binance.spot.1inchusdt")
        );
        assert_eq!(
            name(EventType::Trade, "BTC-USDT_x").as_deref(),
            Ok("trade.binance.spot.btc-usdt_X78")
        );
        assert_eq!(
            name(EventType::Trade, "币安人生USDT").as_deref(),
            Ok("trade.binance.spot.Xe5Xb8X81Xe5XaeX89Xe4XbaXbaXe7X94X9fusdt")
        );
    }

    #[test]
    fn only_quarantine_may_be_without_a_symbol() {
        let unknown = topic(EventType::Quarantine, "binance", "spot", "");
        assert_eq!(unknown.as_deref(), Ok("quarantine.binance.spot.Xunknown"));
        let trade = topic(EventType::Trade, "binance", "spot", "");
        assert_eq!(
            trade,
            Err(TopicError::EmptySymbol {
                event_type: "trade"
            })
        );
    }

    #[test]
    fn a_tag_with_a_dot_would_blur_the_parts() {
        let found = topic(EventType::Trade, "bin.ance", "spot", "BTCUSDT");
        assert_eq!(
            found,
            Err(TopicError::BadTag {
                field: "exchange",
                found: "bin.ance".to_owned()
            })
        );
        assert!(matches!(
            topic(EventType::Trade, "a", "", "B"),
            Err(TopicError::BadTag {
                field: "market",
                ..
            })
        ));
    }

    #[test]
    fn the_longest_topic_has_249_characters() {
        let free = MAX_TOPIC_LENGTH - "trade.binance.spot.".len();
        let at_limit = topic(EventType::Trade, "binance", "spot", &"A".repeat(free));
        assert_eq!(at_limit.map(|name| name.len()), Ok(MAX_TOPIC_LENGTH));
        let above = topic(EventType::Trade, "binance", "spot", &"A".repeat(free + 1));
        assert!(matches!(
            above,
            Err(TopicError::TooLong { length: 250, .. })
        ));
    }

    #[test]
    fn a_token_that_no_symbol_has_is_refused() {
        for token in ["BTC", "X", "X4", "X41", "Xzz", "Xff", "X2D", "X2d", "a.b"] {
            assert_eq!(raw_symbol_of(token), None, "{token}");
        }
    }

    proptest! {
        #[test]
        fn every_symbol_comes_back_from_its_token(symbol in ".{0,40}") {
            let token = symbol_token(&symbol);
            prop_assert!(token.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_X".contains(&b)));
            prop_assert_eq!(raw_symbol_of(&token), Some(symbol));
        }

        #[test]
        fn different_symbols_have_different_tokens(one in "[AXx0-9._-]{0,4}", other in "[AXx0-9._-]{0,4}") {
            prop_assert_eq!(one == other, symbol_token(&one) == symbol_token(&other));
        }

        #[test]
        fn a_token_that_reads_is_the_only_one_of_its_symbol(token in "[a-z0-9X_-]{0,12}") {
            if let Some(symbol) = raw_symbol_of(&token) {
                prop_assert_eq!(symbol_token(&symbol), if token.is_empty() { UNKNOWN_SYMBOL.to_owned() } else { token });
            }
        }
    }
}
