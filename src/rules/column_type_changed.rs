//! A column has another type.

use super::evidence::column_of;
use super::twin::Twin;
use super::{At, Check, Finding, FindingBreak, Level, rule};
use crate::assess::{Broken, Loss, Use};
use crate::catalog::{Name, Table, TableColumn};
use crate::change::{Change, Column, Expr, Ident, RefKind, TableAction};
use crate::dialect::{AppError, Fit};

rule! {
    /// A column's type changes to one that the old application cannot read, or not write.
    ///
    /// Old code decodes the values it reads and writes values of the type it knows; new code does the same with the new type before
    /// the change has run. Add a column of the new type beside the old one, keep both the same by a trigger, and drop the old one at
    /// the end. A text for a uuid, say, fails with `42804` or `22P02`.
    ///
    /// ```sql,bad
    /// CREATE TABLE orders (id bigint PRIMARY KEY, reference text);
    /// -- migration
    /// ALTER TABLE orders ALTER COLUMN reference TYPE uuid USING reference::uuid;
    /// ```
    ///
    /// ```sql,good
    /// CREATE TABLE orders (id bigint PRIMARY KEY, reference varchar(20));
    /// -- migration
    /// ALTER TABLE orders ALTER COLUMN reference TYPE varchar(40);
    /// ```
    pub(super) static COLUMN_TYPE_CHANGED = "column-type-changed", Error, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let finding = |((table, column), breaks): ((Name, Ident), Vec<FindingBreak>)| {
        let (from, to) = types(at, &table, &column);
        let what = format!("{}.{column} changes from {from} to {to}", at.shown(&table));
        let finding = at.breaking(place(at, &table, &column), what, breaks).help(help(at, &table, &column));
        let finding = with_new_column(at, finding, &table, &column);
        // Every value of the old application still fits; only values that it could not have written cannot be decoded.
        if at_hand(at, &table, &column).is_some_and(|conversion| conversion.old_values == Fit::All) {
            finding.at_most(Level::Warning)
        } else {
            finding
        }
    };
    claim(at, |_, _| true).into_iter().map(finding).collect()
}

/// What the statement does to the values of a column.
pub(super) enum Kind {
    /// Some values of the old application are refused, everything that is read can be decoded.
    Narrowed,
    /// Values change silently.
    Lossy,
    /// Anything else.
    Other,
}

/// What the statement does to the values of a column.
pub(super) fn kind(at: &At<'_>, table: &Name, column: &Ident) -> Kind {
    let of_column = |broken: &&Broken| {
        column_of(&broken.usage).is_some_and(|(name, found)| at.below(name, found) == (table.clone(), column.clone()))
    };
    let breaks: Vec<&Broken> = at.verdict.breaks.iter().filter(of_column).collect();
    let reads = breaks.iter().any(|broken| matches!(broken.usage, Use::Read(..)));
    let writes = || breaks.iter().filter(|broken| matches!(broken.usage, Use::Write(..)));
    let loses = at.verdict.losses.contains(&Loss::Precision(table.clone(), column.clone()));
    let silent = writes().any(|broken| matches!(broken.error, AppError::Silent(_)));
    if silent && loses {
        Kind::Lossy
    } else if !reads && !silent && writes().next().is_some() {
        Kind::Narrowed
    } else if !reads && loses {
        Kind::Lossy
    } else {
        Kind::Other
    }
}

/// The breaks by types that differ, those of views with their tables', where `matches`.
pub(super) fn claim(at: &At<'_>, matches: impl Fn(&Name, &Ident) -> bool) -> Vec<((Name, Ident), Vec<FindingBreak>)> {
    at.claim_by(|broken: &Broken| {
        let typed = matches!(
            (&broken.usage, &broken.error),
            (
                Use::Write(..),
                AppError::TooLong { .. }
                    | AppError::OutOfRange { .. }
                    | AppError::Malformed { .. }
                    | AppError::TypeMismatch { .. }
                    | AppError::Silent(_)
            ) | (Use::Read(..), AppError::Silent(_))
        );
        let (name, column) = column_of(&broken.usage).filter(|_| typed)?;
        let (table, column) = at.below(name, column);
        let of = |catalog: &crate::catalog::Catalog| Some(catalog.table(&table)?.column(&column)?.data_type.clone());
        let now = of(&at.step.after)?;
        // Of a view: only where the table below is what changed.
        if table != *name && of(&at.step.before).is_none_or(|before| before == now) {
            return None;
        }
        matches(&table, &column).then_some((table, column))
    })
}

/// Where the type changes.
pub(super) fn place(at: &At<'_>, table: &Name, column: &Ident) -> crate::source::Span {
    at.place(|catalog| catalog.table(table).and_then(|table| table.column(column)).map(|column| column.data_type.clone()))
}

/// The column's types before and after as SQL.
pub(super) fn types(at: &At<'_>, table: &Name, column: &Ident) -> (String, String) {
    let text = |column: Option<&std::sync::Arc<crate::catalog::TableColumn>>| {
        column.map_or("another type".into(), |column| at.type_of(&column.data_type))
    };
    (
        text(at.table_before(table).and_then(|table| table.column(column))),
        text(at.step.after.table(table).and_then(|table| table.column(column))),
    )
}

