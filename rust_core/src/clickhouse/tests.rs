//! Bytes against the format as ClickHouse documents it.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, Decimal128Array, DictionaryArray, FixedSizeBinaryArray, Int64Array, RecordBatch,
    StringArray, StructArray,
};
use arrow_schema::{DataType, Field};

use super::kind::Kind;
use super::{NativeError, NativeWriter};

/// The only column of a table, named `c`, behind the head of its block and its own.
fn column(array: ArrayRef, kind: &str) -> Vec<u8> {
    let rows = array.len();
    let batch = RecordBatch::try_from_iter([("c", array)]).unwrap();
    let mut writer = NativeWriter::new(vec![batch], vec![kind.to_owned()]).unwrap();
    let piece = writer.next_piece(1 << 20).unwrap().unwrap().to_vec();
    assert_eq!(writer.next_piece(1 << 20).unwrap(), None);
    let mut head = vec![1, u8::try_from(rows).unwrap(), 1, b'c'];
    head.push(u8::try_from(kind.len()).unwrap());
    head.extend_from_slice(kind.as_bytes());
    assert_eq!(piece[..head.len()], head);
    piece[head.len()..].to_vec()
}

fn fault(array: ArrayRef, kind: &str) -> NativeError {
    let batch = RecordBatch::try_from_iter([("c", array)]).unwrap();
    let mut writer = NativeWriter::new(vec![batch], vec![kind.to_owned()]).unwrap();
    writer.next_piece(1 << 20).unwrap_err()
}

fn words(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|each| each.to_le_bytes()).collect()
}

#[test]
fn numbers_are_their_bytes_and_nulls_are_flags_and_zeros() {
    let numbers = Int64Array::from(vec![1, -1, 7]);
    assert_eq!(
        column(Arc::new(numbers.clone()), "Int64"),
        words(&[1, u64::MAX, 7])
    );
    assert_eq!(
        column(Arc::new(numbers.slice(1, 2)), "Int64"),
        words(&[u64::MAX, 7])
    );
    let some = Int64Array::new(vec![9, 8].into(), Some(vec![false, true].into()));
    let mut expected = vec![1, 0];
    expected.extend(words(&[0, 8]));
    assert_eq!(column(Arc::new(some), "Nullable(Int64)"), expected);
    let decimals = Decimal128Array::from(vec![-2])
        .with_precision_and_scale(38, 18)
        .unwrap();
    assert_eq!(
        column(Arc::new(decimals), "Decimal(38, 18)"),
        (-2_i128).to_le_bytes()
    );
    let ids = FixedSizeBinaryArray::try_from_iter([[1_u8; 16], [2; 16]].iter()).unwrap();
    assert_eq!(
        column(Arc::new(ids.slice(1, 1)), "FixedString(16)"),
        [2; 16]
    );
}

#[test]
fn texts_have_their_length_before_them() {
    let long = "x".repeat(300);
    let texts = StringArray::from(vec!["no", "", "ab", &long]).slice(1, 3);
    let mut expected = vec![0, 2, b'a', b'b', 0xac, 0x02];
    expected.extend(long.as_bytes());
    assert_eq!(column(Arc::new(texts), "String"), expected);
    let some = StringArray::from(vec![Some("a"), None]);
    assert_eq!(
        column(Arc::new(some), "Nullable(String)"),
        [0, 1, 1, b'a', 0]
    );
    let dictionary: DictionaryArray<Int32Type> = [Some("b"), None, Some("b")].into_iter().collect();
    let expected = [0, 1, 0, 1, b'b', 0, 1, b'b'];
    assert_eq!(column(Arc::new(dictionary), "Nullable(String)"), expected);
}

#[test]
fn few_texts_are_a_dictionary_and_places() {
    let plain: ArrayRef = Arc::new(StringArray::from(vec!["b", "b", "a", "b"]));
    let dictionary: DictionaryArray<Int32Type> = ["b", "b", "a", "b"].into_iter().collect();
    let mut expected = words(&[1, 0x600, 2]);
    expected.extend([1, b'b', 1, b'a']);
    expected.extend(words(&[4]));
    expected.extend([0, 0, 1, 0]);
    assert_eq!(column(plain, "LowCardinality(String)"), expected);
    assert_eq!(
        column(Arc::new(dictionary), "LowCardinality(String)"),
        expected
    );
}

#[test]
fn the_first_entry_of_a_nullable_dictionary_is_null() {
    let kind = "LowCardinality(Nullable(String))";
    let plain: ArrayRef = Arc::new(StringArray::from(vec![Some("b"), None, Some("b")]));
    let dictionary: DictionaryArray<Int32Type> = [Some("b"), None, Some("b")].into_iter().collect();
    let found = column(Arc::new(dictionary), kind);
    let mut expected = words(&[1, 0x600, 2]);
    expected.extend([0, 1, b'b']);
    expected.extend(words(&[3]));
    expected.extend([1, 0, 1]);
    assert_eq!(found, expected);
    // Of plain texts a null has an entry of its own, which nothing points to.
    assert!(column(plain, kind).ends_with(&[1, 0, 1]));
}

