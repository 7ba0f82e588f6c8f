//! The objects that a change names, for reports; and what in it was not understood.

use super::{Change, GrantObjects, Ident, Maintenance, ObjectKind, ObjectRef, Opaque, QName, TableAction};

impl Change {
    /// The objects that it is about, as it names them: of a column, constraint, trigger or policy the table with the member.
    pub fn objects(&self) -> Vec<ObjectRef> {
        let relation = |name: &QName| vec![ObjectRef::new(ObjectKind::Table, name.clone())];
        let one = |kind: ObjectKind, name: &QName| vec![ObjectRef::new(kind, name.clone())];
        match self {
            Change::CreateSchema { name, .. } => one(ObjectKind::Schema, &QName::bare(name.clone())),
            Change::CreateTable(create) => relation(&create.name),
            Change::AlterTable(alter) => match alter.action.member() {
                Some((kind, member)) => vec![ObjectRef::member(kind, alter.table.clone(), member.clone())],
                None => one(alter.kind, &alter.table),
            },
            Change::CreateIndex(create) => match &create.name {
                Some(name) => one(ObjectKind::Index, &QName { schema: create.table.schema.clone(), name: name.clone() }),
                None => relation(&create.table),
            },
            Change::CreateView(create) => one(ObjectKind::View, &create.name),
            Change::Refresh { view, .. } => one(ObjectKind::MaterializedView, view),
            Change::CreateSequence { name, .. } | Change::AlterSequence { name, .. } => one(ObjectKind::Sequence, name),
            Change::CreateType { name, .. } | Change::AlterEnum { name, .. } | Change::AlterComposite { name, .. } => {
                one(ObjectKind::Type, name)
            }
            Change::CreateDomain { name, .. } | Change::AlterDomain { name, .. } => one(ObjectKind::Domain, name),
            Change::CreateRoutine { name, routine, .. } => one(routine.kind, name),
            Change::AlterRoutine { kind, signature, .. } => one(*kind, &signature.name),
            Change::CreateTrigger { table, trigger, .. } => {
                vec![ObjectRef::member(ObjectKind::Trigger, table.clone(), trigger.name.clone())]
            }
            Change::CreateRule { table, rule, .. } => {
                vec![ObjectRef::member(ObjectKind::Rule, table.clone(), rule.name.clone())]
            }
            Change::CreatePolicy { table, policy, .. } => {
                vec![ObjectRef::member(ObjectKind::Policy, table.clone(), policy.name.clone())]
            }
            Change::AlterPolicy { table, name, .. } => {
                vec![ObjectRef::member(ObjectKind::Policy, table.clone(), name.clone())]
            }
            Change::Drop { objects, .. } => objects.clone(),
            Change::Rename { object, .. }
            | Change::SetSchema { object, .. }
            | Change::SetOwner { object, .. }
            | Change::Comment { object, .. }
            | Change::CreateOther { object, .. }
            | Change::AlterOther { object, .. } => vec![object.clone()],
            Change::Grant(grant) => match &grant.on {
                GrantObjects::Named(kind, names) => names.iter().map(|name| ObjectRef::new(*kind, name.clone())).collect(),
                GrantObjects::Routines(kind, routines) => {
                    routines.iter().map(|routine| ObjectRef::new(*kind, routine.name.clone())).collect()
                }
                GrantObjects::AllIn(_, schemas) | GrantObjects::Default { schemas, .. } => {
                    schemas.iter().map(|schema| ObjectRef::new(ObjectKind::Schema, QName::bare(schema.clone()))).collect()
                }
                GrantObjects::Membership(_) | GrantObjects::Inheritance => {
                    grant.roles.iter().map(|role| ObjectRef::new(ObjectKind::Role, QName::bare(role.clone()))).collect()
                }
            },
            Change::CreateExtension { name, .. } => one(ObjectKind::Extension, &QName::bare(name.clone())),
            Change::Data(data) => data.table.as_ref().map(relation).unwrap_or_default(),
            Change::Truncate { tables, .. } | Change::Lock { tables, .. } => {
                tables.iter().flat_map(|target| relation(&target.table)).collect()
            }
            Change::Do(block) => block.statements.iter().flat_map(|inner| inner.change.value.objects()).collect(),
            Change::Maintenance(maintenance) => match maintenance {
                Maintenance::Vacuum { tables, .. } | Maintenance::Analyze(tables) => tables.iter().flat_map(relation).collect(),
                Maintenance::Cluster { table, .. } => table.as_ref().map(relation).unwrap_or_default(),
                Maintenance::Reindex { kind, name, .. } => name.iter().map(|name| ObjectRef::new(*kind, name.clone())).collect(),
                Maintenance::Checkpoint => Vec::new(),
            },
            Change::Transaction(_) | Change::Set { .. } | Change::NoEffect | Change::Opaque(_) => Vec::new(),
        }
    }

    /// What in it was not understood, those parts inside a block included.
    pub fn opaque(&self) -> Option<&Opaque> {
        match self {
            Change::Opaque(opaque) => Some(opaque),
            Change::Do(block) => block.statements.iter().find_map(|inner| inner.change.value.opaque()),
            _ => None,
        }
    }
}

impl TableAction {
    /// The column, constraint, trigger or rule that it is about, where it is one.
    pub fn member(&self) -> Option<(ObjectKind, &Ident)> {
        match self {
            TableAction::AddColumn { column, .. } => Some((ObjectKind::Column, &column.name)),
            TableAction::DropColumn { column, .. }
            | TableAction::RenameColumn { from: column, .. }
            | TableAction::SetType { column, .. }
            | TableAction::SetDefault { column, .. }
            | TableAction::DropDefault { column }
            | TableAction::SetNotNull { column }
            | TableAction::DropNotNull { column }
            | TableAction::AddIdentity { column, .. }
            | TableAction::AlterIdentity { column, .. }
            | TableAction::DropIdentity { column, .. }
            | TableAction::SetExpression { column, .. }
            | TableAction::DropExpression { column, .. }
            | TableAction::SetColumnStorage { column, .. } => Some((ObjectKind::Column, column)),
            TableAction::AddConstraint(constraint) => constraint.name.as_ref().map(|name| (ObjectKind::Constraint, name)),
            TableAction::DropConstraint { name, .. }
            | TableAction::ValidateConstraint { name }
            | TableAction::AlterConstraint { name, .. }
            | TableAction::RenameConstraint { from: name, .. } => Some((ObjectKind::Constraint, name)),
            TableAction::SetTrigger { name, .. } => name.as_ref().map(|name| (ObjectKind::Trigger, name)),
            TableAction::SetRule { name, .. } => Some((ObjectKind::Rule, name)),
            TableAction::AttachPartition { .. }
            | TableAction::DetachPartition { .. }
            | TableAction::SetInherit { .. }
            | TableAction::RowSecurity(_)
            | TableAction::ReplicaIdentity(_)
            | TableAction::SetPersistence(_)
            | TableAction::SetAccessMethod(_)
            | TableAction::SetTablespace(_)
            | TableAction::SetOptions(_)
            | TableAction::ResetOptions(_)
            | TableAction::ClusterOn(_)
            | TableAction::OfType(_) => None,
        }
    }
}
