//! Columns of texts of which there are few: names of enumerations and of instruments.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, PrimitiveArray, StringArray};
use arrow_buffer::ScalarBuffer;
use arrow_schema::ArrowError;

use super::columns::{Nulls, Texts};
use super::names::name;

/// How texts of which there are few are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As strings: what people read.
    Plain,
    /// As a dictionary with 32-bit keys: a row costs four bytes, whatever the text.
    Dictionary,
}

/// Numbers of an enumeration, shown as their names. An empty name is null.
#[derive(Debug, Default)]
pub(super) struct Enumeration(Vec<i32>);

impl Enumeration {
    #[inline]
    pub(super) fn push(&mut self, number: i32) {
        self.0.push(number);
    }

    pub(super) fn reserve(&mut self, rows: usize) {
        self.0.reserve(rows);
    }

    pub(super) fn truncate(&mut self, rows: usize) {
        self.0.truncate(rows);
    }

    pub(super) fn into_names(
        self,
        names: &[&'static str],
        form: Form,
    ) -> Result<ArrayRef, ArrowError> {
        if form == Form::Plain {
            let mut texts = Texts::default();
            for run in self.0.chunk_by(|one, next| one == next) {
                let number = run.first().copied().unwrap_or_default();
                texts.push_repeated(name(number, names).as_bytes(), run.len());
            }
            return texts.into_strings();
        }
        // All numbers in one go, without a branch for each. As unsigned, negative ones are large.
        let numbers = self.0.iter().map(|number| number.cast_unsigned());
        let highest = numbers.fold(0, u32::max);
        let known = usize::try_from(highest).is_ok_and(|highest| highest < names.len());
        if names.contains(&"") || !known {
            return self.into_dictionary(names);
        }
        // A key is its number: nothing is copied.
        let names = names.iter().map(|name| Cow::Borrowed(*name));
        dictionary(self.0, Nulls::default(), names)
    }

    /// Gives keys to the names that are not empty, then to numbers of a newer version as they come.
    fn into_dictionary(mut self, names: &[&'static str]) -> Result<ArrayRef, ArrowError> {
        let mut nulls = Nulls::default();
        let mut found: Vec<Cow<'static, str>> = Vec::new();
        let mut keys: HashMap<i32, Option<i32>> = HashMap::new();
        for (number, name) in (0..).zip(names) {
            keys.insert(number, (!name.is_empty()).then(|| key(found.len())));
            if !name.is_empty() {
                found.push(Cow::Borrowed(name));
            }
        }
        let mut before = (0, keys.get(&0).copied().flatten());
        for (row, number) in self.0.iter_mut().enumerate() {
            if *number != before.0 {
                let key = *keys.entry(*number).or_insert_with(|| {
                    found.push(name(*number, names));
                    Some(key(found.len() - 1))
                });
                before = (*number, key);
            }
            nulls.push(row, before.1.is_some());
            *number = before.1.unwrap_or_default();
        }
        dictionary(self.0, nulls, found.into_iter())
    }
}

/// Texts that stay the same for many rows, those of an instrument. An empty one is null.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    texts: Vec<String>,
    keys: HashMap<String, i32>,
    /// Key and number of rows.
    runs: Vec<(Option<i32>, usize)>,
    rows: usize,
}

impl Repeated {
    pub(super) fn push(&mut self, text: &str, rows: usize) {
        self.rows += rows;
        if let Some((Some(last), count)) = self.runs.last_mut()
            && usize::try_from(*last)
                .is_ok_and(|last| self.texts.get(last).is_some_and(|last| last == text))
        {
            *count += rows;
            return;
        }
        let key = (!text.is_empty()).then(|| self.key_of(text));
        match self.runs.last_mut() {
            Some((last, count)) if *last == key => *count += rows,
            _ => self.runs.push((key, rows)),
        }
    }

    fn key_of(&mut self, text: &str) -> i32 {
        if let Some(key) = self.keys.get(text) {
            return *key;
        }
        let key = key(self.texts.len());
        self.texts.push(text.to_owned());
        self.keys.insert(text.to_owned(), key);
        key
    }

    pub(super) fn byte_length(&self, form: Form) -> usize {
        let length_of = |key: i32| {
            let text = usize::try_from(key)
                .ok()
                .and_then(|key| self.texts.get(key));
            text.map_or(0, String::len)
        };
        match form {
            Form::Plain => {
                let lengths = self
                    .runs
                    .iter()
                    .map(|(key, rows)| key.map_or(0, length_of) * rows);
                lengths.sum()
            }
            Form::Dictionary => 0,
        }
    }

    pub(super) fn into_names(self, form: Form) -> Result<ArrayRef, ArrowError> {
        if form == Form::Plain {
            let mut column = Texts::default();
            for (key, rows) in self.runs {
                let text = key
                    .and_then(|key| usize::try_from(key).ok())
                    .and_then(|key| self.texts.get(key));
                column.push_repeated(text.map_or(&[][..], |text| text.as_bytes()), rows);
            }
            return column.into_strings();
        }
        let mut keys = Vec::with_capacity(self.rows);
        let mut nulls = Nulls::default();
        for (key, rows) in self.runs {
            match key {
                Some(_) => nulls.push_valid(keys.len(), rows),
                None => (0..rows).for_each(|row| nulls.push(keys.len() + row, false)),
            }
            keys.resize(keys.len() + rows, key.unwrap_or_default());
        }
        dictionary(keys, nulls, self.texts.into_iter().map(Cow::Owned))
    }
}

fn dictionary(
    keys: Vec<i32>,
    nulls: Nulls,
    names: impl Iterator<Item = Cow<'static, str>>,
) -> Result<ArrayRef, ArrowError> {
    let nulls = nulls.into_buffer(keys.len());
    let keys = PrimitiveArray::<Int32Type>::try_new(ScalarBuffer::from(keys), nulls)?;
    let names: StringArray = names.map(Some).collect();
    Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(names))?))
}

/// A dictionary never has as many names as a table has rows.
fn key(place: usize) -> i32 {
    i32::try_from(place).unwrap_or(i32::MAX)
}
