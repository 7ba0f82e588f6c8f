//! `ALTER TABLE` and what shares its actions: foreign tables, views, materialized views. A statement with several actions
//! becomes one change for each, in the order in which the server performs them; an action that is not understood becomes an
//! opaque one, and its neighbours are read all the same.

use super::column::{at_table_constraint, attribute, column, identity, table_constraint};
use super::create_table::bound;
use super::sequence;
use crate::change::{
    AlterTable, Change, ColumnSetting, Constraint, ConstraintKind, Deferrable, Firing, Ident, ObjectKind, ObjectRef, Opaque,
    OpaqueClass, Persistence, QName, ReplicaIdentity, RowSecurity, SequenceOptions, Spanned, TableAction,
};
use crate::lower::cursor::{Cursor, Read};
use sqlparser::tokenizer::Token;

/// What the statement says before its actions.
struct Head {
    kind: ObjectKind,
    table: QName,
    if_exists: bool,
    only: bool,
}

/// Whether such a statement begins here.
pub(super) fn begins(c: &Cursor<'_>) -> bool {
    c.at_any(&["ALTER TABLE", "ALTER FOREIGN TABLE", "ALTER VIEW", "ALTER MATERIALIZED VIEW"])
}

/// `ALTER TABLE name action, ...`.
pub(super) fn alter(c: &mut Cursor<'_>) -> Read<Vec<Spanned<Change>>> {
    c.expect("ALTER")?;
    let kind = match c.eat_any(&["TABLE", "FOREIGN TABLE", "VIEW", "MATERIALIZED VIEW"]) {
        Some("FOREIGN TABLE") => ObjectKind::ForeignTable,
        Some("VIEW") => ObjectKind::View,
        Some("MATERIALIZED VIEW") => ObjectKind::MaterializedView,
        _ => ObjectKind::Table,
    };
    if c.eat("ALL IN TABLESPACE") {
        return all_in_tablespace(c);
    }
    let if_exists = c.if_exists();
    let only = c.eat("ONLY");
    let parenthesized = only && c.eat_sign(&Token::LParen);
    let table = c.qname()?;
    if parenthesized {
        c.expect_sign(&Token::RParen)?;
    }
    c.eat_sign(&Token::Mul);
    let head = Head { kind, table, if_exists, only };
    let mut changes: Vec<(Pass, Spanned<Change>)> = Vec::new();
    loop {
        let mark = c.mark();
        let change = action_or_opaque(c, &head, mark);
        let value = change.1;
        changes.push((change.0, Spanned { value, span: c.span_from(mark) }));
        if !c.eat_sign(&Token::Comma) {
            break;
        }
    }
    if let [(_, only)] = changes.as_mut_slice() {
        only.span = c.whole();
    }
    changes.sort_by_key(|(pass, _)| *pass);
    Ok(changes.into_iter().map(|(_, change)| change).collect())
}

/// `ALTER TABLE ALL IN TABLESPACE a [OWNED BY roles] SET TABLESPACE b`.
fn all_in_tablespace(c: &mut Cursor<'_>) -> Read<Vec<Spanned<Change>>> {
    let object = ObjectRef::new(ObjectKind::Tablespace, QName::bare(c.ident()?));
    c.rest_text();
    let value = Change::AlterOther { object, sql: c.whole_text().to_owned() };
    Ok(vec![Spanned { value, span: c.whole() }])
}

/// When the server performs an action: it sorts those of a statement into passes (`AT_PASS_*` in its `tablecmds.c`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pass {
    Drop,
    SetType,
    AddColumn,
    SetExpression,
    AlterColumn,
    AddIndexConstraint,
    AddConstraint,
    Rest,
}

