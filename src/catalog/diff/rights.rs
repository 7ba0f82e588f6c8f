//! Owners, privileges, default privileges and comments, when everything that they are about is as it is wanted.

use super::Walk;
use crate::catalog::render::rights::{Rights, comment_object, memberships};
use crate::catalog::render::{bare, object, relation_kind, routine_object, type_kind};
use crate::catalog::{CommentKey, Privileges, Relation};
use crate::change::{Change, GrantObjects, Ident, ObjectKind, ObjectRef, QName, Signature};
use imbl::ordmap::DiffItem;

/// The word for whoever runs the script.
const CURRENT: &str = "current_user";

impl Walk<'_> {
    /// All of it.
    pub(super) fn set_rights(&mut self) {
        for name in self.to.schemas.keys() {
            let (Some(own), Some(wanted)) = (self.state.schemas.get(name).cloned(), self.to.schemas.get(name)) else { continue };
            if own == *wanted {
                continue;
            }
            self.own(bare(ObjectKind::Schema, name), &own.owner, &wanted.owner);
            let on = GrantObjects::Named(ObjectKind::Schema, vec![QName::bare(name.clone())]);
            self.grant(&own.privileges, &wanted.privileges, &on, ObjectKind::Schema);
        }
        for (own, wanted) in self.types().both {
            self.own(object(type_kind(&own), &own.name), &own.owner, &wanted.owner);
            let on = GrantObjects::Named(ObjectKind::Type, vec![own.name.qname()]);
            self.grant(&own.privileges, &wanted.privileges, &on, ObjectKind::Type);
        }
        for (own, wanted) in self.relations().both {
            self.relation_rights(&own, &wanted);
        }
        for (own, wanted) in self.routines().both {
            let of = routine_object(&own);
            self.own(of.clone(), &own.owner, &wanted.owner);
            let kind = if of.kind == ObjectKind::Procedure { ObjectKind::Procedure } else { ObjectKind::Function };
            let on = GrantObjects::Routines(kind, vec![Signature { name: of.name, arguments: of.arguments }]);
            if own.public_revoked != wanted.public_revoked {
                let mut changes = Vec::new();
                let mut rights = Rights { dialect: self.dialect, changes: &mut changes };
                rights.say(!wanted.public_revoked, vec![("EXECUTE".into(), Vec::new())], on.clone(), "public".into(), false);
                self.make_all(changes);
            }
            self.grant(&own.privileges, &wanted.privileges, &on, ObjectKind::Function);
        }
        let mut changes = Vec::new();
        memberships(&self.state.roles, &self.to.roles, &mut changes);
        self.make_all(changes);
        self.default_rights();
        self.comments();
    }

    fn relation_rights(&mut self, own: &Relation, wanted: &Relation) {
        let Some(name) = own.own_name() else { return };
        let (from, to, privileges, wished, kind) = match (own, wanted) {
            (Relation::Table(a), Relation::Table(b)) => (&a.owner, &b.owner, &a.privileges, &b.privileges, ObjectKind::Table),
            (Relation::View(a), Relation::View(b)) => (&a.owner, &b.owner, &a.privileges, &b.privileges, ObjectKind::Table),
            // A sequence that a column owns has its table's owner, and no other.
            (Relation::Sequence(a), Relation::Sequence(b)) => {
                let owner = if b.owned_by.is_some() { &a.owner } else { &b.owner };
                (&a.owner, owner, &a.privileges, &b.privileges, ObjectKind::Sequence)
            }
            _ => return,
        };
        self.own(object(relation_kind(own), name), from, to);
        let on = GrantObjects::Named(kind, vec![name.qname()]);
        self.grant(privileges, wished, &on, kind);
    }

    fn own(&mut self, object: ObjectRef, from: &Option<Ident>, to: &Option<Ident>) {
        if owner(from) != owner(to) {
            self.make(Change::SetOwner { object, owner: owner(to).clone(), if_exists: false });
        }
    }

    fn grant(&mut self, own: &Privileges, wanted: &Privileges, on: &GrantObjects, kind: ObjectKind) {
        if own == wanted {
            return;
        }
        let mut changes = Vec::new();
        let mut rights = Rights { dialect: self.dialect, changes: &mut changes };
        // Columns are taken one by one, so a privilege on some is first taken, then given as it is wanted.
        let differ = own.iter().filter(|(key, columns)| wanted.get(*key) != Some(*columns));
        let gone: Privileges = differ.map(|(key, columns)| (key.clone(), columns.clone())).collect();
        rights.revoke(&gone, on);
        let kept: Privileges =
            own.iter().filter(|(key, _)| !gone.contains_key(*key)).map(|(k, c)| (k.clone(), c.clone())).collect();
        // What is taken with a privilege's option, or with the privilege, is given again with the other.
        let lost =
            |key: &(Ident, Ident)| gone.keys().any(|(role, privilege)| *role == key.0 && key.1.starts_with(privilege.as_str()));
        let missing = wanted.iter().filter(|(key, _)| !kept.contains_key(*key) || lost(key));
        rights.grant(&missing.map(|(key, columns)| (key.clone(), columns.clone())).collect(), on, kind);
        self.make_all(changes);
    }

    fn default_rights(&mut self) {
        let differ: Vec<_> = self.state.default_privileges.diff(&self.to.default_privileges).map(key).collect();
        for of in differ {
            let none = Privileges::new();
            let own = self.state.default_privileges.get(&of).cloned().unwrap_or_else(|| none.clone());
            let wanted = self.to.default_privileges.get(&of).cloned().unwrap_or(none);
            let on = GrantObjects::Default {
                kind: of.kind,
                schemas: of.schema.iter().cloned().collect(),
                owners: of.owner.iter().cloned().collect(),
            };
            // Everybody's right that is taken away stands under a name that no role has.
            let taken = |of: &Privileges| -> Vec<Ident> {
                of.keys().filter(|(role, _)| role.is_empty()).map(|(_, privilege)| privilege.clone()).collect()
            };
            let (have, want) = (taken(&own), taken(&wanted));
            let mut changes = Vec::new();
            let mut rights = Rights { dialect: self.dialect, changes: &mut changes };
            for privilege in want.iter().filter(|own| !have.contains(own)) {
                rights.say(false, vec![(privilege.clone(), Vec::new())], on.clone(), "public".into(), false);
            }
            for privilege in have.iter().filter(|own| !want.contains(own)) {
                rights.say(true, vec![(privilege.clone(), Vec::new())], on.clone(), "public".into(), false);
            }
            self.make_all(changes);
            let named = |of: &Privileges| -> Privileges {
                of.iter().filter(|((role, _), _)| !role.is_empty()).map(|(k, c)| (k.clone(), c.clone())).collect()
            };
            self.grant(&named(&own), &named(&wanted), &on, of.kind);
        }
    }

    fn comments(&mut self) {
        let differ: Vec<CommentKey> = self.state.comments.diff(&self.to.comments).map(key).collect();
        for key in differ {
            let text = self.to.comments.get(&key).map(|text| text.to_string());
            let Some(object) = comment_object(if text.is_some() { self.to } else { &self.state }, &key) else { continue };
            self.make(Change::Comment { object, text });
        }
    }
}

/// Nobody named is whoever made it, and that is whoever runs the script.
pub(super) fn owner(of: &Option<Ident>) -> Ident {
    of.clone().unwrap_or_else(|| CURRENT.into())
}

fn key<K: Clone, V>(item: DiffItem<'_, '_, K, V>) -> K {
    match item {
        DiffItem::Add(key, _) | DiffItem::Remove(key, _) => key.clone(),
        DiffItem::Update { new: (key, _), .. } => key.clone(),
    }
}
