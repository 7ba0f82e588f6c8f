//! `ALTER TABLE` and its kin as SQL.

use super::name::kind_words;
use super::object::sequence_options;
use super::spell::{idents, join, option_name, options, qname, quote, type_text};
use super::table::{column, column_setting, constraint, deferrable, identity};
use super::when;
use crate::change::*;

/// One action on one object.
pub fn alter_table(alter: &AlterTable) -> String {
    format!(
        "ALTER {} {}{}{} {}",
        kind_words(alter.kind),
        when(alter.if_exists, "IF EXISTS "),
        when(alter.only, "ONLY "),
        qname(&alter.table),
        action(&alter.action)
    )
}

fn action(action: &TableAction) -> String {
    match action {
        TableAction::AddColumn { column, constraints, if_not_exists } => add_column(column, constraints, *if_not_exists),
        TableAction::DropColumn { column, if_exists, cascade } => {
            format!("DROP COLUMN {}{}{}", when(*if_exists, "IF EXISTS "), quote(column), when(*cascade, " CASCADE"))
        }
        TableAction::RenameColumn { from, to } => format!("RENAME COLUMN {} TO {}", quote(from), quote(to)),
        TableAction::RenameConstraint { from, to } => format!("RENAME CONSTRAINT {} TO {}", quote(from), quote(to)),
        TableAction::SetType { column, data_type, collation, using } => {
            set_type(column, data_type, collation.as_ref(), using.as_ref())
        }
        TableAction::SetDefault { column, default } => alter_column(column, &format!("SET DEFAULT {}", default.sql)),
        TableAction::DropDefault { column } => alter_column(column, "DROP DEFAULT"),
        TableAction::SetNotNull { column } => alter_column(column, "SET NOT NULL"),
        TableAction::DropNotNull { column } => alter_column(column, "DROP NOT NULL"),
        TableAction::AddIdentity { column, always, sequence } => {
            alter_column(column, &format!("ADD {}", identity(*always, sequence)))
        }
        TableAction::AlterIdentity { column, always, sequence } => alter_column(column, &alter_identity(*always, sequence)),
        TableAction::DropIdentity { column, if_exists } => {
            alter_column(column, &format!("DROP IDENTITY{}", when(*if_exists, " IF EXISTS")))
        }
        TableAction::SetExpression { column, expr } => alter_column(column, &format!("SET EXPRESSION AS ({})", expr.sql)),
        TableAction::DropExpression { column, if_exists } => {
            alter_column(column, &format!("DROP EXPRESSION{}", when(*if_exists, " IF EXISTS")))
        }
        TableAction::SetColumnStorage { column, setting } => alter_column(column, &column_setting(setting)),
        TableAction::AddConstraint(of) => format!("ADD {}", constraint(of)),
        TableAction::DropConstraint { name, if_exists, cascade } => {
            format!("DROP CONSTRAINT {}{}{}", when(*if_exists, "IF EXISTS "), quote(name), when(*cascade, " CASCADE"))
        }
        TableAction::ValidateConstraint { name } => format!("VALIDATE CONSTRAINT {}", quote(name)),
        TableAction::AlterConstraint { name, deferrable, enforced, inherit } => {
            alter_constraint(name, *deferrable, *enforced, *inherit)
        }
        TableAction::AttachPartition { partition, bound } => {
            format!("ATTACH PARTITION {} {}", qname(partition), bound.sql).trim_end().to_owned()
        }
        TableAction::DetachPartition { partition, concurrently, finalize } => format!(
            "DETACH PARTITION {}{}{}",
            qname(partition),
            when(*concurrently, " CONCURRENTLY"),
            when(*finalize, " FINALIZE")
        ),
        TableAction::SetInherit { parent, inherit } => format!("{}INHERIT {}", when(!*inherit, "NO "), qname(parent)),
        TableAction::RowSecurity(change) => row_security(*change).into(),
        TableAction::SetTrigger { name, firing } => {
            let name = name.as_ref().map_or("ALL".into(), |name| quote(name));
            format!("{} TRIGGER {name}", firing_words(*firing))
        }
        TableAction::SetRule { name, firing } => format!("{} RULE {}", firing_words(*firing), quote(name)),
        TableAction::ReplicaIdentity(identity) => replica_identity(identity),
        TableAction::SetPersistence(persistence) => match persistence {
            Persistence::Unlogged => "SET UNLOGGED".into(),
            Persistence::Permanent | Persistence::Temporary => "SET LOGGED".into(),
        },
        TableAction::SetAccessMethod(method) => format!("SET ACCESS METHOD {}", quote(method)),
        TableAction::SetTablespace(tablespace) => format!("SET TABLESPACE {}", quote(tablespace)),
        TableAction::SetOptions(list) => format!("SET {}", options(list)),
        TableAction::ResetOptions(names) => format!("RESET ({})", join(names, option_name)),
        TableAction::ClusterOn(Some(index)) => format!("CLUSTER ON {}", quote(index)),
        TableAction::ClusterOn(None) => "SET WITHOUT CLUSTER".into(),
        TableAction::OfType(Some(of_type)) => format!("OF {}", qname(of_type)),
        TableAction::OfType(None) => "NOT OF".into(),
    }
}