fn pass(action: &TableAction) -> Pass {
    match action {
        TableAction::DropColumn { .. }
        | TableAction::DropConstraint { .. }
        | TableAction::DropNotNull { .. }
        | TableAction::DropDefault { .. }
        | TableAction::DropIdentity { .. }
        | TableAction::DropExpression { .. } => Pass::Drop,
        TableAction::SetType { .. } => Pass::SetType,
        TableAction::AddColumn { .. } => Pass::AddColumn,
        TableAction::SetExpression { .. } => Pass::SetExpression,
        TableAction::SetNotNull { .. } | TableAction::AlterIdentity { .. } => Pass::AlterColumn,
        TableAction::SetDefault { .. } | TableAction::AddIdentity { .. } => Pass::AddConstraint,
        TableAction::AddConstraint(constraint) => match constraint.kind {
            ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Exclude(_) => Pass::AddIndexConstraint,
            ConstraintKind::Check(_) | ConstraintKind::ForeignKey(_) | ConstraintKind::NotNull(_) => Pass::AddConstraint,
        },
        TableAction::RenameColumn { .. }
        | TableAction::RenameConstraint { .. }
        | TableAction::ValidateConstraint { .. }
        | TableAction::AlterConstraint { .. }
        | TableAction::SetColumnStorage { .. }
        | TableAction::AttachPartition { .. }
        | TableAction::DetachPartition { .. }
        | TableAction::SetInherit { .. }
        | TableAction::RowSecurity(_)
        | TableAction::SetTrigger { .. }
        | TableAction::SetRule { .. }
        | TableAction::ReplicaIdentity(_)
        | TableAction::SetPersistence(_)
        | TableAction::SetAccessMethod(_)
        | TableAction::SetTablespace(_)
        | TableAction::SetOptions(_)
        | TableAction::ResetOptions(_)
        | TableAction::ClusterOn(_)
        | TableAction::OfType(_) => Pass::Rest,
    }
}

/// One action up to the comma behind it; what is not understood up to there is opaque.
fn action_or_opaque(c: &mut Cursor<'_>, head: &Head, mark: usize) -> (Pass, Change) {
    let read = action(c, head).and_then(|change| {
        if c.at_end() || c.at_sign(&Token::Comma) { Ok(change) } else { Err(c.refuse("`,` or the end of the statement")) }
    });
    match read {
        Ok(Change::AlterTable(alter)) => (pass(&alter.action), Change::AlterTable(alter)),
        Ok(change) => (Pass::Rest, change),
        Err(error) => {
            c.reset(mark);
            while !c.at_end() && !c.at_sign(&Token::Comma) {
                c.skip_group();
            }
            let reason = format!("ALTER of {}: {}", head.table, error.reason);
            (Pass::Rest, Change::Opaque(Opaque { reason, class: OpaqueClass::Syntax }))
        }
    }
}

fn action(c: &mut Cursor<'_>, head: &Head) -> Read<Change> {
    let object = || ObjectRef::new(head.kind, head.table.clone());
    let if_exists = head.if_exists;
    if c.eat("RENAME TO") {
        return Ok(Change::Rename { object: object(), to: c.ident()?, if_exists });
    }
    if c.eat("SET SCHEMA") {
        return Ok(Change::SetSchema { object: object(), schema: c.ident()?, if_exists });
    }
    if c.eat("OWNER TO") {
        return Ok(Change::SetOwner { object: object(), owner: c.role()?, if_exists });
    }
    if c.eat_any(&["DEPENDS ON EXTENSION", "NO DEPENDS ON EXTENSION"]).is_some() {
        c.ident()?;
        return Ok(Change::AlterOther { object: object(), sql: c.whole_text().to_owned() });
    }
    if c.eat("OPTIONS") {
        c.foreign_options()?;
        return Ok(Change::AlterOther { object: object(), sql: c.whole_text().to_owned() });
    }
    if c.at("ALTER") && is_foreign_column_options(c) {
        c.skip_to_comma();
        return Ok(Change::AlterOther { object: object(), sql: c.whole_text().to_owned() });
    }
    let action = table_action(c)?;
    let (kind, table, only) = (head.kind, head.table.clone(), head.only);
    Ok(Change::AlterTable(Box::new(AlterTable { kind, table, if_exists, only, action })))
}

