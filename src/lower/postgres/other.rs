//! The statements that are not about tables, indexes, views and rows, by their first words, and those of them that have no file
//! of their own: schemas, what is kept by name only, and what has no effect.

use super::{comment, drop, extension, grant, maintenance, object, policy, rename, role, routine, sequence, trigger, types_ddl};
use crate::change::{Change, Ident, ObjectKind, ObjectRef, Opaque, OpaqueClass, QName, Spanned};
use crate::lower::body;
use crate::lower::cursor::{Cursor, Read, is_word};
use sqlparser::tokenizer::Token;

/// The changes of a statement that no other grammar takes.
pub(super) fn statement(c: &mut Cursor<'_>) -> Read<Vec<Spanned<Change>>> {
    if c.at("ALTER TYPE") {
        return types_ddl::alter_type(c);
    }
    if c.at("CREATE SCHEMA") {
        return create_schema(c);
    }
    if role::is_next(c) {
        return role::statement(c);
    }
    Ok(vec![Spanned { value: one(c)?, span: c.whole() }])
}

/// A statement that does one thing.
fn one(c: &mut Cursor<'_>) -> Read<Change> {
    let Token::Word(first) = c.peek(0) else { return Err(c.refuse("a statement")) };
    match first.value.to_ascii_uppercase().as_str() {
        "CREATE" => create(c),
        "ALTER" => alter(c),
        "DROP" => drop::statement(c),
        "COMMENT" => comment::comment(c),
        "SECURITY" => comment::security_label(c),
        "GRANT" | "REVOKE" => grant::statement(c),
        "REASSIGN" => drop::reassign_owned(c),
        "DO" => do_block(c),
        "VACUUM" => maintenance::vacuum(c),
        "ANALYZE" | "ANALYSE" => maintenance::analyze(c),
        "CLUSTER" => maintenance::cluster(c),
        "REINDEX" => maintenance::reindex(c),
        "REFRESH" => maintenance::refresh(c),
        "CHECKPOINT" => maintenance::checkpoint(c),
        "IMPORT" => import_foreign_schema(c),
        "EXECUTE" => execute(c),
        _ => no_effect(c),
    }
}

fn create(c: &mut Cursor<'_>) -> Read<Change> {
    let n = if c.at("CREATE OR REPLACE") { 3 } else { 1 };
    let at = |word: &str| is_word(c.peek(n), word);
    match () {
        () if at("SEQUENCE") || is_word(c.peek(2), "SEQUENCE") || is_word(c.peek(3), "SEQUENCE") && !at("DEFAULT") => {
            sequence::create(c)
        }
        () if at("TYPE") => types_ddl::create_type(c),
        () if at("DOMAIN") => types_ddl::create_domain(c),
        () if at("FUNCTION") || at("PROCEDURE") => routine::create(c),
        () if at("AGGREGATE") => routine::create_aggregate(c),
        () if at("TRIGGER") || at("CONSTRAINT") => trigger::create(c),
        () if at("EVENT") => trigger::create_event(c),
        () if at("RULE") => trigger::create_rule(c),
        () if at("POLICY") => policy::create(c),
        () if at("EXTENSION") => extension::create(c),
        () => create_other(c),
    }
}

fn alter(c: &mut Cursor<'_>) -> Read<Change> {
    match () {
        () if c.at("ALTER DOMAIN") => types_ddl::alter_domain(c),
        () if c.at("ALTER POLICY") => policy::alter(c),
        () if c.at("ALTER EXTENSION") => extension::alter(c),
        () if c.at("ALTER DEFAULT PRIVILEGES") => grant::default_privileges(c),
        () if ["FUNCTION", "PROCEDURE", "ROUTINE", "AGGREGATE"].iter().any(|word| is_word(c.peek(1), word)) => {
            rename::alter_routine(c)
        }
        () => rename::alter(c),
    }
}

/// `CREATE` of what is kept by name only.
fn create_other(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("CREATE")?;
    let or_replace = c.eat("OR REPLACE");
    if c.at("DEFAULT CONVERSION") || c.at("TRUSTED") {
        c.step();
    }
    let kind = object::kind(c)?;
    let if_not_exists = c.if_not_exists();
    let object = match kind.1 {
        ObjectKind::Statistics => statistics(c)?,
        ObjectKind::Database
        | ObjectKind::Tablespace
        | ObjectKind::Publication
        | ObjectKind::Subscription
        | ObjectKind::Collation
        | ObjectKind::Other => created(c, kind)?,
        _ => return Err(c.refuse("something to create")),
    };
    c.rest_text();
    let sql = c.whole_text().to_owned();
    Ok(Change::CreateOther { object, if_not_exists, or_replace, sql })
}

/// The name of something new, in the words by which it is called later.
fn created(c: &mut Cursor<'_>, kind: object::Kind) -> Read<ObjectRef> {
    match kind.0 {
        "OPERATOR" => {
            let name = object::operator(c)?;
            let text = format!("{name} {}", object::operator_arguments(c)?);
            Ok(object::other_ref(kind.0, &text, name))
        }
        "OPERATOR CLASS" => object::operator_class(c, kind.0, true),
        _ => object::named(c, kind),
    }
}

