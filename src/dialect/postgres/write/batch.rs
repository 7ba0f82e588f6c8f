//! A statement over a whole table, some rows at a time.

use super::spell::{dollar, literal, quote, type_text};
use crate::change::Column;
use crate::dialect::Batched;

/// How many rows one batch takes.
const ROWS: u32 = 1000;

/// How many pages one batch takes where no column tells the rows apart.
const PAGES: u32 = 50;

/// A block that commits after each batch.
pub fn batched(work: &Batched<'_>) -> String {
    let block = match work.key {
        Some(key) => by_key(work, key),
        None => by_page(work),
    };
    format!("DO {}", dollar(&block))
}

/// In the key's order.
fn by_key(work: &Batched<'_>, key: &Column) -> String {
    let (id, of, table) = (quote(&key.name), type_text(&key.data_type), work.table);
    let statement = (work.statement)(&format!("{id} = ANY (_keys)"));
    format!(
        "\n\
         DECLARE\n    \
             _next {of} := (SELECT {id} FROM {table} ORDER BY {id} LIMIT 1);\n    \
             _keys {of}[];\n    \
             _written bigint;\n    \
             _{done} bigint := 0;\n\
         BEGIN\n    \
             WHILE _next IS NOT NULL LOOP\n        \
                 _keys := ARRAY(SELECT {id} FROM {table} WHERE {id} >= _next ORDER BY {id} LIMIT {ROWS});\n        \
                 {statement};\n        \
                 GET DIAGNOSTICS _written = ROW_COUNT;\n        \
                 _{done} := _{done} + _written;\n        \
                 _next := _keys[cardinality(_keys)];\n        \
                 RAISE NOTICE '%: % rows {done}, up to %', {label}, _{done}, _next;\n        \
                 COMMIT;\n        \
                 _next := (SELECT {id} FROM {table} WHERE {id} > _next ORDER BY {id} LIMIT 1);\n    \
             END LOOP;\n\
         END ",
        done = work.done,
        label = literal(work.label)
    )
}

/// Page by page: rows that an update writes anew move behind the last page, done.
fn by_page(work: &Batched<'_>) -> String {
    let table = work.table;
    let from_to = format!("ctid >= format('(%s,0)', _page)::tid AND ctid < format('(%s,0)', _page + {PAGES})::tid");
    let statement = (work.statement)(&from_to);
    format!(
        "\n\
         DECLARE\n    \
             _last bigint := (SELECT (ctid::text::point)[0]::bigint FROM {table} ORDER BY ctid DESC LIMIT 1);\n    \
             _page bigint := 0;\n    \
             _written bigint;\n    \
             _{done} bigint := 0;\n\
         BEGIN\n    \
             WHILE _page <= _last LOOP\n        \
                 {statement};\n        \
                 GET DIAGNOSTICS _written = ROW_COUNT;\n        \
                 _{done} := _{done} + _written;\n        \
                 _page := _page + {PAGES};\n        \
                 RAISE NOTICE '%: % rows {done}, up to page % of %', {label}, _{done}, _page, _last;\n        \
                 COMMIT;\n    \
             END LOOP;\n\
         END ",
        done = work.done,
        label = literal(work.label)
    )
}