/// `ALTER [COLUMN] name OPTIONS (...)` of a foreign table.
fn is_foreign_column_options(c: &Cursor<'_>) -> bool {
    let n = if c.at("ALTER COLUMN") { 3 } else { 2 };
    crate::lower::cursor::is_word(c.peek(n), "OPTIONS")
}

fn table_action(c: &mut Cursor<'_>) -> Read<TableAction> {
    if c.eat("ADD") {
        add(c)
    } else if c.eat("DROP") {
        drop(c)
    } else if c.eat("ALTER CONSTRAINT") {
        alter_constraint(c)
    } else if c.eat("ALTER") {
        c.eat("COLUMN");
        alter_column(c)
    } else if c.eat("RENAME CONSTRAINT") {
        let from = c.ident()?;
        c.expect("TO")?;
        Ok(TableAction::RenameConstraint { from, to: c.ident()? })
    } else if c.eat("RENAME") {
        if !c.at("COLUMN TO") {
            c.eat("COLUMN");
        }
        let from = c.ident()?;
        c.expect("TO")?;
        Ok(TableAction::RenameColumn { from, to: c.ident()? })
    } else if c.eat("VALIDATE CONSTRAINT") {
        Ok(TableAction::ValidateConstraint { name: c.ident()? })
    } else if let Some(words) = c.eat_any(&["ENABLE", "DISABLE", "NO FORCE", "FORCE"]) {
        switch(c, words)
    } else if let Some(words) = c.eat_any(&["ATTACH PARTITION", "DETACH PARTITION"]) {
        partition(c, words == "ATTACH PARTITION")
    } else if let Some(words) = c.eat_any(&["INHERIT", "NO INHERIT"]) {
        Ok(TableAction::SetInherit { parent: c.qname()?, inherit: words == "INHERIT" })
    } else if let Some(words) = c.eat_any(&["OF", "NOT OF"]) {
        Ok(TableAction::OfType(if words == "OF" { Some(c.qname()?) } else { None }))
    } else if c.eat("CLUSTER ON") {
        Ok(TableAction::ClusterOn(Some(c.ident()?)))
    } else if c.eat("REPLICA IDENTITY") {
        replica_identity(c)
    } else if c.eat("RESET") {
        Ok(TableAction::ResetOptions(c.paren_list(Cursor::option_name)?))
    } else if c.eat("SET") {
        set(c)
    } else {
        Err(c.refuse("an action of ALTER TABLE"))
    }
}

fn add(c: &mut Cursor<'_>) -> Read<TableAction> {
    if !c.at("COLUMN") && at_table_constraint(c) {
        return Ok(TableAction::AddConstraint(table_constraint(c)?));
    }
    c.eat("COLUMN");
    let if_not_exists = c.if_not_exists();
    let (column, constraints) = column(c)?;
    Ok(TableAction::AddColumn { column, constraints, if_not_exists })
}

fn drop(c: &mut Cursor<'_>) -> Read<TableAction> {
    let constraint = c.eat("CONSTRAINT");
    if !constraint {
        c.eat("COLUMN");
    }
    let if_exists = c.if_exists();
    let name = c.ident()?;
    let cascade = c.cascade();
    Ok(if constraint {
        TableAction::DropConstraint { name, if_exists, cascade }
    } else {
        TableAction::DropColumn { column: name, if_exists, cascade }
    })
}

