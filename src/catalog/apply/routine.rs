//! Functions, procedures and aggregates.

use super::{Done, exists, privileges};
use crate::catalog::{Catalog, CatalogRoutine, Name, Problem};
use crate::change::{
    Expr, Ident, ObjectKind, Parameter, ParameterMode, QName, Query, Routine, RoutineBody, RoutineOption, Signature, TypeName,
};
use crate::dialect::Dialect;
use std::sync::Arc;

/// `CREATE FUNCTION`, `CREATE PROCEDURE`, `CREATE AGGREGATE`.
pub(super) fn create(catalog: &mut Catalog, name: &QName, or_replace: bool, routine: &Routine, dialect: &dyn Dialect) -> Done {
    let name = catalog.creation_name(name)?;
    let routine = kept(catalog, routine, dialect);
    let signature = signature(catalog, inputs(&routine).map(|parameter| &parameter.data_type), dialect);
    let old = catalog.routines.get(&name).and_then(|all| all.iter().find(|own| own.signature == signature)).cloned();
    if let Some(old) = &old {
        if !or_replace {
            return Err(exists(routine.kind, &name.name));
        }
        replaceable(&name, &old.routine, &routine)?;
    }
    let rights = privileges::initial_routine(catalog, &name.schema);
    let new = match old {
        Some(old) => CatalogRoutine { routine, ..old },
        None => CatalogRoutine {
            id: catalog.new_id(),
            signature,
            routine,
            owner: privileges::creator(catalog),
            privileges: rights.0,
            public_revoked: rights.1,
            name,
        },
    };
    catalog.put_routine(new);
    Ok(())
}

/// `ALTER FUNCTION ...` with options.
pub(super) fn alter(
    catalog: &mut Catalog,
    kind: ObjectKind,
    of: &Signature,
    options: &[RoutineOption],
    dialect: &dyn Dialect,
) -> Done {
    for (name, signature) in find(catalog, kind, of, dialect)? {
        catalog.edit_routine(&name, &signature, |own| options.iter().for_each(|option| own.routine.set(option)));
    }
    Ok(())
}

/// The routine that a statement names by its signature; without argument types the only one of the name.
pub(super) fn find(
    catalog: &Catalog,
    kind: ObjectKind,
    of: &Signature,
    dialect: &dyn Dialect,
) -> Result<Vec<(Name, Arc<str>)>, Problem> {
    let Some(name) = catalog.resolve_routine(&of.name) else {
        return if catalog.may_lie_outside(&of.name, dialect) { Ok(Vec::new()) } else { Err(absent(kind, of, dialect)) };
    };
    let overloads = &catalog.routines[&name];
    let Some(arguments) = &of.arguments else {
        return match overloads.as_slice() {
            [only] => Ok(vec![(name, only.signature.clone())]),
            _ => {
                let message = format!("function name \"{}\" is not unique", of.name);
                Err(Problem::Other { code: "42725", message })
            }
        };
    };
    let wanted = signature(catalog, arguments, dialect);
    let every = |own: &CatalogRoutine| {
        // A procedure may also be named with the types of its output parameters.
        let all = own.routine.parameters.iter().filter(|parameter| parameter.mode != ParameterMode::Table);
        signature(catalog, all.map(|parameter| &parameter.data_type), dialect) == wanted
    };
    let found = overloads.iter().find(|own| own.signature == wanted).or_else(|| overloads.iter().find(|own| every(own)));
    match found {
        Some(own) => Ok(vec![(name, own.signature.clone())]),
        None => Err(absent(kind, of, dialect)),
    }
}

/// The text of argument types, which tells overloads apart. Modifiers and the number of dimensions do not count.
pub(super) fn signature<'a>(catalog: &Catalog, types: impl IntoIterator<Item = &'a TypeName>, dialect: &dyn Dialect) -> Arc<str> {
    let bare = |data_type: &TypeName| TypeName {
        modifiers: Vec::new(),
        dimensions: data_type.dimensions.min(1),
        ..catalog.full_type(data_type)
    };
    types.into_iter().map(|data_type| dialect.type_text(&bare(data_type))).collect::<Vec<_>>().join(", ").into()
}

fn inputs(routine: &Routine) -> impl Iterator<Item = &Parameter> {
    routine.parameters.iter().filter(|parameter| match parameter.mode {
        ParameterMode::In | ParameterMode::InOut | ParameterMode::Variadic => true,
        ParameterMode::Out | ParameterMode::Table => false,
    })
}

fn absent(kind: ObjectKind, of: &Signature, dialect: &dyn Dialect) -> Problem {
    let types = of
        .arguments
        .as_ref()
        .map(|types| format!("({})", types.iter().map(|data_type| dialect.type_text(data_type)).collect::<Vec<_>>().join(", ")));
    Problem::Missing { kind, name: format!("{}{}", of.name, types.unwrap_or_default()), of: None }
}

/// The routine as it is kept: types and the names in its standard SQL body with their schemas.
fn kept(catalog: &Catalog, routine: &Routine, dialect: &dyn Dialect) -> Routine {
    let full = |expr: &Expr| catalog.settled(expr, dialect);
    let parameter = |parameter: &Parameter| Parameter {
        data_type: catalog.full_type(&parameter.data_type),
        default: parameter.default.as_ref().map(full),
        ..parameter.clone()
    };
    Routine {
        parameters: routine.parameters.iter().map(parameter).collect(),
        returns: routine.returns.as_ref().map(|returns| catalog.full_type(returns)),
        body: match &routine.body {
            RoutineBody::Sql(body) => RoutineBody::Sql(Query { text: full(&body.text), ..body.clone() }),
            body @ (RoutineBody::Text(_) | RoutineBody::Library(..) | RoutineBody::Aggregate(_)) => body.clone(),
        },
        ..routine.clone()
    }
}

fn replaceable(name: &Name, old: &Routine, new: &Routine) -> Done {
    let refuse = |result| Err(Problem::RoutineReplaced { name: name.name.to_string(), result });
    if old.kind != new.kind {
        return Err(Problem::Other { code: "42809", message: "cannot change routine kind".to_owned() });
    }
    let outs = |routine: &Routine| -> Vec<(Option<Ident>, TypeName)> {
        let is_out = |mode| matches!(mode, ParameterMode::Out | ParameterMode::InOut | ParameterMode::Table);
        let outs = routine.parameters.iter().filter(|parameter| is_out(parameter.mode));
        outs.map(|parameter| (parameter.name.clone(), without_modifiers(&parameter.data_type))).collect()
    };
    let returns = |routine: &Routine| routine.returns.as_ref().map(without_modifiers);
    let (old_outs, new_outs) = (outs(old), outs(new));
    let same_result = match (old_outs.is_empty(), new_outs.is_empty()) {
        (true, true) => returns(old) == returns(new),
        (false, false) => old_outs == new_outs,
        _ => false,
    };
    if !same_result || old.returns_set != new.returns_set {
        return refuse(true);
    }
    for (old, new) in inputs(old).zip(inputs(new)) {
        if old.name.is_some() && old.name != new.name || old.default.is_some() && new.default.is_none() {
            return refuse(false);
        }
    }
    Ok(())
}

fn without_modifiers(data_type: &TypeName) -> TypeName {
    TypeName { modifiers: Vec::new(), dimensions: data_type.dimensions.min(1), ..data_type.clone() }
}
