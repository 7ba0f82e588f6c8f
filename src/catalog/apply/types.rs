//! Types and domains.

use super::{Done, exists, exists_member, missing, missing_member, privileges};
use crate::catalog::{Catalog, Dependency, Dependent, Name, Problem, Relation, UserType, UserTypeShape};
use crate::change::{
    AttributeChange, ColumnValue, ConstraintKind, Domain, DomainChange, DomainCheck, EnumChange, Expr, ExprShape, Ident,
    ObjectKind, QName, Ref, RefKind, TypeShape,
};
use crate::dialect::{AutomaticName, Dialect};
use std::sync::Arc;

/// `CREATE TYPE`.
pub(super) fn create(catalog: &mut Catalog, name: &QName, shape: &TypeShape) -> Done {
    let name = catalog.creation_name(name)?;
    let is_shell = |old: &UserType| matches!(&old.shape, UserTypeShape::Type(TypeShape::Base(text)) if text.is_empty());
    let old = catalog.types.get(&name).cloned();
    let is_taken = match shape {
        TypeShape::Composite(_) => catalog.relations.contains_key(&name),
        TypeShape::Enum(_) | TypeShape::Range(_) | TypeShape::Base(_) => has_row_type(catalog, &name),
    };
    if old.as_deref().is_some_and(|old| !is_shell(old)) || is_taken {
        return Err(exists(ObjectKind::Type, &name.name));
    }
    let shape = match shape {
        TypeShape::Composite(attributes) => TypeShape::Composite(
            attributes
                .iter()
                .map(|(name, data_type, collation)| (name.clone(), catalog.full_type(data_type), collation.clone()))
                .collect(),
        ),
        TypeShape::Enum(_) | TypeShape::Range(_) | TypeShape::Base(_) => shape.clone(),
    };
    put_new(catalog, name, UserTypeShape::Type(shape));
    Ok(())
}

/// Whether a relation of this name brings a type of its name along, as all but indexes do.
fn has_row_type(catalog: &Catalog, name: &Name) -> bool {
    catalog.relations.get(name).is_some_and(|relation| match relation {
        Relation::Table(_) | Relation::View(_) | Relation::Sequence(_) => true,
        Relation::Index(_) => false,
    })
}

/// `ALTER TYPE ... VALUE`.
pub(super) fn alter_enum(catalog: &mut Catalog, name: &QName, change: &EnumChange) -> Done {
    let name = need_type(catalog, name)?;
    let labels = match &catalog.types[&name].shape {
        UserTypeShape::Type(TypeShape::Enum(labels)) => labels.clone(),
        _ => return Err(Problem::WrongKind { name: name.name.to_string(), expected: ObjectKind::Type }),
    };
    let unknown = |label: &str| Problem::UnknownLabel { label: label.to_owned(), enumeration: name.name.to_string() };
    let taken = |label: &str| Problem::Other { code: "42710", message: format!("enum label \"{label}\" already exists") };
    let place = |label: &Arc<str>| labels.iter().position(|own| own == label);
    let mut new = labels.clone();
    match change {
        EnumChange::Add { label, if_not_exists, .. } if place(label).is_some() => {
            return if *if_not_exists { Ok(()) } else { Err(taken(label)) };
        }
        EnumChange::Add { label, position, .. } => {
            let at = match position {
                None => labels.len(),
                Some((before, other)) => place(other).ok_or_else(|| unknown(other))? + usize::from(!before),
            };
            new.insert(at, label.clone());
            let uncommitted = catalog.session.in_transaction;
            if uncommitted {
                catalog.session.new_labels.push(name.clone());
            }
            catalog.edit_type(&name, |own| own.uncommitted_labels.extend(uncommitted.then(|| label.clone())));
        }
        EnumChange::Rename { from, to } => {
            let at = place(from).ok_or_else(|| unknown(from))?;
            if place(to).is_some() {
                return Err(taken(to));
            }
            new[at] = to.clone();
            rename_in_texts(catalog, &name, from, to);
        }
    }
    catalog.edit_type(&name, |own| own.shape = UserTypeShape::Type(TypeShape::Enum(new)));
    Ok(())
}

