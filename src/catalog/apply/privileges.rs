//! Owners, privileges and default privileges.

use super::{Done, extension, missing, routine};
use crate::catalog::{Catalog, CatalogRoutine, DefaultPrivilege, Name, Privileges, Problem, Relation};
use crate::change::{Grant, GrantObjects, Ident, ObjectClass, ObjectKind, ObjectRef, QName, Signature};
use crate::dialect::Dialect;
use std::sync::Arc;

/// What stands behind a privilege that may be granted on.
const WITH_GRANT_OPTION: &str = " WITH GRANT OPTION";

/// `ALTER ... OWNER TO`.
pub(super) fn set_owner(catalog: &mut Catalog, object: &ObjectRef, owner: &Ident, dialect: &dyn Dialect) -> Done {
    let role = role(catalog, owner);
    let owner = Some(role.clone());
    match object.kind.class() {
        ObjectClass::Relation => own_relation(catalog, object, owner),
        ObjectClass::Type => {
            if let Some(name) = catalog.resolve_type(&object.name) {
                catalog.edit_type(&name, |own| hand_over(&mut own.owner, &mut own.privileges, owner));
            } else if !catalog.may_lie_outside(&object.name, dialect) {
                return Err(missing(ObjectKind::Type, &object.name));
            }
            Ok(())
        }
        ObjectClass::Routine => {
            let of = Signature { name: object.name.clone(), arguments: object.arguments.clone() };
            for (name, signature) in routine::find(catalog, object.kind, &of, dialect)? {
                catalog.edit_routine(&name, &signature, |own| hand_over(&mut own.owner, &mut own.privileges, owner.clone()));
            }
            Ok(())
        }
        ObjectClass::Schema => {
            if let Some(schema) = catalog.schemas.get_mut(&object.name.name) {
                let schema = Arc::make_mut(schema);
                hand_over(&mut schema.owner, &mut schema.privileges, owner);
            }
            Ok(())
        }
        ObjectClass::Member | ObjectClass::Other => {
            let key = extension::other_key(catalog, object, false);
            let change = crate::change::Change::SetOwner { object: object.clone(), owner: role, if_exists: false };
            if let Some(other) = catalog.others.get_mut(&key) {
                Arc::make_mut(other).statements.push(dialect.write(&change).into());
            }
            Ok(())
        }
    }
}

/// `GRANT`, `REVOKE`, `ALTER DEFAULT PRIVILEGES`.
pub(super) fn grant(catalog: &mut Catalog, grant: &Grant, dialect: &dyn Dialect) -> Done {
    match &grant.on {
        GrantObjects::Named(kind, names) => names.iter().try_for_each(|name| on_named(catalog, grant, *kind, name, dialect)),
        GrantObjects::Routines(kind, signatures) => {
            for signature in signatures {
                for (name, signature) in routine::find(catalog, *kind, signature, dialect)? {
                    on_routine(catalog, grant, &name, &signature, dialect);
                }
            }
            Ok(())
        }
        GrantObjects::AllIn(kind, schemas) => {
            schemas.iter().for_each(|schema| on_all_in(catalog, grant, *kind, schema, dialect));
            Ok(())
        }
        GrantObjects::Membership(options) => super::role::membership(catalog, grant, *options),
        GrantObjects::Inheritance => {
            super::role::inheritance(catalog, &grant.roles, grant.grant);
            Ok(())
        }
        GrantObjects::Default { kind, schemas, owners } => {
            on_default(catalog, grant, *kind, schemas, owners, dialect);
            Ok(())
        }
    }
}

/// The role that creates, where the session says which.
pub(super) fn creator(catalog: &Catalog) -> Option<Ident> {
    catalog.session.settings.get("role").filter(|role| *role != "none").cloned()
}

