//! Objects that a statement names and that no migration made. Where the history does not tell the whole schema (one file on
//! standard input, a project that began with a dump), they are taken to exist, with as little as the statement needs, so that
//! what is done to them can be judged all the same.

use crate::catalog::{Catalog, Name, Problem};
use crate::change::{
    AlterTable, Change, Column, ColumnValue, Constraint, ConstraintKind, CreateTable, EnumChange, Expr, ForeignKey, Ident, Key,
    ObjectKind, Persistence, QName, SequenceOptions, TableAction, TableElement, TypeName, TypeShape,
};
use crate::dialect::Dialect;

/// What was taken to exist.
pub(super) struct Assumed {
    /// For people: `email of public.users`.
    pub names: Vec<String>,
    /// The changes that made it.
    pub made: Vec<Change>,
}

/// The most objects that one change may need: each attempt may uncover the next.
const ATTEMPTS: usize = 32;

/// Adds what the change misses until it applies (to a copy of the catalog), and names what was added. Nothing where it cannot
/// be made to apply: the catalog is then as it was. Where the history tells the `whole` schema (then this is the table
/// in which the runner notes what is applied), only that and what lies in a schema that no migration made is taken to exist, and a name that only another schema has to be found by a search path set elsewhere.
pub(super) fn assume(
    catalog: &mut Catalog,
    change: &Change,
    problem: &Problem,
    whole: Option<&str>,
    dialect: &dyn Dialect,
) -> Option<Assumed> {
    let mut attempt = catalog.clone();
    if let Some(schema) = schema_of(&attempt, problem) {
        attempt.session.search_path.push(schema.clone());
        if attempt.clone().apply(change, dialect).is_ok() {
            *catalog = attempt;
            return Some(Assumed { names: vec![format!("a search path with {schema}")], made: Vec::new() });
        }
        attempt = catalog.clone();
    }
    if whole.is_some_and(|runner_table| !outside(catalog, problem, runner_table)) {
        return None;
    }
    let mut problem = problem.clone();
    let mut assumed = Assumed { names: Vec::new(), made: Vec::new() };
    for _ in 0..ATTEMPTS {
        let (name, made) = add(&attempt, change, &problem)?;
        assumed.names.push(name);
        for change in made {
            attempt.apply(&change, dialect).ok()?;
            assumed.made.push(change);
        }
        match attempt.clone().apply(change, dialect) {
            Ok(()) => {
                *catalog = attempt;
                return Some(assumed);
            }
            Err(next) if next == problem => return None,
            Err(next) => problem = next,
        }
    }
    None
}

/// A name for what the problem misses, and the changes that make it.
fn add(catalog: &Catalog, change: &Change, problem: &Problem) -> Option<(String, Vec<Change>)> {
    match problem {
        Problem::Missing { kind, name, of: None } => add_object(catalog, *kind, &qname(name), change),
        Problem::Missing { kind, name, of: Some(table) } => add_member(catalog, *kind, name, &qname(table), change),
        Problem::NoKeyReferenced { table } => {
            let name = relation(catalog, &qname(table))?;
            let key = Key { columns: referenced_columns(change)?, ..Key::default() };
            let missing = key.columns.iter().filter(|column| catalog.table(&name).is_some_and(|t| t.column(column).is_none()));
            let columns = missing.map(|missing| {
                let column = column(missing, change);
                alter(&name, TableAction::AddColumn { column, constraints: Vec::new(), if_not_exists: false })
            });
            let mut made: Vec<Change> = columns.collect();
            made.push(alter(&name, TableAction::AddConstraint(Constraint::new(ConstraintKind::Unique(key)))));
            Some((format!("a key of {name}"), made))
        }
        Problem::NoConflictKey { table, columns } if !columns.is_empty() => {
            let name = relation(catalog, &qname(table))?;
            let key = Key { columns: columns.clone(), ..Key::default() };
            let made = alter(&name, TableAction::AddConstraint(Constraint::new(ConstraintKind::Unique(key))));
            Some((format!("a key of {name}"), vec![made]))
        }
        Problem::UnknownLabel { label, enumeration } => {
            let name = catalog.resolve_type(&qname(enumeration))?.qname();
            let add = EnumChange::Add { label: label.as_str().into(), if_not_exists: true, position: None };
            Some((format!("label {label} of {enumeration}"), vec![Change::AlterEnum { name, change: add }]))
        }
        _ => None,
    }
}

fn alter(table: &Name, action: TableAction) -> Change {
    Change::AlterTable(Box::new(AlterTable {
        kind: ObjectKind::Table,
        table: table.qname(),
        if_exists: false,
        only: false,
        action,
    }))
}

/// The one schema that has the relation which the search path does not find.
fn schema_of(catalog: &Catalog, problem: &Problem) -> Option<Ident> {
    match problem {
        Problem::Missing { name, of: None, .. } if !name.contains('.') => only_schema(catalog, name),
        _ => None,
    }
}

fn only_schema(catalog: &Catalog, relation: &str) -> Option<Ident> {
    let has = |schema: &&Ident| catalog.relations.contains_key(&Name::new((*schema).clone(), relation));
    let mut found = catalog.schemas.keys().filter(has);
    let schema = found.next()?.clone();
    found.next().is_none().then_some(schema)
}

/// The relation that a problem names, perhaps without its schema.
fn relation(catalog: &Catalog, name: &QName) -> Option<Name> {
    catalog.resolve_relation(name).or_else(|| Some(Name { schema: only_schema(catalog, &name.name)?, name: name.name.clone() }))
}

