//! The statements of safe sequences: for these tables and columns, ready to run.

use super::At;
use crate::catalog::{Name, Table};
use crate::change::{AlterTable, Change, Column, ColumnValue, Ident, ObjectKind, ObjectRef, QName, TableAction};

/// How many rows one batch of a backfill takes.
const BATCH: u32 = 1000;

impl At<'_> {
    /// A name of the IR that is written as briefly as a new session allows.
    pub(super) fn qname(&self, name: &Name) -> QName {
        let found = self.dialect().empty_catalog().session.search_path.contains(&name.schema);
        QName { schema: (!found).then(|| name.schema.clone()), name: name.name.clone() }
    }

    /// A change as SQL.
    pub(super) fn write(&self, change: &Change) -> String {
        self.dialect().write(change)
    }

    /// `ALTER TABLE` with one action.
    pub(super) fn alter(&self, table: &Name, action: TableAction) -> String {
        let (table, kind) = (self.qname(table), ObjectKind::Table);
        self.write(&Change::AlterTable(Box::new(AlterTable { kind, table, if_exists: false, only: false, action })))
    }

    /// `DROP` of one object.
    pub(super) fn drop(&self, object: ObjectRef) -> String {
        self.write(&Change::Drop { objects: vec![object], if_exists: false, cascade: false, concurrently: false })
    }

    /// `ALTER TABLE ... ADD COLUMN`.
    pub(super) fn add_column(&self, table: &Name, column: Column) -> String {
        self.alter(table, TableAction::AddColumn { column, constraints: Vec::new(), if_not_exists: false })
    }

    /// `ALTER TABLE ... DROP COLUMN`.
    pub(super) fn drop_column(&self, table: &Name, column: &Ident) -> String {
        self.alter(table, TableAction::DropColumn { column: column.clone(), if_exists: false, cascade: false })
    }

    /// One batch of an update, to be repeated until it changes no row.
    pub(super) fn backfill(&self, table: &Table, set: &str, pending: &str) -> String {
        let primary = table.indexes.iter().find(|index| index.primary && index.shape.keys.len() == 1);
        let key = primary.and_then(|index| index.shape.keys[0].column()).map_or("ctid".into(), |key| self.quoted(key));
        let name = self.sql(&table.name);
        format!("UPDATE {name} SET {set} WHERE {key} = ANY (ARRAY(SELECT {key} FROM {name} WHERE {pending} LIMIT {BATCH}))")
    }

    /// `SET NOT NULL` without a scan under the strong lock: a check that is validated first. The column holds no null by then.
    pub(super) fn set_not_null(&self, table: &Name, column: &Ident) -> Vec<String> {
        let (name, quoted) = (self.sql(table), self.quoted(column));
        let check = self.quoted(&short(&[&table.name, column, "not_null"]));
        vec![
            format!("ALTER TABLE {name} ADD CONSTRAINT {check} CHECK ({quoted} IS NOT NULL) NOT VALID"),
            format!("ALTER TABLE {name} VALIDATE CONSTRAINT {check}"),
            format!("ALTER TABLE {name} ALTER COLUMN {quoted} SET NOT NULL"),
            format!("ALTER TABLE {name} DROP CONSTRAINT {check}"),
        ]
    }

    /// A trigger that keeps two columns of a table the same, whichever an application writes.
    pub(super) fn sync(&self, table: &Name, old: &Ident, new: &Ident) -> Vec<String> {
        let label = short(&[&table.name, old, "sync"]);
        let function = self.sql(&Name::new(table.schema.clone(), label.clone()));
        let (name, trigger, old, new) = (self.sql(table), self.quoted(&label), self.quoted(old), self.quoted(new));
        vec![
            format!(
                "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$\n\
                 BEGIN\n    \
                     IF TG_OP = 'INSERT' THEN\n        \
                         IF NEW.{new} IS NULL THEN NEW.{new} := NEW.{old}; ELSE NEW.{old} := NEW.{new}; END IF;\n    \
                     ELSIF NEW.{new} IS DISTINCT FROM OLD.{new} THEN\n        \
                         NEW.{old} := NEW.{new};\n    \
                     ELSIF NEW.{old} IS DISTINCT FROM OLD.{old} THEN\n        \
                         NEW.{new} := NEW.{old};\n    \
                     END IF;\n    \
                     RETURN NEW;\n\
                 END $$"
            ),
            format!("CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION {function}()"),
        ]
    }

    /// Ends what [`At::sync`] began.
    pub(super) fn end_sync(&self, table: &Name, old: &Ident) -> Vec<String> {
        let label = short(&[&table.name, old, "sync"]);
        let function = self.sql(&Name::new(table.schema.clone(), label.clone()));
        vec![format!("DROP TRIGGER {} ON {}", self.quoted(&label), self.sql(table)), format!("DROP FUNCTION {function}()")]
    }

    /// A column like another, under a new name, that takes null and has no value of its own.
    pub(super) fn twin(&self, column: &Column, name: &Ident) -> Column {
        Column {
            name: name.clone(),
            not_null: false,
            value: ColumnValue::None,
            storage: None,
            statistics: None,
            ..column.clone()
        }
    }

    /// What a finished twin takes over from the column it replaces, after that is gone.
    pub(super) fn finish_twin(&self, table: &Name, column: &Column, name: &Ident) -> Vec<String> {
        let default = match &column.value {
            ColumnValue::Default(default) if !default.sql.contains("nextval") => {
                Some(self.alter(table, TableAction::SetDefault { column: name.clone(), default: default.clone() }))
            }
            _ => None,
        };
        let not_null = if column.not_null { self.set_not_null(table, name) } else { Vec::new() };
        default.into_iter().chain(not_null).collect()
    }
}

/// A name from parts, within the server's limit of 63 bytes.
pub(super) fn short(parts: &[&str]) -> Ident {
    let mut name = parts.join("_");
    while name.len() > 63 {
        name.pop();
    }
    name.into()
}