fn alter_constraint(c: &mut Cursor<'_>) -> Read<TableAction> {
    let name = c.ident()?;
    let mut now = Constraint::new(ConstraintKind::NotNull(name.clone()));
    let (mut deferrable, mut enforced, mut inherit) = (None, None, None);
    loop {
        if c.eat_any(&["SET NO INHERIT", "NO INHERIT"]).is_some() {
            inherit = Some(false);
        } else if c.eat_any(&["SET INHERIT", "INHERIT"]).is_some() {
            inherit = Some(true);
        } else if c.at_any(&["NOT ENFORCED", "ENFORCED"]) {
            attribute(c, &mut now);
            enforced = Some(!now.not_enforced);
        } else if attribute(c, &mut now) {
            deferrable = Some(now.deferrable);
        } else if (deferrable, enforced, inherit) == (None::<Deferrable>, None, None) {
            return Err(c.refuse("an attribute of the constraint"));
        } else {
            return Ok(TableAction::AlterConstraint { name, deferrable, enforced, inherit });
        }
    }
}

fn alter_column(c: &mut Cursor<'_>) -> Read<TableAction> {
    let column = c.ident()?;
    if c.eat("SET NOT NULL") {
        return Ok(TableAction::SetNotNull { column });
    }
    if c.eat("DROP NOT NULL") {
        return Ok(TableAction::DropNotNull { column });
    }
    if c.eat("SET DEFAULT") {
        return Ok(TableAction::SetDefault { column, default: c.expr()? });
    }
    if c.eat("DROP DEFAULT") {
        return Ok(TableAction::DropDefault { column });
    }
    if c.eat_any(&["TYPE", "SET DATA TYPE"]).is_some() {
        let data_type = c.data_type()?;
        let collation = if c.eat("COLLATE") { Some(c.qname()?) } else { None };
        let using = if c.eat("USING") { Some(c.expr()?) } else { None };
        return Ok(TableAction::SetType { column, data_type, collation, using });
    }
    if c.eat("ADD") {
        let Some((always, options)) = identity(c)? else { return Err(c.refuse("`GENERATED ... AS IDENTITY`")) };
        return Ok(TableAction::AddIdentity { column, always, sequence: Box::new(options) });
    }
    if c.eat("DROP IDENTITY") {
        return Ok(TableAction::DropIdentity { column, if_exists: c.if_exists() });
    }
    if c.eat("DROP EXPRESSION") {
        return Ok(TableAction::DropExpression { column, if_exists: c.if_exists() });
    }
    if c.eat("SET EXPRESSION AS") {
        return Ok(TableAction::SetExpression { column, expr: c.paren_expr()? });
    }
    match setting(c)? {
        Some(setting) => Ok(TableAction::SetColumnStorage { column, setting }),
        None => alter_identity(c, column),
    }
}

/// `SET STORAGE`, `SET STATISTICS` and their kin, if one comes next.
fn setting(c: &mut Cursor<'_>) -> Read<Option<ColumnSetting>> {
    let setting = if c.eat("SET STORAGE") {
        ColumnSetting::Storage(c.ident()?.to_ascii_uppercase().into())
    } else if c.eat("SET COMPRESSION") {
        ColumnSetting::Compression(c.ident()?)
    } else if c.eat("SET STATISTICS") {
        let target = if c.eat("DEFAULT") { -1 } else { c.integer()? };
        ColumnSetting::Statistics(i32::try_from(target).ok().filter(|target| *target >= 0))
    } else if c.at("SET") && *c.peek(1) == Token::LParen {
        c.step();
        ColumnSetting::Options(c.options()?)
    } else if c.eat("RESET") {
        ColumnSetting::Reset(c.paren_list(Cursor::option_name)?)
    } else {
        return Ok(None);
    };
    Ok(Some(setting))
}

/// `SET GENERATED ALWAYS`, `SET INCREMENT BY 5`, `RESTART`, one after another.
fn alter_identity(c: &mut Cursor<'_>, column: Ident) -> Read<TableAction> {
    let mut always = None;
    let mut options = SequenceOptions::default();
    loop {
        if let Some(words) = c.eat_any(&["SET GENERATED ALWAYS", "SET GENERATED BY DEFAULT"]) {
            always = Some(words.ends_with("ALWAYS"));
        } else if c.at("RESTART") || c.eat("SET") {
            if !sequence::option(c, &mut options)? {
                return Err(c.refuse("an option of the sequence"));
            }
        } else if always.is_none() && options == SequenceOptions::default() {
            return Err(c.refuse("an action of ALTER COLUMN"));
        } else {
            return Ok(TableAction::AlterIdentity { column, always, sequence: Box::new(options) });
        }
    }
}

