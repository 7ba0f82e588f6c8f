//! A schema state as the changes that make it from nothing, in an order that the server accepts, and as one text: sorted,
//! the same for the same state, made to be read and compared.

mod late;
pub(super) mod rights;
mod table;

pub(super) use late::{create_index, is_late_part};
pub(super) use table::{alter, plain as plain_column};

use super::{Catalog, Dependency, Dependent, Name, Relation, UserType, UserTypeShape};
use crate::change::{
    Change, CreateView, Domain, DomainChange, Ident, ObjectKind, ObjectRef, Persistence, QName, SequenceOptions,
};
use crate::dialect::Dialect;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The whole state as SQL, statement by statement, each ended with `;` and an empty line.
pub fn sql(catalog: &Catalog, dialect: &dyn Dialect) -> String {
    creation(catalog, dialect).iter().map(|change| format!("{};\n\n", dialect.write(change))).collect()
}

/// The changes that make the state in a new, empty database.
pub fn creation(catalog: &Catalog, dialect: &dyn Dialect) -> Vec<Change> {
    let empty = dialect.empty_catalog();
    let mut changes = dialect.preamble();
    changes.extend(catalog.schemas.keys().filter(|name| !empty.schemas.contains_key(*name)).map(|name| Change::CreateSchema {
        name: name.clone(),
        if_not_exists: false,
        owner: None,
    }));
    let usual = empty.creation_schema();
    changes.extend(catalog.extensions.values().map(|extension| Change::CreateExtension {
        name: extension.name.clone(),
        if_not_exists: true,
        schema: extension.schema.clone().filter(|schema| Some(schema) != usual && catalog.schemas.contains_key(schema)),
        version: None,
        cascade: false,
    }));
    for node in in_order(catalog, &nodes(catalog, dialect)) {
        node.create(catalog, &mut changes);
    }
    late::changes(catalog, &mut changes);
    rights::changes(catalog, &empty, dialect, &mut changes);
    changes
}

/// What is created as a whole. The order is that in which they come where no dependency says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    Early(ObjectKind, String),
    Type(Name),
    Sequence(Name),
    Table(Name),
    Routine(Name, Arc<str>),
    Other(ObjectKind, String),
    View(Name),
    MaterializedView(Name),
}

/// The nodes, each after those of them that it needs. Of those that need each other the first is as good as any.
pub(super) fn in_order(catalog: &Catalog, nodes: &BTreeSet<Node>) -> Vec<Node> {
    let mut missing: BTreeMap<&Node, usize> = BTreeMap::new();
    let mut needed_by: BTreeMap<&Node, Vec<&Node>> = BTreeMap::new();
    for node in nodes {
        let needs = needs_of(catalog, node);
        let on: Vec<_> = needs.iter().filter(|other| *other != node).filter_map(|other| nodes.get(other)).collect();
        missing.insert(node, on.len());
        on.into_iter().for_each(|other| needed_by.entry(other).or_default().push(node));
    }
    let mut ready: BTreeSet<&Node> = missing.iter().filter(|(_, count)| **count == 0).map(|(node, _)| *node).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(next) = ready.pop_first().or_else(|| missing.keys().next().copied()) {
        missing.remove(next);
        order.push(next.clone());
        for waiting in needed_by.get(next).into_iter().flatten() {
            if let Some(count) = missing.get_mut(waiting) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ready.insert(waiting);
                }
            }
        }
    }
    order
}

/// Everything that a state shows.
fn nodes(catalog: &Catalog, dialect: &dyn Dialect) -> BTreeSet<Node> {
    let mut nodes = BTreeSet::new();
    for (name, relation) in catalog.relations.iter().filter(|(_, relation)| !is_temporary(relation)) {
        nodes.extend(match relation {
            Relation::Table(_) => Some(Node::Table(name.clone())),
            Relation::View(view) => Some(view_node(view)),
            Relation::Sequence(sequence) if !sequence.identity => Some(Node::Sequence(name.clone())),
            Relation::Sequence(_) | Relation::Index(_) => None,
        });
    }
    nodes.extend(catalog.types.keys().map(|name| Node::Type(name.clone())));
    let routines = catalog.routines.values().flat_map(|all| all.iter());
    nodes.extend(routines.map(|own| Node::Routine(own.name.clone(), own.signature.clone())));
    for (kind, words) in catalog.others.keys().filter(|(kind, _)| !late::is_late(*kind)) {
        let node = if dialect.stands_alone(*kind, words) { Node::Early } else { Node::Other };
        nodes.insert(node(*kind, words.clone()));
    }
    nodes
}

