//! How much of what a statement changed comes back, read off the states around it.

use super::unseen::{Unseen, unseen};
use super::{Context, Fidelity, UpFidelity, data};
use crate::catalog::diff::{changed_relations, difference, table_among};
use crate::catalog::{Catalog, Name, ObjectId, Relation, Table, TableColumn, UserTypeShape};
use crate::change::{
    AttributeChange, Change, ColumnSetting, ColumnValue, Constraint, ConstraintKind, Expr, ExprShape, Grant, GrantObjects, Ident,
    ObjectKind, ObjectRef, Persistence, QName, TableAction, TypeShape,
};
use crate::dialect::Fit;
use crate::parse::DirectiveKind;
use crate::replay::{Atom, ParsedMigration, ParsedStatement, Step};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What becomes of each statement, as far as the schema tells.
pub(super) fn of_statements(context: &Context<'_>) -> Vec<UpFidelity> {
    let names = changed_relations(context.first, context.last);
    let of_step = |step: &Step| {
        let up = UpFidelity {
            statement: step.statement,
            span: context.parsed.statements[step.statement].span,
            fidelity: Fidelity::Lossless,
            lost: Vec::new(),
            reason: None,
            changes_schema: difference(&step.before, &step.after).is_some(),
        };
        let mut judge = Judge { context, step, names: &names, up };
        judge.relations();
        judge.types();
        judge.atoms();
        let mut up = judge.up;
        if let Some(reason) = by_hand(context, step) {
            up.by_hand(reason);
        }
        match unseen(context, step) {
            Some(Unseen::Dropped(what)) => {
                up.by_hand(format!("whether {what} was there is not known: something before it was not understood"));
            }
            Some(Unseen::Found(what)) => {
                let said = format!("{what}, even if it was there before: not all that came before was understood");
                up.note(Fidelity::DropsNewData, said);
            }
            None => {}
        }
        up
    };
    context.steps.iter().map(of_step).collect()
}

/// Statements whose states are not known.
pub(super) fn not_replayed(parsed: &ParsedMigration) -> Vec<UpFidelity> {
    let unknown = |(statement, own): (usize, &ParsedStatement)| UpFidelity {
        statement,
        span: own.span,
        fidelity: Fidelity::Manual,
        lost: Vec::new(),
        reason: Some("the schema around it is not known".to_owned()),
        changes_schema: false,
    };
    parsed.statements.iter().enumerate().map(unknown).collect()
}

/// Why a person has to write it, where the schema's states alone say so.
fn by_hand(context: &Context<'_>, step: &Step) -> Option<String> {
    let directives = context.parsed.statements[step.statement].directives.iter().chain(&context.parsed.directives);
    let said = directives.filter_map(|directive| match &directive.kind {
        DirectiveKind::DownManual { reason } => Some(reason.to_string()),
        DirectiveKind::Allow { .. } | DirectiveKind::Gate(_) | DirectiveKind::Phase(_) => None,
    });
    let doubtful = step.doubtful.first().map(|_| "the schema before it is not fully known".to_owned());
    let refused = step.problems.first().map(|_| "it fails on the schema that the migrations before it leave".to_owned());
    said.into_iter()
        .next()
        .or(doubtful)
        .or(refused)
        .or_else(|| step.atoms.iter().find_map(|atom| outside(&atom.change.value, &atom.before)))
        .or_else(|| step.atoms.iter().find_map(|atom| not_kept(&atom.change.value, &atom.before, context)))
        .or_else(|| attributes(context, step))
}

/// Attributes have no identity: where one goes and another comes, it is not known which is which.
fn attributes(context: &Context<'_>, step: &Step) -> Option<String> {
    let of = |atom: &Atom| match &atom.change.value {
        Change::AlterComposite { name, change, .. } => {
            let name = atom.before.resolve_type(name)?;
            let id = atom.before.types[&name].id;
            context.first.knows(id).then(|| (id, name, matches!(change, AttributeChange::Drop(..)), change.clone()))
        }
        _ => None,
    };
    let gone: BTreeSet<ObjectId> =
        context.steps.iter().flat_map(|step| &step.atoms).filter_map(of).filter(|own| own.2).map(|own| own.0).collect();
    let added = step.atoms.iter().filter_map(of).find(|own| matches!(own.3, AttributeChange::Add(..)) && gone.contains(&own.0));
    added.map(|(_, name, ..)| format!("which attributes of {name} are which cannot be told"))
}

