//! PostgreSQL's spelling: identifiers, types and statements. What is written reads back as the same change.

mod alter;
mod batch;
mod data;
mod keep;
mod name;
mod object;
mod spell;
mod table;

pub(super) use batch::batched;
pub(super) use data::{delete_rows, replace_value};
pub(super) use keep::{keep, lock_alone, put_back};
pub(super) use spell::{quote, type_text};

use crate::change::{Change, Ident, Persistence};
use name::object_name;
use spell::{literal, qname, role};

/// A change as SQL, without the final `;`. What no statement says (nothing understood, nothing done) becomes a comment.
pub(super) fn write(change: &Change) -> String {
    match change {
        Change::CreateSchema { name, if_not_exists, owner } => create_schema(name, *if_not_exists, owner.as_ref()),
        Change::CreateTable(table) => table::create_table(table),
        Change::AlterTable(alter) => alter::alter_table(alter),
        Change::CreateIndex(index) => table::create_index(index),
        Change::CreateView(view) => object::create_view(view),
        Change::Refresh { view, concurrently, no_data } => format!(
            "REFRESH MATERIALIZED VIEW {}{}{}",
            when(*concurrently, "CONCURRENTLY "),
            qname(view),
            when(*no_data, " WITH NO DATA")
        ),
        Change::CreateSequence { name, if_not_exists, persistence, options } => format!(
            "CREATE {}SEQUENCE {}{}{}",
            persistence_word(*persistence),
            when(*if_not_exists, "IF NOT EXISTS "),
            qname(name),
            object::sequence_options(options)
        ),
        Change::AlterSequence { name, if_exists, options } => {
            format!("ALTER SEQUENCE {}{}{}", when(*if_exists, "IF EXISTS "), qname(name), object::sequence_options(options))
        }
        Change::CreateType { name, shape } => object::create_type(name, shape),
        Change::AlterEnum { name, change } => object::alter_enum(name, change),
        Change::AlterComposite { name, change, cascade } => object::alter_composite(name, change, *cascade),
        Change::CreateDomain { name, domain } => object::create_domain(name, domain),
        Change::AlterDomain { name, change } => object::alter_domain(name, change),
        Change::CreateRoutine { name, or_replace, routine } => object::create_routine(name, *or_replace, routine),
        Change::AlterRoutine { kind, signature, options } => {
            let options: Vec<String> = options.iter().map(object::routine_option).collect();
            format!("ALTER {} {} {}", name::kind_words(*kind), name::signature(*kind, signature), options.join(" "))
        }
        Change::CreateTrigger { table, or_replace, trigger } => table::create_trigger(table, *or_replace, trigger),
        Change::CreateRule { table, or_replace, rule } => table::create_rule(table, *or_replace, rule),
        Change::CreatePolicy { table, policy } => table::create_policy(table, policy),
        Change::AlterPolicy { table, name, roles, using, check } => {
            table::alter_policy(table, name, roles.as_deref(), using.as_ref(), check.as_ref())
        }
        Change::Drop { objects, if_exists, cascade, concurrently } => {
            name::drop_objects(objects, *if_exists, *cascade, *concurrently)
        }
        Change::Rename { object, to, if_exists } => {
            format!("ALTER {} RENAME TO {}", object_name(object, when(*if_exists, "IF EXISTS ")), quote(to))
        }
        Change::SetSchema { object, schema, if_exists } => {
            format!("ALTER {} SET SCHEMA {}", object_name(object, when(*if_exists, "IF EXISTS ")), quote(schema))
        }
        Change::SetOwner { object, owner, if_exists } => {
            format!("ALTER {} OWNER TO {}", object_name(object, when(*if_exists, "IF EXISTS ")), role(owner))
        }
        Change::Comment { object, text } => {
            let text = text.as_deref().map_or("NULL".into(), literal);
            format!("COMMENT ON {} IS {text}", name::comment_target(object))
        }
        Change::Grant(grant) => object::grant(grant),
        Change::CreateExtension { name, if_not_exists, schema, version, cascade } => {
            create_extension(name, *if_not_exists, schema.as_ref(), version.as_deref(), *cascade)
        }
        Change::CreateOther { sql, .. } | Change::AlterOther { sql, .. } => sql.clone(),
        Change::Data(data) => data::data(data),
        Change::Truncate { tables, cascade, restart_identity } => data::truncate(tables, *cascade, *restart_identity),
        Change::Do(block) => data::block(block),
        Change::Transaction(change) => data::transaction(change),
        Change::Set { name, value, local } => data::set(name, value.as_deref(), *local),
        Change::Lock { tables, mode, nowait } => {
            format!("LOCK TABLE {} IN {mode} MODE{}", data::targets(tables), when(*nowait, " NOWAIT"))
        }
        Change::Maintenance(maintenance) => data::maintenance(maintenance),
        Change::NoEffect => "-- no effect".into(),
        Change::Opaque(opaque) => data::comment(&format!("not understood: {}", opaque.reason)),
    }
}

/// A block that does nothing but fail.
pub(super) fn raise(message: &str) -> String {
    let body = format!("\nBEGIN\n    RAISE EXCEPTION USING MESSAGE = {};\nEND\n", literal(message));
    format!("DO {}", spell::dollar(&body))
}

fn create_schema(name: &Ident, if_not_exists: bool, owner: Option<&Ident>) -> String {
    let owner = owner.map(|owner| format!(" AUTHORIZATION {}", role(owner))).unwrap_or_default();
    format!("CREATE SCHEMA {}{}{owner}", when(if_not_exists, "IF NOT EXISTS "), quote(name))
}

fn create_extension(name: &Ident, if_not_exists: bool, schema: Option<&Ident>, version: Option<&str>, cascade: bool) -> String {
    let mut sql = format!("CREATE EXTENSION {}{}", when(if_not_exists, "IF NOT EXISTS "), quote(name));
    if let Some(schema) = schema {
        sql += &format!(" SCHEMA {}", quote(schema));
    }
    if let Some(version) = version {
        sql += &format!(" VERSION {}", literal(version));
    }
    sql + when(cascade, " CASCADE")
}

/// The words if they are to be written.
fn when(condition: bool, words: &str) -> &str {
    if condition { words } else { "" }
}

fn persistence_word(persistence: Persistence) -> &'static str {
    match persistence {
        Persistence::Permanent => "",
        Persistence::Unlogged => "UNLOGGED ",
        Persistence::Temporary => "TEMPORARY ",
    }
}

/// A block of lines in parentheses: each item on its own line, indented.
fn lines(items: &[String]) -> String {
    if items.is_empty() { "()".into() } else { format!("(\n    {}\n)", items.join(",\n    ")) }
}
