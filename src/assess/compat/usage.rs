//! One thing that an application does with the schema, and what became of it: the evidence of every verdict.

use crate::catalog::Name;
use crate::change::Ident;
use crate::dialect::{AppError, Dialect, ServerError};
use std::sync::Arc;

/// One thing that an application does with the schema. Names are those of the schema that the application was written for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Use {
    /// Reads rows of a table or view.
    Select(Name),
    /// Inserts a row, naming the columns that it knows.
    Insert(Name),
    /// Updates rows.
    Update(Name),
    /// Deletes rows.
    Delete(Name),
    /// Looks for a pattern in a column.
    Match(Name, Ident),
    /// Begins a session as a role.
    Connect(Ident),
    /// Refreshes a materialized view, concurrently or not.
    Refresh(Name, bool),
    /// Reads a column.
    Read(Name, Ident),
    /// Writes a value of the column's type.
    Write(Name, Ident),
    /// Writes null.
    WriteNull(Name, Ident),
    /// Inserts and leaves the column out.
    Omit(Name, Ident),
    /// Writes a row that a constraint of this name forbids.
    WriteRow(Name, Ident),
    /// Deletes or changes a row that others refer to by this foreign key.
    DeleteReferenced(Name, Ident),
    /// Defers the check of this constraint.
    Defer(Name, Ident),
    /// Upserts on these columns.
    Upsert(Name, Vec<Ident>),
    /// Upserts on the constraint by its name.
    UpsertConstraint(Name, Ident),
    /// Inserts a row that belongs into this partition.
    InsertPartition(Name, Name),
    /// Relies on rows being visible or writable to it under row security, for this command.
    RowsOf(Name, Ident),
    /// Writes an enum's label.
    Label(Name, Arc<str>),
    /// Casts to the type.
    Cast(Name),
    /// Casts a value that a domain's constraint of this name forbids (`NOT NULL` under that name).
    DomainValue(Name, Ident),
    /// Writes a row by this command that a trigger of this name refuses.
    Guarded(Name, Ident, Ident),
    /// Reads a column of a routine's result: its printed argument types, and the column.
    CallColumn(Name, Arc<str>, Ident),
    /// Names an operator, a collation or the like, as printed.
    Other(Arc<str>),
    /// Calls a routine: its printed argument types, and how many of them are given.
    Call(Name, Arc<str>, u16),
    /// Draws from a sequence.
    NextValue(Name),
    /// Uses what an extension brings.
    Extension(Ident),
    /// Has a privilege: the object, the role, the privilege.
    Privilege(Name, Ident, Ident),
}

/// The kinds of uses, as reports name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UseClass {
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Upserting.
    Upsert,
    /// Calling a routine.
    Call,
    /// Naming a type or label.
    Type,
    /// Drawing from a sequence.
    Sequence,
    /// Rights and row security.
    Privilege,
}

impl UseClass {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            UseClass::Read => "read",
            UseClass::Write => "write",
            UseClass::Upsert => "upsert",
            UseClass::Call => "call",
            UseClass::Type => "type",
            UseClass::Sequence => "sequence",
            UseClass::Privilege => "privilege",
        }
    }
}

impl Use {
    /// What kind of use it is.
    pub fn class(&self) -> UseClass {
        match self {
            Use::Select(_) | Use::Read(..) | Use::Match(..) => UseClass::Read,
            Use::Insert(_)
            | Use::Update(_)
            | Use::Delete(_)
            | Use::Refresh(..)
            | Use::Write(..)
            | Use::WriteNull(..)
            | Use::Omit(..) => UseClass::Write,
            Use::WriteRow(..) | Use::DeleteReferenced(..) | Use::Defer(..) | Use::InsertPartition(..) | Use::Guarded(..) => {
                UseClass::Write
            }
            Use::Upsert(..) | Use::UpsertConstraint(..) => UseClass::Upsert,
            Use::RowsOf(..) | Use::Privilege(..) | Use::Connect(_) => UseClass::Privilege,
            Use::Label(..) | Use::Cast(_) | Use::DomainValue(..) | Use::Extension(_) | Use::Other(_) => UseClass::Type,
            Use::Call(..) | Use::CallColumn(..) => UseClass::Call,
            Use::NextValue(_) => UseClass::Sequence,
        }
    }

    /// The object it is about, for telling whether two uses concern the same thing: the relation, type or routine, and the
    /// column where it is one column's.
    pub fn subject(&self) -> (Option<&Name>, Option<&Ident>) {
        match self {
            Use::Select(name)
            | Use::Insert(name)
            | Use::Update(name)
            | Use::Delete(name)
            | Use::Refresh(name, _)
            | Use::Cast(name)
            | Use::NextValue(name) => (Some(name), None),
            Use::Read(name, column) | Use::Write(name, column) | Use::WriteNull(name, column) | Use::Omit(name, column) => {
                (Some(name), Some(column))
            }
            Use::WriteRow(name, member) | Use::DeleteReferenced(name, member) | Use::Defer(name, member) => {
                (Some(name), Some(member))
            }
            Use::UpsertConstraint(name, member) | Use::RowsOf(name, member) | Use::DomainValue(name, member) => {
                (Some(name), Some(member))
            }
            Use::Guarded(name, trigger, _) => (Some(name), Some(trigger)),
            Use::CallColumn(name, _, column) => (Some(name), Some(column)),
            Use::Other(_) => (None, None),
            Use::Upsert(name, columns) => (Some(name), columns.first()),
            Use::InsertPartition(name, _) | Use::Label(name, _) | Use::Call(name, ..) | Use::Privilege(name, ..) => {
                (Some(name), None)
            }
            Use::Match(name, column) => (Some(name), Some(column)),
            Use::Extension(name) | Use::Connect(name) => (None, Some(name)),
        }
    }