/// What a change does outside of what is followed.
fn outside(change: &Change, before: &Catalog) -> Option<String> {
    match change {
        Change::Drop { objects, cascade: true, .. } => {
            let holds = |own: &&ObjectRef| match own.kind {
                ObjectKind::Extension => before.extensions.contains_key(&own.name.name),
                ObjectKind::Collation | ObjectKind::Other => true,
                _ => false,
            };
            objects.iter().find(holds).map(|own| format!("what else goes with {} is not known", own.name))
        }
        Change::AlterComposite { name, cascade: true, .. } => {
            let name = before.resolve_type(name)?;
            let typed = |own: &Relation| matches!(own, Relation::Table(own) if own.of_type.as_ref() == Some(&name));
            before.relations.values().any(typed).then(|| format!("the tables of type {name} change with it"))
        }
        Change::AlterOther { object, .. } => {
            let known = before.others.keys().any(|(kind, words)| {
                *kind == object.kind && (*words == object.name.to_string() || words.ends_with(&format!(".{}", object.name.name)))
            });
            (!known).then(|| format!("how {} was before is not known", object.name))
        }
        Change::Grant(grant) => unknown_membership(grant, before),
        _ => None,
    }
}

/// What a change does to something old that the catalog does not keep.
fn not_kept(change: &Change, before: &Catalog, context: &Context<'_>) -> Option<String> {
    let old = |name: &QName| {
        let name = before.resolve_relation(name)?;
        let owner = match before.relations.get(&name)? {
            Relation::Index(table) => before.relations.get(table)?,
            own @ (Relation::Table(_) | Relation::View(_) | Relation::Sequence(_)) => own,
        };
        owner.id().is_some_and(|id| context.first.knows(id)).then_some((name, owner))
    };
    match change {
        Change::AlterTable(alter) => match &alter.action {
            TableAction::SetColumnStorage { column, setting: ColumnSetting::Statistics(_) } => {
                let (name, _) = old(&alter.table)?;
                let (_, index) = before.index(&name)?;
                let new = !context.first.knows(index.id);
                (!new).then(|| format!("the former statistics target of column {column} of {name} is not known"))
            }
            _ => None,
        },
        Change::Grant(grant) if !grant.grant => named(grant).iter().find_map(|name| {
            let (name, relation) = old(name)?;
            let owner = match relation {
                Relation::Table(own) => own.owner.as_ref(),
                Relation::View(own) => own.owner.as_ref(),
                Relation::Sequence(own) => own.owner.as_ref(),
                Relation::Index(_) => None,
            };
            let is_owner = |role: &&Ident| Some(*role) == owner || owner.is_none() && role.starts_with("current_");
            let role = grant.roles.iter().find(is_owner)?;
            Some(format!("what {role}, who owns {name}, was allowed to do with it before is not known"))
        }),
        _ => None,
    }
}

/// The relations that a `GRANT` or `REVOKE` names.
fn named(grant: &Grant) -> &[QName] {
    match &grant.on {
        GrantObjects::Named(_, names) => names,
        GrantObjects::Routines(..)
        | GrantObjects::AllIn(..)
        | GrantObjects::Membership(_)
        | GrantObjects::Inheritance
        | GrantObjects::Default { .. } => &[],
    }
}