/// `CREATE STATISTICS [name] [(kinds)] ON columns FROM table`. Without a name the server makes one of the table and the columns
/// (`ChooseExtendedStatisticName`).
fn statistics(c: &mut Cursor<'_>) -> Read<ObjectRef> {
    let named = !c.at("ON") && !c.at_sign(&Token::LParen);
    let name = if named { Some(c.qname()?) } else { None };
    if c.at_sign(&Token::LParen) {
        c.column_list()?;
    }
    c.expect("ON")?;
    let mut parts: Vec<Ident> = Vec::new();
    loop {
        let mark = c.mark();
        let column = c.ident().ok().filter(|_| c.at_sign(&Token::Comma) || c.at("FROM"));
        parts.push(column.unwrap_or_else(|| "expr".into()));
        c.reset(mark);
        while !c.at_end() && !c.at_sign(&Token::Comma) && !c.at("FROM") {
            c.skip_group();
        }
        if !c.eat_sign(&Token::Comma) {
            break;
        }
    }
    c.expect("FROM")?;
    let table = c.qname()?;
    let name =
        name.unwrap_or_else(|| QName { name: format!("{}_{}_stat", table.name, parts.join("_")).into(), schema: table.schema });
    Ok(ObjectRef::new(ObjectKind::Statistics, name))
}

/// `CREATE SCHEMA [IF NOT EXISTS] [name] [AUTHORIZATION role] [elements]`. Elements without a schema go into this one.
fn create_schema(c: &mut Cursor<'_>) -> Read<Vec<Spanned<Change>>> {
    let start = c.mark();
    c.expect("CREATE SCHEMA")?;
    let if_not_exists = c.if_not_exists();
    let name = if c.at("AUTHORIZATION") { None } else { Some(c.ident()?) };
    let owner = if c.eat("AUTHORIZATION") { Some(c.role()?) } else { None };
    let Some(name) = name.or_else(|| owner.clone()) else { return Err(c.refuse("a name")) };
    let value = Change::CreateSchema { name: name.clone(), if_not_exists, owner };
    let mut changes = vec![Spanned { value, span: c.span_from(start) }];
    while c.at_any(&["CREATE", "GRANT"]) {
        let mark = c.mark();
        c.step();
        while !c.at_end() && !element_begins(c) {
            c.skip_group();
        }
        let mut element = crate::lower::lower_text(c.text_from(mark), c.span_from(mark));
        element.iter_mut().for_each(|change| put_into(&mut change.value, &name));
        changes.extend(element);
    }
    if let [only] = changes.as_mut_slice() {
        only.span = c.whole();
    }
    Ok(changes)
}

/// Whether `CREATE` or `GRANT` begins an element of `CREATE SCHEMA` here: not in `GRANT CREATE ON` and `WITH GRANT OPTION`.
fn element_begins(c: &Cursor<'_>) -> bool {
    let next = |words: &[&str]| words.iter().any(|word| is_word(c.peek(1), word));
    let objects =
        ["TABLE", "VIEW", "UNIQUE", "INDEX", "SEQUENCE", "TRIGGER", "TEMP", "TEMPORARY", "UNLOGGED", "OR", "CONSTRAINT"];
    c.at("CREATE") && next(&objects) || c.at("GRANT") && !next(&["OPTION"])
}

/// Gives what has no schema this one.
fn put_into(change: &mut Change, schema: &Ident) {
    let name = match change {
        Change::CreateTable(table) => &mut table.name,
        Change::CreateIndex(index) => &mut index.table,
        Change::CreateView(view) => &mut view.name,
        Change::CreateSequence { name, .. } => name,
        Change::CreateTrigger { table, .. } => table,
        _ => return,
    };
    name.schema.get_or_insert_with(|| schema.clone());
}

/// `DO [LANGUAGE name] 'code'`, in any order.
fn do_block(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("DO")?;
    let (mut language, mut code): (Ident, _) = ("plpgsql".into(), None);
    while !c.at_end() {
        if c.eat("LANGUAGE") {
            language = if c.at_string() { c.string()?.to_ascii_lowercase().into() } else { c.ident()? };
        } else {
            let mark = c.mark();
            let text = c.string()?;
            code = Some((text, body::inside(c.text_from(mark), c.span_from(mark))));
        }
    }
    let (text, span) = code.ok_or_else(|| c.refuse("the code of the block"))?;
    Ok(Change::Do(body::block(&text, span, &language)))
}

/// `IMPORT FOREIGN SCHEMA ... FROM SERVER ... INTO ...`.
fn import_foreign_schema(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("IMPORT FOREIGN SCHEMA")?;
    c.rest_text();
    Ok(dynamic("which tables IMPORT FOREIGN SCHEMA makes is decided by the other server"))
}

/// `EXECUTE prepared(...)`.
fn execute(c: &mut Cursor<'_>) -> Read<Change> {
    c.expect("EXECUTE")?;
    c.ident()?;
    c.rest_text();
    Ok(dynamic("EXECUTE of a prepared statement"))
}

fn dynamic(reason: &str) -> Change {
    Change::Opaque(Opaque { reason: reason.into(), class: OpaqueClass::Dynamic })
}

/// What touches neither schema nor rows.
fn no_effect(c: &mut Cursor<'_>) -> Read<Change> {
    let harmless = ["LISTEN", "UNLISTEN", "NOTIFY", "LOAD", "DEALLOCATE", "SHOW", "DECLARE", "FETCH", "MOVE", "CLOSE", "DISCARD"];
    if !c.at_any(&harmless) && !c.at("PREPARE") && !c.at("SET CONSTRAINTS") {
        return Err(c.refuse("a statement of PostgreSQL"));
    }
    c.step();
    if c.at_end() {
        return Err(c.refuse("a name"));
    }
    c.rest_text();
    Ok(Change::NoEffect)
}

#[cfg(test)]
#[path = "other_tests.rs"]
mod tests;
