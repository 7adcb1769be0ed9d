//! Parquet's mix of runs and packed bits, for levels and for keys of dictionaries.

use super::thrift::varint;

/// A shorter run is packed with its neighbours.
const SHORTEST_RUN: usize = 16;

/// Returns how many bits a number needs.
pub(super) fn width_of(value: u64) -> u32 {
    64 - value.leading_zeros()
}

/// Appends numbers of at most `width` bits each, at most 32.
pub(super) fn encode(values: &[u32], width: u32, out: &mut Vec<u8>) {
    let mut packed = 0;
    let mut rest = values;
    while let Some(group @ [first, ..]) = rest.first_chunk::<8>() {
        let run = if is_run(group) {
            run_of(rest, *first)
        } else {
            0
        };
        if run >= SHORTEST_RUN {
            let end = values.len() - rest.len();
            pack_groups(values.get(packed..end).unwrap_or_default(), width, out);
            encode_run(*first, run, width, out);
            rest = rest.get(run..).unwrap_or_default();
            packed = end + run;
        } else {
            rest = rest.get(8..).unwrap_or_default();
        }
    }
    pack_groups(values.get(packed..).unwrap_or_default(), width, out);
}

/// Appends one number many times.
pub(super) fn encode_run(value: u32, count: usize, width: u32, out: &mut Vec<u8>) {
    if count > 0 {
        varint((count as u64) << 1, out);
        let bytes = value.to_le_bytes();
        out.extend(bytes.iter().take(width.div_ceil(8) as usize));
    }
}

/// Without a branch for each number: these cannot be foretold.
#[inline(always)]
fn is_run(group: &[u32; 8]) -> bool {
    let [first, ..] = group;
    group.iter().fold(0, |all, value| all | (value ^ first)) == 0
}

fn run_of(values: &[u32], first: u32) -> usize {
    // By blocks first: a column is often one long run.
    let blocks = values.chunks_exact(64);
    let whole = blocks
        .take_while(|block| block.iter().fold(0, |all, value| all | (value ^ first)) == 0)
        .count();
    let rest = values.get(whole * 64..).unwrap_or_default();
    whole * 64 + rest.iter().take_while(|value| **value == first).count()
}

fn pack_groups(values: &[u32], width: u32, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    let groups = values.len().div_ceil(8);
    varint(((groups as u64) << 1) | 1, out);
    let mut bits = Bits::default();
    for value in values {
        bits.push(u64::from(*value), width, out);
    }
    // The last group is filled up.
    for _ in values.len()..groups * 8 {
        bits.push(0, width, out);
    }
    bits.finish(out);
}

/// Numbers one behind the other, from the lowest bit on.
#[derive(Debug, Default)]
pub(super) struct Bits {
    word: u64,
    used: u32,
}

impl Bits {
    /// Adds a number that has no more bits than `width`, at most 64.
    #[inline(always)]
    pub(super) fn push(&mut self, value: u64, width: u32, out: &mut Vec<u8>) {
        self.word |= value << self.used;
        let used = self.used + width;
        if used < 64 {
            self.used = used;
            return;
        }
        out.extend_from_slice(&self.word.to_le_bytes());
        // What of the number did not fit; none of it when it ended with the word.
        self.word = value.checked_shr(64 - self.used).unwrap_or_default();
        self.used = used - 64;
    }

    /// Ends the last byte.
    pub(super) fn finish(self, out: &mut Vec<u8>) {
        let bytes = self.word.to_le_bytes();
        out.extend(bytes.iter().take(self.used.div_ceil(8) as usize));
    }
}