/// A membership that may have been there or not. A role that a migration made has no others than migrations gave it.
fn unknown_membership(grant: &Grant, before: &Catalog) -> Option<String> {
    let is_outside = |role: &Ident| !before.others.contains_key(&(ObjectKind::Role, role.to_string()));
    match &grant.on {
        GrantObjects::Membership(_) => {
            let edges = grant.roles.iter().flat_map(|member| grant.privileges.iter().map(move |(group, _)| (member, group)));
            let unknown = |(member, group): &(&Ident, &Ident)| {
                let edge = ((*member).clone(), (*group).clone());
                is_outside(member) && is_outside(group) && !before.roles.memberships.contains_key(&edge)
            };
            let (member, group) = edges.into_iter().find(unknown)?;
            Some(format!("whether {member} was a member of {group} before is not known"))
        }
        GrantObjects::Inheritance => {
            let unknown = grant.roles.iter().find(|role| is_outside(role))?;
            Some(format!("whether {unknown} inherited before is not known"))
        }
        GrantObjects::Named(..) | GrantObjects::Routines(..) | GrantObjects::AllIn(..) | GrantObjects::Default { .. } => None,
    }
}

struct Judge<'a> {
    context: &'a Context<'a>,
    step: &'a Step,
    /// What differs between the states before and after the migration.
    names: &'a BTreeSet<Name>,
    up: UpFidelity,
}

