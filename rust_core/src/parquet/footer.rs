//! What stands at the end of a file: its columns, where they lie, and notes.

use super::columns::Encoding;
use super::pages::Chunk;
use super::schema::{Element, Layout, Leaf, Logical, Physical, Repetition};
use super::thrift::Thrift;

const CREATED_BY: &str = concat!("tapeline version ", env!("CARGO_PKG_VERSION"));

/// A row group that lies in the file.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) rows: usize,
    pub(super) chunks: Vec<Chunk>,
}

/// Returns the footer, without its length.
pub(super) fn footer(layout: &Layout, groups: &[Group], notes: &[(String, String)]) -> Vec<u8> {
    let mut thrift = Thrift::default();
    thrift.i32(1, 2);
    let columns = layout.elements.iter().map(Some);
    let columns: Vec<_> = std::iter::once(None).chain(columns).collect();
    thrift.structures(2, columns.into_iter(), |thrift, column| match column {
        None => root(thrift, layout.columns),
        Some(column) => element(thrift, column),
    });
    thrift.i64(3, number(groups.iter().map(|group| group.rows).sum()));
    thrift.structures(4, groups.iter(), |thrift, group| {
        row_group(thrift, layout, group)
    });
    thrift.structures(5, notes.iter(), |thrift, (key, value)| {
        thrift.binary(1, key.as_bytes());
        thrift.binary(2, value.as_bytes());
    });
    thrift.binary(6, CREATED_BY.as_bytes());
    // Bounds are in the order of the type.
    thrift.structures(7, layout.leaves.iter(), |thrift, _| {
        thrift.structure(1, |_| {})
    });
    thrift.finish()
}

fn root(thrift: &mut Thrift, children: usize) {
    thrift.binary(4, b"schema");
    thrift.i32(5, i32::try_from(children).unwrap_or_default());
}

fn element(thrift: &mut Thrift, element: &Element) {
    if let Some(physical) = element.physical {
        thrift.i32(1, type_of(physical));
        if let Physical::Fixed(size) = physical {
            thrift.i32(2, size);
        }
    }
    thrift.i32(
        3,
        match element.repetition {
            Repetition::Required => 0,
            Repetition::Optional => 1,
            Repetition::Repeated => 2,
        },
    );
    thrift.binary(4, element.name.as_bytes());
    if let Some(children) = element.children {
        thrift.i32(5, children);
    }
    if let Some(logical) = element.logical {
        meaning(thrift, logical);
    }
}

/// The meaning, in the old way and in the new one.
fn meaning(thrift: &mut Thrift, logical: Logical) {
    let (old, new) = match logical {
        Logical::Text => (0, 1),
        Logical::Map => (1, 2),
        Logical::List => (3, 3),
        Logical::Decimal { .. } => (5, 5),
        Logical::Unsigned => (14, 10),
    };
    thrift.i32(6, old);
    if let Logical::Decimal { precision, scale } = logical {
        thrift.i32(7, i32::from(scale));
        thrift.i32(8, i32::from(precision));
    }
    thrift.structure(10, |thrift| {
        thrift.structure(new, |thrift| match logical {
            Logical::Decimal { precision, scale } => {
                thrift.i32(1, i32::from(scale));
                thrift.i32(2, i32::from(precision));
            }
            Logical::Unsigned => {
                thrift.byte(1, 64);
                thrift.bool(2, false);
            }
            Logical::Text | Logical::Map | Logical::List => {}
        });
    });
}

fn row_group(thrift: &mut Thrift, layout: &Layout, group: &Group) {
    let columns: Vec<_> = layout.leaves.iter().zip(&group.chunks).collect();
    thrift.structures(1, columns.into_iter(), |thrift, (leaf, chunk)| {
        thrift.i64(2, 0);
        thrift.structure(3, |thrift| column(thrift, leaf, chunk));
    });
    let sum = |of: fn(&Chunk) -> usize| number(group.chunks.iter().map(of).sum());
    thrift.i64(2, sum(|chunk| chunk.uncompressed));
    thrift.i64(3, number(group.rows));
    let begin = group.chunks.first();
    let begin = begin.map_or(0, |chunk| chunk.dictionary_at.unwrap_or(chunk.data_at));
    thrift.i64(5, number(begin));
    thrift.i64(6, sum(|chunk| chunk.compressed));
}

fn column(thrift: &mut Thrift, leaf: &Leaf, chunk: &Chunk) {
    thrift.i32(1, type_of(leaf.physical));
    let mut encodings = vec![chunk.encoding as i32, Encoding::Rle as i32];
    if chunk.dictionary_at.is_some() {
        encodings.push(Encoding::Plain as i32);
    }
    thrift.i32_list(2, &encodings);
    thrift.binary_list(3, leaf.path.iter().map(String::as_bytes));
    thrift.i32(4, if chunk.is_compressed { 6 } else { 0 });
    thrift.i64(5, number(chunk.values));
    thrift.i64(6, number(chunk.uncompressed));
    thrift.i64(7, number(chunk.compressed));
    thrift.i64(9, number(chunk.data_at));
    if let Some(at) = chunk.dictionary_at {
        thrift.i64(11, number(at));
    }
    if leaf.has_statistics {
        thrift.structure(12, |thrift| {
            thrift.i64(3, number(chunk.nulls));
            if let Some(bounds) = &chunk.bounds {
                thrift.binary(5, &bounds.greatest);
                thrift.binary(6, &bounds.least);
            }
        });
    }
}

fn type_of(physical: Physical) -> i32 {
    match physical {
        Physical::Int32 => 1,
        Physical::Int64 => 2,
        Physical::Bytes => 6,
        Physical::Fixed(_) => 7,
    }
}

/// A file is in memory: its sizes fit.
fn number(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