/// `ALTER TYPE ... ATTRIBUTE`.
pub(super) fn alter_composite(
    catalog: &mut Catalog,
    name: &QName,
    change: &AttributeChange,
    _cascade: bool,
    _dialect: &dyn Dialect,
) -> Done {
    let name = need_type(catalog, name)?;
    let mut attributes = match &catalog.types[&name].shape {
        UserTypeShape::Type(TypeShape::Composite(attributes)) => attributes.clone(),
        _ => return Err(Problem::WrongKind { name: name.name.to_string(), expected: ObjectKind::Type }),
    };
    let place = |attribute: &Ident| attributes.iter().position(|(own, ..)| own == attribute);
    let need = |attribute: &Ident| place(attribute).ok_or_else(|| missing_member(ObjectKind::Column, attribute, &name));
    match change {
        AttributeChange::Add(attribute, ..) if place(attribute).is_some() => {
            return Err(exists_member(ObjectKind::Column, attribute, &name));
        }
        AttributeChange::Add(attribute, data_type, collation) => {
            attributes.push((attribute.clone(), catalog.full_type(data_type), collation.clone()));
        }
        AttributeChange::Drop(attribute, true) if place(attribute).is_none() => {}
        AttributeChange::Drop(attribute, _) => drop(attributes.remove(need(attribute)?)),
        AttributeChange::SetType(attribute, data_type, collation) => {
            let at = need(attribute)?;
            attributes[at] = (attribute.clone(), catalog.full_type(data_type), collation.clone());
        }
        AttributeChange::Rename(from, to) => {
            let at = need(from)?;
            if place(to).is_some() {
                return Err(exists_member(ObjectKind::Column, to, &name));
            }
            attributes[at].0 = to.clone();
        }
    }
    catalog.edit_type(&name, |own| own.shape = UserTypeShape::Type(TypeShape::Composite(attributes)));
    Ok(())
}

/// `CREATE DOMAIN`.
pub(super) fn create_domain(catalog: &mut Catalog, name: &QName, domain: &Domain, dialect: &dyn Dialect) -> Done {
    let name = catalog.creation_name(name)?;
    if catalog.types.contains_key(&name) || has_row_type(catalog, &name) {
        return Err(exists(ObjectKind::Type, &name.name));
    }
    let mut kept = Domain {
        data_type: catalog.full_type(&domain.data_type),
        default: domain.default.as_ref().map(|default| catalog.settled(default, dialect)),
        checks: Vec::new(),
        ..domain.clone()
    };
    for check in &domain.checks {
        let check = kept_check(catalog, &name, check, &kept.checks, dialect)?;
        kept.checks.push(check);
    }
    put_new(catalog, name, UserTypeShape::Domain(kept));
    Ok(())
}

/// `ALTER DOMAIN`.
pub(super) fn alter_domain(catalog: &mut Catalog, name: &QName, change: &DomainChange, dialect: &dyn Dialect) -> Done {
    let name = catalog.resolve_type(name).ok_or_else(|| missing(ObjectKind::Domain, name))?;
    let mut domain = match &catalog.types[&name].shape {
        UserTypeShape::Domain(domain) => domain.clone(),
        UserTypeShape::Type(_) => {
            return Err(Problem::WrongKind { name: name.name.to_string(), expected: ObjectKind::Domain });
        }
    };
    let place = |check: &Ident| domain.checks.iter().position(|own| own.name.as_ref() == Some(check));
    let need = |check: &Ident| place(check).ok_or_else(|| missing_member(ObjectKind::DomainConstraint, check, &name));
    let tightens = match change {
        DomainChange::NotNull(not_null) => *not_null && !domain.not_null,
        DomainChange::AddCheck(check) => !check.not_valid,
        DomainChange::Validate(_) => true,
        DomainChange::Default(_) | DomainChange::DropConstraint(..) | DomainChange::RenameConstraint(..) => false,
    };
    if let Some(user) = container(catalog, &name).filter(|_| tightens) {
        let message = format!("cannot alter type \"{}\" because column \"{user}\" uses it", name.name);
        return Err(Problem::Other { code: "0A000", message });
    }
    match change {
        DomainChange::Default(default) => {
            domain.default = default.as_ref().map(|default| catalog.settled(default, dialect));
        }
        DomainChange::NotNull(not_null) => {
            domain.not_null = *not_null;
            domain.not_null_name = None;
        }
        DomainChange::AddCheck(check) => {
            let check = kept_check(catalog, &name, check, &domain.checks, dialect)?;
            domain.checks.push(check);
        }
        DomainChange::DropConstraint(check, if_exists, _) => match place(check) {
            Some(at) => drop(domain.checks.remove(at)),
            None if domain.not_null_name.as_ref() == Some(check) => {
                (domain.not_null, domain.not_null_name) = (false, None);
            }
            None if *if_exists => {}
            None => return Err(missing_member(ObjectKind::DomainConstraint, check, &name)),
        },
        DomainChange::RenameConstraint(from, to) => {
            let at = need(from)?;
            domain.checks[at].name = Some(to.clone());
        }
        DomainChange::Validate(check) => {
            let at = need(check)?;
            domain.checks[at].not_valid = false;
        }
    }
    catalog.edit_type(&name, |own| own.shape = UserTypeShape::Domain(domain));
    Ok(())
}