impl Judge<'_> {
    fn gone(&mut self, what: String) {
        self.up.note(Fidelity::SchemaOnly, what);
    }

    fn new_data(&mut self, what: String) {
        self.up.note(Fidelity::DropsNewData, what);
    }

    /// What is to be known though nothing is lost.
    fn known(&mut self, what: String) {
        self.up.note(Fidelity::Lossless, what);
    }

    /// Whether something was there before the migration.
    fn is_old(&self, id: ObjectId) -> bool {
        self.context.first.knows(id)
    }

    /// The table after the migration, where it is still there.
    fn at_last(&self, table: &Table) -> Option<&Arc<Table>> {
        let same = self.context.last.table(&table.name).filter(|own| own.id == table.id);
        same.or_else(|| table_among(self.context.last, self.names, table.id))
    }

    fn relations(&mut self) {
        let (before, after) = (&self.step.before, &self.step.after);
        let names = changed_relations(before, after);
        for name in &names {
            match before.relations.get(name) {
                Some(Relation::Table(old)) if old.persistence == Persistence::Temporary => {}
                Some(Relation::Table(old)) => match table_among(after, &names, old.id) {
                    Some(new) => self.table(&old.clone(), &new.clone()),
                    None if self.is_old(old.id) => self.gone(rows_of(name)),
                    None => {}
                },
                Some(Relation::Sequence(old)) if self.is_old(old.id) => {
                    let there = names.iter().filter_map(|name| after.sequence(name)).any(|own| own.id == old.id);
                    // That of a column that goes is gone with its values.
                    let owner = old.owned_by.as_ref().is_none_or(|(table, column)| after.has_column(table, column));
                    if !there && owner {
                        self.gone(format!("the position of the sequence {name}"));
                    }
                }
                Some(Relation::View(old)) if old.materialized && self.is_old(old.id) => {
                    let there = names.iter().filter_map(|name| after.view(name)).any(|own| own.id == old.id);
                    if !there {
                        self.known(format!("what {name} showed is computed anew"));
                    }
                }
                Some(Relation::Sequence(_) | Relation::View(_) | Relation::Index(_)) | None => {}
            }
            if let Some(Relation::Table(new)) = after.relations.get(name)
                && new.persistence != Persistence::Temporary
                && table_among(before, &names, new.id).is_none()
                && self.at_last(new).is_some()
            {
                self.new_data(format!("all rows of {name}"));
            }
        }
    }

    fn table(&mut self, old: &Arc<Table>, new: &Arc<Table>) {
        let Some(last) = self.at_last(old).cloned() else { return };
        if !self.is_old(old.id) {
            return;
        }
        let find = |table: &Table, number: u32| table.columns.iter().find(|own| own.number == number).cloned();
        for column in &old.columns {
            match find(new, column.number) {
                Some(now) if Arc::ptr_eq(&now, column) => {}
                Some(now) => self.column(old, column, &now),
                None if matches!(column.value, ColumnValue::Generated { .. }) => {}
                None if self.is_old(ObjectId(column.number)) => self.gone(values_of(&old.name, &column.name)),
                None => {}
            }
        }
        for column in new.columns.iter().filter(|column| find(old, column.number).is_none()) {
            let stays = find(&last, column.number).is_some();
            if stays && !matches!(column.value, ColumnValue::Generated { .. }) {
                self.new_data(format!("the values of {}.{}", new.name, column.name));
            }
        }
        for parent in old.inherits.iter().filter(|parent| !new.inherits.contains(parent)) {
            let parent = self.step.before.table(parent).cloned();
            let kept = parent.filter(|parent| table_by_id(&self.step.after, parent.id));
            if let Some(parent) = kept {
                self.known(format!(
                    "the columns of {} stay its own: they do not go with those of {} any more",
                    new.name, parent.name
                ));
            }
        }
        self.constraints(old, new);
    }

    fn column(&mut self, table: &Table, old: &TableColumn, new: &TableColumn) {
        let full = format!("{}.{}", table.name, new.name);
        if !self.is_old(ObjectId(old.number)) {
            return;
        }
        if old.data_type != new.data_type {
            self.retyped(&full, old, new);
        }
        if old.not_null && !new.not_null {
            self.new_data(format!("{full} must hold no NULL, or the down fails"));
        }
        match (&old.value, &new.value) {
            (ColumnValue::Generated { .. }, ColumnValue::Generated { .. }) => {}
            (ColumnValue::Generated { .. }, _) => self.new_data(format!("the values of {full}, which are computed again")),
            (ColumnValue::Identity { .. }, ColumnValue::Identity { .. }) => {}
            (ColumnValue::Identity { .. }, _) => {
                self.gone(format!(
                    "the position of the sequence of {full}: set it to the greatest value before anything is inserted"
                ));
            }
            _ => {}
        }
    }

    fn retyped(&mut self, full: &str, old: &TableColumn, new: &TableColumn) {
        let dialect = self.context.dialect;
        let up = dialect.conversion(&old.data_type, &new.data_type, &self.step.before);
        let own_expression = self.step.atoms.iter().any(|atom| match &atom.change.value {
            Change::AlterTable(alter) => match &alter.action {
                TableAction::SetType { column, using: Some(using), .. } if *column == new.name => {
                    !is_plain_cast(using, &new.name)
                }
                _ => false,
            },
            _ => false,
        });
        let to_text = up.old_values == Fit::All && !up.lossy;
        if up.lossy || own_expression || !to_text {
            self.gone(former_values_of(full));
        }
        let down = dialect.conversion(&new.data_type, &old.data_type, &self.step.after);
        if down.old_values != Fit::All || down.lossy {
            let former = dialect.type_text(&old.data_type);
            self.new_data(format!("values of {full} that are no {former}: they are rounded, or the down fails"));
        }
    }

    /// What may keep a constraint from coming back.
    fn constraints(&mut self, old: &Table, new: &Table) {
        for own in &old.constraints {
            let kept = new.constraints.iter().any(|other| Arc::ptr_eq(own, other) || same_demand(own, other));
            if !kept && !matches!(own.kind, ConstraintKind::NotNull(_)) && !own.not_enforced {
                let name = own.name.clone().unwrap_or_default();
                let columns_stay = columns_of(own).iter().all(|column| new.column(column).is_some());
                if columns_stay {
                    self.new_data(format!("rows of {} that break {name} keep the down from running", new.name));
                }
            }
        }
        for own in old.indexes.iter().filter(|own| own.unique && own.constraint.is_none()) {
            let gone = !new.indexes.iter().any(|other| other.id == own.id);
            if gone && own.shape.keys.iter().filter_map(|key| key.column()).all(|column| new.column(column).is_some()) {
                self.new_data(format!("rows of {} that are twice in {} keep the down from running", new.name, own.name));
            }
        }
    }

    fn types(&mut self) {
        for (name, new) in &self.step.after.types {
            let Some(old) = self.step.before.types.get(name).filter(|old| !Arc::ptr_eq(old, new)) else { continue };
            if !self.is_old(old.id) {
                continue;
            }
            match (&old.shape, &new.shape) {
                (UserTypeShape::Type(TypeShape::Enum(old)), UserTypeShape::Type(TypeShape::Enum(now))) => {
                    let added: Vec<&str> = now.iter().filter(|own| !old.contains(own)).map(|own| &**own).collect();
                    if now.len() > old.len() {
                        self.new_data(format!("rows that hold {} of {name} keep the down from running", added.join(", ")));
                    }
                }
                (UserTypeShape::Domain(old), UserTypeShape::Domain(new)) => {
                    let gone = old.checks.iter().any(|own| !new.checks.iter().any(|other| other.expr.sql == own.expr.sql));
                    if gone || old.not_null && !new.not_null {
                        self.new_data(format!("values that are no {name} keep the down from running"));
                    }
                }
                (UserTypeShape::Type(TypeShape::Composite(old)), UserTypeShape::Type(TypeShape::Composite(now)))
                    if now.len() > old.len() =>
                {
                    self.new_data(format!("the values of what {name} got"));
                }
                (UserTypeShape::Type(TypeShape::Composite(_)), UserTypeShape::Type(TypeShape::Composite(_))) => {}
                (old, new) if old != new => self.new_data(format!("values of {name} that it did not have before")),
                _ => {}
            }
        }
    }

    fn atoms(&mut self) {
        for atom in &self.step.atoms {
            if data::restarts(&atom.change.value) {
                self.gone("the position of a sequence".to_owned());
            }
            if let Change::AlterComposite { name, change, .. } = &atom.change.value
                && atom.before.resolve_type(name).is_some_and(|name| self.is_old(atom.before.types[&name].id))
            {
                match change {
                    AttributeChange::Drop(attribute, _) => self.gone(format!("the values of {attribute} in those of {name}")),
                    AttributeChange::SetType(attribute, ..) => {
                        self.gone(format!(
                            "the values of {attribute} in those of {name} as they were before they were converted"
                        ));
                    }
                    AttributeChange::Add(..) | AttributeChange::Rename(..) => {}
                }
            }
        }
        for name in self.step.before.extensions.keys().filter(|name| !self.step.after.extensions.contains_key(*name)) {
            self.gone(format!("whatever the extension {name} kept"));
        }
    }
}

