//! `ALTER` of everything that has no grammar in a file of its own: new names, schemas and owners of every kind of object, indexes,
//! sequences, triggers, and what is kept by name only.

use super::{object, routine, sequence};
use crate::change::{
    AlterTable, Change, ColumnSetting, Expr, Ident, ObjectKind, ObjectRef, Persistence, QName, SequenceOptions, TableAction,
};
use crate::lower::cursor::{Cursor, Read};

/// `ALTER kind name ...`.
pub(super) fn alter(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("ALTER")?;
    if c.eat("SYSTEM") {
        return kept_by_name(c, object::other_ref("SYSTEM", "", QName::bare("")));
    }
    if c.at("ROLE ALL") || c.at("USER ALL") {
        c.step();
        c.step();
        return kept_by_name(c, ObjectRef::new(ObjectKind::Role, QName::bare("all")));
    }
    let kind = object::kind(c)?;
    if c.eat("ALL IN TABLESPACE") {
        let tablespace = ObjectRef::new(ObjectKind::Tablespace, QName::bare(c.ident()?));
        return kept_by_name(c, tablespace);
    }
    let if_exists = c.if_exists();
    let object = object::named(c, kind)?;
    match kind.1 {
        ObjectKind::Sequence => alter_sequence(c, object, if_exists),
        ObjectKind::Index => alter_index(c, object, if_exists),
        ObjectKind::Trigger | ObjectKind::Rule => common(c, object, if_exists),
        _ if at_common(c) => common(c, object, if_exists),
        _ => kept_by_name(c, object),
    }
}

/// `ALTER FUNCTION f(integer) ...`, also of procedures, aggregates and whatever of them has the name.
pub(super) fn alter_routine(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("ALTER")?;
    let (_, kind) = object::kind(c)?;
    let signature = object::signature(c)?;
    if at_common(c) {
        let object = ObjectRef { arguments: signature.arguments, ..ObjectRef::new(kind, signature.name) };
        return common(c, object, false);
    }
    Ok(Change::AlterRoutine { kind, signature, options: routine::options(c)? })
}

pub(super) fn at_common(c: &Cursor<'_>) -> bool {
    c.at_any(&["RENAME TO", "SET SCHEMA", "OWNER TO", "DEPENDS ON EXTENSION", "NO DEPENDS ON EXTENSION"])
}

/// `RENAME TO`, `SET SCHEMA`, `OWNER TO`, `[NO] DEPENDS ON EXTENSION`, which most kinds of objects have.
pub(super) fn common(c: &mut Cursor<'_>, object: ObjectRef, if_exists: bool) -> Read<Change> {
    if c.eat("RENAME TO") {
        return Ok(Change::Rename { object, to: c.ident()?, if_exists });
    }
    if c.eat("SET SCHEMA") {
        return Ok(Change::SetSchema { object, schema: c.ident()?, if_exists });
    }
    if c.eat("OWNER TO") {
        return Ok(Change::SetOwner { object, owner: c.role()?, if_exists });
    }
    if c.eat_any(&["DEPENDS ON EXTENSION", "NO DEPENDS ON EXTENSION"]).is_some() {
        c.ident()?;
        return Ok(Change::AlterOther { object, sql: c.whole_text().to_owned() });
    }
    Err(c.refuse("RENAME TO, SET SCHEMA or OWNER TO"))
}

/// An alteration of which only the object matters.
fn kept_by_name(c: &mut Cursor<'_>, object: ObjectRef) -> Read<Change> {
    if c.at_end() {
        return Err(c.refuse("what to alter"));
    }
    c.rest_text();
    Ok(Change::AlterOther { object, sql: c.whole_text().to_owned() })
}

fn alter_sequence(c: &mut Cursor<'_>, object: ObjectRef, if_exists: bool) -> Read<Change> {
    if at_common(c) {
        return common(c, object, if_exists);
    }
    let persistence = match c.eat_any(&["SET LOGGED", "SET UNLOGGED"]) {
        Some("SET LOGGED") => Some(Persistence::Permanent),
        Some(_) => Some(Persistence::Unlogged),
        None => None,
    };
    if let Some(persistence) = persistence {
        return Ok(table_change(object, if_exists, TableAction::SetPersistence(persistence)));
    }
    let options = sequence::options(c)?;
    if options == SequenceOptions::default() {
        return Err(c.refuse("an option of a sequence"));
    }
    Ok(Change::AlterSequence { name: object.name, if_exists, options: Box::new(options) })
}

fn alter_index(c: &mut Cursor<'_>, object: ObjectRef, if_exists: bool) -> Read<Change> {
    if at_common(c) {
        return common(c, object, if_exists);
    }
    let action = if c.eat("ATTACH PARTITION") {
        TableAction::AttachPartition { partition: c.qname()?, bound: Expr::plain("") }
    } else if c.eat("SET TABLESPACE") {
        let action = TableAction::SetTablespace(c.ident()?);
        c.eat("NOWAIT");
        action
    } else if c.eat("SET") {
        TableAction::SetOptions(c.options()?)
    } else if c.eat("RESET") {
        TableAction::ResetOptions(c.paren_list(Cursor::option_name)?)
    } else if c.eat("ALTER") {
        c.eat("COLUMN");
        let column: Ident = match c.integer() {
            Ok(number) => number.to_string().into(),
            Err(_) => c.ident()?,
        };
        c.expect("SET STATISTICS")?;
        let target = if c.eat("DEFAULT") { -1 } else { c.integer()? };
        let target = i32::try_from(target).ok().filter(|target| *target >= 0);
        TableAction::SetColumnStorage { column, setting: ColumnSetting::Statistics(target) }
    } else {
        return Err(c.refuse("an action of ALTER INDEX"));
    };
    Ok(table_change(object, if_exists, action))
}

fn table_change(object: ObjectRef, if_exists: bool, action: TableAction) -> Change {
    Change::AlterTable(Box::new(AlterTable { kind: object.kind, table: object.name, if_exists, only: false, action }))
}
