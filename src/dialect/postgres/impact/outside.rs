//! What is not about one table: objects kept by name, and statements that the server refuses inside a transaction.

use super::super::locks::Mode;
use super::collect::Locks;
use crate::catalog::Name;
use crate::change::{Change, Ident, Maintenance, ObjectKind, ObjectRef, QName, TableAction};
use crate::dialect::ImpactContext;

/// Extended statistics and publications lock the tables they name; the rest locks none.
pub(super) fn other(sql: &str, locks: &mut Locks<'_>) {
    let words = words(sql);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let is = |at: usize, text: &str| word(at).eq_ignore_ascii_case(text);
    if let Some(on) = (2..words.len()).find(|&at| is(at, "on") && is(1, "trigger") && is(0, "alter")) {
        // `DEPENDS ON EXTENSION`, after the trigger's table.
        locks.lock_named(&name(word(on + 1)), Mode::AccessShare);
        return;
    }
    let start = match (word(0).to_ascii_lowercase().as_str(), word(1).to_ascii_lowercase().as_str()) {
        ("create", "statistics") => words.iter().rposition(|it| it.eq_ignore_ascii_case("from")),
        ("create" | "alter", "publication") => (2..words.len()).find(|&at| is(at, "table") && !is(at + 1, "in")),
        _ => None,
    };
    let Some(start) = start else { return };
    let mut at = start + 1;
    let mut depth = 0usize;
    let mut expected = true;
    let mut only = false;
    while at < words.len() {
        match word(at) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => expected = true,
            _ if depth == 0 && is(at, "only") => only = true,
            text if depth == 0 && expected && !is(at, "table") => {
                expected = false;
                if let Some(table) = locks.resolve(&name(text)) {
                    locks.lock(&table, Mode::ShareUpdateExclusive);
                    // A publication of a table is one of its children; that of a partitioned table has no need to name them.
                    if is(1, "publication") && !only && !locks.is_partitioned(&table) {
                        locks.lock_tree(&table, Mode::ShareUpdateExclusive);
                    }
                }
                only = false;
            }
            _ => {}
        }
        at += 1;
    }
    if is(0, "alter") && is(3, "set") {
        published(&name(word(2)), locks);
    }
}

/// `SET TABLE` takes tables out too: those that earlier statements put in.
fn published(publication: &QName, locks: &mut Locks<'_>) {
    let key = (ObjectKind::Publication, publication.name.to_string());
    let statements = locks.before().others.get(&key).map(|it| it.statements.clone()).unwrap_or_default();
    for statement in statements.iter() {
        if !statement.to_ascii_lowercase().contains(" set table ") {
            other(statement, locks);
        }
    }
}

/// `DROP STATISTICS` locks the table that they are of.
pub(super) fn drop_statistics(object: &ObjectRef, locks: &mut Locks<'_>) {
    let before = locks.before();
    let schemas: Vec<Ident> = match &object.name.schema {
        Some(schema) => vec![schema.clone()],
        None => before.session.search_path.to_vec(),
    };
    let key = |schema: Ident| (ObjectKind::Statistics, Name { schema, name: object.name.name.clone() }.to_string());
    let Some(found) = schemas.into_iter().find_map(|schema| before.others.get(&key(schema))) else { return };
    if let Some(created) = found.statements.first() {
        other(created, locks);
    }
}

