//! The choice of a market's parsers, made once for a push.

use super::normalizer::{Normalizer, Reply};
use super::ports::{Frames, Sink};
use crate::adapters::{ForMarket, Market};

impl Normalizer {
    /// Reads the frames of a push with the parsers of the market.
    #[inline]
    pub(super) fn read<F: Frames, S: Sink>(&mut self, frames: &F, sink: &mut S) {
        self.venue().with(Read {
            normalizer: self,
            frames,
            sink,
        });
    }

    /// Reads the reply to a request.
    pub(super) fn read_reply<S: Sink>(&mut self, reply: &Reply<'_>, sink: &mut S) {
        self.venue().with(ReadReply {
            normalizer: self,
            reply,
            sink,
        });
    }
}

struct Read<'a, F, S> {
    normalizer: &'a mut Normalizer,
    frames: &'a F,
    sink: &'a mut S,
}

impl<F: Frames, S: Sink> ForMarket for Read<'_, F, S> {
    type Output = ();

    #[inline]
    fn call<M: Market>(self) {
        self.normalizer.read_as::<M, F, S>(self.frames, self.sink);
    }
}

struct ReadReply<'a, S> {
    normalizer: &'a mut Normalizer,
    reply: &'a Reply<'a>,
    sink: &'a mut S,
}

impl<S: Sink> ForMarket for ReadReply<'_, S> {
    type Output = ();

    fn call<M: Market>(self) {
        self.normalizer.read_reply_as::<M, S>(self.reply, self.sink);
    }
}
