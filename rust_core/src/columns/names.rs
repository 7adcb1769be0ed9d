//! Names as numbers, which are less where the names come first.

use std::collections::BTreeMap;

use arrow_array::ArrayRef;

use super::texts::Texts;

/// Columns of names: exchange, market and the venue's spelling of the symbol.
const COLUMNS: usize = 3;

/// The place of each row's names among all that there are.
#[derive(Debug, Clone)]
pub enum Names {
    /// Of a source all whose rows have the same ones.
    Same(u64),
    /// Of each row.
    Each(Vec<u64>),
}

impl Names {
    /// Returns it for a row; `None` behind the last.
    #[must_use]
    #[inline(always)]
    pub fn of(&self, row: usize) -> Option<u64> {
        match self {
            Self::Same(place) => Some(*place),
            Self::Each(places) => places.get(row).copied(),
        }
    }

    /// Takes a name further into account, which counts for less.
    fn then(self, name: Self, count: u64) -> Self {
        let join = |high: u64, low: u64| high.saturating_mul(count).saturating_add(low);
        match (self, name) {
            (Self::Same(high), Self::Same(low)) => Self::Same(join(high, low)),
            (Self::Same(high), Self::Each(lows)) => {
                Self::Each(lows.into_iter().map(|low| join(high, low)).collect())
            }
            (Self::Each(highs), Self::Same(low)) => {
                Self::Each(highs.into_iter().map(|high| join(high, low)).collect())
            }
            (Self::Each(highs), Self::Each(lows)) => {
                let pairs = highs.into_iter().zip(lows);
                Self::Each(pairs.map(|(high, low)| join(high, low)).collect())
            }
        }
    }
}

/// Returns the names of each source; a name that is not known is as an empty one. `None` when a column
/// holds no text.
///
/// # Arguments
///
/// * `sources`: the columns of names of each
pub(super) fn names_of(sources: &[[&ArrayRef; COLUMNS]]) -> Option<Vec<Names>> {
    let mut found = vec![Names::Same(0); sources.len()];
    for place in 0..COLUMNS {
        let columns = sources.iter().map(|columns| columns.get(place));
        let texts: Option<Vec<Texts<'_>>> =
            columns.map(|column| Texts::of(column?.as_ref())).collect();
        let (names, count) = ranked(&texts?);
        found = found
            .into_iter()
            .zip(names)
            .map(|(known, name)| known.then(name, count))
            .collect();
    }
    Some(found)
}

/// Returns the place of each name of a column among all of them, and how many there are.
fn ranked(sources: &[Texts<'_>]) -> (Vec<Names>, u64) {
    let mut ranks: BTreeMap<&[u8], u64> = BTreeMap::new();
    for texts in sources {
        texts.each_new(|text| {
            ranks.entry(text.unwrap_or_default()).or_default();
        });
    }
    let mut count = 0;
    for rank in ranks.values_mut() {
        *rank = count;
        count += 1;
    }
    let rank = |text: Option<&[u8]>| {
        let found = ranks.get(text.unwrap_or_default());
        found.copied().unwrap_or_default()
    };
    let names = sources.iter().map(|texts| match texts.same() {
        Some(text) => Names::Same(rank(text)),
        None => Names::Each(texts.map(rank)),
    });
    (names.collect(), count)
}
