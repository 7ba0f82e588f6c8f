//! Types that an application names: enums with their labels, composites, domains with their rules.

use super::condition::follows;
use super::{Trial, Use};
use crate::catalog::{Name, UserTypeShape};
use crate::change::{Domain, Expr, TypeName, TypeShape};
use crate::dialect::{AppError, Conversion, Fit};

/// Tries every use that the application makes of a type.
pub(super) fn try_type(trial: &mut Trial<'_>, name: &Name) {
    let Some(own) = trial.app.types.get(name) else { return };
    let Some(there) = trial.state.types.get(name) else {
        trial.fail(Use::Cast(name.clone()), AppError::NoType { name: name.name.clone() });
        return;
    };
    match (&own.shape, &there.shape) {
        (UserTypeShape::Type(TypeShape::Enum(labels)), UserTypeShape::Type(TypeShape::Enum(found))) => {
            for label in labels.iter().filter(|label| !found.contains(label)) {
                let error = AppError::NoLabel { enumeration: name.name.clone(), label: label.to_string() };
                trial.fail(Use::Label(name.clone(), label.clone()), error);
            }
        }
        (UserTypeShape::Type(TypeShape::Composite(own)), UserTypeShape::Type(TypeShape::Composite(found))) => {
            let types = |attributes: &[(_, TypeName, _)]| {
                attributes.iter().map(|(_, data_type, _)| data_type.clone()).collect::<Vec<_>>()
            };
            let gone = own.iter().find(|(name, ..)| !found.iter().any(|(other, ..)| other == name));
            if types(own) != types(found) {
                trial.fail(Use::Cast(name.clone()), AppError::CompositeShape { name: name.name.clone() });
            } else if let Some((attribute, ..)) = gone {
                let error = AppError::NoAttribute { name: name.name.clone(), attribute: attribute.clone() };
                trial.fail(Use::Cast(name.clone()), error);
            }
        }
        (UserTypeShape::Domain(own), UserTypeShape::Domain(found)) => try_domain(trial, name, own, found),
        (UserTypeShape::Type(own), UserTypeShape::Type(found)) if own == found => {}
        (UserTypeShape::Type(_), UserTypeShape::Type(_) | UserTypeShape::Domain(_))
        | (UserTypeShape::Domain(_), UserTypeShape::Type(_)) => {
            trial.fail(Use::Cast(name.clone()), AppError::CompositeShape { name: name.name.clone() });
        }
    }
}

fn try_domain(trial: &mut Trial<'_>, name: &Name, own: &Domain, found: &Domain) {
    if found.not_null && !own.not_null {
        trial.fail(Use::DomainValue(name.clone(), "NOT NULL".into()), AppError::DomainNotNull { domain: name.name.clone() });
    }
    let given: Vec<&Expr> = own.checks.iter().map(|check| &check.expr).collect();
    for check in found.checks.iter().filter(|check| !follows(&given, &check.expr)) {
        let constraint = check.name.clone().unwrap_or_default();
        let error = AppError::DomainCheck { domain: name.name.clone(), constraint: constraint.clone() };
        trial.fail(Use::DomainValue(name.clone(), constraint), error);
    }
    if own.data_type != found.data_type {
        trial.fail(Use::Cast(name.clone()), AppError::CompositeShape { name: name.name.clone() });
    }
}

/// What happens to the application's values of `from` in a column of `to`; user types are compared by what they are in the
/// application's schema and in the state. Nothing where both are the same.
pub(super) fn conversion(trial: &Trial<'_>, from: &TypeName, to: &TypeName) -> Option<Conversion> {
    let labels = |catalog: &crate::catalog::Catalog, data_type: &TypeName| {
        let name = catalog.resolve_type(&data_type.qname())?;
        match &catalog.types.get(&name)?.shape {
            UserTypeShape::Type(TypeShape::Enum(labels)) => Some(labels.clone()),
            _ => None,
        }
    };
    if let (Some(own), Some(found)) = (labels(trial.app, from), labels(trial.state, to))
        && from.dimensions == to.dimensions
    {
        let accepted = own.iter().all(|label| found.contains(label));
        let known = found.iter().all(|label| own.contains(label));
        let fit = |all: bool| if all { Fit::All } else { Fit::Malformed };
        // The same type under another name is read as before: it is its name that is missed.
        let id = |catalog: &crate::catalog::Catalog, data_type: &TypeName| {
            catalog.resolve_type(&data_type.qname()).and_then(|name| catalog.types.get(&name).map(|found| found.id))
        };
        let renamed = from.name != to.name;
        let replaced = renamed && id(trial.app, from) != id(trial.state, to);
        return (!accepted || !known || renamed).then_some(Conversion {
            old_values: fit(accepted),
            new_values: fit(known),
            old_reads: !replaced,
            new_reads: !replaced,
            rewrite: true,
            lossy: false,
        });
    }
    if let (Some(own), Some(found)) = (domain(trial.app, from), domain(trial.state, to))
        && from == to
    {
        return conversion(trial, &own.data_type, &found.data_type).filter(|_| own.data_type != found.data_type);
    }
    if from == to {
        return None;
    }
    // The types of the state are the ones to ask for where both are there; else those of the application.
    let catalog = if trial.state.resolve_type(&from.qname()).is_some() || trial.app.resolve_type(&from.qname()).is_none() {
        trial.state
    } else {
        trial.app
    };
    Some(trial.dialect.conversion(from, to, catalog))
}

/// The domain and its first check, where the type is one that refuses values.
pub(super) fn refusing_check(
    catalog: &crate::catalog::Catalog,
    data_type: &TypeName,
) -> Option<(crate::change::Ident, crate::change::Ident)> {
    let check = domain(catalog, data_type)?.checks.first()?;
    Some((data_type.name.clone(), check.name.clone().unwrap_or_default()))
}

fn domain<'c>(catalog: &'c crate::catalog::Catalog, data_type: &TypeName) -> Option<&'c Domain> {
    let name = catalog.resolve_type(&data_type.qname())?;
    match &catalog.types.get(&name)?.shape {
        UserTypeShape::Domain(domain) => Some(domain),
        UserTypeShape::Type(_) => None,
    }
}