/// The privileges on a new object.
pub(super) fn initial(catalog: &Catalog, kind: ObjectKind, schema: &Ident) -> Privileges {
    let creator = creator(catalog);
    let mut all = Privileges::new();
    for (of, privileges) in &catalog.default_privileges {
        let applies = of.kind == kind && of.owner == creator && of.schema.as_ref().is_none_or(|own| own == schema);
        if applies {
            all.extend(privileges.iter().filter(|((role, _), _)| *role != REVOKED).map(|(key, on)| (key.clone(), on.clone())));
        }
    }
    all
}

/// The privileges on a new routine, and whether everybody's right to call it is taken away.
pub(super) fn initial_routine(catalog: &Catalog, schema: &Ident) -> (Privileges, bool) {
    let creator = creator(catalog);
    let revoked = catalog.default_privileges.iter().any(|(of, privileges)| {
        of.kind == ObjectKind::Function
            && of.owner == creator
            && of.schema.is_none()
            && privileges.contains_key(&(REVOKED.into(), "EXECUTE".into()))
    });
    (initial(catalog, ObjectKind::Function, schema), revoked)
}

/// In default privileges: everybody's right that is taken away, under a name that no role can have.
pub(crate) const REVOKED: &str = "";

/// Another owner has what the one before had, also what was granted to it.
fn hand_over(of: &mut Option<Ident>, privileges: &mut Privileges, to: Option<Ident>) {
    let old = std::mem::replace(of, to);
    if let Some(old) = old.filter(|old| Some(old) != of.as_ref()) {
        *privileges =
            privileges.iter().filter(|((role, _), _)| *role != old).map(|(key, on)| (key.clone(), on.clone())).collect();
    }
}

fn own_relation(catalog: &mut Catalog, object: &ObjectRef, owner: Option<Ident>) -> Done {
    let name = catalog.need_relation(&object.name, object.kind)?;
    if let Some(sequence) = catalog.sequence(&name).filter(|sequence| sequence.owned_by.is_some()) {
        // Who made it is somebody else than a role that was made here.
        let other = match (&sequence.owner, &owner) {
            (Some(has), Some(gets)) => has != gets,
            (None, Some(gets)) => catalog.others.contains_key(&(ObjectKind::Role, gets.to_string())),
            (_, None) => false,
        };
        if other {
            let message = format!("cannot change owner of sequence \"{}\"", name.name);
            return Err(Problem::Other { code: "0A000", message });
        }
    }
    // Sequences that columns of a table own have its owner.
    let owned: Vec<Name> = catalog
        .relations
        .range(Name::new(name.schema.clone(), "")..)
        .take_while(|(other, _)| other.schema == name.schema)
        .filter(|(_, relation)| {
            matches!(relation, Relation::Sequence(sequence) if sequence.owned_by.as_ref().is_some_and(|(table, _)| *table == name))
        })
        .map(|(other, _)| other.clone())
        .collect();
    for name in owned {
        catalog.edit_sequence(&name, |own| hand_over(&mut own.owner, &mut own.privileges, owner.clone()));
    }
    match catalog.relations.get(&name) {
        Some(Relation::Table(_)) => catalog.edit_table(&name, |own| hand_over(&mut own.owner, &mut own.privileges, owner)),
        Some(Relation::View(_)) => catalog.edit_view(&name, |own| hand_over(&mut own.owner, &mut own.privileges, owner)),
        Some(Relation::Sequence(_)) => catalog.edit_sequence(&name, |own| hand_over(&mut own.owner, &mut own.privileges, owner)),
        Some(Relation::Index(_)) | None => {}
    }
    Ok(())
}