fn switch(c: &mut Cursor<'_>, words: &str) -> Read<TableAction> {
    if c.eat("ROW LEVEL SECURITY") {
        return Ok(TableAction::RowSecurity(match words {
            "ENABLE" => RowSecurity::Enable,
            "DISABLE" => RowSecurity::Disable,
            "FORCE" => RowSecurity::Force,
            _ => RowSecurity::NoForce,
        }));
    }
    let firing = match words {
        "DISABLE" => Firing::Disabled,
        "ENABLE" => match c.eat_any(&["REPLICA", "ALWAYS"]) {
            Some("REPLICA") => Firing::Replica,
            Some(_) => Firing::Always,
            None => Firing::Origin,
        },
        _ => return Err(c.refuse("`ROW LEVEL SECURITY`")),
    };
    if c.eat("RULE") {
        return Ok(TableAction::SetRule { name: c.ident()?, firing });
    }
    c.expect("TRIGGER")?;
    let name = if c.eat_any(&["ALL", "USER"]).is_some() { None } else { Some(c.ident()?) };
    Ok(TableAction::SetTrigger { name, firing })
}

fn partition(c: &mut Cursor<'_>, attach: bool) -> Read<TableAction> {
    let partition = c.qname()?;
    if attach {
        return Ok(TableAction::AttachPartition { partition, bound: bound(c)? });
    }
    let concurrently = c.eat("CONCURRENTLY");
    Ok(TableAction::DetachPartition { partition, concurrently, finalize: c.eat("FINALIZE") })
}

fn replica_identity(c: &mut Cursor<'_>) -> Read<TableAction> {
    let identity = if c.eat("USING INDEX") {
        ReplicaIdentity::Index(c.ident()?)
    } else {
        match c.eat_any(&["DEFAULT", "FULL", "NOTHING"]) {
            Some("DEFAULT") => ReplicaIdentity::Default,
            Some("FULL") => ReplicaIdentity::Full,
            Some(_) => ReplicaIdentity::Nothing,
            None => return Err(c.refuse("`DEFAULT`, `FULL`, `NOTHING` or `USING INDEX`")),
        }
    };
    Ok(TableAction::ReplicaIdentity(identity))
}

/// What follows `SET` of a table.
fn set(c: &mut Cursor<'_>) -> Read<TableAction> {
    if c.at_sign(&Token::LParen) {
        return Ok(TableAction::SetOptions(c.options()?));
    }
    let words = ["LOGGED", "UNLOGGED", "ACCESS METHOD", "TABLESPACE", "WITHOUT CLUSTER", "WITHOUT OIDS", "WITH OIDS"];
    match c.eat_any(&words) {
        Some("LOGGED") => Ok(TableAction::SetPersistence(Persistence::Permanent)),
        Some("UNLOGGED") => Ok(TableAction::SetPersistence(Persistence::Unlogged)),
        Some("ACCESS METHOD") => Ok(TableAction::SetAccessMethod(c.ident()?)),
        Some("TABLESPACE") => {
            let name = c.ident()?;
            c.eat("NOWAIT");
            Ok(TableAction::SetTablespace(name))
        }
        Some("WITHOUT CLUSTER") => Ok(TableAction::ClusterOn(None)),
        // PostgreSQL 12 and later accept it and do nothing.
        Some("WITHOUT OIDS") => Ok(TableAction::ResetOptions(Vec::new())),
        Some(_) => Ok(TableAction::SetOptions(vec![("oids".into(), "true".into())])),
        None => Err(c.refuse("what to set")),
    }
}
