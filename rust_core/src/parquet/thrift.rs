//! Thrift's compact protocol, as far as Parquet's headers need it.

/// Writes structs: each field's number as the step from the one before it.
#[derive(Debug, Default)]
pub(super) struct Thrift {
    bytes: Vec<u8>,
    /// Number of the last field, of the struct that is open and of those around it.
    last: i16,
    outer: Vec<i16>,
}

const I32: u8 = 5;
const I64: u8 = 6;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

impl Thrift {
    pub(super) fn bool(&mut self, field: i16, value: bool) {
        self.field(field, if value { TRUE } else { FALSE });
    }

    pub(super) fn byte(&mut self, field: i16, value: u8) {
        self.field(field, BYTE);
        self.bytes.push(value);
    }

    pub(super) fn i32(&mut self, field: i16, value: i32) {
        self.field(field, I32);
        self.zigzag(i64::from(value));
    }

    pub(super) fn i64(&mut self, field: i16, value: i64) {
        self.field(field, I64);
        self.zigzag(value);
    }

    pub(super) fn binary(&mut self, field: i16, value: &[u8]) {
        self.field(field, BINARY);
        self.binary_item(value);
    }

    pub(super) fn structure(&mut self, field: i16, write: impl FnOnce(&mut Self)) {
        self.field(field, STRUCT);
        self.structure_item(write);
    }

    pub(super) fn i32_list(&mut self, field: i16, values: &[i32]) {
        self.list(field, I32, values.len());
        for value in values {
            self.zigzag(i64::from(*value));
        }
    }

    pub(super) fn binary_list<'a>(
        &mut self,
        field: i16,
        values: impl ExactSizeIterator<Item = &'a [u8]>,
    ) {
        self.list(field, BINARY, values.len());
        for value in values {
            self.binary_item(value);
        }
    }

    pub(super) fn structures<T>(
        &mut self,
        field: i16,
        items: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.list(field, STRUCT, items.len());
        for item in items {
            self.structure_item(|thrift| write(thrift, item));
        }
    }

    /// Ends the outermost struct and returns everything.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }

    fn structure_item(&mut self, write: impl FnOnce(&mut Self)) {
        self.outer.push(self.last);
        self.last = 0;
        write(self);
        self.bytes.push(0);
        self.last = self.outer.pop().unwrap_or_default();
    }

    fn field(&mut self, field: i16, kind: u8) {
        match u8::try_from(field - self.last) {
            Ok(step @ 1..=15) => self.bytes.push((step << 4) | kind),
            _ => {
                self.bytes.push(kind);
                self.zigzag(i64::from(field));
            }
        }
        self.last = field;
    }

    fn list(&mut self, field: i16, kind: u8, length: usize) {
        self.field(field, LIST);
        match u8::try_from(length) {
            Ok(short @ ..15) => self.bytes.push((short << 4) | kind),
            _ => {
                self.bytes.push(0xf0 | kind);
                varint(length as u64, &mut self.bytes);
            }
        }
    }

    fn binary_item(&mut self, value: &[u8]) {
        varint(value.len() as u64, &mut self.bytes);
        self.bytes.extend_from_slice(value);
    }

    fn zigzag(&mut self, value: i64) {
        zigzag(value, &mut self.bytes);
    }
}

/// Appends a number, seven bits a byte.
pub(super) fn varint(mut value: u64, out: &mut Vec<u8>) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// Appends a signed number so that small ones are short.
pub(super) fn zigzag(value: i64, out: &mut Vec<u8>) {
    varint(((value << 1) ^ (value >> 63)).cast_unsigned(), out);
}