#[test]
fn many_texts_have_places_of_four_bytes() {
    let texts: Vec<String> = (0..300).map(|each| each.to_string()).collect();
    let batch = RecordBatch::try_from_iter([(
        "c",
        Arc::new(StringArray::from_iter_values(&texts)) as ArrayRef,
    )])
    .unwrap();
    let kinds = vec!["LowCardinality(String)".to_owned()];
    let mut writer = NativeWriter::new(vec![batch], kinds).unwrap();
    let piece = writer.next_piece(1 << 20).unwrap().unwrap();
    assert_eq!(piece[piece.len() - 4..], 299_u32.to_le_bytes());
    assert_eq!(piece[piece.len() - 1200..][..4], 0_u32.to_le_bytes());
}

#[test]
fn lists_have_their_ends_before_their_items() {
    let mut lists = ListBuilder::new(Int64Builder::new());
    for items in [vec![5], vec![6, 7], vec![], vec![8]] {
        lists.append_value(items.into_iter().map(Some));
    }
    let found = column(Arc::new(lists.finish().slice(1, 3)), "Array(Int64)");
    assert_eq!(found, words(&[2, 2, 3, 6, 7, 8]));
}

#[test]
fn maps_and_tuples_are_columns_of_columns() {
    let mut maps = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    maps.keys().append_value("k");
    maps.values().append_value("v");
    maps.append(true).unwrap();
    maps.append(true).unwrap();
    let mut expected = words(&[1, 1, 1, 0x600, 1]);
    expected.extend([1, b'k']);
    expected.extend(words(&[1]));
    expected.extend([0, 1, b'v']);
    let kind = "Map(LowCardinality(String), String)";
    let maps = maps.finish();
    assert_eq!(column(Arc::new(maps.clone()), kind), expected);
    // Without entries there is no dictionary.
    assert_eq!(column(Arc::new(maps.slice(1, 1)), kind), words(&[1, 0]));
    let tuple = StructArray::from(vec![
        (
            Arc::new(Field::new("b", DataType::Int64, false)),
            Arc::new(Int64Array::from(vec![1])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("a", DataType::Int64, false)),
            Arc::new(Int64Array::from(vec![2])) as ArrayRef,
        ),
    ]);
    assert_eq!(
        column(Arc::new(tuple), "Tuple(a Int64, b Int64)"),
        words(&[2, 1])
    );
}

#[test]
fn pieces_are_whole_columns_of_at_least_so_many_bytes() {
    let one: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let batch = RecordBatch::try_from_iter([("a", Arc::clone(&one)), ("b", one)]).unwrap();
    let kinds = vec!["Int64".to_owned(); 2];
    let mut writer = NativeWriter::new(vec![batch.clone(), batch.clone()], kinds.clone()).unwrap();
    let mut found = Vec::new();
    while let Some(piece) = writer.next_piece(1).unwrap() {
        found.push(piece.to_vec());
    }
    assert_eq!(found.len(), 4);
    let mut whole = NativeWriter::new(vec![batch.clone(), batch], kinds).unwrap();
    assert_eq!(
        whole.next_piece(1 << 20).unwrap(),
        Some(found.concat().as_slice())
    );
}

#[test]
fn what_does_not_fit_is_an_error_that_says_so() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    for (array, kind, sentence) in [
        (&texts, "String", "a null in a column of String"),
        (&numbers, "Int64", "a null in a column of Int64"),
        (
            &texts,
            "Nullable(Int64)",
            "a column of Utf8 cannot be written as Int64",
        ),
        (
            &numbers,
            "LowCardinality(String)",
            "cannot be written as LowCardinality(String)",
        ),
        (
            &texts,
            "LowCardinality(String)",
            "a null in a column of LowCardinality(String)",
        ),
        (
            &numbers,
            "Array(Int64)",
            "cannot be written as Array(Int64)",
        ),
    ] {
        let said = fault(Arc::clone(array), kind).to_string();
        assert!(said.contains(sentence), "{said}");
    }
    for name in [
        "Float64",
        "Nullable(Array(Int64))",
        "Map(String)",
        "Tuple(Int64)",
        "Int64)",
    ] {
        assert!(
            matches!(Kind::named(name), Err(NativeError::UnknownKind(_))),
            "{name}"
        );
    }
    let count = NativeWriter::new(
        vec![RecordBatch::try_from_iter([("a", numbers)]).unwrap()],
        Vec::new(),
    );
    assert!(matches!(
        count,
        Err(NativeError::Count {
            columns: 1,
            kinds: 0
        })
    ));
}
