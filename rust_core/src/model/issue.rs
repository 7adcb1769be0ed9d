//! Quality grades and the remarks behind them.

/// The grade of an event. Numbers are those of `tapeline.market.v1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// Nothing to remark.
    Perfect = 1,
    /// A fault was repaired exactly.
    Repaired = 2,
    /// Kept as sent; a person should look.
    Suspicious = 3,
    /// Irreparable: a quarantine record.
    Discarded = 4,
}

impl Quality {
    /// Returns the number of this grade in `tapeline.market.v1`.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

macro_rules! issue_codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// Everything the cleaning pipeline can remark; `docs/cleaning.md` explains each one.
        ///
        /// 1 to 39 are irreparable, 40 to 59 repaired, 60 and above suspicious. Numbers are those of
        /// `tapeline.market.v1`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum IssueCode { $($(#[$doc])* $name = $number,)* }

        impl IssueCode {
            /// Every code, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Returns the code's lower-case name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Returns the code of a number of `tapeline.market.v1`, or `None` for one of a newer version.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
        }
    };
}

issue_codes! {
    /// Nothing but whitespace.
    Empty = 1, "empty";
    /// The text ends inside a value.
    Truncated = 2, "truncated";
    /// Something follows the value.
    Trailing = 3, "trailing";
    /// Not UTF-8, a NUL byte, or a lone surrogate.
    Encoding = 4, "encoding";
    /// Not JSON.
    NotJson = 5, "not_json";
    /// Nested too deep.
    Depth = 6, "depth";
    /// A value of another JSON type than the field needs.
    Type = 7, "type";
    /// A key occurs twice.
    DuplicateKey = 8, "duplicate_key";
    /// A required field is missing.
    Missing = 9, "missing";
    /// A JSON object of no known shape.
    UnknownMessage = 10, "unknown_message";
    /// Not a decimal number.
    DecimalSyntax = 11, "decimal_syntax";
    /// More than 38 significant digits.
    Precision = 12, "precision";
    /// More than 18 digits after the point.
    ScaleOverflow = 13, "scale_overflow";
    /// Zero, negative or too large.
    Range = 14, "range";
    /// The venue's id is not an unsigned 64-bit integer.
    Id = 15, "id";
    /// No plausible time.
    Timestamp = 16, "timestamp";
    /// The side is not one the venue documents.
    Side = 17, "side";
    /// Not in the instrument list.
    UnknownSymbol = 18, "unknown_symbol";
    /// Another symbol than the stream's.
    UnexpectedSymbol = 19, "unexpected_symbol";
    /// The id of an earlier event with other content.
    IdConflict = 20, "id_conflict";
    /// Longer than the venue's limit.
    FrameTooLarge = 21, "frame_too_large";
    /// A fault of tapeline itself.
    Internal = 22, "internal";
    /// A byte order mark was stripped.
    ByteOrderMark = 40, "byte_order_mark";
    /// A number came as text, or text as a number.
    UnexpectedJsonType = 41, "unexpected_json_type";
    /// A decimal came with an exponent.
    ExponentNotation = 42, "exponent_notation";
    /// A time came in another unit, off by exactly 1,000.
    TimestampUnit = 43, "timestamp_unit";
    /// The publishing time was unusable and left out.
    PublishedTimeDropped = 44, "published_time_dropped";
    /// Nobody recorded when the frame was received.
    NoReceiveTime = 45, "no_receive_time";
    /// The price is more than 5 % from the market average.
    PriceBand = 60, "price_band";
    /// The quantity is above 10 x the daily average.
    QuantitySpike = 61, "quantity_spike";
    /// The exchange's time is ahead of the receive time.
    FutureTimestamp = 62, "future_timestamp";
    /// The exchange's time is long before the receive time.
    StaleTimestamp = 63, "stale_timestamp";
    /// Time runs backwards within the event or against its predecessor.
    TimeReversed = 64, "time_reversed";
    /// Ids before this one were skipped.
    SequenceGap = 65, "sequence_gap";
    /// Arrived after a later id.
    OutOfOrder = 66, "out_of_order";
    /// The id is implausibly far from its predecessor.
    SequenceJump = 67, "sequence_jump";
    /// The best bid is not below the best ask.
    CrossedBook = 68, "crossed_book";
    /// The venue's checksum differs from that of the rebuilt book.
    ChecksumMismatch = 69, "checksum_mismatch";
}

/// A set of issue codes; no allocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct IssueSet(u128);

impl IssueSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// Adds a code.
    pub const fn insert(&mut self, code: IssueCode) {
        self.0 |= 1 << (code as u32);
    }

    /// Adds every code of `other`.
    pub const fn insert_all(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Returns whether the code is in the set.
    #[must_use]
    pub const fn contains(self, code: IssueCode) -> bool {
        self.0 & (1 << (code as u32)) != 0
    }

    /// Returns whether nothing was remarked.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the grade that the codes add up to.
    #[must_use]
    pub const fn quality(self) -> Quality {
        if self.0 == 0 {
            Quality::Perfect
        } else if self.0 >> 60 != 0 {
            Quality::Suspicious
        } else if self.0 >> 40 != 0 {
            Quality::Repaired
        } else {
            Quality::Discarded
        }
    }

    /// Returns the codes' numbers, ascending.
    pub fn numbers(self) -> impl Iterator<Item = u8> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let number = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            u8::try_from(number).ok().filter(|number| *number < 128)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_remark_decides_the_grade() {
        let mut issues = IssueSet::EMPTY;
        assert_eq!(issues.quality(), Quality::Perfect);
        issues.insert(IssueCode::ExponentNotation);
        assert_eq!(issues.quality(), Quality::Repaired);
        issues.insert(IssueCode::PriceBand);
        assert_eq!(issues.quality(), Quality::Suspicious);
        assert_eq!(issues.numbers().collect::<Vec<_>>(), [42, 60]);
    }

    #[test]
    fn every_code_is_found_by_its_number() {
        for code in IssueCode::ALL {
            assert_eq!(IssueCode::from_number(*code as u32), Some(*code));
        }
        assert_eq!(IssueCode::from_number(99), None);
    }
}
