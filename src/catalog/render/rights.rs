//! Owners, privileges, default privileges and comments: they come last, when everything that they are about is there.

use super::{bare, object, relation_kind, routine_object};
use crate::catalog::{Catalog, CatalogRoutine, CommentKey, Privileges, Relation, Roles};
use crate::change::{Change, Grant, GrantObjects, Ident, MembershipOptions, ObjectKind, ObjectRef, QName, Signature};
use crate::dialect::Dialect;
use std::collections::BTreeMap;

/// All of it. `empty` is the state of a new database, whose own rights are not said again.
pub(super) fn changes(catalog: &Catalog, empty: &Catalog, dialect: &dyn Dialect, changes: &mut Vec<Change>) {
    owners(catalog, changes);
    memberships(&empty.roles, &catalog.roles, changes);
    let mut rights = Rights { dialect, changes };
    for (name, schema) in &catalog.schemas {
        let on = GrantObjects::Named(ObjectKind::Schema, vec![QName::bare(name.clone())]);
        let before = empty.schemas.get(name).map(|schema| schema.privileges.clone()).unwrap_or_default();
        rights.revoke_missing(&before, &schema.privileges, &on);
        let new = schema.privileges.iter().filter(|(key, _)| !before.contains_key(*key));
        rights.grant(&new.map(|(key, on)| (key.clone(), on.clone())).collect(), &on, ObjectKind::Schema);
    }
    for (name, own) in &catalog.types {
        rights.grant(&own.privileges, &GrantObjects::Named(ObjectKind::Type, vec![name.qname()]), ObjectKind::Type);
    }
    for (name, relation) in catalog.relations.iter().filter(|(_, relation)| !super::is_temporary(relation)) {
        let (privileges, kind) = match relation {
            Relation::Table(table) => (&table.privileges, ObjectKind::Table),
            Relation::View(view) => (&view.privileges, ObjectKind::Table),
            Relation::Sequence(sequence) => (&sequence.privileges, ObjectKind::Sequence),
            Relation::Index(_) => continue,
        };
        rights.grant(privileges, &GrantObjects::Named(kind, vec![name.qname()]), kind);
    }
    for routine in catalog.routines.values().flat_map(|all| all.iter()) {
        rights.routine(routine);
    }
    for (of, privileges) in &catalog.default_privileges {
        rights.default(of, privileges);
    }
    for (key, text) in catalog.comments.iter().filter(|(key, text)| empty.comments.get(*key) != Some(*text)) {
        changes.extend(comment_object(catalog, key).map(|object| Change::Comment { object, text: Some(text.to_string()) }));
    }
    for key in empty.comments.keys().filter(|key| !catalog.comments.contains_key(*key)) {
        changes.extend(comment_object(catalog, key).map(|object| Change::Comment { object, text: None }));
    }
}

/// What it takes to come from some memberships to others.
pub(in crate::catalog) fn memberships(own: &Roles, wanted: &Roles, changes: &mut Vec<Change>) {
    let mut say = |grant: bool, privileges: Vec<Ident>, on: GrantObjects, role: &Ident, grant_option: bool| {
        let privileges = privileges.into_iter().map(|group| (group, Vec::new())).collect();
        let grant = Grant { grant, privileges, on, roles: vec![role.clone()], grant_option, cascade: false };
        changes.push(Change::Grant(Box::new(grant)));
    };
    for role in own.not_inheriting.iter().filter(|role| !wanted.not_inheriting.contains(*role)) {
        say(true, Vec::new(), GrantObjects::Inheritance, role, false);
    }
    for role in wanted.not_inheriting.iter().filter(|role| !own.not_inheriting.contains(*role)) {
        say(false, Vec::new(), GrantObjects::Inheritance, role, false);
    }
    let none = GrantObjects::Membership(MembershipOptions::default());
    for ((member, group), _) in own.memberships.iter().filter(|(edge, as_is)| wanted.memberships.get(*edge) != Some(*as_is)) {
        say(false, vec![group.clone()], none.clone(), member, false);
    }
    for ((member, group), to) in wanted.memberships.iter().filter(|(edge, to)| own.memberships.get(*edge) != Some(*to)) {
        say(true, vec![group.clone()], GrantObjects::Membership(to.options), member, to.admin);
    }
}

fn owners(catalog: &Catalog, changes: &mut Vec<Change>) {
    let mut own = |object: ObjectRef, owner: &Option<Ident>| {
        changes.extend(owner.clone().map(|owner| Change::SetOwner { object, owner, if_exists: false }));
    };
    catalog.schemas.iter().for_each(|(name, schema)| own(bare(ObjectKind::Schema, name), &schema.owner));
    for (name, user_type) in &catalog.types {
        own(object(super::type_kind(user_type), name), &user_type.owner);
    }
    for (name, relation) in catalog.relations.iter().filter(|(_, relation)| !super::is_temporary(relation)) {
        let owner = match relation {
            Relation::Table(table) => &table.owner,
            Relation::View(view) => &view.owner,
            // A sequence that a column owns has its table's owner, and no other.
            Relation::Sequence(sequence) if sequence.owned_by.is_some() => &None,
            Relation::Sequence(sequence) => &sequence.owner,
            Relation::Index(_) => &None,
        };
        own(object(relation_kind(relation), name), owner);
    }
    catalog.routines.values().flat_map(|all| all.iter()).for_each(|routine| own(routine_object(routine), &routine.owner));
}

/// Writes grants and revocations.
pub(in crate::catalog) struct Rights<'a> {
    pub(in crate::catalog) dialect: &'a dyn Dialect,
    pub(in crate::catalog) changes: &'a mut Vec<Change>,
}

