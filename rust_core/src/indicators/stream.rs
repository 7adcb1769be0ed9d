//! The two faces of an indicator: the formula over a tile, and the stream that callers hold.

use super::ahead;
use super::dispatch::{Isa, run};
use super::error::IndicatorError;
use super::segments::Segments;

/// The most values that a formula is fed at once: its scratch arrays stay in the first cache.
pub(super) const TILE: usize = 512;

/// An indicator's arithmetic: `I` input columns, `O` output columns.
///
/// An implementation is `#[inline(always)]` all the way down, so that it is compiled once for each
/// instruction set. Its results may not depend on how the input is cut into calls.
pub(super) trait Formula<const I: usize, const O: usize>: Send {
    /// Takes the next at most [`TILE`] values of each input; writes as many to each output.
    fn feed(&mut self, inputs: [&[f64]; I], outputs: [&mut [f64]; O]);
}

/// A running indicator. A batch is a new one that is fed everything at once.
pub trait Indicator: Send {
    /// Returns the number of input columns.
    fn inputs(&self) -> usize;

    /// Returns the number of output columns.
    fn outputs(&self) -> usize;

    /// Takes the next values of each input and writes as many to each output.
    ///
    /// The outputs are the same bits whatever the calls the input is cut into.
    ///
    /// # Errors
    /// [`IndicatorError::Arrays`] and [`IndicatorError::Lengths`]; nothing has been taken then.
    fn update(
        &mut self,
        inputs: &[&[f64]],
        outputs: &mut [&mut [f64]],
    ) -> Result<(), IndicatorError>;
}

/// A formula with the instruction set it runs on.
#[derive(Debug)]
pub(super) struct Running<F, const I: usize, const O: usize> {
    formula: F,
    isa: Isa,
    /// None where each result needs the one before it.
    segments: Option<Segments<F>>,
}

impl<F: Formula<I, O> + 'static, const I: usize, const O: usize> Running<F, I, O> {
    pub(super) fn boxed(formula: F, isa: Isa) -> Box<dyn Indicator> {
        Box::new(Self {
            formula,
            isa,
            segments: None,
        })
    }

    /// Of a formula whose results are functions of the last `history` values and their own.
    pub(super) fn in_segments(
        history: usize,
        fresh: impl Fn() -> F + Send + Sync + 'static,
        isa: Isa,
    ) -> Box<dyn Indicator> {
        Box::new(Self {
            formula: fresh(),
            isa,
            segments: Some(Segments {
                history,
                fresh: Box::new(fresh),
            }),
        })
    }
}

impl<F: Formula<I, O>, const I: usize, const O: usize> Indicator for Running<F, I, O> {
    fn inputs(&self) -> usize {
        I
    }

    fn outputs(&self) -> usize {
        O
    }

    fn update(
        &mut self,
        inputs: &[&[f64]],
        outputs: &mut [&mut [f64]],
    ) -> Result<(), IndicatorError> {
        let inputs: [&[f64]; I] = inputs.try_into().map_err(|_| IndicatorError::Arrays {
            what: "input",
            expected: I,
            found: inputs.len(),
        })?;
        if outputs.len() != O {
            return Err(IndicatorError::Arrays {
                what: "output",
                expected: O,
                found: outputs.len(),
            });
        }
        let expected = inputs.first().map_or(0, |input| input.len());
        let lengths = inputs.iter().map(|input| input.len());
        let lengths = lengths.chain(outputs.iter().map(|output| output.len()));
        for found in lengths {
            if found != expected {
                return Err(IndicatorError::Lengths { expected, found });
            }
        }
        let mut outputs = outputs.iter_mut();
        let outputs = core::array::from_fn(|_| match outputs.next() {
            Some(output) => &mut **output,
            None => &mut [],
        });
        let count = self
            .segments
            .as_ref()
            .map_or(1, |each| each.count_for(expected));
        match &self.segments {
            Some(segments) if count > 1 => {
                segments.feed(self.isa, &mut self.formula, inputs, outputs, count);
            }
            None if ahead::is_worth(expected) => {
                ahead::feed(self.isa, &mut self.formula, inputs, outputs);
            }
            _ => run(self.isa, &mut self.formula, inputs, outputs),
        }
        Ok(())
    }
}

/// Feeds everything, a tile at a time.
#[inline(always)]
pub(super) fn feed_all<F: Formula<I, O>, const I: usize, const O: usize>(
    formula: &mut F,
    mut inputs: [&[f64]; I],
    mut outputs: [&mut [f64]; O],
) {
    loop {
        let left = inputs.first().map_or(0, |input| input.len());
        if left == 0 {
            return;
        }
        let size = left.min(TILE);
        let tile = core::array::from_fn(|at| cut(&mut inputs, at, size));
        let room = core::array::from_fn(|at| cut_mut(&mut outputs, at, size));
        formula.feed(tile, room);
    }
}

#[inline(always)]
pub(super) fn cut<'a>(columns: &mut [&'a [f64]], at: usize, size: usize) -> &'a [f64] {
    let Some((column, (head, tail))) = columns
        .get_mut(at)
        .and_then(|column| column.split_at_checked(size).map(|cut| (column, cut)))
    else {
        return &[];
    };
    *column = tail;
    head
}

#[inline(always)]
pub(super) fn cut_mut<'a>(columns: &mut [&'a mut [f64]], at: usize, size: usize) -> &'a mut [f64] {
    let Some(column) = columns.get_mut(at) else {
        return &mut [];
    };
    let whole = core::mem::take(column);
    let size = size.min(whole.len());
    let (head, tail) = whole.split_at_mut(size);
    *column = tail;
    head
}
