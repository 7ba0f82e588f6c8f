//! The statements of safe sequences: for these tables and columns, ready to run.

use super::At;
use crate::catalog::{Name, Table};
use crate::change::{AlterTable, Change, Column, ColumnValue, Ident, ObjectKind, ObjectRef, QName, TableAction};
use crate::dialect::Batched;

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

    /// An update of the rows that `pending` finds, in batches that commit one by one and tell how far they are. Run again, it goes on
    /// with what is left.
    pub(super) fn backfill(&self, table: &Table, set: &str, pending: &str) -> String {
        let name = self.sql(&table.name);
        let primary = table.indexes.iter().find(|index| index.primary && index.shape.keys.len() == 1);
        let key = primary.and_then(|index| table.column(index.shape.keys[0].column()?));
        let statement = |rows: &str| format!("UPDATE {name} SET {set} WHERE {rows} AND ({pending})");
        self.dialect().batched(&Batched {
            table: &name,
            key: key.map(|key| &***key),
            statement: &statement,
            label: &name,
            done: "filled",
        })
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
        let (from, to) = (self.quoted(old), self.quoted(new));
        self.sync_by(table, old, new, &format!("NEW.{to} := NEW.{from};"), &format!("NEW.{from} := NEW.{to};"))
    }

    /// The same with the statements that take a value to the new column and back.
    pub(super) fn sync_by(&self, table: &Name, old: &Ident, new: &Ident, forward: &str, backward: &str) -> Vec<String> {
        let label = short(&[&table.name, old, "sync"]);
        let function = self.sql(&Name::new(table.schema.clone(), label.clone()));
        let (name, trigger, old, new) = (self.sql(table), self.quoted(&label), self.quoted(old), self.quoted(new));
        vec![
            format!(
                "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$\n\
                 BEGIN\n    \
                     IF TG_OP = 'INSERT' THEN\n        \
                         IF NEW.{new} IS NULL THEN {forward} ELSE {backward} END IF;\n    \
                     ELSIF NEW.{new} IS DISTINCT FROM OLD.{new} THEN\n        \
                         {backward}\n    \
                     ELSIF NEW.{old} IS DISTINCT FROM OLD.{old} OR NEW.{new} IS NULL THEN\n        \
                         {forward}\n    \
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
}

/// A text as SQL.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name from parts, within the server's limit of 63 bytes.
pub(super) fn short(parts: &[&str]) -> Ident {
    let mut name = parts.join("_");
    while name.len() > 63 {
        name.pop();
    }
    name.into()
}