/// What must be there before a node is made.
pub(super) fn needs_of(catalog: &Catalog, node: &Node) -> BTreeSet<Node> {
    let nodes =
        |dependent: Dependent| -> Vec<Node> { catalog.references(&dependent).flat_map(|on| provider(catalog, on)).collect() };
    let on = match node {
        Node::Table(name) => {
            let mut on = nodes(Dependent::Relation(name.clone()));
            let Some(table) = catalog.table(name) else { return BTreeSet::new() };
            for column in &table.columns {
                on.extend(nodes(Dependent::Column(name.clone(), column.name.clone())));
            }
            for constraint in table.constraints.iter().filter(|constraint| table::is_inline(table, constraint)) {
                let constraint = constraint.name.clone().unwrap_or_default();
                on.extend(nodes(Dependent::Constraint(name.clone(), constraint)));
            }
            on.extend(table.partition_of.iter().map(|(parent, _)| Node::Table(parent.clone())));
            on
        }
        Node::View(name) | Node::MaterializedView(name) => nodes(Dependent::Relation(name.clone())),
        // The column that owns it is named later: its table's default needs the sequence.
        Node::Sequence(_) => Vec::new(),
        Node::Type(name) => nodes(Dependent::Type(name.clone())),
        Node::Routine(name, signature) => nodes(Dependent::Routine(name.clone(), signature.clone())),
        Node::Early(..) | Node::Other(..) => Vec::new(),
    };
    on.into_iter().collect()
}

/// The node of a view.
pub(super) fn view_node(view: &super::View) -> Node {
    if view.materialized { Node::MaterializedView(view.name.clone()) } else { Node::View(view.name.clone()) }
}

/// The nodes that make what something depends on.
fn provider(catalog: &Catalog, on: &Dependency) -> Vec<Node> {
    match on {
        Dependency::Relation(name) | Dependency::Column(name, _) => match catalog.relations.get(name) {
            Some(Relation::Table(_)) => vec![Node::Table(name.clone())],
            Some(Relation::View(view)) => vec![view_node(view)],
            Some(Relation::Sequence(_)) => vec![Node::Sequence(name.clone())],
            Some(Relation::Index(owner)) => vec![Node::Table(owner.clone())],
            None => Vec::new(),
        },
        Dependency::Type(name) => vec![Node::Type(name.clone())],
        Dependency::Routine(name) => {
            let all = catalog.routines.get(name).into_iter().flat_map(|all| all.iter());
            all.map(|own| Node::Routine(name.clone(), own.signature.clone())).collect()
        }
        Dependency::Overload(name, signature) => vec![Node::Routine(name.clone(), signature.clone())],
        Dependency::Other(kind, name) => {
            let text = name.to_string();
            vec![Node::Early(*kind, text.clone()), Node::Other(*kind, text)]
        }
    }
}

/// The checks of a domain that hold for new values only: they cannot stand in its own statement.
fn unchecked(catalog: &Catalog, name: &Name, changes: &mut Vec<Change>) {
    let Some(UserTypeShape::Domain(domain)) = catalog.types.get(name).map(|own| &own.shape) else { return };
    changes.extend(
        domain
            .checks
            .iter()
            .filter(|check| check.not_valid)
            .map(|check| Change::AlterDomain { name: name.qname(), change: DomainChange::AddCheck(check.clone()) }),
    );
}

impl Node {
    /// The changes that make it.
    pub(super) fn create(&self, catalog: &Catalog, changes: &mut Vec<Change>) {
        match self {
            Node::Early(kind, words) | Node::Other(kind, words) => changes.extend(other(catalog, *kind, words)),
            Node::Type(name) => {
                changes.extend(catalog.types.get(name).map(|own| match &own.shape {
                    UserTypeShape::Type(shape) => Change::CreateType { name: name.qname(), shape: shape.clone() },
                    UserTypeShape::Domain(domain) => {
                        let checks = domain.checks.iter().filter(|check| !check.not_valid).cloned().collect();
                        Change::CreateDomain { name: name.qname(), domain: Box::new(Domain { checks, ..domain.clone() }) }
                    }
                }));
                unchecked(catalog, name, changes);
            }
            Node::Sequence(name) => changes.extend(catalog.sequence(name).map(|own| Change::CreateSequence {
                name: name.qname(),
                if_not_exists: false,
                persistence: own.persistence,
                options: Box::new(SequenceOptions { name: None, owned_by: None, restart: None, ..own.options.clone() }),
            })),
            Node::Table(name) => {
                if let Some(own) = catalog.table(name) {
                    table::create(catalog, own, changes);
                }
            }
            Node::Routine(name, signature) => {
                let all = catalog.routines.get(name).into_iter().flat_map(|all| all.iter());
                changes.extend(all.filter(|own| own.signature == *signature).map(|own| Change::CreateRoutine {
                    name: name.qname(),
                    or_replace: false,
                    routine: Box::new(own.routine.clone()),
                }));
            }
            Node::View(name) | Node::MaterializedView(name) => view(catalog, name, changes),
        }
    }
}