/// Whether what is missing lies in a schema that no migration made, another tool's or the platform's, or is the runner's own table.
fn outside(catalog: &Catalog, problem: &Problem, runner_table: &str) -> bool {
    match problem {
        Problem::Missing { name, of: None, .. } => {
            let name = qname(name);
            name.name == runner_table || name.schema.is_some_and(|schema| !catalog.schemas.contains_key(&schema))
        }
        _ => false,
    }
}

fn qname(text: &str) -> QName {
    match text.split_once('.') {
        Some((schema, name)) => QName::in_schema(schema, name),
        None => QName::bare(text),
    }
}

fn add_object(catalog: &Catalog, kind: ObjectKind, name: &QName, change: &Change) -> Option<(String, Vec<Change>)> {
    let schema = name.schema.clone().or_else(|| catalog.creation_schema().cloned())?;
    let made = match kind {
        ObjectKind::Schema => Change::CreateSchema { name: name.name.clone(), if_not_exists: true, owner: None },
        ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::ForeignTable => {
            let mut table = CreateTable::new(name.clone());
            if foreign_keys(change).any(|key| key.table == *name && key.referenced.is_empty()) {
                table.elements.push(TableElement::Column(Column::new("id", TypeName::simple("unknown"))));
                let key = Key { columns: vec!["id".into()], ..Key::default() };
                table.constraints.push(Constraint::new(ConstraintKind::PrimaryKey(key)));
            }
            Change::CreateTable(Box::new(table))
        }
        ObjectKind::Sequence => Change::CreateSequence {
            name: name.clone(),
            if_not_exists: false,
            persistence: Persistence::Permanent,
            options: Box::new(SequenceOptions::default()),
        },
        ObjectKind::Type | ObjectKind::Domain => {
            let composite = matches!(change, Change::AlterComposite { .. });
            let shape = if composite { TypeShape::Composite(Vec::new()) } else { TypeShape::Enum(enum_labels(change)) };
            Change::CreateType { name: name.clone(), shape }
        }
        _ => return None,
    };
    let missing = !catalog.schemas.contains_key(&schema);
    let around = missing.then(|| Change::CreateSchema { name: schema.clone(), if_not_exists: true, owner: None });
    Some((format!("{schema}.{}", name.name), around.into_iter().chain([made]).collect()))
}

/// The labels that a change of an enum needs to be there.
fn enum_labels(change: &Change) -> Vec<std::sync::Arc<str>> {
    match change {
        Change::AlterEnum { change: EnumChange::Rename { from, .. }, .. } => vec![from.clone()],
        Change::AlterEnum { change: EnumChange::Add { position: Some((_, label)), .. }, .. } => vec![label.clone()],
        _ => Vec::new(),
    }
}

fn add_member(
    catalog: &Catalog,
    kind: ObjectKind,
    member: &str,
    table: &QName,
    change: &Change,
) -> Option<(String, Vec<Change>)> {
    let name = relation(catalog, table)?;
    let action = match kind {
        ObjectKind::Column => {
            TableAction::AddColumn { column: column(member, change), constraints: Vec::new(), if_not_exists: false }
        }
        ObjectKind::Constraint => {
            let mut constraint = Constraint::new(ConstraintKind::Check(Expr::plain("unknown")));
            constraint.name = Some(member.into());
            constraint.not_valid =
                matches!(change, Change::AlterTable(alter) if matches!(alter.action, TableAction::ValidateConstraint { .. }));
            TableAction::AddConstraint(constraint)
        }
        _ => return None,
    };
    Some((format!("{member} of {name}"), vec![alter(&name, action)]))
}

/// A column such that the change has something to do.
fn column(name: &str, change: &Change) -> Column {
    let mut column = Column::new(name, TypeName::simple("unknown"));
    if let Change::AlterTable(alter) = change {
        match &alter.action {
            TableAction::DropNotNull { .. } => column.not_null = true,
            TableAction::DropDefault { .. } => column.value = ColumnValue::Default(Expr::plain("unknown")),
            _ => {}
        }
    }
    column
}

fn referenced_columns(change: &Change) -> Option<Vec<Ident>> {
    foreign_keys(change).map(|key| key.referenced.clone()).find(|columns| !columns.is_empty())
}

/// The foreign keys that a change adds.
fn foreign_keys(change: &Change) -> impl Iterator<Item = &ForeignKey> {
    let constraints: &[Constraint] = match change {
        Change::CreateTable(table) => &table.constraints,
        Change::AlterTable(alter) => match &alter.action {
            TableAction::AddColumn { constraints, .. } => constraints,
            TableAction::AddConstraint(constraint) => std::slice::from_ref(constraint),
            _ => &[],
        },
        _ => &[],
    };
    constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::ForeignKey(key) => Some(key),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Postgres;
    use crate::lower::lower_text;
    use crate::source::Sources;

    fn change(sql: &str) -> Change {
        let mut sources = Sources::default();
        let file = sources.add("a.sql", sql);
        lower_text(sql, sources.whole(file)).remove(0).value
    }

    #[test]
    fn what_lies_in_another_schema_is_not_mistaken_for_what_lies_here() {
        let mut catalog = Postgres.empty_catalog();
        catalog.apply(&change("CREATE TABLE users (id uuid PRIMARY KEY)"), &Postgres).expect("a table");
        let key = change("ALTER TABLE users ADD FOREIGN KEY (id) REFERENCES auth.users (id)");
        let problem = catalog.clone().apply(&key, &Postgres).expect_err("there is no such table");
        let assumed = assume(&mut catalog, &key, &problem, Some("migrations"), &Postgres).expect("it is taken to exist");
        assert_eq!(assumed.names, ["auth.users", "id of auth.users", "a key of auth.users"]);
    }
}
