//! A query rewritten: columns in the place of its stars, as the server stores it.

use crate::change::{ColumnRef, Expr, Ident, Output, OutputValue, Query, Ref, RefKind, Select};
use crate::dialect::Dialect;

/// The query with columns in the place of its stars.
pub(super) fn expand_stars(query: &Query, mut stars: Vec<(u32, u32, Vec<Output>)>, dialect: &dyn Dialect) -> Query {
    if stars.is_empty() {
        return query.clone();
    }
    stars.sort_by_key(|(start, ..)| *start);
    let mut sql = String::with_capacity(query.text.sql.len() + 64);
    let mut refs: Vec<Ref> = Vec::new();
    let mut old = query.text.refs.iter().peekable();
    let mut done = 0usize;
    for (start, end, outputs) in &stars {
        while let Some(reference) = old.next_if(|reference| first_byte(reference) < *start) {
            refs.push(moved(reference, sql.len() as i64 - done as i64));
        }
        while old.next_if(|reference| first_byte(reference) < *end).is_some() {}
        sql.push_str(&query.text.sql[done..*start as usize]);
        for (at, output) in outputs.iter().enumerate() {
            let Output::Value { value: OutputValue::Column(column), .. } = output else { continue };
            sql.push_str(if at > 0 { ", " } else { "" });
            refs.push(write_column(&mut sql, column, dialect));
        }
        done = *end as usize;
    }
    refs.extend(old.map(|reference| moved(reference, sql.len() as i64 - done as i64)));
    sql.push_str(&query.text.sql[done..]);
    let selects = query.selects.iter().map(|select| {
        let outputs = select.outputs.iter().flat_map(|output| match output {
            Output::Star { range } | Output::QualifiedStar { range, .. } => {
                match stars.iter().find(|star| (star.0, star.1) == *range) {
                    Some((.., outputs)) => outputs.clone(),
                    None => vec![output.clone()],
                }
            }
            Output::Value { .. } => vec![output.clone()],
        });
        Select { outputs: outputs.collect(), ..select.clone() }
    });
    let selects = selects.collect();
    Query { text: Expr { sql: sql.into(), refs: refs.into(), shape: query.text.shape.clone() }, selects }
}

fn write_column(sql: &mut String, column: &ColumnRef, dialect: &dyn Dialect) -> Ref {
    let parts: Vec<Ident> = column.qualifier.iter().chain([&column.name]).cloned().collect();
    let mut ranges = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        sql.push_str(if at > 0 { "." } else { "" });
        let start = sql.len() as u32;
        sql.push_str(&dialect.quote(part));
        ranges.push((start, sql.len() as u32));
    }
    Ref { kind: RefKind::Column, parts, ranges }
}

fn first_byte(reference: &Ref) -> u32 {
    reference.ranges.first().map_or(0, |range| range.0)
}

fn moved(reference: &Ref, by: i64) -> Ref {
    let shift = |at: u32| (i64::from(at) + by) as u32;
    let ranges = reference.ranges.iter().map(|(start, end)| (shift(*start), shift(*end))).collect();
    Ref { ranges, ..reference.clone() }
}
