//! What a frame can be, whatever the venue.

use bumpalo::Bump;

use crate::model::{Malformed, RawBook, RawFunding, RawLiquidation, RawTrade};

/// Memory of one frame's lists and resolved escapes. It is emptied before the next frame; once it has
/// grown to its working size nothing is allocated.
pub type Arena = Bump;

/// One market of one exchange: how its frames are read.
pub trait Market {
    /// Tag of the exchange.
    const EXCHANGE: &'static str;
    /// Tag of the market.
    const MARKET: &'static str;
    /// Most levels a side that a reply has, however many were asked for.
    const REPLY_LEVELS: usize = usize::MAX;

    /// Reads a frame in the venue's usual spelling; `None` means: ask [`Market::parse`].
    ///
    /// What it returns is what [`Market::parse`] would: a property test holds the two equal.
    fn parse_usual<'a>(frame: &'a [u8], arena: &'a Arena) -> Option<Frame<'a>>;

    /// Reads any frame: every order of keys, whitespace, escapes, unknown members. Never panics.
    fn parse<'a>(frame: &'a [u8], arena: &'a Arena) -> Frame<'a>;

    /// Reads the reply to a REST request for a book snapshot; [`Frame::Unsupported`] for others.
    ///
    /// `url` is the full address of the request, which alone names the symbol at some venues.
    fn parse_reply<'a>(url: &'a str, body: &'a [u8], arena: &'a Arena) -> Frame<'a>;
}

/// What a control frame says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlKind {
    /// A request was carried out.
    Ack,
    /// The answer to a request for the subscriptions.
    ListSubscriptions,
    /// A request was refused.
    Error,
    /// A ping or a pong as a message.
    Heartbeat,
    /// The venue is about to close the connection.
    ServerShutdown,
    /// Another announcement of the venue.
    Notice,
}

impl ControlKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Ack,
        Self::ListSubscriptions,
        Self::Error,
        Self::Heartbeat,
        Self::ServerShutdown,
        Self::Notice,
    ];

    /// Returns the kind's lower-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::ListSubscriptions => "list_subscriptions",
            Self::Error => "error",
            Self::Heartbeat => "heartbeat",
            Self::ServerShutdown => "server_shutdown",
            Self::Notice => "notice",
        }
    }
}

/// A frame that was read. A list has at least one element.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives on the stack for one frame; a box would allocate"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A trade or an aggregate of trades.
    Trade(RawTrade<'a>),
    /// Several of them.
    Trades(&'a [RawTrade<'a>]),
    /// Order-book messages.
    Books(&'a [RawBook<'a>]),
    /// Funding states.
    Fundings(&'a [RawFunding<'a>]),
    /// Forced orders.
    Liquidations(&'a [RawLiquidation<'a>]),
    /// A message about the connection.
    Control(ControlKind),
    /// A well-formed message of a type that is not handled.
    Unsupported {
        /// The type's name, at most 64 characters.
        name: &'a str,
        /// Whether it is a list of them, written `name[]`.
        is_array: bool,
    },
    /// A list, some elements of which are at fault.
    Partly(&'a Partly<'a>),
    /// No message at all.
    Malformed(Malformed),
}

/// What could be read of a list, and what could not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partly<'a> {
    /// The list of the elements that could be read.
    pub good: Frame<'a>,
    /// The fault of each other element, with the place where the element begins.
    pub bad: &'a [Malformed],
}

impl<'a> Frame<'a> {
    /// Returns a list beside the faults of its elements that could not be read.
    #[must_use]
    pub(super) fn beside(self, bad: &'a [Malformed], arena: &'a Arena) -> Self {
        if bad.is_empty() || self.elements() == 0 {
            return self;
        }
        Self::Partly(arena.alloc(Partly { good: self, bad }))
    }

    /// Returns the number of elements of a list that could be read; none of a frame that is no list.
    #[must_use]
    pub const fn elements(&self) -> usize {
        match self {
            Self::Trades(list) => list.len(),
            Self::Books(list) => list.len(),
            Self::Fundings(list) => list.len(),
            Self::Liquidations(list) => list.len(),
            Self::Partly(partly) => partly.good.elements(),
            _ => 0,
        }
    }
}
