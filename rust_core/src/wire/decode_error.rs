//! Why bytes are not a batch.

/// Why a value is not a readable batch of `tapeline.market.v1`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// No bytes at all.
    #[error("empty batch")]
    Empty,
    /// Longer than any batch.
    #[error("batch must have at most 8388608 bytes, had {length}")]
    TooLarge {
        /// Its length.
        length: usize,
    },
    /// The last five bytes are not the `crc32c` field.
    #[error("batch does not end with its crc32c field")]
    NoChecksum,
    /// Damaged.
    #[error("crc32c must be {computed:08x}, was {stored:08x}")]
    Checksum {
        /// What the bytes give.
        computed: u32,
        /// What the batch says.
        stored: u32,
    },
    /// Not protobuf.
    #[error("not protobuf: {what}")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A known field in another encoding.
    #[error("{field} has the wrong wire type")]
    WireType {
        /// The field.
        field: &'static str,
    },
    /// A field that can occur once occurs again.
    #[error("{field} occurs more than once")]
    Repeated {
        /// The field.
        field: &'static str,
    },
    /// A number too large for its type.
    #[error("{field} is out of range")]
    OutOfRange {
        /// The field.
        field: &'static str,
    },
    /// A required field is absent.
    #[error("{field} is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// Version 0 was never written.
    #[error("schema_version must be 1 or higher, was 0")]
    Version,
    /// Events were lost or added.
    #[error("event_count is {stated}, found {found} events")]
    EventCount {
        /// What the batch says.
        stated: u32,
        /// What is there.
        found: usize,
    },
    /// More events than any batch has.
    #[error("batch must have at most 65536 events")]
    TooManyEvents,
    /// Not the payload that the batch's type announces.
    #[error("payload must be {expected}, was {found}")]
    Payload {
        /// What the batch announces.
        expected: &'static str,
        /// What the event has.
        found: &'static str,
    },
    /// Two payloads in one event.
    #[error("event has two payloads")]
    TwoPayloads,
    /// A text that is not UTF-8.
    #[error("{field} is not UTF-8")]
    Utf8 {
        /// The field.
        field: &'static str,
    },
    /// Text, a list or bytes of a forbidden length.
    #[error("{field} has a length of {length}, allowed is {allowed}")]
    Length {
        /// The field.
        field: &'static str,
        /// What it has.
        length: usize,
        /// What it may have.
        allowed: &'static str,
    },
    /// A decimal that cannot be shown as `decimal128(38, 18)`.
    #[error("{field} is no decimal of 20 digits before and 18 after the point: {what}")]
    Decimal {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An event type that this version cannot read.
    #[error("events of type {name} cannot be read by this version")]
    UnsupportedType {
        /// Name or number of the type.
        name: String,
    },
    /// One event of the batch.
    #[error("event {index}: {source}")]
    Event {
        /// Which, counted from 0.
        index: usize,
        /// What is wrong with it.
        source: Box<DecodeError>,
    },
}

impl DecodeError {
    /// Says which event of a batch it is about.
    pub(super) fn of_event(self, index: usize) -> Self {
        Self::Event {
            index,
            source: Box::new(self),
        }
    }
}

/// Why a call to decode many values failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeFailure {
    /// One of the values is not readable.
    #[error("value {index}: {source}")]
    Value {
        /// Which, counted from 0.
        index: usize,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// One table cannot hold both.
    #[error("values have events of type {first} and {other}: pass event_type= to choose one")]
    MixedTypes {
        /// The type of the values before.
        first: &'static str,
        /// The other one.
        other: &'static str,
    },
    /// Arrow refused the columns: a fault of tapeline.
    #[error("Arrow refused the decoded columns: {message}")]
    Arrow {
        /// Arrow's words.
        message: String,
    },
}

impl From<arrow_schema::ArrowError> for DecodeFailure {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::Arrow {
            message: error.to_string(),
        }
    }
}
