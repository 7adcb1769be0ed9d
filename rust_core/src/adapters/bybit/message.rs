//! What a frame is: `{"topic":"<channel>.<symbol>",..,"data":..}`, or an answer to a request.

use crate::adapters::json::{Kind, Reader, Usual, read_checked};
use crate::adapters::naming::unsupported;
use crate::adapters::{Arena, Frame};
use crate::model::{IssueCode, RawField};

use super::category::Category;
use super::{books, control, liquidations, tickers, trades};

/// Reads a frame in the venue's usual spelling; `None` means: ask [`parse`].
#[inline]
pub(super) fn parse_usual<'a>(
    category: Category,
    frame: &'a [u8],
    arena: &'a Arena,
) -> Option<Frame<'a>> {
    let mut reader = Usual::new(frame, arena);
    let found = read(category, &mut reader).ok()?;
    reader.finish().ok()?;
    Some(found)
}

/// Reads any frame.
pub(super) fn parse<'a>(category: Category, frame: &'a [u8], arena: &'a Arena) -> Frame<'a> {
    read_checked(frame, arena, |mut reader| read(category, &mut reader))
}

fn read<'a, R: Reader<'a>>(category: Category, reader: &mut R) -> Result<Frame<'a>, R::Stop> {
    let mut message = Message {
        category,
        topic: None,
        kind: RawField::Missing,
        time: RawField::Missing,
        matched: RawField::Missing,
        op: RawField::Missing,
        success: RawField::Missing,
        data: Data::Missing,
    };
    let ((), source) = reader.with_source(|reader| {
        reader.object("$", |key, reader| match key {
            b"topic" => message.take_topic(reader),
            b"type" => reader.once(&mut message.kind, "type"),
            b"ts" => reader.once(&mut message.time, "ts"),
            b"data" => message.take_data(reader),
            b"cts" => reader.once(&mut message.matched, "cts"),
            b"op" => reader.once(&mut message.op, "op"),
            b"success" => reader.once(&mut message.success, "success"),
            b"request" => message.take_request(reader),
            _ => reader.skip(),
        })
    })?;
    message.into_frame(source, reader)
}

/// The members of a message. Keys come in any order, so `data` may have to wait.
struct Message<'a, R> {
    category: Category,
    topic: Option<Topic<'a>>,
    kind: RawField<'a>,
    /// When it was pushed.
    time: RawField<'a>,
    /// When the matching engine made it.
    matched: RawField<'a>,
    op: RawField<'a>,
    success: RawField<'a>,
    data: Data<'a, R>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "it lives on the stack for one frame; a box would allocate"
)]
enum Data<'a, R> {
    Missing,
    /// Skipped; here it starts.
    Later(R),
    Read(Body<'a>),
}

