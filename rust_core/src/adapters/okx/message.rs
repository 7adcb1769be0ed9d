//! What a frame is: `{"arg":{"channel":..},"data":[..]}`, or a message about the connection.

use crate::adapters::json::{Reader, Usual, read_checked};
use crate::adapters::naming::unsupported;
use crate::adapters::{Arena, Frame};
use crate::model::{BookAction, BookStream, IssueCode, RawField, TradeStream};

use super::{books, control, funding, liquidations, trades};

/// Reads a frame in the venue's usual spelling; `None` means: ask [`parse`].
#[inline]
pub(super) fn parse_usual<'a>(frame: &'a [u8], arena: &'a Arena) -> Option<Frame<'a>> {
    let mut reader = Usual::new(frame, arena);
    let found = read(&mut reader).ok()?;
    reader.finish().ok()?;
    Some(found)
}

/// Reads any frame.
pub(super) fn parse<'a>(frame: &'a [u8], arena: &'a Arena) -> Frame<'a> {
    read_checked(frame, arena, |mut reader| read(&mut reader))
}

fn read<'a, R: Reader<'a>>(reader: &mut R) -> Result<Frame<'a>, R::Stop> {
    let mut message = Message {
        arg: None,
        action: RawField::Missing,
        event: RawField::Missing,
        code: RawField::Missing,
        data: Data::Missing,
    };
    reader.object("$", |key, reader| match key {
        b"arg" => message.take_arg(reader),
        b"action" => reader.once(&mut message.action, "action"),
        b"data" => message.take_data(reader),
        b"event" => reader.once(&mut message.event, "event"),
        b"code" => reader.once(&mut message.code, "code"),
        _ => reader.skip(),
    })?;
    message.into_frame(reader.arena())
}

/// The members of a message. Keys come in any order, so `data` may have to wait.
struct Message<'a, R> {
    arg: Option<Arg<'a>>,
    action: RawField<'a>,
    event: RawField<'a>,
    code: RawField<'a>,
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
    /// `None`: of a channel that is not handled.
    Read(Option<Frame<'a>>),
}

impl<'a, R: Reader<'a>> Message<'a, R> {
    fn take_arg(&mut self, reader: &mut R) -> Result<(), R::Stop> {
        if self.arg.is_some() {
            return Err(R::stop(IssueCode::DuplicateKey, "arg"));
        }
        self.arg = Some(Arg::read(reader)?);
        Ok(())
    }

    #[inline]
    fn take_data(&mut self, reader: &mut R) -> Result<(), R::Stop> {
        if !matches!(self.data, Data::Missing) {
            return Err(R::stop(IssueCode::DuplicateKey, "data"));
        }
        self.data = match &self.arg {
            Some(arg) if !arg.channel.has_action() || self.action != RawField::Missing => {
                Data::Read(arg.read_data(self.action, reader)?)
            }
            _ => {
                let place = reader.clone();
                reader.skip()?;
                Data::Later(place)
            }
        };
        Ok(())
    }

    fn into_frame(self, arena: &'a Arena) -> Result<Frame<'a>, R::Stop> {
        if self.event != RawField::Missing {
            return control::read::<R>(self.event, self.code);
        }
        let Some(arg) = self.arg else {
            return Err(R::stop(IssueCode::UnknownMessage, "$"));
        };
        let found = match self.data {
            Data::Missing => return Err(R::stop(IssueCode::Missing, "data")),
            Data::Later(mut place) => arg.read_data(self.action, &mut place)?,
            Data::Read(found) => found,
        };
        Ok(found.unwrap_or_else(|| match self.action {
            RawField::Text(action) => unsupported(&[arg.name, b" ", action], arena),
            _ => unsupported(&[arg.name], arena),
        }))
    }
}

/// What was subscribed to.
struct Arg<'a> {
    name: &'a [u8],
    channel: Channel,
    /// The instrument; a channel may be subscribed to without one.
    symbol: Option<&'a [u8]>,
}

#[derive(Clone, Copy)]
enum Channel {
    Trades(&'static TradeStream),
    /// Its messages say in `action` whether they replace the book or change it.
    Books(&'static BookStream),
    /// Each message replaces the book.
    BookSnapshots(&'static BookStream),
    Funding,
    Liquidations,
    Unsupported,
}

impl Channel {
    fn named(name: &[u8]) -> Self {
        match name {
            b"trades" => Self::Trades(&trades::TRADES),
            b"trades-all" => Self::Trades(&trades::TRADES_ALL),
            b"books" => Self::Books(&books::BOOKS),
            b"books-l2-tbt" => Self::Books(&books::BOOKS_L2_TBT),
            b"books5" => Self::BookSnapshots(&books::BOOKS5),
            b"bbo-tbt" => Self::BookSnapshots(&books::BBO_TBT),
            funding::CHANNEL_KEY => Self::Funding,
            liquidations::CHANNEL_KEY => Self::Liquidations,
            _ => Self::Unsupported,
        }
    }

    const fn has_action(self) -> bool {
        matches!(self, Self::Books(_))
    }
}

impl<'a> Arg<'a> {
    fn read<R: Reader<'a>>(reader: &mut R) -> Result<Self, R::Stop> {
        let (mut channel, mut symbol) = (RawField::Missing, RawField::Missing);
        reader.object("arg", |key, reader| match key {
            b"channel" => reader.once(&mut channel, "channel"),
            b"instId" => reader.once(&mut symbol, "instId"),
            _ => reader.skip(),
        })?;
        let name = match channel {
            RawField::Text(name) => name,
            RawField::Missing => return Err(R::stop(IssueCode::Missing, "channel")),
            _ => return Err(R::stop(IssueCode::Type, "channel")),
        };
        let symbol = match symbol {
            RawField::Text(symbol) => Some(symbol),
            RawField::Missing => None,
            _ => return Err(R::stop(IssueCode::Type, "instId")),
        };
        Ok(Self {
            name,
            channel: Channel::named(name),
            symbol,
        })
    }

    #[inline]
    fn read_data<R: Reader<'a>>(
        &self,
        action: RawField<'a>,
        reader: &mut R,
    ) -> Result<Option<Frame<'a>>, R::Stop> {
        Ok(Some(match self.channel {
            Channel::Trades(stream) => trades::read(stream, self.symbol, reader)?,
            Channel::Books(stream) => {
                let action = match action {
                    RawField::Text(b"snapshot") => BookAction::Snapshot,
                    RawField::Text(b"update") => BookAction::Delta,
                    RawField::Text(_) => {
                        return Err(R::stop(IssueCode::UnknownMessage, "action"));
                    }
                    RawField::Missing => return Err(R::stop(IssueCode::Missing, "action")),
                    _ => return Err(R::stop(IssueCode::Type, "action")),
                };
                books::read(stream, action, self.symbol, reader)?
            }
            Channel::BookSnapshots(stream) => {
                books::read(stream, BookAction::Snapshot, self.symbol, reader)?
            }
            Channel::Funding => funding::read(self.symbol, reader)?,
            Channel::Liquidations => liquidations::read(self.symbol, reader)?,
            Channel::Unsupported => {
                reader.skip()?;
                return Ok(None);
            }
        }))
    }
}
