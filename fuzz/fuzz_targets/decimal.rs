//! Decimal text is read exactly or not at all, and both ways of reading agree.
#![no_main]

use _core::model::Decimal;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let long = Decimal::parse(text);
    if let Some(short) = Decimal::parse_short(text) {
        assert_eq!(long, Ok(short));
    }
    if let Ok(decimal) = long {
        assert_eq!(Decimal::parse(decimal.to_string().as_bytes()), Ok(decimal));
    }
});