/// Names, with their dots and quotes, and single signs.
pub(in crate::dialect::postgres) fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in sql.chars() {
        quoted ^= c == '"';
        if quoted || c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '"') {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if !c.is_whitespace() {
            words.push(c.to_string());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A name as it is written in SQL, or in a literal that is read as one.
pub(in crate::dialect::postgres) fn name(word: &str) -> QName {
    let fold = |part: &str| match part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
        Some(inner) => inner.to_owned(),
        None => part.to_lowercase(),
    };
    match word.split_once('.') {
        Some((schema, name)) => QName::in_schema(fold(schema), fold(name)),
        None => QName::bare(fold(word)),
    }
}

/// The name under which the server refuses the statement inside a transaction (SQLSTATE 25001), where it does.
pub(super) fn not_in_transaction(change: &Change, context: &ImpactContext<'_>) -> Option<&'static str> {
    match change {
        Change::CreateIndex(index) => index.concurrently.then_some("CREATE INDEX CONCURRENTLY"),
        Change::Drop { objects, concurrently, .. } => dropping(objects.first()?.kind, *concurrently),
        Change::AlterTable(alter) => match &alter.action {
            TableAction::DetachPartition { concurrently: true, .. } => Some("ALTER TABLE ... DETACH CONCURRENTLY"),
            _ => None,
        },
        Change::AlterEnum { change: crate::change::EnumChange::Add { .. }, .. } if context.version.major < 12 => {
            Some("ALTER TYPE ... ADD")
        }
        Change::Maintenance(maintenance) => maintaining(maintenance, context),
        Change::CreateOther { sql, .. } | Change::AlterOther { sql, .. } => by_words(sql),
        Change::CreateSchema { .. }
        | Change::CreateTable(_)
        | Change::CreateView(_)
        | Change::Refresh { .. }
        | Change::CreateSequence { .. }
        | Change::AlterSequence { .. }
        | Change::CreateType { .. }
        | Change::AlterEnum { .. }
        | Change::AlterComposite { .. }
        | Change::CreateDomain { .. }
        | Change::AlterDomain { .. }
        | Change::CreateRoutine { .. }
        | Change::AlterRoutine { .. }
        | Change::CreateTrigger { .. }
        | Change::CreateRule { .. }
        | Change::CreatePolicy { .. }
        | Change::AlterPolicy { .. }
        | Change::Rename { .. }
        | Change::SetSchema { .. }
        | Change::SetOwner { .. }
        | Change::Comment { .. }
        | Change::Grant(_)
        | Change::CreateExtension { .. }
        | Change::Data(_)
        | Change::Truncate { .. }
        | Change::Do(_)
        | Change::Transaction(_)
        | Change::Set { .. }
        | Change::Lock { .. }
        | Change::NoEffect
        | Change::Opaque(_) => None,
    }
}

fn dropping(kind: ObjectKind, concurrently: bool) -> Option<&'static str> {
    match kind {
        ObjectKind::Index if concurrently => Some("DROP INDEX CONCURRENTLY"),
        ObjectKind::Database => Some("DROP DATABASE"),
        ObjectKind::Tablespace => Some("DROP TABLESPACE"),
        // Only where it has a replication slot, as it has by default.
        ObjectKind::Subscription => Some("DROP SUBSCRIPTION"),
        _ => None,
    }
}

fn maintaining(maintenance: &Maintenance, context: &ImpactContext<'_>) -> Option<&'static str> {
    let partitioned = |name: &QName| {
        let found = context.before.resolve_relation(name)?;
        let table = context.before.index(&found).map_or(found.clone(), |(owner, _)| owner.clone());
        context.before.table(&table)?.partition_by.as_ref().map(|_| ())
    };
    match maintenance {
        Maintenance::Vacuum { .. } => Some("VACUUM"),
        Maintenance::Cluster { table: None, .. } => Some("CLUSTER"),
        Maintenance::Cluster { table: Some(table), .. } => partitioned(table).map(|()| "CLUSTER"),
        Maintenance::Reindex { concurrently: true, .. } => Some("REINDEX CONCURRENTLY"),
        Maintenance::Reindex { kind: ObjectKind::Schema, .. } => Some("REINDEX SCHEMA"),
        Maintenance::Reindex { kind: ObjectKind::Database, .. } => Some("REINDEX DATABASE"),
        Maintenance::Reindex { kind, name: Some(name), .. } if context.version.major >= 14 => {
            partitioned(name).map(|()| if *kind == ObjectKind::Index { "REINDEX INDEX" } else { "REINDEX TABLE" })
        }
        Maintenance::Reindex { .. } | Maintenance::Analyze(_) | Maintenance::Checkpoint => None,
    }
}

fn by_words(sql: &str) -> Option<&'static str> {
    let words: Vec<String> = words(sql).into_iter().map(|word| word.to_ascii_lowercase()).collect();
    let has = |wanted: &[&str]| words.windows(wanted.len()).any(|window| window.iter().zip(wanted).all(|(a, b)| a == b));
    let starts = |wanted: &[&str]| words.iter().zip(wanted).filter(|(a, b)| a == b).count() == wanted.len();
    if starts(&["create", "database"]) {
        Some("CREATE DATABASE")
    } else if starts(&["create", "tablespace"]) {
        Some("CREATE TABLESPACE")
    } else if starts(&["alter", "system"]) {
        Some("ALTER SYSTEM")
    } else if starts(&["alter", "database"]) && has(&["set", "tablespace"]) {
        Some("ALTER DATABASE SET TABLESPACE")
    } else if starts(&["create", "subscription"]) {
        let slotless = has(&["connect", "=", "false"]) || has(&["create_slot", "=", "false"]);
        (!slotless).then_some("CREATE SUBSCRIPTION ... WITH (create_slot = true)")
    } else if starts(&["alter", "subscription"]) && words.get(3).is_some_and(|word| word == "refresh") {
        Some("ALTER SUBSCRIPTION ... REFRESH")
    } else {
        None
    }
}