    /// An example of it in SQL.
    pub fn sql(&self, dialect: &dyn Dialect) -> String {
        let relation = |name: &Name| {
            let own = dialect.quote(&name.name);
            if dialect.empty_catalog().session.search_path.first() == Some(&name.schema) {
                own.into_owned()
            } else {
                format!("{}.{own}", dialect.quote(&name.schema))
            }
        };
        let ident = |name: &Ident| dialect.quote(name).into_owned();
        // An upsert may name an expression, which stands there by its text.
        let key = |name: &Ident| if name.contains('(') { name.to_string() } else { ident(name) };
        let list = |names: &[Ident]| names.iter().map(key).collect::<Vec<_>>().join(", ");
        let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
        match self {
            Use::Select(name) => format!("SELECT ... FROM {}", relation(name)),
            Use::Insert(name) => format!("INSERT INTO {} (...) VALUES (...)", relation(name)),
            Use::Update(name) => format!("UPDATE {} SET ...", relation(name)),
            Use::Delete(name) => format!("DELETE FROM {} WHERE ...", relation(name)),
            Use::Match(name, column) => format!("SELECT ... FROM {} WHERE {} ~ '...'", relation(name), ident(column)),
            Use::Connect(role) => format!("-- a session as {}", ident(role)),
            Use::Refresh(name, false) => format!("REFRESH MATERIALIZED VIEW {}", relation(name)),
            Use::Refresh(name, true) => format!("REFRESH MATERIALIZED VIEW CONCURRENTLY {}", relation(name)),
            Use::Read(name, column) => format!("SELECT {} FROM {}", ident(column), relation(name)),
            Use::Write(name, column) => format!("INSERT INTO {} ({}, ...) VALUES (...)", relation(name), ident(column)),
            Use::WriteNull(name, column) => format!("INSERT INTO {} ({}, ...) VALUES (NULL, ...)", relation(name), ident(column)),
            Use::Omit(name, column) => format!("INSERT INTO {} (...) VALUES (...) -- without {}", relation(name), ident(column)),
            Use::WriteRow(name, constraint) => {
                format!("INSERT INTO {} (...) VALUES (...) -- a row that {} refuses", relation(name), ident(constraint))
            }
            Use::DeleteReferenced(name, constraint) => {
                format!("DELETE FROM {} WHERE ... -- a row referred to by {}", relation(name), ident(constraint))
            }
            Use::Defer(_, constraint) => format!("SET CONSTRAINTS {} DEFERRED", ident(constraint)),
            Use::Upsert(name, columns) => {
                format!("INSERT INTO {} (...) VALUES (...) ON CONFLICT ({}) DO UPDATE SET ...", relation(name), list(columns))
            }
            Use::UpsertConstraint(name, constraint) => {
                format!(
                    "INSERT INTO {} (...) VALUES (...) ON CONFLICT ON CONSTRAINT {} DO NOTHING",
                    relation(name),
                    ident(constraint)
                )
            }
            Use::InsertPartition(name, partition) => {
                format!("INSERT INTO {} (...) VALUES (...) -- a row of partition {}", relation(name), relation(partition))
            }
            Use::RowsOf(name, command) => by_command(command, &relation(name)),
            Use::Guarded(name, trigger, event) => {
                format!("{} -- a row that trigger {} refuses", by_command(event, &relation(name)), ident(trigger))
            }
            Use::CallColumn(name, arguments, column) => format!("SELECT {} FROM {}({arguments})", ident(column), relation(name)),
            Use::Other(words) => format!("-- {words}"),
            Use::Label(name, label) => format!("SELECT {}::{}", literal(label), relation(name)),
            Use::Cast(name) => format!("SELECT CAST(... AS {})", relation(name)),
            Use::DomainValue(name, constraint) => {
                format!("SELECT CAST(... AS {}) -- a value that {} refuses", relation(name), constraint)
            }
            Use::Call(name, arguments, given) => {
                let given =
                    arguments.split(", ").filter(|text| !text.is_empty()).take(*given as usize).collect::<Vec<_>>().join(", ");
                format!("SELECT {}({given})", relation(name))
            }
            Use::NextValue(name) => format!("SELECT nextval({})", literal(&relation(name))),
            Use::Extension(name) => format!("-- anything of extension {}", ident(name)),
            Use::Privilege(name, role, privilege) => format!("{privilege} ON {} AS {}", relation(name), ident(role)),
        }
    }
}

/// A statement of that command on a relation.
fn by_command(command: &str, relation: &str) -> String {
    match command {
        "SELECT" => format!("SELECT ... FROM {relation}"),
        "INSERT" => format!("INSERT INTO {relation} (...) VALUES (...)"),
        "UPDATE" => format!("UPDATE {relation} SET ..."),
        "TRUNCATE" => format!("TRUNCATE {relation}"),
        _ => format!("DELETE FROM {relation} WHERE ..."),
    }
}

/// A use that stops working between two states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The use.
    pub usage: Use,
    /// Why it fails, in the words of no database.
    pub error: AppError,
}

impl Broken {
    /// The error that the application gets.
    pub fn server_error(&self, dialect: &dyn Dialect) -> ServerError {
        dialect.app_error(&self.error)
    }
}
