//! The texts that objects keep follow the objects that they name through renames. They are kept with the schema before each
//! name that the catalog knows ([`Catalog::settled`]).

use crate::catalog::{Catalog, Dependency, Name};
use crate::change::{Expr, ExprShape, Ident, QName, Ref, RefKind, TypeName};
use crate::dialect::Dialect;
use imbl::OrdSet;

/// A bare column as a text.
pub(super) fn column(name: &Ident, dialect: &dyn Dialect) -> Expr {
    let sql = dialect.quote(name).into_owned();
    let reference = Ref { kind: RefKind::Column, parts: vec![name.clone()], ranges: vec![(0, sql.len() as u32)] };
    Expr { sql: sql.into(), refs: [reference].into(), shape: ExprShape::Column(name.clone()) }
}

/// Something that gets another name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Renaming<'a> {
    /// A table, view, sequence or index, perhaps into another schema.
    Relation(&'a Name, &'a Name),
    /// A column of a table or view.
    Column(&'a Name, &'a Ident, &'a Ident),
    /// A type.
    Type(&'a Name, &'a Name),
    /// A routine, all overloads.
    Routine(&'a Name, &'a Name),
}

impl Renaming<'_> {
    /// The name after the renaming.
    pub(super) fn relation(&self, name: &Name) -> Name {
        match self {
            Renaming::Relation(from, to) if *from == name => Name::clone(to),
            _ => name.clone(),
        }
    }

    /// The same for a name as the IR writes it; in the catalog it has its schema.
    pub(super) fn relation_qname(&self, name: &QName) -> QName {
        match self {
            Renaming::Relation(from, to) if is(name, from) => to.qname(),
            _ => name.clone(),
        }
    }

    /// The name of a column of a relation after the renaming.
    pub(super) fn column(&self, of: &Name, column: &Ident) -> Ident {
        match self {
            Renaming::Column(relation, from, to) if *relation == of && *from == column => Ident::clone(to),
            _ => column.clone(),
        }
    }

    /// A type's name after the renaming; a table's row type has the table's name.
    pub(super) fn type_name(&self, data_type: &TypeName) -> TypeName {
        match self {
            Renaming::Type(from, to) | Renaming::Relation(from, to) if is(&data_type.qname(), from) => {
                TypeName { schema: Some(to.schema.clone()), name: to.name.clone(), ..data_type.clone() }
            }
            _ => data_type.clone(),
        }
    }

    /// A type of one's own after the renaming.
    pub(super) fn user_type(&self, name: &Name) -> Name {
        match self {
            Renaming::Type(from, to) if *from == name => Name::clone(to),
            _ => name.clone(),
        }
    }

    /// A routine after the renaming.
    pub(super) fn routine(&self, name: &Name) -> Name {
        match self {
            Renaming::Routine(from, to) if *from == name => Name::clone(to),
            _ => name.clone(),
        }
    }

    /// A routine's name after the renaming.
    pub(super) fn routine_qname(&self, name: &QName) -> QName {
        match self {
            Renaming::Routine(from, to) if is(name, from) => to.qname(),
            _ => name.clone(),
        }
    }

    /// A text after the renaming. `owner` is the table whose columns it may name bare; `catalog` is the state before.
    pub(super) fn expr(&self, catalog: &Catalog, expr: &Expr, owner: Option<&Name>, dialect: &dyn Dialect) -> Expr {
        let text = |ident: &Ident| Some((ident.clone(), dialect.quote(ident).into_owned()));
        let renamed = expr.rename(|reference, part| {
            let last = part + 1 == reference.parts.len();
            match (self, reference.kind) {
                (Renaming::Relation(from, to), RefKind::Relation | RefKind::Type) => {
                    moved(reference, part, from, to).and_then(text)
                }
                (Renaming::Relation(from, to), RefKind::Column) if !last => {
                    qualifier(catalog, expr, reference, part, owner, from, to).and_then(text)
                }
                (Renaming::Type(from, to), RefKind::Type) => moved(reference, part, from, to).and_then(text),
                (Renaming::Routine(from, to), RefKind::Function { .. }) => moved(reference, part, from, to).and_then(text),
                (Renaming::Column(relation, from, to), RefKind::Column) if last && reference.name() == *from => {
                    let column = Dependency::Column(Name::clone(relation), Ident::clone(from));
                    named_columns(catalog, expr, reference, owner).contains(&column).then(|| text(to)).flatten()
                }
                _ => None,
            }
        });
        let shape = match (self, &renamed.shape) {
            (Renaming::Column(relation, from, to), ExprShape::Column(name)) if owner == Some(*relation) && name == *from => {
                ExprShape::Column(Ident::clone(to))
            }
            (Renaming::Column(relation, from, to), ExprShape::NotNull(names)) if owner == Some(*relation) => {
                ExprShape::NotNull(names.iter().map(|name| if name == *from { Ident::clone(to) } else { name.clone() }).collect())
            }
            (_, shape) => shape.clone(),
        };
        Expr { shape, ..renamed }
    }
}

fn is(name: &QName, full: &Name) -> bool {
    name.name == full.name && name.schema.as_ref() == Some(&full.schema)
}

/// What a part of a reference to `from` becomes. Only names with their schema are followed: others name nothing known.
fn moved<'a>(reference: &Ref, part: usize, from: &Name, to: &'a Name) -> Option<&'a Ident> {
    let parts = reference.parts.len();
    if parts < 2 || !is(&reference.qname(), from) {
        return None;
    }
    match parts - 1 - part {
        0 => Some(&to.name),
        1 => Some(&to.schema),
        _ => None,
    }
}

/// What the table before a column becomes, where it is the renamed table's own name and not an alias.
fn qualifier<'a>(
    catalog: &Catalog,
    expr: &Expr,
    reference: &Ref,
    part: usize,
    owner: Option<&Name>,
    from: &Name,
    to: &'a Name,
) -> Option<&'a Ident> {
    let table_at = reference.parts.len() - 2;
    if reference.parts[table_at] != from.name || table_at > 0 && reference.parts[table_at - 1] != from.schema {
        return None;
    }
    let column = Dependency::Column(from.clone(), reference.name().clone());
    let names_it = owner == Some(from) || named_columns(catalog, expr, reference, owner).contains(&column);
    match table_at - part {
        0 if names_it => Some(&to.name),
        1 if names_it => Some(&to.schema),
        _ => None,
    }
}

fn named_columns(catalog: &Catalog, expr: &Expr, reference: &Ref, owner: Option<&Name>) -> OrdSet<Dependency> {
    let relations: Vec<_> = expr
        .refs
        .iter()
        .filter(|other| other.kind == RefKind::Relation)
        .filter_map(|other| catalog.resolve_relation(&other.qname()))
        .collect();
    let mut to = OrdSet::new();
    catalog.column_reference(reference, owner, &relations, &mut to);
    to
}
