//! Comparing texts of a few bytes.

/// Returns whether two texts are equal: in place up to 16 bytes, where a call to `memcmp` would cost
/// more than the comparison.
#[inline(always)]
pub(super) fn is_same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    match left.len() {
        // Two words that overlap cover all bytes.
        4..=8 => ends::<4>(left) == ends::<4>(right),
        9..=16 => ends::<8>(left) == ends::<8>(right),
        _ => left == right,
    }
}

#[inline(always)]
fn ends<const N: usize>(text: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
    text.first_chunk().zip(text.last_chunk())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_are_compared_to_the_last_byte() {
        let text = *b"abcdefghijklmnopqrstuvwxyz";
        for length in 0..text.len() {
            let left = &text[..length];
            assert!(is_same(left, left));
            assert!(!is_same(left, &text[..length + 1]));
            for place in 0..length {
                let mut other = text;
                other[place] = b'-';
                assert!(!is_same(left, &other[..length]), "{length} {place}");
            }
        }
    }
}
