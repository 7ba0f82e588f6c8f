//! Statements about rows, transactions, settings and maintenance as SQL.

use super::name::kind_words;
use super::spell::{dollar, join, literal, qname, qnames, quote};
use super::{when, write};
use crate::catalog::Name;
use crate::change::*;

/// A statement about rows as it was written.
pub fn data(data: &Data) -> String {
    match &data.query {
        Some(query) => query.text.sql.to_string(),
        None => comment("a statement about rows, too large to be kept"),
    }
}

/// The deletion of the rows that have these values in these columns.
pub fn delete_rows(table: &Name, columns: &[Ident], rows: &[Vec<Expr>]) -> Change {
    let name = table.qname();
    let condition = match columns {
        [only] => {
            let values = rows.iter().flatten().map(|value| value.sql.to_string());
            format!("{} IN ({})", quote(only), values.collect::<Vec<_>>().join(", "))
        }
        _ => {
            let names = join(columns, |column| quote(column).into_owned());
            let rows = join(rows, |row| format!("({})", join(row, |value| value.sql.to_string())));
            format!("({names}) IN ({rows})")
        }
    };
    let text = Expr::plain(format!("DELETE FROM {} WHERE {condition}", qname(&name)));
    changed_rows(name, DataKind::Delete, None, text)
}

/// The update that gives a column of the rows that have one constant in it another one.
pub fn replace_value(table: &Name, column: &Ident, now: &Expr, to: &Expr) -> Change {
    let (name, quoted) = (table.qname(), quote(column));
    let text = Expr::plain(format!("UPDATE {} SET {quoted} = {} WHERE {quoted} = {}", qname(&name), to.sql, now.sql));
    changed_rows(name, DataKind::Update, Some(vec![column.clone()]), text)
}

/// A statement with a condition, of this text.
fn changed_rows(table: QName, kind: DataKind, columns: Option<Vec<Ident>>, text: Expr) -> Change {
    let query = Some(Query { text, selects: [].into() });
    let data = Data { table: Some(table), columns, filtered: true, query, ..Data::new(kind) };
    Change::Data(data.into())
}

/// `TRUNCATE`.
pub fn truncate(tables: &[Target], cascade: bool, restart_identity: bool) -> String {
    format!("TRUNCATE TABLE {}{}{}", targets(tables), when(restart_identity, " RESTART IDENTITY"), when(cascade, " CASCADE"))
}

/// Tables with or without their children.
pub fn targets(tables: &[Target]) -> String {
    join(tables, |target| format!("{}{}", when(target.only, "ONLY "), qname(&target.table)))
}

/// `DO`, with the statements that could be read; what is conditional stands in an `IF` whose condition is not known.
pub fn block(block: &Block) -> String {
    let mut body = String::from("\nBEGIN\n");
    for statement in &block.statements {
        let sql = write(&statement.change.value);
        if statement.conditional {
            body += &format!("    {}\n", comment("under a condition"));
        }
        let end = if sql.starts_with("--") { "" } else { ";" };
        body += &format!("    {}{end}\n", sql.replace('\n', "\n    "));
    }
    format!("DO {}", dollar(&(body + "END\n")))
}

/// Transaction control.
pub fn transaction(change: &TransactionChange) -> String {
    match change {
        TransactionChange::Begin => "BEGIN".into(),
        TransactionChange::Commit { chain } => format!("COMMIT{}", when(*chain, " AND CHAIN")),
        TransactionChange::Rollback { chain } => format!("ROLLBACK{}", when(*chain, " AND CHAIN")),
        TransactionChange::Savepoint(name) => format!("SAVEPOINT {}", quote(name)),
        TransactionChange::RollbackTo(name) => format!("ROLLBACK TO SAVEPOINT {}", quote(name)),
        TransactionChange::Release(name) => format!("RELEASE SAVEPOINT {}", quote(name)),
    }
}

/// `SET` and `RESET`.
pub fn set(name: &Ident, value: Option<&[Ident]>, local: bool) -> String {
    let setting = name.split('.').map(quote).collect::<Vec<_>>().join(".");
    let Some(values) = value else {
        return if local { format!("SET LOCAL {setting} TO DEFAULT") } else { format!("RESET {setting}") };
    };
    let as_name = name == "search_path";
    let text = |value: &Ident| if as_name && !value.is_empty() { quote(value).into_owned() } else { set_value(value) };
    let values = if values.is_empty() { "''".into() } else { join(values, text) };
    format!("SET {}{setting} = {values}", when(local, "LOCAL "))
}

/// Maintenance.
pub fn maintenance(maintenance: &Maintenance) -> String {
    let list = |tables: &[QName]| if tables.is_empty() { String::new() } else { format!(" {}", qnames(tables)) };
    match maintenance {
        Maintenance::Vacuum { full, tables } => format!("VACUUM{}{}", when(*full, " (FULL)"), list(tables)),
        Maintenance::Analyze(tables) => format!("ANALYZE{}", list(tables)),
        Maintenance::Cluster { table: None, .. } => "CLUSTER".into(),
        Maintenance::Cluster { table: Some(table), index } => {
            let index = index.as_ref().map(|index| format!(" USING {}", quote(index))).unwrap_or_default();
            format!("CLUSTER {}{index}", qname(table))
        }
        Maintenance::Reindex { kind, name, concurrently } => {
            let name = name.as_ref().map(|name| format!(" {}", qname(name))).unwrap_or_default();
            format!("REINDEX {}{}{name}", kind_words(*kind), when(*concurrently, " CONCURRENTLY"))
        }
        Maintenance::Checkpoint => "CHECKPOINT".into(),
    }
}

/// A comment of one line.
pub fn comment(text: &str) -> String {
    format!("-- {}", text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn set_value(value: &Ident) -> String {
    if value.parse::<i64>().is_ok() { value.to_string() } else { literal(value) }
}