fn on_named(catalog: &mut Catalog, grant: &Grant, kind: ObjectKind, name: &QName, dialect: &dyn Dialect) -> Done {
    match kind {
        ObjectKind::Schema => {
            if let Some(schema) = catalog.schemas.get(&name.name) {
                let mut schema = (**schema).clone();
                change(&mut schema.privileges, grant, dialect.all_privileges(kind), catalog);
                catalog.schemas.insert(name.name.clone(), Arc::new(schema));
                return Ok(());
            }
            let outside = !catalog.extensions.is_empty() || catalog.system_schemas.contains(&name.name.as_str());
            if outside { Ok(()) } else { Err(missing(kind, name)) }
        }
        ObjectKind::Type | ObjectKind::Domain => {
            if let Some(found) = catalog.resolve_type(name) {
                let mut own = (*catalog.types[&found]).clone();
                change(&mut own.privileges, grant, dialect.all_privileges(kind), catalog);
                catalog.put_type(own);
            }
            Ok(())
        }
        ObjectKind::Database | ObjectKind::Tablespace => Ok(()),
        _ => match catalog.resolve_relation(name) {
            Some(found) => {
                on_relation(catalog, grant, &found, dialect);
                Ok(())
            }
            None if catalog.may_lie_outside(name, dialect) => Ok(()),
            None => Err(missing(ObjectKind::Table, name)),
        },
    }
}

fn on_relation(catalog: &mut Catalog, grant: &Grant, name: &Name, dialect: &dyn Dialect) {
    match catalog.relations.get(name).cloned() {
        Some(Relation::Table(table)) => {
            let mut privileges = table.privileges.clone();
            change(&mut privileges, grant, dialect.all_privileges(ObjectKind::Table), catalog);
            catalog.edit_table(name, |own| own.privileges = privileges);
        }
        Some(Relation::View(view)) => {
            let mut privileges = view.privileges.clone();
            change(&mut privileges, grant, dialect.all_privileges(ObjectKind::Table), catalog);
            catalog.edit_view(name, |own| own.privileges = privileges);
        }
        Some(Relation::Sequence(sequence)) => {
            let mut privileges = sequence.privileges.clone();
            change(&mut privileges, grant, dialect.all_privileges(ObjectKind::Sequence), catalog);
            catalog.edit_sequence(name, |own| own.privileges = privileges);
        }
        Some(Relation::Index(_)) | None => {}
    }
}

fn on_routine(catalog: &mut Catalog, grant: &Grant, name: &Name, signature: &str, dialect: &dyn Dialect) {
    let found = catalog.routines.get(name).and_then(|all| all.iter().find(|own| &*own.signature == signature)).cloned();
    let Some(own) = found else { return };
    let mut privileges = own.privileges.clone();
    let mut public_revoked = own.public_revoked;
    change(&mut privileges, grant, dialect.all_privileges(ObjectKind::Function), catalog);
    if grant.roles.iter().any(|role| role == "public") && !grant.grant_option {
        public_revoked = !grant.grant;
        privileges.remove(&("public".into(), "EXECUTE".into()));
    }
    catalog.put_routine(CatalogRoutine { privileges, public_revoked, ..own });
}

fn on_all_in(catalog: &mut Catalog, grant: &Grant, kind: ObjectKind, schema: &Ident, dialect: &dyn Dialect) {
    let first = Name::new(schema.clone(), "");
    let of_kind = |relation: &Relation| match relation {
        Relation::Table(_) | Relation::View(_) => kind == ObjectKind::Table,
        Relation::Sequence(_) => kind == ObjectKind::Sequence,
        Relation::Index(_) => false,
    };
    let relations = catalog.relations.range(first.clone()..).take_while(|(name, _)| name.schema == *schema);
    let names: Vec<Name> = relations.filter(|(_, relation)| of_kind(relation)).map(|(name, _)| name.clone()).collect();
    names.iter().for_each(|name| on_relation(catalog, grant, name, dialect));
    let is_kind = |own: &CatalogRoutine| match kind {
        ObjectKind::Routine => true,
        ObjectKind::Procedure => own.routine.kind == ObjectKind::Procedure,
        ObjectKind::Function => own.routine.kind != ObjectKind::Procedure,
        _ => false,
    };
    let routines = catalog.routines.range(first..).take_while(|(name, _)| name.schema == *schema);
    let routines: Vec<_> = routines
        .flat_map(|(name, all)| all.iter().filter(|own| is_kind(own)).map(|own| (name.clone(), own.signature.clone())))
        .collect();
    routines.iter().for_each(|(name, signature)| on_routine(catalog, grant, name, signature, dialect));
}

