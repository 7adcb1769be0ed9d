//! What a normalizer knows of itself.

use super::normalizer::Normalizer;
use crate::adapters::ControlKind;
use crate::cleaning::{BookInfo, Counters, OpenGap};
use crate::model::{EventType, UnixNanos};
use crate::wire::topic;

impl Normalizer {
    /// Returns all counts since the beginning.
    #[must_use]
    #[expect(
        clippy::misnamed_getters,
        reason = "`counters` is what the stages count on; callers ask for all of it"
    )]
    pub fn counters(&self) -> &Counters {
        &self.core.total
    }

    /// Returns the control messages by kind, those that occurred.
    pub fn controls(&self) -> impl Iterator<Item = (&'static str, u64)> {
        ControlKind::ALL.into_iter().filter_map(|kind| {
            let count = self.core.total.control.get(kind as usize).copied()?;
            (count > 0).then_some((kind.name(), count))
        })
    }

    /// Returns the messages of types that are not handled, by type.
    pub fn unsupported(&self) -> impl Iterator<Item = (&str, u64)> {
        self.core.unsupported.counts()
    }

    /// Returns all missing ids.
    #[must_use]
    pub fn gaps(&self) -> Vec<OpenGap<'_>> {
        self.core.pipeline.gaps()
    }

    /// Returns how many gaps [`Self::gaps`] does not list any more, because a stream had too many.
    #[must_use]
    pub fn gaps_forgotten(&self) -> u64 {
        self.core.pipeline.gaps_forgotten()
    }

    /// Returns the books of all instruments that had data.
    pub fn books(&self) -> impl Iterator<Item = BookInfo<'_>> {
        self.core.pipeline.books()
    }

    /// Returns each stream's raw symbol, channel and newest receive time.
    pub fn last_received(&self) -> impl Iterator<Item = (&str, &'static str, UnixNanos)> {
        self.core.pipeline.last_received()
    }

    /// Returns every topic that these instruments can produce to with events of `types`, and that of
    /// frames without a known instrument when `types` has quarantine.
    ///
    /// # Errors
    /// The first raw symbol that is not in the instrument list.
    pub fn topics<'s>(
        &self,
        raw_symbols: &[&'s str],
        types: &[EventType],
    ) -> Result<Vec<String>, &'s str> {
        let mut topics = Vec::new();
        let exchange = &self.setup.exchange;
        for raw_symbol in raw_symbols {
            let instrument = self
                .core
                .pipeline
                .instrument(raw_symbol)
                .ok_or(*raw_symbol)?;
            let topic_of = |event_type: &EventType| {
                topic(*event_type, exchange, &instrument.market, raw_symbol).ok()
            };
            topics.extend(types.iter().filter_map(topic_of));
        }
        if types.contains(&EventType::Quarantine) {
            topics.extend(topic(EventType::Quarantine, exchange, &self.setup.market, "").ok());
        }
        Ok(topics)
    }
}
