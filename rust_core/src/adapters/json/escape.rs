//! Backslash escapes in strings.

use super::Fault;
use crate::model::IssueCode;

/// Checks the escape whose backslash stands at `at` and returns the offset after it.
///
/// A surrogate pair counts as one escape.
pub(super) fn check(text: &[u8], at: usize) -> Result<usize, Fault> {
    match text.get(at + 1) {
        None => Err(Fault::new(IssueCode::Truncated, text.len())),
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => check_unicode(text, at),
        Some(_) => Err(Fault::new(IssueCode::NotJson, at + 1)),
    }
}

fn check_unicode(text: &[u8], at: usize) -> Result<usize, Fault> {
    for offset in at + 2..at + 6 {
        match text.get(offset) {
            None => return Err(Fault::new(IssueCode::Truncated, text.len())),
            Some(byte) if byte.is_ascii_hexdigit() => {}
            Some(_) => return Err(Fault::new(IssueCode::NotJson, offset)),
        }
    }
    match hex4(text, at + 2) {
        0xd800..=0xdbff => check_low(text, at),
        0xdc00..=0xdfff => Err(Fault::new(IssueCode::Encoding, at)),
        _ => Ok(at + 6),
    }
}

/// Checks that the six bytes after the high surrogate at `at` are an escaped low one.
fn check_low(text: &[u8], at: usize) -> Result<usize, Fault> {
    for index in 0..6 {
        let Some(&byte) = text.get(at + 6 + index) else {
            return Err(Fault::new(IssueCode::Truncated, text.len()));
        };
        let fits = match index {
            0 => byte == b'\\',
            1 => byte == b'u',
            2 => matches!(byte, b'd' | b'D'),
            3 => matches!(byte, b'c'..=b'f' | b'C'..=b'F'),
            _ => byte.is_ascii_hexdigit(),
        };
        if !fits {
            return Err(Fault::new(IssueCode::Encoding, at));
        }
    }
    Ok(at + 12)
}

fn hex4(text: &[u8], at: usize) -> u32 {
    let digits = text.get(at..at + 4).unwrap_or_default();
    digits.iter().fold(0, |sum, byte| {
        sum * 16 + char::from(*byte).to_digit(16).unwrap_or(0)
    })
}

/// Appends `text`, its escapes resolved. Escapes must have been checked.
pub(super) fn unescape_into(text: &[u8], target: &mut impl Extend<u8>) {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte != b'\\' {
            target.extend([byte]);
            at += 1;
            continue;
        }
        let (character, width) = resolve(text, at);
        target.extend(character.encode_utf8(&mut [0; 4]).bytes());
        at += width;
    }
}

fn resolve(text: &[u8], at: usize) -> (char, usize) {
    let simple = match text.get(at + 1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return resolve_unicode(text, at),
        Some(byte) => char::from(*byte),
        None => char::REPLACEMENT_CHARACTER,
    };
    (simple, 2)
}

fn resolve_unicode(text: &[u8], at: usize) -> (char, usize) {
    let high = hex4(text, at + 2);
    if !(0xd800..0xdc00).contains(&high) {
        return (
            char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER),
            6,
        );
    }
    let low = hex4(text, at + 8) & 0x3ff;
    let code = 0x1_0000 + ((high & 0x3ff) << 10) + low;
    (
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
        12,
    )
}
