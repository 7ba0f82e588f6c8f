//! The replay of one statement: what a [`Change`] makes of a [`Catalog`], or the [`Problem`] for which the server refuses it.
//! A refused change leaves the catalog as it was.

mod alter;
mod carry;
mod closure;
mod column;
mod comment;
mod constraint;
mod data;
mod describe;
mod drop;
mod extension;
mod index;
mod inherit;
mod label;
mod like;
mod naming;
mod outside;
mod partition;
mod policy;
mod privileges;
mod remark;
mod rename;
mod role;
mod routine;
mod schema;
mod sequence;
mod session;
mod table;
mod text;
mod trigger;
mod types;
mod view;

use super::{Catalog, Name, Problem, Relation};
use crate::change::{Change, ObjectKind, QName};
use crate::dialect::Dialect;

type Done = Result<(), Problem>;

impl Catalog {
    /// Makes the change, or says why it cannot be made.
    pub fn apply(&mut self, change: &Change, dialect: &dyn Dialect) -> Done {
        let before = self.clone();
        let done = self.apply_in_place(change, dialect).and_then(|()| label::check(self, change));
        if done.is_err() {
            *self = before;
        }
        done
    }

    fn apply_in_place(&mut self, change: &Change, dialect: &dyn Dialect) -> Done {
        match change {
            Change::CreateSchema { name, if_not_exists, owner } => schema::create(self, name, *if_not_exists, owner.as_ref()),
            Change::CreateTable(table) => table::create(self, table, dialect),
            Change::AlterTable(alter) => alter::alter(self, alter, dialect),
            Change::CreateIndex(index) => index::create(self, index, dialect),
            Change::CreateView(view) => view::create(self, view, dialect),
            Change::Refresh { view, concurrently, no_data } => view::refresh(self, view, *concurrently, *no_data),
            Change::CreateSequence { name, if_not_exists, persistence, options } => {
                sequence::create(self, name, *if_not_exists, *persistence, options)
            }
            Change::AlterSequence { name, if_exists, options } => sequence::alter(self, name, *if_exists, options),
            Change::CreateType { name, shape } => types::create(self, name, shape),
            Change::AlterEnum { name, change } => types::alter_enum(self, name, change),
            Change::AlterComposite { name, change, cascade } => types::alter_composite(self, name, change, *cascade, dialect),
            Change::CreateDomain { name, domain } => types::create_domain(self, name, domain, dialect),
            Change::AlterDomain { name, change } => types::alter_domain(self, name, change, dialect),
            Change::CreateRoutine { name, or_replace, routine } => routine::create(self, name, *or_replace, routine, dialect),
            Change::AlterRoutine { kind, signature, options } => routine::alter(self, *kind, signature, options, dialect),
            Change::CreateTrigger { table, or_replace, trigger } => trigger::create(self, table, *or_replace, trigger, dialect),
            Change::CreateRule { table, or_replace, rule } => trigger::create_rule(self, table, *or_replace, rule, dialect),
            Change::CreatePolicy { table, policy } => policy::create(self, table, policy, dialect),
            Change::AlterPolicy { table, name, roles, using, check } => {
                policy::alter(self, table, name, roles.as_deref(), using.as_ref(), check.as_ref(), dialect)
            }
            Change::Drop { objects, if_exists, cascade, concurrently: _ } => {
                drop::drop(self, objects, *if_exists, *cascade, dialect)
            }
            Change::Rename { object, to, if_exists } => rename::rename(self, object, to, *if_exists, dialect),
            Change::SetSchema { object, schema, if_exists } => rename::set_schema(self, object, schema, *if_exists, dialect),
            Change::SetOwner { object, owner, if_exists } => match privileges::set_owner(self, object, owner, dialect) {
                Err(Problem::Missing { of: None, .. }) if *if_exists => Ok(()),
                done => done,
            },
            Change::Comment { object, text } => comment::comment(self, object, text.as_deref(), dialect),
            Change::Grant(grant) => privileges::grant(self, grant, dialect),
            Change::CreateExtension { name, if_not_exists: true, .. } if dialect.brings_extension(name) => Ok(()),
            Change::CreateExtension { name, if_not_exists, schema, version, cascade: _ } => {
                extension::create(self, name, *if_not_exists, schema.as_ref(), version.as_deref())
            }
            Change::CreateOther { object, if_not_exists, or_replace, sql } => {
                extension::create_other(self, object, *if_not_exists, *or_replace, sql)
            }
            Change::AlterOther { object, sql } => extension::alter_other(self, object, sql),
            Change::Data(data) => data::data(self, data, dialect),
            Change::Truncate { tables, cascade, restart_identity: _ } => data::truncate(self, tables, *cascade, dialect),
            Change::Do(block) => {
                for statement in &block.statements {
                    let done = self.apply(&statement.change.value, dialect);
                    // What runs only under a condition was written for states in which it can: elsewhere it does not run.
                    if !statement.conditional {
                        done?;
                    }
                }
                Ok(())
            }
            Change::Transaction(transaction) => session::transaction(self, transaction),
            Change::Set { name, value, local } => session::set(self, name, value.as_deref(), *local, dialect),
            Change::Lock { tables, mode: _, nowait: _ } => data::targets(self, tables, dialect),
            Change::Maintenance(maintenance) => data::maintenance(self, maintenance, dialect),
            Change::NoEffect => Ok(()),
            Change::Opaque(_) => {
                self.roles.unsure = true;
                Ok(())
            }
        }
    }

    /// The relation that a statement names, of whatever kind.
    fn need_relation(&self, name: &QName, kind: ObjectKind) -> Result<Name, Problem> {
        self.resolve_relation(name).ok_or_else(|| missing(kind, name))
    }

    /// The table that a statement names.
    fn need_table(&self, name: &QName) -> Result<Name, Problem> {
        let found = self.need_relation(name, ObjectKind::Table)?;
        match self.relations.get(&found) {
            Some(Relation::Table(_)) => Ok(found),
            _ => Err(Problem::WrongKind { name: found.name.to_string(), expected: ObjectKind::Table }),
        }
    }

    /// The full name under which something is created.
    fn creation_name(&self, name: &QName) -> Result<Name, Problem> {
        let schema = match &name.schema {
            Some(schema) if self.schemas.contains_key(schema) || self.is_outside(schema) => schema,
            Some(schema) => return Err(missing(ObjectKind::Schema, &QName::bare(schema.clone()))),
            None => self.creation_schema().ok_or_else(|| Problem::Other {
                code: "3F000",
                message: "no schema has been selected to create in".to_owned(),
            })?,
        };
        Ok(Name { schema: schema.clone(), name: name.name.clone() })
    }

    /// Whether a schema may exist although no statement made it: the server's own, and those that extensions bring.
    fn is_outside(&self, schema: &str) -> bool {
        self.system_schemas.contains(&schema) || !self.extensions.is_empty()
    }
}

fn missing(kind: ObjectKind, name: &QName) -> Problem {
    Problem::Missing { kind, name: name.to_string(), of: None }
}

fn missing_member(kind: ObjectKind, member: &str, of: &Name) -> Problem {
    Problem::Missing { kind, name: member.to_owned(), of: Some(of.to_string()) }
}

fn exists(kind: ObjectKind, name: &str) -> Problem {
    Problem::Exists { kind, name: name.to_owned(), of: None }
}

fn exists_member(kind: ObjectKind, member: &str, of: &Name) -> Problem {
    Problem::Exists { kind, name: member.to_owned(), of: Some(of.name.to_string()) }
}
