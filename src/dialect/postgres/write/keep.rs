//! Copies of what is removed, and the way back out of them, as SQL.

use super::spell::{join, literal, qname, qnames, quote, type_text};
use crate::catalog::Name;
use crate::change::*;
use crate::dialect::{Keep, Kept, KeptColumn};

/// A lock that nobody else reads or writes under.
pub fn lock_alone(tables: &[Name]) -> Change {
    let tables = tables.iter().map(|table| Target::with_children(table.qname())).collect();
    Change::Lock { tables, mode: "ACCESS EXCLUSIVE".into(), nowait: false }
}

/// The copy.
pub fn keep(keep: &Keep) -> Change {
    let copied = |column: &KeptColumn| {
        let name = quote(&column.from);
        match &column.text_of {
            Some(_) => format!("{name}::text AS {}", quote(&column.to)),
            None if column.from == column.to => name.into_owned(),
            None => format!("{name} AS {}", quote(&column.to)),
        }
    };
    let sql = match &keep.what {
        Kept::Rows { from, columns, .. } => format!("SELECT {} FROM ONLY {}", join(columns, copied), qname(&from.qname())),
        Kept::Values { from, key, columns, .. } => {
            format!("SELECT {} FROM ONLY {}", join(key.iter().chain(columns), copied), qname(&from.qname()))
        }
        Kept::Position { from, .. } => format!("SELECT last_value, is_called FROM {}", qname(&from.qname())),
    };
    Change::CreateTable(Box::new(CreateTable {
        query: Some(Query { text: Expr::plain(sql), selects: [].into() }),
        ..CreateTable::new(keep.archive.qname())
    }))
}

/// The way back out of the copy.
pub fn put_back(keep: &Keep) -> Change {
    let archive = qname(&keep.archive.qname());
    match &keep.what {
        Kept::Rows { to, columns, numbered, .. } => {
            let names = join(columns, |column| quote(&column.to).into_owned());
            let values = join(columns, |column| value(column, "kept"));
            let overriding = if *numbered { " OVERRIDING SYSTEM VALUE" } else { "" };
            let sql = format!("INSERT INTO {} ({names}){overriding}\nSELECT {values} FROM {archive} AS kept", qname(&to.qname()));
            data(DataKind::Insert, to, columns, false, sql)
        }
        Kept::Values { to, key, columns, .. } => {
            let set = join(columns, |column| format!("{} = {}", quote(&column.to), value(column, "kept")));
            let same: Vec<String> =
                key.iter().map(|column| format!("own.{} = {}", quote(&column.to), value(column, "kept"))).collect();
            let table = qname(&to.qname());
            let sql = format!("UPDATE {table} AS own SET {set}\nFROM {archive} AS kept WHERE {}", same.join(" AND "));
            data(DataKind::Update, to, columns, true, sql)
        }
        Kept::Position { to, .. } => {
            let sequence = literal(&qnames(&[to.qname()]));
            let sql = format!("SELECT setval({sequence}::regclass, last_value, is_called) FROM {archive}");
            Change::Data(of(DataKind::Select, sql).into())
        }
    }
}

fn value(column: &KeptColumn, of: &str) -> String {
    let cast = column.text_of.as_ref().map(|own| format!("::{}", type_text(own))).unwrap_or_default();
    format!("{of}.{}{cast}", quote(&column.to))
}

fn data(kind: DataKind, table: &Name, columns: &[KeptColumn], filtered: bool, sql: String) -> Change {
    let columns = columns.iter().map(|column| column.to.clone()).collect();
    Change::Data(Data { table: Some(table.qname()), columns: Some(columns), filtered, ..of(kind, sql) }.into())
}

fn of(kind: DataKind, sql: String) -> Data {
    Data { query: Some(Query { text: Expr::plain(sql), selects: [].into() }), ..Data::new(kind) }
}