/// Whether the table of an identity is there, under whatever name.
fn table_by_id(catalog: &Catalog, id: ObjectId) -> bool {
    catalog.relations.values().any(|own| matches!(own, Relation::Table(own) if own.id == id))
}

/// What is lost with a table.
pub(super) fn rows_of(table: &Name) -> String {
    format!("all rows of {table}")
}

/// What is lost with a column.
pub(super) fn values_of(table: &Name, column: &str) -> String {
    format!("the values of {table}.{column}")
}

/// What is lost when values are converted.
pub(super) fn former_values_of(column: &str) -> String {
    format!("the values of {column} as they were before they were converted")
}

/// What is lost when rows are deleted.
pub(super) fn deleted_from(table: &Name) -> String {
    format!("the rows that it deleted from {table}")
}

/// Whether two constraints demand the same: names and when they are checked do not count.
fn same_demand(old: &Constraint, new: &Constraint) -> bool {
    old.kind == new.kind && old.not_enforced == new.not_enforced
}

fn columns_of(constraint: &Constraint) -> Vec<&crate::change::Ident> {
    match &constraint.kind {
        ConstraintKind::PrimaryKey(key) | ConstraintKind::Unique(key) => key.columns.iter().collect(),
        ConstraintKind::ForeignKey(key) => key.columns.iter().collect(),
        ConstraintKind::Check(_) | ConstraintKind::Exclude(_) | ConstraintKind::NotNull(_) => Vec::new(),
    }
}

/// `column`, or `column::type`: what the server would do by itself.
fn is_plain_cast(using: &Expr, column: &str) -> bool {
    let bare = matches!(&using.shape, ExprShape::Column(own) if own == column);
    let columns = using.refs.iter().filter(|own| own.kind == crate::change::RefKind::Column).count();
    let calls = using.refs.iter().any(|own| matches!(own.kind, crate::change::RefKind::Function { .. }));
    let cast = using.sql.contains("::")
        && !using.sql.contains(['+', '*', '/', '|', '\'', '=', '<', '>'])
        && !using.sql.to_ascii_lowercase().contains("case");
    bare || columns == 1 && !calls && cast
}
