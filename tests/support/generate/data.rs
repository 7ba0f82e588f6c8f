//! Rows, locks, settings, maintenance.

use super::{Generator, Scene, quoted};
use migsafe::change::ColumnValue;

impl Generator {
    pub(super) fn data(&mut self, scene: &Scene<'_>) -> String {
        let Some(table) = self.pick(&scene.tables).cloned() else { return self.create_table(scene) };
        let on = self.called(&table.name);
        let Some(own) = self.pick(&table.columns).cloned() else { return self.create_table(scene) };
        let column = self.part(&own.name);
        match self.below(20) {
            0..=3 => {
                let default = if own.value == ColumnValue::None { "NULL" } else { "DEFAULT" };
                let value = if self.chance(40) { self.default_for(scene, &own.data_type) } else { default.to_owned() };
                let conflict = match self.pick(&super::key_columns(&table)) {
                    Some(key) if self.chance(30) => {
                        let key: Vec<String> = key.iter().map(|column| quoted(column)).collect();
                        format!(" ON CONFLICT ({}) DO NOTHING", key.join(", "))
                    }
                    _ => self.maybe(10, " ON CONFLICT DO NOTHING"),
                };
                format!("INSERT INTO {on} ({column}) VALUES ({value}){conflict}")
            }
            4..=7 => {
                let value = self.default_for(scene, &own.data_type);
                format!("UPDATE {on} SET {column} = {value}{}", self.maybe(60, &format!(" WHERE {column} IS NULL")))
            }
            8 | 9 => format!("DELETE FROM {on} WHERE {column} IS NULL"),
            10 => format!("TRUNCATE {on}{}{}", self.maybe(20, " RESTART IDENTITY"), self.cascade(60)),
            11 => format!(
                "LOCK TABLE {on} IN {} MODE",
                self.word(&["ACCESS EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "ROW EXCLUSIVE", "ACCESS SHARE"])
            ),
            12 => format!("SET {}lock_timeout = '5s'", self.maybe(50, "LOCAL ")),
            13 => match self.pick(&scene.schemas).cloned() {
                Some(schema) => format!("SET {}search_path TO {}, public", self.maybe(50, "LOCAL "), quoted(&schema)),
                None => "RESET search_path".to_owned(),
            },
            14 => format!("ANALYZE {on}"),
            15 => format!("REINDEX TABLE {}{on}", self.maybe(20, "CONCURRENTLY ")),
            16 => match table.indexes.first() {
                Some(index) => format!("CLUSTER {on} USING {}", quoted(&index.name)),
                None => format!("VACUUM {on}"),
            },
            17 => format!("INSERT INTO {on} DEFAULT VALUES"),
            18 => format!("INSERT INTO {on} SELECT * FROM {on} WHERE false"),
            _ => format!("SELECT count({column}) FROM {on}"),
        }
    }
}