/// A column that has a domain inside of its values, in an array or a composite type: the server does not look into those.
fn container(catalog: &Catalog, domain: &Name) -> Option<String> {
    let inside = |who: &Dependent| match who {
        Dependent::Column(table, column) => {
            let own = catalog.table(table)?.column(column)?;
            let is_it = catalog.resolve_type(&own.data_type.qname()).as_ref() == Some(domain);
            (is_it && own.data_type.dimensions > 0).then(|| format!("{}.{column}", table.name))
        }
        Dependent::Type(name) => match &catalog.types.get(name)?.shape {
            UserTypeShape::Domain(_) => container(catalog, name),
            UserTypeShape::Type(TypeShape::Composite(_)) => column_of(catalog, name),
            UserTypeShape::Type(_) => None,
        },
        _ => None,
    };
    catalog.dependents(&Dependency::Type(domain.clone())).find_map(inside)
}

/// A column of a type.
fn column_of(catalog: &Catalog, of: &Name) -> Option<String> {
    catalog.dependents(&Dependency::Type(of.clone())).find_map(|who| match who {
        Dependent::Column(table, column) => Some(format!("{}.{column}", table.name)),
        Dependent::Type(name) => column_of(catalog, name),
        _ => None,
    })
}

fn put_new(catalog: &mut Catalog, name: Name, shape: UserTypeShape) {
    if catalog.session.in_transaction {
        catalog.session.new_types.push(name.clone());
    }
    let new = UserType {
        id: catalog.new_id(),
        shape,
        uncommitted_labels: Vec::new(),
        owner: privileges::creator(catalog),
        privileges: privileges::initial(catalog, ObjectKind::Type, &name.schema),
        name,
    };
    catalog.put_type(new);
}

fn need_type(catalog: &Catalog, name: &QName) -> Result<Name, Problem> {
    catalog.resolve_type(name).ok_or_else(|| missing(ObjectKind::Type, name))
}

fn kept_check(
    catalog: &Catalog,
    domain: &Name,
    check: &DomainCheck,
    others: &[DomainCheck],
    dialect: &dyn Dialect,
) -> Result<DomainCheck, Problem> {
    let taken = |name: &str| others.iter().any(|other| other.name.as_deref() == Some(name));
    let name = match &check.name {
        Some(name) if taken(name) => return Err(exists_member(ObjectKind::DomainConstraint, name, domain)),
        Some(name) => name.clone(),
        None => dialect.automatic_name(&domain.name, &[], AutomaticName::Check, &taken),
    };
    Ok(DomainCheck { name: Some(name), expr: catalog.settled(&check.expr, dialect), not_valid: check.not_valid })
}

/// Literals that are a label follow the label's new name, in the texts of tables with columns of the type.
fn rename_in_texts(catalog: &mut Catalog, name: &Name, from: &str, to: &str) {
    let dependents: Vec<_> = catalog.dependents(&Dependency::Type(name.clone())).cloned().collect();
    for dependent in dependents {
        let Dependent::Column(table, column) = dependent else { continue };
        catalog.edit_table(&table, |table| {
            for own in table.columns.iter_mut().filter(|own| own.name == column) {
                if let ColumnValue::Default(default) = &own.column.value {
                    let renamed = label_renamed(default, from, to);
                    Arc::make_mut(own).column.value = ColumnValue::Default(renamed);
                }
            }
            let names_it = |expr: &Expr| expr.refs.iter().any(|own| own.kind == RefKind::Column && *own.name() == column);
            for own in &mut table.constraints {
                if let ConstraintKind::Check(check) = &own.kind
                    && names_it(check)
                {
                    let renamed = label_renamed(check, from, to);
                    Arc::make_mut(own).kind = ConstraintKind::Check(renamed);
                }
            }
            for own in &mut table.indexes {
                if let Some(predicate) = own.shape.predicate.as_ref().filter(|predicate| names_it(predicate)) {
                    let renamed = label_renamed(predicate, from, to);
                    Arc::make_mut(own).shape.predicate = Some(renamed);
                }
            }
        });
    }
}

/// The text with another label in the place of each literal that is the old one.
fn label_renamed(expr: &Expr, from: &str, to: &str) -> Expr {
    let quoted = |label: &str| format!("'{}'", label.replace('\'', "''"));
    let (from_text, to_text) = (quoted(from), quoted(to));
    let places: Vec<usize> = expr.sql.match_indices(&from_text).map(|(at, _)| at).collect();
    let grown = to_text.len() as i64 - from_text.len() as i64;
    let moved = |at: u32| (i64::from(at) + grown * places.iter().filter(|place| **place < at as usize).count() as i64) as u32;
    let refs = expr
        .refs
        .iter()
        .map(|own| Ref { ranges: own.ranges.iter().map(|(start, end)| (moved(*start), moved(*end))).collect(), ..own.clone() });
    let shape = match &expr.shape {
        ExprShape::Literal(text) if **text == *from => ExprShape::Literal(to.into()),
        shape => shape.clone(),
    };
    Expr { sql: expr.sql.replace(&from_text, &to_text).into(), refs: refs.collect(), shape }
}
