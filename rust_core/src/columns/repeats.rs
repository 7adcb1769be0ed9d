//! Which rows say again what an earlier row of the same time said.

use std::ops::Range;

/// Up to so many rows of one time each is compared with those before it; more are sorted.
const FEW: usize = 24;

/// Returns the places of rows whose id an earlier row of the same time has, in order.
///
/// # Arguments
///
/// * `times`: in order, so that equal ones lie together
/// * `ids`: one a row
#[must_use]
pub fn repeats(times: &[i64], ids: &[[u8; 16]]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut begin = 0;
    for run in times.chunk_by(|one, next| one == next) {
        let places = begin..begin + run.len();
        begin = places.end;
        if let [_, _, ..] = run {
            in_run(ids, &places, &mut found);
        }
    }
    found
}

fn in_run(ids: &[[u8; 16]], places: &Range<usize>, found: &mut Vec<usize>) {
    let run = ids.get(places.clone()).unwrap_or(&[]);
    if run.len() > FEW {
        in_long_run(run, places.start, found);
        return;
    }
    for (place, id) in run.iter().enumerate() {
        if run.iter().take(place).any(|earlier| earlier == id) {
            found.push(places.start + place);
        }
    }
}

fn in_long_run(run: &[[u8; 16]], begin: usize, found: &mut Vec<usize>) {
    let mut places: Vec<(&[u8; 16], usize)> = run.iter().zip(begin..).collect();
    places.sort_unstable();
    let known = found.len();
    found.extend(places.windows(2).filter_map(|two| match two {
        [one, next] if one.0 == next.0 => Some(next.1),
        _ => None,
    }));
    if let Some(new) = found.get_mut(known..) {
        new.sort_unstable();
    }
}
