//! Types of one's own. What no statement can take from a type (a label of an enum, the type below a domain) needs another type
//! in its place: the old one gets another name, the columns that have it follow to the new one, then it goes.

use super::Walk;
use crate::catalog::render::{object, type_kind};
use crate::catalog::{Name, UserType, UserTypeShape};
use crate::change::{AttributeChange, Change, Domain, DomainChange, EnumChange, Ident, ObjectKind, QName, TypeName, TypeShape};
use std::sync::Arc;

impl Walk<'_> {
    /// Labels, attributes, and what domains demand.
    pub(super) fn alter_types(&mut self) {
        for (old, new) in self.types().both {
            let Some(state) = self.state.types.get(&old.name).cloned().filter(|own| own.id == old.id) else { continue };
            if state.name != new.name {
                continue;
            }
            let done = match (&state.shape, &new.shape) {
                (UserTypeShape::Type(TypeShape::Enum(old)), UserTypeShape::Type(TypeShape::Enum(wanted))) => {
                    self.alter_labels(&new.name, old, wanted)
                }
                (UserTypeShape::Type(TypeShape::Composite(_)), UserTypeShape::Type(TypeShape::Composite(_))) => {
                    self.alter_attributes(&state, &new)
                }
                (UserTypeShape::Domain(old), UserTypeShape::Domain(wanted)) => self.alter_domain(&new.name, old, wanted),
                (old, new) => old == new,
            };
            if !done {
                self.type_aside(&state);
            }
        }
    }

    fn alter_labels(&mut self, name: &Name, old: &[Arc<str>], wanted: &[Arc<str>]) -> bool {
        if old == wanted {
            return true;
        }
        if old.len() == wanted.len() {
            let differ: Vec<_> = old.iter().zip(wanted).filter(|(old, new)| old != new).collect();
            let renames = differ.iter().all(|(from, to)| !wanted.contains(from) && !old.contains(to));
            let rename = |(from, to): &(&Arc<str>, &Arc<str>)| Change::AlterEnum {
                name: name.qname(),
                change: EnumChange::Rename { from: (*from).clone(), to: (*to).clone() },
            };
            return renames && self.make_all(differ.iter().map(rename).collect());
        }
        // Labels that rows may have must be there afterwards under the same names.
        let mut rest = old.iter();
        if wanted.iter().all(|label| rest.any(|own| own == label)) {
            return false;
        }
        self.refused = None;
        true
    }

    fn alter_attributes(&mut self, old: &UserType, new: &UserType) -> bool {
        let (UserTypeShape::Type(TypeShape::Composite(have)), UserTypeShape::Type(TypeShape::Composite(wanted))) =
            (&old.shape, &new.shape)
        else {
            return false;
        };
        if have == wanted {
            return true;
        }
        let renamed = renamed_attributes(have, wanted);
        if !renamed.is_empty() {
            let name = new.name.qname();
            let rename = |(from, to)| Change::AlterComposite {
                name: name.clone(),
                change: AttributeChange::Rename(from, to),
                cascade: false,
            };
            // What else there is comes in the next round.
            return self.make_all(renamed.into_iter().map(rename).collect());
        }
        // A table's column of the type refuses a change of an attribute's type, and attributes are added at the end.
        let used = self.state.dependents(&crate::catalog::Dependency::Type(old.name.clone())).next().is_some();
        let kept: Vec<_> = have.iter().filter(|own| wanted.iter().any(|other| other.0 == own.0)).collect();
        let in_place = kept.iter().zip(wanted).all(|(own, other)| own.0 == other.0 && (!used || *own == other));
        if !in_place {
            return false;
        }
        let mut changes: Vec<AttributeChange> = Vec::new();
        let gone = have.iter().filter(|own| !wanted.iter().any(|other| other.0 == own.0));
        changes.extend(gone.rev().map(|own| AttributeChange::Drop(own.0.clone(), false)));
        for (name, data_type, collation) in wanted {
            match have.iter().find(|own| own.0 == *name) {
                None => changes.push(AttributeChange::Add(name.clone(), data_type.clone(), collation.clone())),
                Some(own) if (&own.1, &own.2) != (data_type, collation) => {
                    changes.push(AttributeChange::SetType(name.clone(), data_type.clone(), collation.clone()));
                }
                Some(_) => {}
            }
        }
        let name = new.name.qname();
        let change = |change| Change::AlterComposite { name: name.clone(), change, cascade: false };
        self.make_all(changes.into_iter().map(change).collect())
    }

    fn alter_domain(&mut self, name: &Name, old: &Domain, wanted: &Domain) -> bool {
        if old.data_type != wanted.data_type || old.collation != wanted.collation {
            return false;
        }
        let mut changes = Vec::new();
        let find = |all: &Domain, name| all.checks.iter().find(|own| own.name == name).cloned();
        for check in &old.checks {
            let same = find(wanted, check.name.clone()).is_some_and(|other| {
                other.expr.sql == check.expr.sql && (other.not_valid == check.not_valid || !other.not_valid)
            });
            if let (false, Some(name)) = (same, &check.name) {
                changes.push(DomainChange::DropConstraint(name.clone(), false, false));
            }
        }
        if old.default != wanted.default {
            changes.push(DomainChange::Default(wanted.default.clone()));
        }
        if old.not_null != wanted.not_null {
            changes.push(DomainChange::NotNull(wanted.not_null));
        }
        for check in &wanted.checks {
            match find(old, check.name.clone()).filter(|own| own.expr.sql == check.expr.sql) {
                Some(own) if own.not_valid && !check.not_valid => {
                    changes.extend(check.name.clone().map(DomainChange::Validate));
                }
                Some(own) if own.not_valid == check.not_valid => {}
                Some(_) | None => changes.push(DomainChange::AddCheck(check.clone())),
            }
        }
        let name = name.qname();
        self.make_all(changes.into_iter().map(|change| Change::AlterDomain { name: name.clone(), change }).collect())
    }

    /// Types that have the name of one that is wanted and that nothing can be done about make way.
    pub(super) fn types_aside(&mut self) -> bool {
        let found = self.types();
        let holding = |own: &Arc<UserType>| found.missing.iter().any(|other| other.name == own.name);
        let gone: Vec<_> = found.gone.iter().filter(|own| holding(own)).cloned().collect();
        let made = self.changes.len();
        for own in gone {
            self.type_aside(&own);
        }
        self.changes.len() > made
    }

    /// Gives a type a name that is free; it goes when nothing has it any more.
    fn type_aside(&mut self, own: &UserType) -> bool {
        if self.aside.contains(&own.id) {
            return false;
        }
        let free = |name: &Name| !self.state.types.contains_key(name) && !self.state.relations.contains_key(name);
        let names = (0..).map(|number| match number {
            0 => format!("{}_old", own.name.name),
            number => format!("{}_old{number}", own.name.name),
        });
        let mut full = names.map(|name| Name { schema: own.name.schema.clone(), name: name.into() });
        let Some(to) = full.find(|name| free(name)) else { return false };
        let kind = type_kind(own);
        debug_assert!(matches!(kind, ObjectKind::Type | ObjectKind::Domain));
        let made = self.make(Change::Rename { object: object(kind, &own.name), to: to.name, if_exists: false });
        if made {
            self.aside.insert(own.id);
        }
        made
    }
}

type Attribute = (Ident, TypeName, Option<QName>);

/// The attributes that have another name in the same place, and nothing else about them changed.
fn renamed_attributes(have: &[Attribute], wanted: &[Attribute]) -> Vec<(Ident, Ident)> {
    let has = |all: &[Attribute], name: &Ident| all.iter().any(|own| own.0 == *name);
    let renamed = |(own, other): &(&Attribute, &Attribute)| {
        own.1 == other.1 && own.2 == other.2 && !has(wanted, &own.0) && !has(have, &other.0)
    };
    have.iter().zip(wanted).filter(renamed).map(|(own, other)| (own.0.clone(), other.0.clone())).collect()
}
