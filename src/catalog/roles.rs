//! Who is a member of which role, and so has what that role has. Roles belong to the server, not to one database: only what
//! statements said is known.

use crate::change::{Ident, MembershipOptions};
use imbl::{OrdMap, OrdSet};
use std::collections::BTreeSet;

/// The roles as far as they matter for rights.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    /// By the member and the role that it is a member of.
    pub memberships: OrdMap<(Ident, Ident), Membership>,
    /// The roles that have what their groups have only after `SET ROLE`: `NOINHERIT`.
    pub not_inheriting: OrdSet<Ident>,
    /// Whether something ran of which nobody knows what it took from roles.
    pub unsure: bool,
}

/// One membership.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Membership {
    /// `ADMIN OPTION`.
    pub admin: bool,
    /// What was said of it beyond that.
    pub options: MembershipOptions,
}

impl Roles {
    /// Whether both are the same values in memory.
    pub fn ptr_eq(&self, other: &Roles) -> bool {
        self.memberships.ptr_eq(&other.memberships)
            && self.not_inheriting.ptr_eq(&other.not_inheriting)
            && self.unsure == other.unsure
    }

    /// The role, and all roles whose rights it has without asking for them.
    pub fn acting_as(&self, role: &Ident) -> BTreeSet<Ident> {
        self.reach(role, |member, group, edge| (edge == member).then_some(group))
    }

    /// The role, and all roles that have its rights without asking for them.
    pub fn acting_for(&self, role: &Ident) -> BTreeSet<Ident> {
        self.reach(role, |member, group, edge| (edge == group).then_some(member))
    }

    fn reach<'a>(&'a self, role: &Ident, next: impl Fn(&'a Ident, &'a Ident, &Ident) -> Option<&'a Ident>) -> BTreeSet<Ident> {
        let mut found = BTreeSet::from([role.clone()]);
        let mut open = vec![role.clone()];
        while let Some(at) = open.pop() {
            let edges = self.memberships.iter().filter(|((member, _), own)| self.inherits(member, **own));
            for other in edges.filter_map(|((member, group), _)| next(member, group, &at)) {
                if found.insert(other.clone()) {
                    open.push(other.clone());
                }
            }
        }
        found
    }

    fn inherits(&self, member: &Ident, membership: Membership) -> bool {
        membership.options.inherit.unwrap_or_else(|| !self.not_inheriting.contains(member))
    }

    /// The roles whose rights somebody has in one of both states and not in the other, or in another way.
    pub fn touched(&self, other: &Roles) -> BTreeSet<Ident> {
        if self == other {
            return BTreeSet::new();
        }
        let edges = |of: &Roles| -> BTreeSet<(Ident, Ident)> {
            let inherited = of.memberships.iter().filter(|((member, _), own)| of.inherits(member, **own));
            inherited.map(|(edge, _)| edge.clone()).collect()
        };
        let (old, new) = (edges(self), edges(other));
        old.symmetric_difference(&new).flat_map(|(_, group)| [self.acting_as(group), other.acting_as(group)]).flatten().collect()
    }
}
