//! Numbers of seven bits a byte, the lowest first, as lengths and counts are written.

/// Appends a number.
#[inline]
pub(super) fn write_varint(out: &mut Vec<u8>, number: usize) {
    let mut rest = number;
    while rest > 0x7f {
        out.push(low_byte(rest) | 0x80);
        rest >>= 7;
    }
    out.push(low_byte(rest));
}

/// Appends a text behind its length.
#[inline]
pub(super) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_varint(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Appends a number of eight bytes.
pub(super) fn write_u64(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&u64::try_from(number).unwrap_or(u64::MAX).to_le_bytes());
}

fn low_byte(number: usize) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low
}
