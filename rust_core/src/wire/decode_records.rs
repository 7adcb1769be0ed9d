//! Coverage and quarantine records as columns.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::types::{Int32Type, Int64Type, UInt64Type};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::DecodeError;
use super::columns::{Numbers, Texts};
use super::event_columns::Columns;
use super::event_fields::EventFields;
use super::name_columns::{Enumeration, Form};
use super::names::{COVERAGE_KINDS, PROOF_LEVELS, issue_name};
use super::reader::{Reader, once};
use crate::model::EventType;

#[derive(Debug, Default)]
pub(super) struct CoverageColumns {
    channel: Texts,
    kind: Enumeration,
    proof: Enumeration,
    first_id: Numbers<u64>,
    last_id: Numbers<u64>,
    start_ns: Numbers<i64>,
    end_ns: Numbers<i64>,
    received_ns: Numbers<i64>,
    reason: Texts,
}

impl Columns for CoverageColumns {
    fn push(&mut self, event: &EventFields<'_>) -> Result<(), DecodeError> {
        let (mut kind, mut proof, mut channel, mut reason) = (None, None, None, None);
        let (mut first_id, mut last_id, mut start_ns, mut end_ns) = (None, None, None, None);
        let mut reader = Reader::new(event.payload(EventType::Coverage)?);
        while let Some((number, value)) = reader.next()? {
            match number {
                1 => once(&mut kind, "kind", value.enumeration("kind")?)?,
                2 => once(&mut proof, "proof", value.enumeration("proof")?)?,
                3 => once(&mut channel, "channel", value.text("channel")?)?,
                4 => once(&mut first_id, "first_id", value.varint("first_id")?)?,
                5 => once(&mut last_id, "last_id", value.varint("last_id")?)?,
                6 => once(&mut start_ns, "start_ns", value.sfixed64("start_ns")?)?,
                7 => once(&mut end_ns, "end_ns", value.sfixed64("end_ns")?)?,
                8 => once(&mut reason, "reason", value.text("reason")?)?,
                _ => {}
            }
        }
        self.channel.push(channel.unwrap_or_default().as_bytes());
        self.kind.push(kind.unwrap_or_default());
        self.proof.push(proof.unwrap_or_default());
        self.first_id.push_optional(first_id);
        self.last_id.push_optional(last_id);
        self.start_ns.push_optional(start_ns);
        self.end_ns.push_optional(end_ns);
        self.received_ns.push_optional(event.received_ns);
        self.reason.push(reason.unwrap_or_default().as_bytes());
        Ok(())
    }

    fn byte_length(&self) -> usize {
        self.channel.byte_length() + self.reason.byte_length()
    }

    fn truncate(&mut self, rows: usize) {
        self.channel.truncate(rows);
        self.kind.truncate(rows);
        self.proof.truncate(rows);
        self.first_id.truncate(rows);
        self.last_id.truncate(rows);
        self.start_ns.truncate(rows);
        self.end_ns.truncate(rows);
        self.received_ns.truncate(rows);
        self.reason.truncate(rows);
    }

    fn into_arrays(self: Box<Self>, form: Form) -> Result<Vec<ArrayRef>, ArrowError> {
        let own: [ArrayRef; 9] = [
            self.channel.into_strings()?,
            self.kind.into_names(&COVERAGE_KINDS, form)?,
            self.proof.into_names(&PROOF_LEVELS, form)?,
            Arc::new(self.first_id.into_array::<UInt64Type>()?),
            Arc::new(self.last_id.into_array::<UInt64Type>()?),
            Arc::new(self.start_ns.into_array::<Int64Type>()?),
            Arc::new(self.end_ns.into_array::<Int64Type>()?),
            Arc::new(self.received_ns.into_array::<Int64Type>()?),
            self.reason.into_strings()?,
        ];
        Ok(own.into())
    }
}

