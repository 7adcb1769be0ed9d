//! What a push reads from and writes to.

use crate::adapters::ControlKind;
use crate::model::UnixNanos;
use crate::wire::EncodedBatch;

/// The frames of one push.
pub trait Frames {
    /// One frame's bytes.
    type Frame<'a>: AsRef<[u8]>
    where
        Self: 'a;

    /// Returns the number of frames.
    fn count(&self) -> usize;

    /// Returns a frame; `None` only when the source has lost it.
    fn frame(&self, index: usize) -> Option<Self::Frame<'_>>;

    /// Returns when a frame was received.
    fn received(&self, index: usize) -> Option<UnixNanos>;

    /// Returns the newest receive time.
    fn newest(&self) -> Option<UnixNanos> {
        (0..self.count())
            .filter_map(|index| self.received(index))
            .max()
    }
}

/// Where a push writes to. Nothing is copied before it gets here.
pub trait Sink {
    /// Takes a finished batch. `route` is the same number for the same topic, small and stable.
    fn message(&mut self, route: usize, batch: &EncodedBatch<'_>);

    /// Takes a control frame.
    fn control(&mut self, index: usize, kind: ControlKind, frame: &[u8]);

    /// Forgets everything taken in this push: it failed and is quarantined as a whole.
    fn discard(&mut self);
}

/// What became of the frames of one push.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Frames pushed.
    pub frames: u64,
    /// Verdicts given: one a frame and one more for each further element of a list.
    pub items: u64,
    /// Events made.
    pub events: u64,
    /// Frames quarantined.
    pub quarantined: u64,
    /// Events that were out already.
    pub duplicates: u64,
    /// Control messages.
    pub control: u64,
    /// Messages of types that are not handled.
    pub unsupported: u64,
}

/// Frames in memory, all received at one time.
#[derive(Clone, Copy, Debug)]
pub struct Slices<'a, T> {
    /// The frames.
    pub frames: &'a [T],
    /// When they were received.
    pub received: Option<UnixNanos>,
}

impl<T: AsRef<[u8]>> Frames for Slices<'_, T> {
    type Frame<'a>
        = &'a T
    where
        Self: 'a;

    fn count(&self) -> usize {
        self.frames.len()
    }

    fn frame(&self, index: usize) -> Option<&T> {
        self.frames.get(index)
    }

    fn received(&self, _index: usize) -> Option<UnixNanos> {
        self.received
    }
}