/// What `data` holds.
#[derive(Clone, Copy)]
enum Body<'a> {
    /// Complete.
    Frame(Frame<'a>),
    /// Lacks what stands beside it.
    Book(books::Body<'a>),
    /// Lacks what stands beside it.
    Ticker(tickers::Body<'a>),
    Unsupported,
}

impl<'a, R: Reader<'a>> Message<'a, R> {
    #[inline]
    fn take_topic(&mut self, reader: &mut R) -> Result<(), R::Stop> {
        if self.topic.is_some() {
            return Err(R::stop(IssueCode::DuplicateKey, "topic"));
        }
        self.topic = Some(Topic::of(reader.text("topic")?, self.category));
        Ok(())
    }

    /// Takes the request that an answer of before version 5 repeats.
    fn take_request(&mut self, reader: &mut R) -> Result<(), R::Stop> {
        if reader.kind()? != Kind::Object {
            return reader.skip();
        }
        reader.object("request", |key, reader| match key {
            b"op" => reader.once(&mut self.op, "op"),
            _ => reader.skip(),
        })
    }

    #[inline]
    fn take_data(&mut self, reader: &mut R) -> Result<(), R::Stop> {
        if !matches!(self.data, Data::Missing) {
            return Err(R::stop(IssueCode::DuplicateKey, "data"));
        }
        self.data = match &self.topic {
            Some(topic) if !topic.channel.needs_time() || self.time != RawField::Missing => {
                Data::Read(topic.read_data(self.category, self.time, reader)?)
            }
            _ => {
                let place = reader.clone();
                reader.skip()?;
                Data::Later(place)
            }
        };
        Ok(())
    }

    fn into_frame(self, source: &'a [u8], reader: &R) -> Result<Frame<'a>, R::Stop> {
        let Some(topic) = self.topic else {
            return control::read::<R>(self.op, self.success);
        };
        let body = match self.data {
            Data::Missing => return Err(R::stop(IssueCode::Missing, "data")),
            Data::Later(mut place) => topic.read_data(self.category, self.time, &mut place)?,
            Data::Read(body) => body,
        };
        let around = Around {
            symbol: topic.symbol,
            kind: self.kind,
            time: self.time,
            matched: self.matched,
            source,
        };
        match body {
            Body::Frame(frame) => Ok(frame),
            Body::Book(body) => books::finish(body, around, reader),
            Body::Ticker(body) => tickers::finish(body, around, reader),
            Body::Unsupported => Ok(match self.kind {
                RawField::Text(kind) if topic.name != b"tickers" => {
                    unsupported(&[topic.name, b" ", kind], reader.arena())
                }
                _ => unsupported(&[topic.name], reader.arena()),
            }),
        }
    }
}

/// What stands beside `data`.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// The topic's.
    pub(super) symbol: &'a [u8],
    /// `type`.
    pub(super) kind: RawField<'a>,
    /// `ts`.
    pub(super) time: RawField<'a>,
    /// `cts`.
    pub(super) matched: RawField<'a>,
    /// The whole message.
    pub(super) source: &'a [u8],
}

impl<'a> Around<'a> {
    /// Returns whether `type` is `delta` and not `snapshot`.
    pub(super) fn is_delta<R: Reader<'a>>(&self) -> Result<bool, R::Stop> {
        match self.kind {
            RawField::Text(b"delta") => Ok(true),
            RawField::Text(b"snapshot") => Ok(false),
            RawField::Text(_) => Err(R::stop(IssueCode::UnknownMessage, "type")),
            RawField::Missing => Err(R::stop(IssueCode::Missing, "type")),
            _ => Err(R::stop(IssueCode::Type, "type")),
        }
    }
}

/// What was subscribed to.
struct Topic<'a> {
    /// Without the symbol.
    name: &'a [u8],
    symbol: &'a [u8],
    channel: Channel,
}

#[derive(Clone, Copy)]
enum Channel {
    Trades,
    Book(&'static crate::model::BookStream),
    Tickers,
    Liquidations,
    Unsupported,
}

impl Channel {
    /// Whether its elements say nothing without the message's `ts`.
    const fn needs_time(self) -> bool {
        matches!(self, Self::Trades | Self::Liquidations)
    }
}

impl<'a> Topic<'a> {
    /// Splits a topic at its last point; one without a point has no symbol.
    #[inline]
    fn of(topic: &'a [u8], category: Category) -> Self {
        let at = topic.iter().rposition(|byte| *byte == b'.');
        let (name, symbol) = match at.and_then(|at| topic.split_at_checked(at)) {
            Some((name, [_, symbol @ ..])) => (name, symbol),
            _ => (topic, &[][..]),
        };
        let channel = match name {
            b"publicTrade" => Channel::Trades,
            b"tickers" if category.is_contract => Channel::Tickers,
            b"allLiquidation" if category.is_contract => Channel::Liquidations,
            _ => books::stream(name).map_or(Channel::Unsupported, Channel::Book),
        };
        Self {
            name,
            symbol,
            channel,
        }
    }

    #[inline]
    fn read_data<R: Reader<'a>>(
        &self,
        category: Category,
        time: RawField<'a>,
        reader: &mut R,
    ) -> Result<Body<'a>, R::Stop> {
        match self.channel {
            Channel::Trades => {
                trades::read(category.trades, self.symbol, time, reader).map(Body::Frame)
            }
            Channel::Book(stream) => books::read(stream, reader).map(Body::Book),
            Channel::Tickers => tickers::read(reader).map(Body::Ticker),
            Channel::Liquidations => liquidations::read(self.symbol, time, reader).map(Body::Frame),
            Channel::Unsupported => reader.skip().map(|()| Body::Unsupported),
        }
    }
}
