//! Which entries of which rungs make up a window.

/// An entry of a rung, `offset` places before the newest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tap {
    pub(super) rung: usize,
    pub(super) offset: usize,
    /// How many values it covers.
    pub(super) span: f64,
    /// 1 / span, which is exact.
    pub(super) inverse: f64,
    /// How many values of the window are older than it.
    pub(super) older: f64,
}

/// Returns the highest rung that a window uses: 4 to 15 of its entries fit, but for short windows.
pub(super) const fn top_rung(window: u32) -> usize {
    let mut rung = 0;
    while (window >> (2 * rung)) >= 16 {
        rung += 1;
    }
    rung
}

/// Returns the parts of a window, the longest first; the shortest are the newest.
pub(super) fn taps(window: u32) -> Vec<Tap> {
    let top = top_rung(window);
    let mut covered = 0;
    let mut found = Vec::new();
    for rung in 0..=top {
        let entries = window >> (2 * rung);
        let entries = if rung == top { entries } else { entries % 4 };
        let span = 1_u32 << (2 * rung);
        for _ in 0..entries {
            found.push(Tap {
                rung,
                offset: covered as usize,
                span: f64::from(span),
                inverse: 1.0 / f64::from(span),
                older: f64::from(window - covered - span),
            });
            covered += span;
        }
    }
    found.reverse();
    found
}

/// Returns how many entries of the past a rung must keep.
pub(super) fn reach(taps: &[Tap], rung: usize, top: usize) -> usize {
    let climbed = if rung < top { 3 << (2 * rung) } else { 0 };
    let own = taps.iter().filter(|tap| tap.rung == rung);
    own.map(|tap| tap.offset).fold(climbed, usize::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_a_window_is_covered_once() {
        for window in (1..=1_100).chain([4_095, 4_096, 65_537]) {
            let mut covered = vec![0_u32; window as usize];
            let taps = taps(window);
            for tap in &taps {
                let span = 1 << (2 * tap.rung);
                covered[tap.offset..tap.offset + span]
                    .iter_mut()
                    .for_each(|count| *count += 1);
                assert!(tap.span <= taps[0].span);
            }
            assert!(covered.iter().all(|count| *count == 1), "{window}");
        }
    }
}