fn alter_column(column: &Ident, what: &str) -> String {
    format!("ALTER COLUMN {} {what}", quote(column))
}

fn add_column(of: &Column, constraints: &[Constraint], if_not_exists: bool) -> String {
    let named = |constraint: &&Constraint| matches!(constraint.kind, ConstraintKind::NotNull(_)) && constraint.name.is_some();
    let mut sql = format!("ADD COLUMN {}{}", when(if_not_exists, "IF NOT EXISTS "), column(of));
    if of.not_null && !constraints.iter().any(|constraint| named(&constraint)) {
        sql += " NOT NULL";
    }
    for constraint in constraints {
        sql += &format!(" {}", at_column(constraint));
    }
    sql
}

/// A constraint as it stands at a column: without the column's name, where it would be said twice.
fn at_column(of: &Constraint) -> String {
    let text = constraint(of);
    let head = match &of.kind {
        ConstraintKind::PrimaryKey(key) if key.include.is_empty() => format!("PRIMARY KEY ({})", idents(&key.columns)),
        ConstraintKind::Unique(key) if key.include.is_empty() => {
            let nulls = when(key.nulls_not_distinct, "NULLS NOT DISTINCT ");
            format!("UNIQUE {nulls}({})", idents(&key.columns))
        }
        ConstraintKind::ForeignKey(key) => format!("FOREIGN KEY ({}) ", idents(&key.columns)),
        ConstraintKind::NotNull(column) => format!("NOT NULL {}", quote(column)),
        ConstraintKind::PrimaryKey(_) | ConstraintKind::Unique(_) | ConstraintKind::Check(_) | ConstraintKind::Exclude(_) => {
            return text;
        }
    };
    let short = match &of.kind {
        ConstraintKind::PrimaryKey(_) => "PRIMARY KEY",
        ConstraintKind::Unique(key) if key.nulls_not_distinct => "UNIQUE NULLS NOT DISTINCT",
        ConstraintKind::Unique(_) => "UNIQUE",
        ConstraintKind::NotNull(_) => "NOT NULL",
        ConstraintKind::ForeignKey(_) | ConstraintKind::Check(_) | ConstraintKind::Exclude(_) => "",
    };
    text.replacen(&head, short, 1)
}

fn set_type(column: &Ident, data_type: &TypeName, collation: Option<&QName>, using: Option<&Expr>) -> String {
    let mut sql = format!("TYPE {}", type_text(data_type));
    if let Some(collation) = collation {
        sql += &format!(" COLLATE {}", qname(collation));
    }
    if let Some(using) = using {
        sql += &format!(" USING {}", using.sql);
    }
    alter_column(column, &sql)
}

fn alter_identity(always: Option<bool>, sequence: &SequenceOptions) -> String {
    let mut parts: Vec<String> = sequence_options(sequence)
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| if line.starts_with("RESTART") { line.to_owned() } else { format!("SET {line}") })
        .collect();
    if let Some(always) = always {
        parts.insert(0, format!("SET GENERATED {}", if always { "ALWAYS" } else { "BY DEFAULT" }));
    }
    parts.join(" ")
}

fn alter_constraint(name: &Ident, when_checked: Option<Deferrable>, enforced: Option<bool>, inherit: Option<bool>) -> String {
    let mut sql = format!("ALTER CONSTRAINT {}", quote(name));
    if let Some(when_checked) = when_checked {
        sql += match when_checked {
            Deferrable::No => " NOT DEFERRABLE",
            Deferrable::Immediate | Deferrable::Deferred => deferrable(when_checked),
        };
    }
    if let Some(enforced) = enforced {
        sql += if enforced { " ENFORCED" } else { " NOT ENFORCED" };
    }
    if let Some(inherit) = inherit {
        sql += if inherit { " INHERIT" } else { " NO INHERIT" };
    }
    sql
}

fn row_security(change: RowSecurity) -> &'static str {
    match change {
        RowSecurity::Enable => "ENABLE ROW LEVEL SECURITY",
        RowSecurity::Disable => "DISABLE ROW LEVEL SECURITY",
        RowSecurity::Force => "FORCE ROW LEVEL SECURITY",
        RowSecurity::NoForce => "NO FORCE ROW LEVEL SECURITY",
    }
}

fn firing_words(firing: Firing) -> &'static str {
    match firing {
        Firing::Origin => "ENABLE",
        Firing::Disabled => "DISABLE",
        Firing::Replica => "ENABLE REPLICA",
        Firing::Always => "ENABLE ALWAYS",
    }
}

fn replica_identity(identity: &ReplicaIdentity) -> String {
    match identity {
        ReplicaIdentity::Default => "REPLICA IDENTITY DEFAULT".into(),
        ReplicaIdentity::Index(index) => format!("REPLICA IDENTITY USING INDEX {}", quote(index)),
        ReplicaIdentity::Full => "REPLICA IDENTITY FULL".into(),
        ReplicaIdentity::Nothing => "REPLICA IDENTITY NOTHING".into(),
    }
}