fn on_default(
    catalog: &mut Catalog,
    grant: &Grant,
    kind: ObjectKind,
    schemas: &[Ident],
    owners: &[Ident],
    dialect: &dyn Dialect,
) {
    let kind = if matches!(kind, ObjectKind::Routine | ObjectKind::Procedure) { ObjectKind::Function } else { kind };
    let creator = creator(catalog);
    let each_owner: Vec<_> =
        if owners.is_empty() { vec![creator] } else { owners.iter().map(|owner| Some(role(catalog, owner))).collect() };
    let each_schema: Vec<_> = if schemas.is_empty() { vec![None] } else { schemas.iter().cloned().map(Some).collect() };
    for owner in &each_owner {
        for schema in &each_schema {
            let key = DefaultPrivilege { owner: owner.clone(), schema: schema.clone(), kind };
            let mut privileges = catalog.default_privileges.get(&key).cloned().unwrap_or_default();
            change(&mut privileges, grant, dialect.all_privileges(kind), catalog);
            if kind == ObjectKind::Function && schema.is_none() && grant.roles.iter().any(|role| role == "public") {
                let revoked = (REVOKED.into(), "EXECUTE".into());
                privileges.remove(&("public".into(), "EXECUTE".into()));
                if grant.grant {
                    privileges.remove(&revoked)
                } else {
                    privileges.insert(revoked, Vec::new())
                };
            }
            if privileges.is_empty() {
                catalog.default_privileges.remove(&key);
            } else {
                catalog.default_privileges.insert(key, privileges);
            }
        }
    }
}

/// Takes a grant or revocation over. `all` is what `ALL` stands for.
fn change(privileges: &mut Privileges, grant: &Grant, all: &[&'static str], catalog: &Catalog) {
    let mut each: Vec<(Ident, &[Ident])> = Vec::new();
    for (privilege, columns) in &grant.privileges {
        match privilege.as_str() {
            "ALL" if columns.is_empty() => each.extend(all.iter().map(|privilege| (Ident::from(*privilege), &[][..]))),
            "ALL" => {
                let columns = columns.as_slice();
                each.extend(["SELECT", "INSERT", "UPDATE", "REFERENCES"].map(|privilege| (privilege.into(), columns)));
            }
            _ => each.push((privilege.clone(), columns)),
        }
    }
    for of in &grant.roles {
        let role = role(catalog, of);
        for (privilege, columns) in &each {
            let option: Ident = format!("{privilege}{WITH_GRANT_OPTION}").into();
            let (plain, option) = ((role.clone(), privilege.clone()), (role.clone(), option));
            match (grant.grant, grant.grant_option) {
                (true, with_option) => {
                    give(privileges, plain, columns);
                    if with_option {
                        give(privileges, option, columns);
                    }
                }
                (false, true) => take(privileges, &option, columns),
                (false, false) => {
                    take(privileges, &plain, columns);
                    take(privileges, &option, columns);
                }
            }
        }
    }
}

fn give(privileges: &mut Privileges, key: (Ident, Ident), columns: &[Ident]) {
    match privileges.get_mut(&key) {
        Some(own) if own.is_empty() || columns.is_empty() => own.clear(),
        Some(own) => {
            for column in columns {
                if !own.contains(column) {
                    own.push(column.clone());
                }
            }
        }
        None => drop(privileges.insert(key, columns.to_vec())),
    }
}

fn take(privileges: &mut Privileges, key: &(Ident, Ident), columns: &[Ident]) {
    let Some(own) = privileges.get_mut(key) else { return };
    if columns.is_empty() {
        privileges.remove(key);
    } else if !own.is_empty() {
        own.retain(|column| !columns.contains(column));
        if own.is_empty() {
            privileges.remove(key);
        }
    }
}

/// A role as it is kept: of the words for the session's own the name, where it is known.
pub(super) fn role(catalog: &Catalog, role: &Ident) -> Ident {
    match role.as_str() {
        "current_user" | "current_role" => creator(catalog).unwrap_or_else(|| role.clone()),
        _ => role.clone(),
    }
}
