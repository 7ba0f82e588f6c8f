//! Memberships of roles. The roles themselves are kept by name only.

use super::Done;
use super::privileges::role;
use crate::catalog::{Catalog, Privileges, Problem, Relation};
use crate::change::{Grant, Ident, MembershipOptions};

/// `GRANT group TO member`, `REVOKE group FROM member`.
pub(super) fn membership(catalog: &mut Catalog, grant: &Grant, options: MembershipOptions) -> Done {
    for (group, _) in &grant.privileges {
        let group = role(catalog, group);
        for member in &grant.roles {
            let member = role(catalog, member);
            match grant.grant {
                true => give(catalog, member, group.clone(), grant.grant_option, options)?,
                false => take(catalog, member, group.clone(), grant.grant_option, options),
            }
        }
    }
    Ok(())
}

fn give(catalog: &mut Catalog, member: Ident, group: Ident, admin: bool, options: MembershipOptions) -> Done {
    if is_member(catalog, &group, &member) {
        return Err(Problem::Other { code: "0LP01", message: format!("role \"{group}\" is a member of role \"{member}\"") });
    }
    let own = catalog.roles.memberships.entry((member, group)).or_default();
    own.admin |= admin;
    own.options.inherit = options.inherit.or(own.options.inherit);
    own.options.set = options.set.or(own.options.set);
    Ok(())
}

fn take(catalog: &mut Catalog, member: Ident, group: Ident, admin: bool, options: MembershipOptions) {
    let edge = (member, group);
    if !admin && options == MembershipOptions::default() {
        catalog.roles.memberships.remove(&edge);
    } else if let Some(own) = catalog.roles.memberships.get_mut(&edge) {
        own.admin &= !admin;
        own.options.inherit = options.inherit.map(|_| false).or(own.options.inherit);
        own.options.set = options.set.map(|_| false).or(own.options.set);
    }
}

/// Whether a role is a member of another, or the same, whatever it inherits.
fn is_member(catalog: &Catalog, member: &Ident, group: &Ident) -> bool {
    let mut open = vec![member];
    let mut seen = Vec::new();
    while let Some(at) = open.pop() {
        if at == group {
            return true;
        }
        if !seen.contains(&at) {
            seen.push(at);
            open.extend(catalog.roles.memberships.keys().filter(|(member, _)| member == at).map(|(_, group)| group));
        }
    }
    false
}

/// `ALTER ROLE ... [NO]INHERIT`. Up to PostgreSQL 15 it says what all memberships of the role bring; from then on, what those
/// bring that are given later.
pub(super) fn inheritance(catalog: &mut Catalog, roles: &[Ident], inherits: bool) {
    for of in roles {
        let of = role(catalog, of);
        match inherits {
            true => catalog.roles.not_inheriting.remove(&of),
            false => catalog.roles.not_inheriting.insert(of),
        };
    }
}

/// Whether a role owns something or has rights on it: it cannot be dropped.
pub(super) fn in_use(catalog: &Catalog, role: &Ident) -> bool {
    let given = |privileges: &Privileges| privileges.keys().any(|(who, _)| who == role);
    let has = |privileges: &Privileges, owner: &Option<Ident>| owner.as_ref() == Some(role) || given(privileges);
    let relation = |relation: &Relation| match relation {
        Relation::Table(own) => has(&own.privileges, &own.owner) || own.policies.iter().any(|policy| policy.roles.contains(role)),
        Relation::View(own) => has(&own.privileges, &own.owner),
        Relation::Sequence(own) => has(&own.privileges, &own.owner),
        Relation::Index(_) => false,
    };
    !catalog.roles.unsure
        && (catalog.relations.values().any(relation)
            || catalog.types.values().any(|own| has(&own.privileges, &own.owner))
            || catalog.routines.values().any(|all| all.iter().any(|own| has(&own.privileges, &own.owner)))
            || catalog.schemas.values().any(|own| has(&own.privileges, &own.owner))
            || catalog.default_privileges.values().any(given))
}

/// `DROP ROLE`: its memberships go, on both sides.
pub(super) fn forget(catalog: &mut Catalog, role: &Ident) {
    let concerned = |(member, group): &&(Ident, Ident)| member == role || group == role;
    let gone: Vec<_> = catalog.roles.memberships.keys().filter(concerned).cloned().collect();
    for edge in gone {
        catalog.roles.memberships.remove(&edge);
    }
    catalog.roles.not_inheriting.remove(role);
}

/// `ALTER ROLE ... RENAME TO`: its memberships stay.
pub(super) fn rename(catalog: &mut Catalog, from: &Ident, to: &Ident) {
    let new = |name: &Ident| if name == from { to.clone() } else { name.clone() };
    let edges = catalog.roles.memberships.iter().map(|((member, group), own)| ((new(member), new(group)), *own));
    catalog.roles.memberships = edges.collect();
    catalog.roles.not_inheriting = catalog.roles.not_inheriting.iter().map(new).collect();
}
