//! A table written anew while everybody waits.

use super::work::{Slow, Work};
use super::{At, Check, Finding, rule};
use crate::assess::Phase;
use crate::catalog::Name;
use crate::change::{Change, Column, ColumnValue, Expr, Maintenance, Persistence, TableAction, TypeName};

rule! {
    /// A table is written anew under a lock that stops all use of it.
    ///
    /// Every row and every index is copied, which takes time and as much free disk again, while reads and writes wait. A new column
    /// without a value, filled in batches, gets to the same place while the application works.
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();
    /// ```
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY, age integer);
    /// -- migration
    /// ALTER TABLE users ALTER COLUMN age TYPE bigint;
    /// ```
    ///
    /// ```sql,bad
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- migration
    /// ALTER TABLE users ADD COLUMN number bigserial;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE users (id bigint PRIMARY KEY, name varchar(20));
    /// -- migration
    /// ALTER TABLE users ADD COLUMN created timestamptz DEFAULT now();
    /// ALTER TABLE users ALTER COLUMN name TYPE text;
    /// ```
    pub(super) static TABLE_REWRITTEN = "table-rewritten", Error, Locks, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    at.slow(Work::Rewrite).iter().map(|slow| finding(at, slow)).collect()
}

fn finding(at: &At<'_>, slow: &Slow<'_>) -> Finding {
    let what = match slow.cost.rewrites.as_slice() {
        // A change of type that keeps the rows, or an index that moves.
        [] => "it is worked through".to_owned(),
        [only] if only == slow.table() => "it is written anew".to_owned(),
        several => format!("{} are written anew", several.iter().map(|name| at.shown(name)).collect::<Vec<_>>().join(", ")),
    };
    let (reason, help) = reason(at, slow);
    let found = at.blocked(slow, format!("{what}: {reason}")).help(help);
    let Change::AlterTable(alter) = &slow.atom.change.value else { return found };
    let (TableAction::AddColumn { column, .. }, Some(table)) = (&alter.action, slow.atom.before.resolve_relation(&alter.table))
    else {
        return found;
    };
    match &column.value {
        ColumnValue::Default(default) => filled(at, slow, &table, column, column.data_type.clone(), default.clone(), found),
        ColumnValue::Serial | ColumnValue::Identity { .. } => numbered(at, slow, &table, column, found),
        ColumnValue::None | ColumnValue::Generated { .. } => found,
    }
}

/// Why it is written anew, and the way out.
fn reason(at: &At<'_>, slow: &Slow<'_>) -> (String, String) {
    let batches = "Add the column without a value, set its default then, and fill the old rows in batches.";
    let (reason, help): (&str, &str) = match &slow.atom.change.value {
        Change::AlterTable(alter) => match &alter.action {
            TableAction::AddColumn { column, .. } => match &column.value {
                ColumnValue::Default(expr) if at.dialect().is_volatile(expr, &slow.atom.before) => {
                    ("the default gives every row a value of its own", batches)
                }
                ColumnValue::Serial | ColumnValue::Identity { .. } => ("every row gets a number", batches),
                ColumnValue::Generated { .. } => (
                    "the generated value of every row is stored",
                    "Add a plain column instead, let a trigger keep it, and fill the old rows in batches.",
                ),
                ColumnValue::Default(_) | ColumnValue::None => (
                    "the constraints of the domain are tried on every row",
                    "Give the column the domain's base type and a check that is added as NOT VALID.",
                ),
            },
            TableAction::SetType { column, data_type, .. } => {
                let reason = format!("{column} becomes {}", at.type_of(data_type));
                let help = "Add a column of the new type, keep both the same, fill the old rows in batches, and switch over.";
                return (reason, help.into());
            }
            TableAction::SetExpression { .. } => (
                "the generated value of every row is computed again",
                "Add another column with the new expression kept by a trigger, and switch over.",
            ),
            TableAction::SetPersistence(persistence) => (
                if *persistence == Persistence::Permanent { "it becomes logged" } else { "it becomes unlogged" },
                "Make a new table, fill it in batches, and let it take the old one's place.",
            ),
            TableAction::SetTablespace(_) => ("it moves to another tablespace", "Move it when a pause hurts least."),
            _ => ("its storage changes", "Make a new table, fill it in batches, and let it take the old one's place."),
        },
        Change::Maintenance(Maintenance::Vacuum { .. }) => (
            "VACUUM FULL gives its free space back",
            "Plain VACUUM makes the space free for new rows; an extension that repacks tables gives it back online.",
        ),
        Change::Maintenance(Maintenance::Cluster { .. }) => {
            ("its rows are put in the order of an index", "An extension that repacks tables does this online.")
        }
        _ => ("its storage changes", "Run it when a pause hurts least."),
    };
    (reason.into(), help.into())
}

/// The column without a value, its default for new rows, and the old rows in batches.
fn filled(
    at: &At<'_>,
    slow: &Slow<'_>,
    table: &Name,
    column: &Column,
    data_type: TypeName,
    default: Expr,
    found: Finding,
) -> Finding {
    let Some(before) = slow.atom.before.table(table) else { return found };
    let bare = Column { data_type, ..at.twin(column, &column.name) };
    let quoted = at.quoted(&column.name);
    let batch = at.backfill(before, &format!("{quoted} = {}", default.sql), &format!("{quoted} IS NULL"));
    let set = at.alter(table, TableAction::SetDefault { column: column.name.clone(), default });
    let found = found.part(Phase::Expand, [at.add_column(table, bare), set]).part(Phase::Migrate, [batch]);
    if column.not_null { found.part(Phase::Contract, at.set_not_null(table, &column.name)) } else { found }
}

/// The same with a sequence of the column's own.
fn numbered(at: &At<'_>, slow: &Slow<'_>, table: &Name, column: &Column, found: Finding) -> Finding {
    let Some(before) = slow.atom.before.table(table) else { return found };
    let Some(now) = slow.atom.after.table(table).and_then(|after| after.column(&column.name)).cloned() else { return found };
    let sequence = Name::new(table.schema.clone(), super::recipe::short(&[&table.name, &column.name, "seq"]));
    let (own, name, quoted) = (at.sql(&sequence), at.sql(table), at.quoted(&column.name));
    let literal = own.replace('\'', "''");
    let bare = Column { data_type: now.data_type.clone(), ..at.twin(column, &column.name) };
    let next = format!("nextval('{literal}')");
    let batch = at.backfill(before, &format!("{quoted} = {next}"), &format!("{quoted} IS NULL"));
    found
        .part(
            Phase::Expand,
            [
                at.add_column(table, bare),
                format!("CREATE SEQUENCE {own} AS {} OWNED BY {name}.{quoted}", at.type_of(&now.data_type)),
                format!("ALTER TABLE {name} ALTER COLUMN {quoted} SET DEFAULT {next}"),
            ],
        )
        .part(Phase::Migrate, [batch])
        .part(Phase::Contract, at.set_not_null(table, &column.name))
}