fn view(catalog: &Catalog, name: &Name, changes: &mut Vec<Change>) {
    changes.extend(catalog.view(name).map(|view| Change::CreateView(Box::new(create_view(view)))));
}

/// The statement that makes a view.
pub(super) fn create_view(view: &super::View) -> CreateView {
    CreateView {
        name: view.name.qname(),
        or_replace: false,
        if_not_exists: false,
        temporary: false,
        materialized: view.materialized,
        recursive: view.recursive,
        columns: if view.columns_known { view.columns.iter().map(|column| column.name.clone()).collect() } else { Vec::new() },
        query: view.query.clone(),
        options: view.options.clone(),
        check_option: view.check_option.clone(),
        no_data: !view.populated,
        tablespace: view.tablespace.clone(),
        access_method: None,
    }
}

/// Something kept by name only: the statements that made it.
pub(super) fn other(catalog: &Catalog, kind: ObjectKind, words: &str) -> Vec<Change> {
    let Some(other) = catalog.others.get(&(kind, words.to_owned())) else { return Vec::new() };
    let change = |(at, sql): (usize, &Arc<str>)| {
        let (object, sql) = (other_object(kind, words), sql.to_string());
        match at {
            0 => Change::CreateOther { object, if_not_exists: false, or_replace: false, sql },
            _ => Change::AlterOther { object, sql },
        }
    };
    other.statements.iter().enumerate().map(change).collect()
}

/// The object of something kept by name only.
pub(super) fn other_object(kind: ObjectKind, words: &str) -> ObjectRef {
    let in_schema = matches!(kind, ObjectKind::Collation | ObjectKind::Statistics);
    let name = match words.split_once('.').filter(|_| in_schema) {
        Some((schema, name)) => QName::in_schema(schema, name),
        None => QName::bare(words),
    };
    ObjectRef { words: Some(words.to_owned()).filter(|_| kind == ObjectKind::Other), ..ObjectRef::new(kind, name) }
}

/// A statement's object for something in a schema.
pub(super) fn object(kind: ObjectKind, name: &Name) -> ObjectRef {
    ObjectRef::new(kind, name.qname())
}

/// The kind of a relation as statements name it.
pub(super) fn relation_kind(relation: &Relation) -> ObjectKind {
    match relation {
        Relation::Table(table) if table.server.is_some() => ObjectKind::ForeignTable,
        Relation::Table(_) => ObjectKind::Table,
        Relation::View(view) if view.materialized => ObjectKind::MaterializedView,
        Relation::View(_) => ObjectKind::View,
        Relation::Sequence(_) => ObjectKind::Sequence,
        Relation::Index(_) => ObjectKind::Index,
    }
}

/// The kind of a type as statements name it.
pub(super) fn type_kind(own: &UserType) -> ObjectKind {
    match own.shape {
        UserTypeShape::Type(_) => ObjectKind::Type,
        UserTypeShape::Domain(_) => ObjectKind::Domain,
    }
}

/// Whether a relation lives for one session only and is not shown.
fn is_temporary(relation: &Relation) -> bool {
    match relation {
        Relation::Table(table) => table.persistence == Persistence::Temporary,
        Relation::View(view) => view.temporary,
        Relation::Sequence(sequence) => sequence.persistence == Persistence::Temporary,
        Relation::Index(_) => false,
    }
}

/// A routine's object with its input types.
pub(super) fn routine_object(own: &super::CatalogRoutine) -> ObjectRef {
    let types = own.routine.parameters.iter().filter(|parameter| is_input(parameter.mode));
    let arguments = Some(types.map(|parameter| parameter.data_type.clone()).collect());
    ObjectRef { arguments, ..object(own.routine.kind, &own.name) }
}

fn is_input(mode: crate::change::ParameterMode) -> bool {
    use crate::change::ParameterMode::{In, InOut, Out, Table, Variadic};
    match mode {
        In | InOut | Variadic => true,
        Out | Table => false,
    }
}

/// A name outside schemas.
pub(super) fn bare(kind: ObjectKind, name: &Ident) -> ObjectRef {
    ObjectRef::new(kind, QName::bare(name.clone()))
}
