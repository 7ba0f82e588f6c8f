//! Columns of a table move to a new one: the new table is made and filled from the old one, and the columns are dropped. Triggers keep
//! both the same while both versions write, in whichever direction.

use super::group::{Group, Scope, short};
use crate::assess::Phase;
use crate::catalog::{Catalog, Name, Table};
use crate::change::{Change, Data, DataKind, Ident, Output, OutputValue, SourceKind, TableAction};
use crate::dialect::Batched;

pub(super) fn groups(scope: &Scope<'_>) -> Vec<Group> {
    let found = scope.atoms().filter_map(|(at, atom)| {
        let Change::Data(data) = &atom.change.value else { return None };
        let moved = Moved::of(scope, data, &atom.before)?;
        Some(Group { atoms: [at].into(), step: at.0, out: moved.sequence(scope) })
    });
    found.collect()
}

/// What is copied from where to where.
struct Moved<'a> {
    from: &'a Table,
    to: &'a Table,
    /// The columns of both that identify a row.
    key: Vec<(Ident, Ident)>,
    /// The columns that are dropped from the old table, and what they are in the new one.
    columns: Vec<(Ident, Ident)>,
    /// All that is copied.
    all: Vec<(Ident, Ident)>,
}

impl<'a> Moved<'a> {
    /// A plain copy of columns into a table that the migration brings, some of which it drops.
    fn of(scope: &Scope<'a>, data: &Data, now: &Catalog) -> Option<Moved<'a>> {
        if data.kind != DataKind::Insert || data.filtered || data.conflict.is_some() {
            return None;
        }
        let to = now.resolve_relation(data.table.as_ref()?)?;
        let query = data.query.as_ref()?;
        // The first select is the statement itself. What leaves rows out is no plain copy.
        let [_, select] = &query.selects[..] else { return None };
        if query.text.sql.split(|c: char| !c.is_alphanumeric()).any(|word| word.eq_ignore_ascii_case("where")) {
            return None;
        }
        let [source] = select.sources.as_slice() else { return None };
        let SourceKind::Relation(source_name) = &source.from else { return None };
        let from = now.resolve_relation(source_name)?;
        if select.derived || scope.before.relations.contains_key(&to) {
            return None;
        }
        let (from, to) = (scope.before.table(&from)?, scope.after.table(&to)?);
        let sources = select.outputs.iter().map(|output| match output {
            Output::Value { value: OutputValue::Column(column), .. } => Some(column.name.clone()),
            Output::Value { .. } | Output::Star { .. } | Output::QualifiedStar { .. } => None,
        });
        let sources: Vec<Ident> = sources.collect::<Option<_>>()?;
        let targets: Vec<Ident> = match &data.columns {
            Some(columns) => columns.clone(),
            None => to.columns.iter().take(sources.len()).map(|column| column.name.clone()).collect(),
        };
        let all: Vec<(Ident, Ident)> = sources.into_iter().zip(targets).collect();
        let drops = |column: &Ident| {
            scope.atoms().any(|(_, atom)| match &atom.change.value {
                Change::AlterTable(alter) => {
                    let dropped = matches!(&alter.action, TableAction::DropColumn { column: found, .. } if found == column);
                    dropped && atom.before.resolve_relation(&alter.table).as_ref() == Some(&from.name)
                }
                _ => false,
            })
        };
        let columns: Vec<(Ident, Ident)> = all.iter().filter(|(column, _)| drops(column)).cloned().collect();
        let key = key(from, to, &all)?;
        let kept = key.iter().all(|(column, _)| !columns.iter().any(|(dropped, _)| dropped == column));
        (!columns.is_empty() && kept).then_some(Moved { from, to, key, columns, all })
    }

    fn sequence(&self, scope: &Scope<'_>) -> Vec<(Phase, String)> {
        let (out_label, back_label) = (self.label(&self.from.name, &self.to.name), self.label(&self.to.name, &self.from.name));
        let function = |table: &Table, label: &str| scope.sql(&Name::new(table.name.schema.clone(), label));
        let (out, back) = (function(self.from, &out_label), function(self.to, &back_label));
        let (from, to) = (scope.sql(&self.from.name), scope.sql(&self.to.name));
        let (out_trigger, back_trigger) = (scope.quote(&out_label), scope.quote(&back_label));
        let gone = scope.quote(&short(&[&out_label, "gone"]));
        let trigger = |name: &str, when: &str, table: &str, function: &str| {
            format!("CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()")
        };
        let phased = |phase: Phase, list: Vec<String>| list.into_iter().map(move |sql| (phase, sql));
        let expand = vec![
            self.forward(scope, &out),
            trigger(&out_trigger, "AFTER INSERT OR UPDATE", &from, &out),
            trigger(&gone, "BEFORE DELETE", &from, &out),
            self.backward(scope, &back),
            trigger(&back_trigger, "AFTER INSERT OR UPDATE OR DELETE", &to, &back),
        ];
        // Whoever writes the one table locks the other after it. One transaction that locks both would meet one of them head-on.
        let contract = vec![
            format!("DROP TRIGGER {out_trigger} ON {from}"),
            format!("DROP TRIGGER {gone} ON {from}"),
            format!("DROP FUNCTION {out}()"),
            "COMMIT".to_owned(),
            format!("DROP TRIGGER {back_trigger} ON {to}"),
            format!("DROP FUNCTION {back}()"),
            "COMMIT".to_owned(),
        ];
        let migrate = vec![self.copy(scope)];
        phased(Phase::Expand, expand).chain(phased(Phase::Migrate, migrate)).chain(phased(Phase::Contract, contract)).collect()
    }

    fn label(&self, one: &Name, other: &Name) -> String {
        short(&[&one.name, &other.name, "sync"])
    }

    /// What the old version writes goes to the new table. What the new version leaves out makes no row there.
    fn forward(&self, scope: &Scope<'_>, function: &str) -> String {
        let quote = |column: &Ident| scope.quote(column);
        let of = |row: &str, columns: &mut dyn Iterator<Item = &Ident>| {
            columns.map(|column| format!("{row}.{}", quote(column))).collect::<Vec<_>>().join(", ")
        };
        let to = scope.sql(&self.to.name);
        let target = list(scope, self.all.iter().map(|(_, to)| to));
        let values = of("NEW", &mut self.all.iter().map(|(from, _)| from));
        let keys = list(scope, self.key.iter().map(|(_, to)| to));
        let sets: Vec<String> = self.columns.iter().map(|(_, to)| format!("{} = EXCLUDED.{}", quote(to), quote(to))).collect();
        let differs: Vec<String> =
            self.columns.iter().map(|(_, to)| format!("_there.{} IS DISTINCT FROM EXCLUDED.{}", quote(to), quote(to))).collect();
        let same: Vec<String> = self
            .columns
            .iter()
            .map(|(from, _)| format!("NEW.{} IS NOT DISTINCT FROM OLD.{}", quote(from), quote(from)))
            .collect();
        let empty: Vec<String> = self.columns.iter().map(|(from, _)| format!("NEW.{} IS NULL", quote(from))).collect();
        let gone: Vec<String> = self.key.iter().map(|(from, to)| format!("{} = OLD.{}", quote(to), quote(from))).collect();
        format!(
            "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$\n\
             BEGIN\n    \
                 IF TG_OP = 'DELETE' THEN\n        \
                     DELETE FROM {to} WHERE {};\n        \
                     RETURN OLD;\n    \
                 ELSIF TG_OP = 'UPDATE' THEN\n        \
                     IF {} THEN RETURN NULL; END IF;\n    \
                 ELSIF {} THEN\n        \
                     RETURN NULL;\n    \
                 END IF;\n    \
                 INSERT INTO {to} AS _there ({target}) VALUES ({values})\n        \
                     ON CONFLICT ({keys}) DO UPDATE SET {} WHERE {};\n    \
                 RETURN NULL;\n\
             END $$",
            gone.join(" AND "),
            same.join(" AND "),
            empty.join(" AND "),
            sets.join(", "),
            differs.join(" OR ")
        )
    }

    /// What the new version writes goes to the old table, for the old version and for the way back. A row that goes along with that
    /// of the old table leaves nothing to write.
    fn backward(&self, scope: &Scope<'_>, function: &str) -> String {
        let quote = |column: &Ident| scope.quote(column);
        let from = scope.sql(&self.from.name);
        let joined = |row: &str| {
            let pairs = self.key.iter().map(|(from, to)| format!("{} = {row}.{}", quote(from), quote(to)));
            pairs.collect::<Vec<_>>().join(" AND ")
        };
        let each = |write: &dyn Fn(&Ident, &Ident) -> String, by: &str| {
            self.columns.iter().map(|(from, to)| write(from, to)).collect::<Vec<_>>().join(by)
        };
        let sets = each(&|from, to| format!("{} = NEW.{}", quote(from), quote(to)), ", ");
        let differs = each(&|from, to| format!("{} IS DISTINCT FROM NEW.{}", quote(from), quote(to)), " OR ");
        let empty = each(&|from, _| format!("{} = NULL", quote(from)), ", ");
        let nested = scope.lint.options.dialect.in_nested_trigger();
        format!(
            "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$\n\
             BEGIN\n    \
                 IF TG_OP = 'DELETE' THEN\n        \
                     IF NOT ({nested}) THEN UPDATE {from} SET {empty} WHERE {}; END IF;\n    \
                 ELSE\n        \
                     UPDATE {from} SET {sets} WHERE {} AND ({differs});\n    \
                 END IF;\n    \
                 RETURN NULL;\n\
             END $$",
            joined("OLD"),
            joined("NEW")
        )
    }

    /// The rows that were there before, in batches where one column tells them apart. Run again, it leaves out what is there. A row
    /// without values is left out: it may be one that the new version has just made, which makes its other half itself.
    fn copy(&self, scope: &Scope<'_>) -> String {
        let (from, to) = (scope.sql(&self.from.name), scope.sql(&self.to.name));
        let target = list(scope, self.all.iter().map(|(_, to)| to));
        let sources = list(scope, self.all.iter().map(|(from, _)| from));
        let keys = list(scope, self.key.iter().map(|(_, to)| to));
        let filled: Vec<String> = self.columns.iter().map(|(from, _)| format!("{} IS NOT NULL", scope.quote(from))).collect();
        let filled = filled.join(" OR ");
        let note = "-- Rows in which all of it is null get no row there.\n";
        let single = if let [(key, _)] = self.key.as_slice() { self.from.column(key) } else { None };
        let Some(key) = single else {
            return format!(
                "{note}INSERT INTO {to} ({target}) SELECT {sources} FROM {from} WHERE {filled} ON CONFLICT ({keys}) DO NOTHING"
            );
        };
        // The rows stay while they are copied: one that is deleted meanwhile would be copied all the same.
        let statement = |rows: &str| {
            format!(
                "INSERT INTO {to} ({target}) SELECT {sources} FROM {from}\n            \
                     WHERE {rows} AND ({filled}) FOR KEY SHARE\n            \
                     ON CONFLICT ({keys}) DO NOTHING"
            )
        };
        let work = Batched { table: &from, key: Some(key), statement: &statement, label: &to, done: "copied" };
        format!("{note}{}", scope.lint.options.dialect.batched(&work))
    }
}

fn list<'i>(scope: &Scope<'_>, columns: impl Iterator<Item = &'i Ident>) -> String {
    columns.map(|column| scope.quote(column)).collect::<Vec<_>>().join(", ")
}

/// A key of the new table that is copied from a key of the old one.
fn key(from: &Table, to: &Table, all: &[(Ident, Ident)]) -> Option<Vec<(Ident, Ident)>> {
    let keys = |table: &Table| -> Vec<Vec<Ident>> {
        let plain = table.indexes.iter().filter(|index| index.unique && index.shape.predicate.is_none());
        plain.filter_map(|index| index.shape.keys.iter().map(|key| key.column().cloned()).collect()).collect()
    };
    let of_old = keys(from);
    keys(to).into_iter().find_map(|new| {
        let pairs = new.iter().map(|column| all.iter().find(|(_, to)| to == column).cloned());
        let pairs: Vec<(Ident, Ident)> = pairs.collect::<Option<_>>()?;
        let covers = |old: &Vec<Ident>| old.len() == pairs.len() && pairs.iter().all(|(from, _)| old.contains(from));
        of_old.iter().any(covers).then_some(pairs)
    })
}