/// Columns of coverage records, in this order.
pub(super) fn coverage_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let optional = |name: &str, kind: DataType| Field::new(name, kind, true);
    Arc::new(Schema::new(vec![
        text("exchange"),
        text("market"),
        text("symbol"),
        text("raw_symbol"),
        text("channel"),
        text("kind"),
        text("proof"),
        optional("first_id", DataType::UInt64),
        optional("last_id", DataType::UInt64),
        optional("start_ns", DataType::Int64),
        optional("end_ns", DataType::Int64),
        optional("received_ns", DataType::Int64),
        text("reason"),
    ]))
}

#[derive(Debug, Default)]
pub(super) struct QuarantineColumns {
    reason: Texts,
    stage: Numbers<i32>,
    field: Texts,
    offset: Numbers<u64>,
    raw: Texts,
    raw_length: Numbers<u64>,
    received_ns: Numbers<i64>,
}

impl Columns for QuarantineColumns {
    fn push(&mut self, event: &EventFields<'_>) -> Result<(), DecodeError> {
        let (mut reason, mut stage, mut field, mut offset, mut raw_length) =
            (None, None, None, None, None);
        let mut reader = Reader::new(event.payload(EventType::Quarantine)?);
        while let Some((number, value)) = reader.next()? {
            match number {
                1 => once(&mut reason, "reason", value.enumeration("reason")?)?,
                2 => once(&mut stage, "stage", value.uint32("stage")?)?,
                3 => once(&mut field, "field", value.text("field")?)?,
                4 => once(&mut offset, "offset", value.varint("offset")?)?,
                5 => once(&mut raw_length, "raw_length", value.varint("raw_length")?)?,
                _ => {}
            }
        }
        let stage = i32::try_from(stage.unwrap_or_default());
        self.reason
            .push(issue_name(reason.unwrap_or_default()).as_bytes());
        self.stage
            .push(stage.map_err(|_| DecodeError::OutOfRange { field: "stage" })?);
        self.field.push(field.unwrap_or_default().as_bytes());
        self.offset.push_optional(offset);
        self.raw.push(event.raw.unwrap_or_default());
        self.raw_length.push(raw_length.unwrap_or_default());
        self.received_ns.push_optional(event.received_ns);
        Ok(())
    }

    fn byte_length(&self) -> usize {
        self.field.byte_length() + self.raw.byte_length()
    }

    fn truncate(&mut self, rows: usize) {
        self.reason.truncate(rows);
        self.stage.truncate(rows);
        self.field.truncate(rows);
        self.offset.truncate(rows);
        self.raw.truncate(rows);
        self.raw_length.truncate(rows);
        self.received_ns.truncate(rows);
    }

    fn into_arrays(self: Box<Self>, _form: Form) -> Result<Vec<ArrayRef>, ArrowError> {
        let own: [ArrayRef; 7] = [
            self.reason.into_strings()?,
            Arc::new(self.stage.into_array::<Int32Type>()?),
            self.field.into_strings()?,
            Arc::new(self.offset.into_array::<UInt64Type>()?),
            self.raw.into_binary()?,
            Arc::new(self.raw_length.into_array::<UInt64Type>()?),
            Arc::new(self.received_ns.into_array::<Int64Type>()?),
        ];
        Ok(own.into())
    }
}

/// Columns of quarantine records, in this order.
pub(super) fn quarantine_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("exchange", DataType::Utf8, false),
        Field::new("market", DataType::Utf8, false),
        Field::new("symbol", DataType::Utf8, true),
        Field::new("raw_symbol", DataType::Utf8, true),
        Field::new("reason", DataType::Utf8, false),
        Field::new("stage", DataType::Int32, false),
        Field::new("field", DataType::Utf8, false),
        Field::new("offset", DataType::UInt64, true),
        Field::new("raw", DataType::Binary, false),
        Field::new("raw_length", DataType::UInt64, false),
        Field::new("received_ns", DataType::Int64, true),
    ]))
}
