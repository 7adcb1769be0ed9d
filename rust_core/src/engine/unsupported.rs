//! Counts of message types that are not handled.

/// Distinct names that are counted one by one; a stranger's frames must not fill the memory.
const MAX_NAMES: usize = 64;
/// What further names are counted as.
const OTHER: &str = "other";

/// Counts by type name, with the way back for a push that failed.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsupported {
    counts: Vec<(String, u64)>,
    /// Index of each name counted in this push.
    journal: Vec<usize>,
}

impl Unsupported {
    pub(super) fn begin_push(&mut self) {
        self.journal.clear();
    }

    /// Counts `name`, or `name[]` for a list of them.
    pub(super) fn count(&mut self, name: &str, is_array: bool) {
        let known = self.counts.iter().position(|(known, _)| {
            let known = if is_array {
                known.strip_suffix("[]")
            } else {
                Some(known.as_str())
            };
            known == Some(name)
        });
        let index = known.unwrap_or_else(|| self.add(name, is_array));
        if let Some((_, count)) = self.counts.get_mut(index) {
            *count += 1;
            self.journal.push(index);
        }
    }

    #[cold]
    fn add(&mut self, name: &str, is_array: bool) -> usize {
        let name = match (self.counts.len() < MAX_NAMES, is_array) {
            (false, _) => OTHER.to_owned(),
            (true, false) => name.to_owned(),
            (true, true) => format!("{name}[]"),
        };
        let known = self.counts.iter().position(|(known, _)| *known == name);
        known.unwrap_or_else(|| {
            self.counts.push((name, 0));
            self.counts.len() - 1
        })
    }

    /// Undoes what this push counted.
    pub(super) fn roll_back(&mut self) {
        for index in self.journal.drain(..) {
            if let Some((_, count)) = self.counts.get_mut(index) {
                *count -= 1;
            }
        }
    }

    pub(super) fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| (name.as_str(), *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_a_push_can_be_undone() {
        let mut unsupported = Unsupported::default();
        for number in 0..100 {
            unsupported.count(&format!("type{number}"), false);
        }
        unsupported.count("type1", true);
        assert_eq!(unsupported.counts().count(), 65);
        assert_eq!(unsupported.counts().last(), Some(("other", 37)));
        unsupported.begin_push();
        unsupported.count("type1", false);
        unsupported.roll_back();
        assert_eq!(
            unsupported.counts().map(|(_, count)| count).sum::<u64>(),
            101
        );
    }
}