/// Privileges with the columns that they are limited to.
type Granted = Vec<(Ident, Vec<Ident>)>;

const WITH_GRANT_OPTION: &str = " WITH GRANT OPTION";

impl Rights<'_> {
    /// One statement for each role and each way to grant.
    pub(in crate::catalog) fn grant(&mut self, privileges: &Privileges, on: &GrantObjects, kind: ObjectKind) {
        let mut each: BTreeMap<(&Ident, bool), Granted> = BTreeMap::new();
        for ((role, privilege), columns) in privileges.iter().filter(|((role, _), _)| !role.is_empty()) {
            let option = format!("{privilege}{WITH_GRANT_OPTION}");
            let (name, with_option) = match privilege.strip_suffix(WITH_GRANT_OPTION) {
                Some(name) => (Ident::from(name), true),
                // It stands in the grant with the option.
                None if privileges.get(&(role.clone(), option.into())) == Some(columns) => continue,
                None => (privilege.clone(), false),
            };
            each.entry((role, with_option)).or_default().push((name, columns.clone()));
        }
        for ((role, grant_option), mut privileges) in each {
            let all = self.dialect.all_privileges(kind);
            let whole = |name: &str| privileges.iter().any(|(own, columns)| own == name && columns.is_empty());
            if all.len() > 1 && all.iter().all(|name| whole(name)) {
                privileges.retain(|(own, _)| !all.contains(&own.as_str()));
                privileges.insert(0, ("ALL".into(), Vec::new()));
            }
            self.say(true, privileges, on.clone(), role.clone(), grant_option);
        }
    }

    fn revoke_missing(&mut self, before: &Privileges, now: &Privileges, on: &GrantObjects) {
        let gone = before.iter().filter(|(key, _)| !now.contains_key(*key));
        self.revoke(&gone.map(|(key, columns)| (key.clone(), columns.clone())).collect(), on);
    }

    /// One statement for each role and each way to revoke.
    pub(in crate::catalog) fn revoke(&mut self, privileges: &Privileges, on: &GrantObjects) {
        let mut each: BTreeMap<(&Ident, bool), Granted> = BTreeMap::new();
        for ((role, privilege), columns) in privileges.iter().filter(|((role, _), _)| !role.is_empty()) {
            let (name, option) = match privilege.strip_suffix(WITH_GRANT_OPTION) {
                // The option goes with the privilege.
                Some(name) if privileges.contains_key(&(role.clone(), name.into())) => continue,
                Some(name) => (Ident::from(name), true),
                None => (privilege.clone(), false),
            };
            each.entry((role, option)).or_default().push((name, columns.clone()));
        }
        for ((role, option), privileges) in each {
            self.say(false, privileges, on.clone(), role.clone(), option);
        }
    }

    fn routine(&mut self, routine: &CatalogRoutine) {
        let of = routine_object(routine);
        // Aggregates are granted as functions.
        let kind = if routine.routine.kind == ObjectKind::Procedure { ObjectKind::Procedure } else { ObjectKind::Function };
        let on = GrantObjects::Routines(kind, vec![Signature { name: of.name, arguments: of.arguments }]);
        if routine.public_revoked {
            self.say(false, vec![("ALL".into(), Vec::new())], on.clone(), "public".into(), false);
        }
        self.grant(&routine.privileges, &on, ObjectKind::Function);
    }

    fn default(&mut self, of: &crate::catalog::DefaultPrivilege, privileges: &Privileges) {
        let on = GrantObjects::Default {
            kind: of.kind,
            schemas: of.schema.iter().cloned().collect(),
            owners: of.owner.iter().cloned().collect(),
        };
        for (_, privilege) in privileges.keys().filter(|(role, _)| role.is_empty()) {
            self.say(false, vec![(privilege.clone(), Vec::new())], on.clone(), "public".into(), false);
        }
        self.grant(privileges, &on, of.kind);
    }

    /// One statement.
    pub(in crate::catalog) fn say(
        &mut self,
        grant: bool,
        privileges: Granted,
        on: GrantObjects,
        role: Ident,
        grant_option: bool,
    ) {
        let grant = Grant { grant, privileges, on, roles: vec![role], grant_option, cascade: false };
        self.changes.push(Change::Grant(Box::new(grant)));
    }
}

/// What a comment is on, as `COMMENT ON` names it; nothing for what is not shown.
pub(in crate::catalog) fn comment_object(catalog: &Catalog, key: &CommentKey) -> Option<ObjectRef> {
    match key.kind {
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate | ObjectKind::Routine => {
            let all = catalog.routines.get(&key.name)?;
            all.iter().find(|own| Some(&*own.signature) == key.member.as_deref()).map(routine_object)
        }
        // What is kept by name only has its schema in its words.
        ObjectKind::Collation | ObjectKind::Statistics if key.name.schema.is_empty() && key.name.name.contains('.') => {
            let (schema, name) = key.name.name.split_once('.')?;
            Some(object(key.kind, &crate::catalog::Name::new(schema, name)))
        }
        _ if key.name.schema.is_empty() => {
            let words = Some(key.name.name.to_string()).filter(|_| key.kind == ObjectKind::Other);
            Some(ObjectRef { words, ..bare(key.kind, &key.name.name) })
        }
        _ if catalog.relations.get(&key.name).is_some_and(super::is_temporary) => None,
        kind => Some(ObjectRef { member: key.member.clone(), ..object(kind, &key.name) }),
    }
}