fn at_hand(at: &At<'_>, table: &Name, column: &Ident) -> Option<crate::dialect::Conversion> {
    let from = &at.table_before(table)?.column(column)?.data_type;
    let to = &at.step.after.table(table)?.column(column)?.data_type;
    Some(at.dialect().conversion(from, to, &at.step.after))
}

/// The way out in a sentence.
pub(super) fn help(at: &At<'_>, table: &Name, column: &Ident) -> String {
    format!(
        "Add a column of the new type beside {}.{column} with a trigger that keeps them the same, copy the rows, and drop the old \
         one after the rollback window.",
        at.shown(table)
    )
}

/// The way out as statements: a new column beside the old one.
pub(super) fn with_new_column(at: &At<'_>, finding: Finding, table: &Name, column: &Ident) -> Finding {
    let before = at.step.before.table(table).and_then(|before| Some((before, before.column(column)?)));
    let after = at.step.after.table(table).and_then(|after| after.column(column));
    let (Some((before, old)), Some(after)) = (before, after) else { return finding };
    let name = super::recipe::short(&[column, "new"]);
    if before.column(&name).is_some() || !at.step.base.relations.contains_key(table) {
        return finding;
    }
    let Some(ways) = ways(at, before, old, after, &name) else { return finding };
    // The type and the default are those of the end, all else is as it was.
    let new = Column {
        name: name.clone(),
        data_type: after.data_type.clone(),
        collation: after.collation.clone(),
        value: after.value.clone(),
        ..old.column.clone()
    };
    at.with_twin(finding, &Twin { table: before, old, new, ways: Some(ways) })
}

/// How a trigger takes a value from the old column to the new one, and back; nothing where the way back is not known.
fn ways(at: &At<'_>, table: &Table, old: &TableColumn, new: &TableColumn, name: &Ident) -> Option<(String, String)> {
    let (from, to) = (at.quoted(&old.name), at.quoted(name));
    let conversion = at.dialect().conversion(&old.data_type, &new.data_type, &at.step.after);
    let zone = using(at, &old.name).map(|using| in_zone(using, &old.name));
    let forward = match using(at, &old.name) {
        None => format!("NEW.{from}"),
        Some(using) if is_cast(using, &old.name) => format!("NEW.{from}"),
        Some(using) => format!("(SELECT {} FROM (SELECT NEW.*) AS {})", using.sql, at.quoted(&table.name.name)),
    };
    let backward = match zone {
        Some(Some(zone)) => format!("NEW.{to} AT TIME ZONE {zone}"),
        Some(None) if !using(at, &old.name).is_some_and(|using| is_cast(using, &old.name)) => return None,
        Some(None) | None => format!("NEW.{to}"),
    };
    let all = |fit: Fit| matches!(fit, Fit::All | Fit::Altered);
    let set = |column: &str, value: &str, safe: bool| match safe {
        true => format!("NEW.{column} := {value};"),
        false => format!("BEGIN NEW.{column} := {value}; EXCEPTION WHEN data_exception THEN NEW.{column} := NULL; END;"),
    };
    Some((set(&to, &forward, all(conversion.old_values)), set(&from, &backward, all(conversion.new_values) || old.not_null)))
}

/// Whether it is nothing but a cast of the column.
fn is_cast(using: &Expr, column: &Ident) -> bool {
    let (Some(start), Some(end)) =
        (using.refs.first().and_then(|first| first.ranges.first()), using.refs.first().and_then(|first| first.ranges.last()))
    else {
        return false;
    };
    let is_column = using.refs[0].kind == RefKind::Column && using.refs[0].name() == column;
    let before = using.sql[..start.0 as usize].trim_matches(|c: char| c == '(' || c.is_whitespace());
    let after = using.sql[end.1 as usize..].trim_start_matches(|c: char| c == ')' || c.is_whitespace());
    let only = using.refs[1..].iter().all(|other| other.kind == RefKind::Type);
    let word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " _.,()[]\"".contains(c));
    let typed = after.strip_prefix("::").is_some_and(word) || after.is_empty();
    let cast =
        before.eq_ignore_ascii_case("cast") && after.get(..3).is_some_and(|text| text.eq_ignore_ascii_case("as ")) && word(after);
    is_column && only && (before.is_empty() && typed || cast)
}

/// The zone, where it is the column in a time zone.
fn in_zone(using: &Expr, column: &Ident) -> Option<String> {
    let rest = using.sql.trim().trim_start_matches(['(', '"']).strip_prefix(column.as_str())?;
    let words: Vec<&str> = rest.trim_start_matches('"').trim_end_matches(')').split_whitespace().collect();
    match words.as_slice() {
        [at, time, zone, name] if [at, time, zone].iter().zip(["at", "time", "zone"]).all(|(a, b)| a.eq_ignore_ascii_case(b)) => {
            (name.starts_with('\'') && name.ends_with('\'')).then(|| (*name).to_owned())
        }
        _ => None,
    }
}

fn using<'a>(at: &At<'a>, column: &Ident) -> Option<&'a Expr> {
    at.changes().find_map(|(change, _)| match change {
        Change::AlterTable(alter) => match &alter.action {
            TableAction::SetType { column: found, using, .. } if found == column => using.as_ref(),
            _ => None,
        },
        _ => None,
    })
}
