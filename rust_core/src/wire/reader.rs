//! A strict reader of protobuf's wire format over borrowed bytes.
//!
//! Stricter than protobuf asks for: groups, field number 0, numbers beyond their type and a second
//! occurrence of a singular field are errors. Padded varints of up to ten bytes are legal.

use super::DecodeError;

/// Most bytes of a text.
const MAX_TEXT: usize = 64 * 1024;

/// A field's value, by its wire type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
    Fixed32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

fn malformed<T>(what: &'static str) -> Result<T, DecodeError> {
    Err(DecodeError::Malformed { what })
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns the next field's number and value, or `None` at the end.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<Option<(u32, Value<'a>)>, DecodeError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let Ok(tag) = u32::try_from(self.varint()?) else {
            return malformed("a tag beyond 32 bits");
        };
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(*self.chunk()?),
            2 => Value::Bytes(self.delimited()?),
            5 => {
                self.chunk::<4>()?;
                Value::Fixed32
            }
            _ => return malformed("a group or an unknown wire type"),
        };
        match tag >> 3 {
            0 => malformed("field number 0"),
            number => Ok(Some((number, value))),
        }
    }

    #[inline(always)]
    pub(super) fn varint(&mut self) -> Result<u64, DecodeError> {
        match self.rest {
            [byte, rest @ ..] if *byte < 0x80 => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            _ => self.medium_varint(),
        }
    }

    /// Up to eight bytes, if there are eight to load.
    #[inline]
    fn medium_varint(&mut self) -> Result<u64, DecodeError> {
        const ENDS: u64 = 0x8080_8080_8080_8080;
        let Some(word) = self
            .rest
            .first_chunk()
            .map(|chunk| u64::from_le_bytes(*chunk))
        else {
            return self.long_varint();
        };
        let ends = !word & ENDS;
        if ends == 0 {
            return self.long_varint();
        }
        // Keeps what is below the lowest end mark.
        let word = word & (ends ^ (ends - 1)) & !ENDS;
        let word = seven_bits_each(word);
        let length = ends.trailing_zeros() as usize / 8 + 1;
        self.rest = self.rest.get(length..).unwrap_or_default();
        Ok(word)
    }

    #[cold]
    fn long_varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for (index, byte) in self.rest.iter().take(10).enumerate() {
            if index == 9 && *byte > 1 {
                return malformed("a varint beyond 64 bits");
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if *byte < 0x80 {
                self.rest = self.rest.get(index + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        malformed(if self.rest.len() < 10 {
            "the bytes end inside a varint"
        } else {
            "a varint beyond ten bytes"
        })
    }

    #[inline]
    fn chunk<const N: usize>(&mut self) -> Result<&'a [u8; N], DecodeError> {
        match self.rest.split_first_chunk() {
            Some((chunk, rest)) => {
                self.rest = rest;
                Ok(chunk)
            }
            None => malformed("the bytes end inside a fixed-size value"),
        }
    }

    #[inline(always)]
    fn delimited(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = usize::try_from(self.varint()?).unwrap_or(usize::MAX);
        match self.rest.split_at_checked(length) {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(bytes)
            }
            None => malformed("a length beyond the end of the bytes"),
        }
    }

    /// Takes the next field if it is that of this tag and has at most 127 bytes.
    #[inline(always)]
    pub(super) fn short_bytes(&mut self, tag: u8) -> Option<&'a [u8]> {
        match self.rest {
            [found, length @ ..0x80, rest @ ..] if *found == tag => {
                let (bytes, rest) = rest.split_at_checked(usize::from(*length))?;
                self.rest = rest;
                Some(bytes)
            }
            _ => None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

impl<'a> Value<'a> {
    #[inline]
    pub(super) fn varint(self, field: &'static str) -> Result<u64, DecodeError> {
        if let Self::Varint(value) = self {
            Ok(value)
        } else {
            Err(DecodeError::WireType { field })
        }
    }

    #[inline]
    pub(super) fn uint32(self, field: &'static str) -> Result<u32, DecodeError> {
        u32::try_from(self.varint(field)?).map_err(|_| DecodeError::OutOfRange { field })
    }

    #[inline]
    pub(super) fn enumeration(self, field: &'static str) -> Result<i32, DecodeError> {
        enum_number(self.varint(field)?, field)
    }

    #[inline]
    pub(super) fn int64(self, field: &'static str) -> Result<i64, DecodeError> {
        Ok(self.varint(field)?.cast_signed())
    }

    #[inline]
    pub(super) fn sfixed64(self, field: &'static str) -> Result<i64, DecodeError> {
        if let Self::Fixed64(value) = self {
            Ok(i64::from_le_bytes(value))
        } else {
            Err(DecodeError::WireType { field })
        }
    }

    #[inline]
    pub(super) fn bytes(self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        if let Self::Bytes(value) = self {
            Ok(value)
        } else {
            Err(DecodeError::WireType { field })
        }
    }

    #[inline]
    pub(super) fn text(self, field: &'static str) -> Result<&'a str, DecodeError> {
        let bytes = self.bytes(field)?;
        if bytes.len() > MAX_TEXT {
            return Err(DecodeError::Length {
                field,
                length: bytes.len(),
                allowed: "up to 65536",
            });
        }
        core::str::from_utf8(bytes).map_err(|_| DecodeError::Utf8 { field })
    }
}

/// Joins the lower seven bits of each byte: 8 x 7 -> 4 x 14 -> 2 x 28 -> 56. The highest ones must be 0.
#[inline(always)]
pub(super) fn seven_bits_each(word: u64) -> u64 {
    let word = (word & 0x007f_007f_007f_007f) | ((word & 0x7f00_7f00_7f00_7f00) >> 1);
    let word = (word & 0x0000_3fff_0000_3fff) | ((word & 0x3fff_0000_3fff_0000) >> 2);
    (word & 0x0fff_ffff) | ((word & 0x0fff_ffff_0000_0000) >> 4)
}

/// Enum numbers are 32-bit, negative ones sign-extended to 64.
pub(super) fn enum_number(value: u64, field: &'static str) -> Result<i32, DecodeError> {
    i32::try_from(value.cast_signed()).map_err(|_| DecodeError::OutOfRange { field })
}

/// Fills the slot of a singular field.
#[inline(always)]
pub(super) fn once<T>(
    slot: &mut Option<T>,
    field: &'static str,
    value: T,
) -> Result<(), DecodeError> {
    if slot.is_some() {
        return Err(DecodeError::Repeated { field });
    }
    *slot = Some(value);
    Ok(())
}
