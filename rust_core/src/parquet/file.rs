//! A whole file.

use std::borrow::Cow;

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use super::ParquetError;
use super::footer::{Group, footer};
use super::leaves::leaves_of;
use super::pages::PageWriter;
use super::places::Places;
use super::schema::{Layout, unsupported};
use super::seal::seal;

const MAGIC: &[u8; 4] = b"PAR1";

/// How a file is written.
#[derive(Clone, Debug)]
pub struct Options {
    /// zstd's level.
    pub level: i32,
    /// Most rows of a row group.
    pub group_rows: usize,
    /// Columns whose least and greatest values are written.
    pub statistics: Vec<String>,
    /// Keys and values that are written behind the rows.
    pub notes: Vec<(String, String)>,
}

/// Returns the bytes of a file with these rows.
///
/// With an `order` the rows are those it names, in its order; they must lie in one batch.
///
/// # Errors
/// [`ParquetError::Null`] and [`ParquetError::TooLarge`] for rows that cannot be written,
/// [`ParquetError::Unsupported`] for a column of another type than stores have,
/// [`ParquetError::Order`] for an order that does not fit the rows.
pub fn encode(
    schema: &Schema,
    batches: &[RecordBatch],
    order: Option<&[u32]>,
    options: &Options,
) -> Result<Vec<u8>, ParquetError> {
    let layout = Layout::new(schema, &options.statistics)?;
    let mut pages = PageWriter::new(options.level)?;
    let rows = order.map_or_else(
        || batches.iter().map(RecordBatch::num_rows).sum(),
        <[u32]>::len,
    );
    // What is not used is not touched.
    let mut file = Vec::with_capacity(rows * 16);
    file.extend_from_slice(MAGIC);
    let mut groups = Vec::new();
    for (batch, places) in row_groups(batches, order, options.group_rows.max(1))? {
        groups.push(group(&layout, batch, &places, &mut pages, &mut file)?);
    }
    let footer = footer(&layout, &groups, &options.notes);
    file.extend_from_slice(&seal(&groups, &footer));
    file.extend_from_slice(&footer);
    let length = u32::try_from(footer.len()).unwrap_or(u32::MAX);
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(MAGIC);
    Ok(file)
}

/// Cuts rows into row groups, each of which lies in one batch.
fn row_groups<'a>(
    batches: &'a [RecordBatch],
    order: Option<&'a [u32]>,
    rows_max: usize,
) -> Result<Vec<(&'a RecordBatch, Places<'a>)>, ParquetError> {
    let Some(order) = order else {
        let groups = batches.iter().flat_map(|batch| {
            let begins = (0..batch.num_rows()).step_by(rows_max);
            begins.map(move |begin| {
                let end = batch.num_rows().min(begin + rows_max);
                (batch, Places::Range(begin..end))
            })
        });
        return Ok(groups.collect());
    };
    let [batch] = batches else {
        return Err(ParquetError::Order);
    };
    if order
        .iter()
        .max()
        .is_some_and(|last| *last as usize >= batch.num_rows())
    {
        return Err(ParquetError::Order);
    }
    let parts = order.chunks(rows_max);
    Ok(parts
        .map(|part| (batch, Places::List(Cow::Borrowed(part))))
        .collect())
}

fn group(
    layout: &Layout,
    batch: &RecordBatch,
    places: &Places<'_>,
    pages: &mut PageWriter<'_>,
    file: &mut Vec<u8>,
) -> Result<Group, ParquetError> {
    let mut chunks = Vec::with_capacity(layout.leaves.len());
    let mut leaves = layout.leaves.iter();
    let schema = batch.schema();
    for (array, field) in batch.columns().iter().zip(schema.fields()) {
        let null = || ParquetError::Null {
            column: field.name().clone(),
        };
        for values in leaves_of(array, places).ok_or_else(null)? {
            let leaf = leaves.next().ok_or_else(|| unsupported(field))?;
            chunks.push(pages.column(leaf, values, file)?);
        }
    }
    Ok(Group {
        rows: places.len(),
        chunks,
    })
}
