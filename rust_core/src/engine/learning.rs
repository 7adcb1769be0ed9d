//! Instruments that the venue lists while a normalizer is running.

use std::sync::Arc;

use super::normalizer::{Core, Normalizer};
use super::setup::{SetupError, SetupInstrument};

impl Normalizer {
    /// Takes more instruments and returns how many were not known; those that were stay as they are.
    ///
    /// # Errors
    /// See [`SetupError`]; then none was taken.
    pub fn learn(&mut self, list: Vec<SetupInstrument>) -> Result<usize, SetupError> {
        let Self { setup, core, .. } = self;
        let Core {
            pipeline, outlets, ..
        } = core;
        let known = pipeline.instruments();
        setup.instruments = known
            .map(|one| SetupInstrument {
                raw_symbol: one.raw_symbol.clone(),
                symbol: one.symbol.clone(),
                market: one.market.clone(),
                contract_size: one.contract_size,
            })
            .collect();
        let known = setup.instruments.len();
        let is_new = |one: &SetupInstrument| pipeline.find(&one.raw_symbol).is_none();
        setup.instruments.extend(list.into_iter().filter(is_new));
        let checked = setup.check();
        let all = setup.take_instruments();
        checked?;
        let new: Vec<_> = all.into_iter().skip(known).map(Arc::new).collect();
        pipeline.learn(&new);
        outlets.learn(&new);
        Ok(new.len())
    }
}
