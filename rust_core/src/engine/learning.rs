//! Instruments that the venue lists while a normalizer is running.

use std::sync::Arc;

use super::normalizer::{Core, Normalizer};
use super::setup::{SetupError, SetupInstrument};

impl Normalizer {
    /// Takes more instruments and returns how many were not known. Of those that were, contract size
    /// and funding interval are taken over: they hold for what is read from now on. A book whose
    /// levels count other contracts is given up with its next message and needs a snapshot.
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
                funding_interval_ns: one.funding_interval_ns,
            })
            .collect();
        let known = setup.instruments.len();
        let is_new = |one: &SetupInstrument| pipeline.find(&one.raw_symbol).is_none();
        let (new, old): (Vec<_>, Vec<_>) = list.into_iter().partition(is_new);
        setup.instruments.extend(new);
        // What is known is checked as it will be.
        for one in &old {
            let index = pipeline.find(&one.raw_symbol);
            if let Some(known) = index.and_then(|index| setup.instruments.get_mut(index)) {
                known.contract_size = one.contract_size;
                known.funding_interval_ns = one.funding_interval_ns;
            }
        }
        let checked = setup.check();
        let all = setup.take_instruments();
        checked?;
        let new: Vec<_> = all.into_iter().skip(known).map(Arc::new).collect();
        for one in &old {
            pipeline.renew(&one.raw_symbol, one.contract_size, one.funding_interval_ns);
        }
        pipeline.learn(&new);
        outlets.learn(&new);
        Ok(new.len())
    }
}
