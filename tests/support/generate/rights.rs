//! Comments and privileges.

use super::{Generator, Scene, quoted, shown};
use migsafe::catalog::Name;

impl Generator {
    pub(super) fn comment(&mut self, scene: &Scene<'_>) -> String {
        let Some(table) = self.pick(&scene.tables).cloned() else { return self.create_table(scene) };
        let on = self.called(&table.name);
        let column = self.pick(&table.columns).map(|own| quoted(&own.name)).unwrap_or_default();
        self.number += 1;
        let number = self.number;
        let text = self.pick(&[format!("'x{number}'"), format!("'it''s {number}'"), "NULL".to_owned(), "''".to_owned()]).cloned();
        let text = text.unwrap_or_default();
        let object = match self.below(12) {
            0 => match self.pick(&scene.indexes()).cloned() {
                Some((of, index)) => format!("INDEX {}", shown(&Name::new(of.schema, index.name.clone()))),
                None => format!("TABLE {on}"),
            },
            1 => self.pick(&scene.types).map_or_else(|| format!("TABLE {on}"), |own| format!("TYPE {}", shown(&own.name))),
            2 => {
                self.pick(&scene.sequences).map_or_else(|| format!("TABLE {on}"), |own| format!("SEQUENCE {}", shown(&own.name)))
            }
            3 => self
                .pick(&table.constraints)
                .and_then(|own| own.name.clone())
                .map_or_else(|| format!("TABLE {on}"), |name| format!("CONSTRAINT {} ON {}", quoted(&name), shown(&table.name))),
            4 => match self.pick(&scene.views).cloned() {
                Some(view) if view.materialized => format!("MATERIALIZED VIEW {}", shown(&view.name)),
                Some(view) => format!("VIEW {}", shown(&view.name)),
                None => format!("TABLE {on}"),
            },
            5 => self
                .pick(&scene.functions())
                .map_or_else(|| format!("TABLE {on}"), |(name, signature, _)| format!("FUNCTION {}({signature})", shown(name))),
            6 => format!("SCHEMA {}", self.pick(&scene.schemas).map(|own| quoted(own)).unwrap_or_default()),
            7 => table
                .triggers
                .first()
                .map_or_else(|| format!("TABLE {on}"), |own| format!("TRIGGER {} ON {}", quoted(&own.name), shown(&table.name))),
            8 => format!("TABLE {on}"),
            _ => format!("COLUMN {}.{column}", shown(&table.name)),
        };
        format!("COMMENT ON {object} IS {text}")
    }

    pub(super) fn grant(&mut self, scene: &Scene<'_>) -> String {
        let Some(table) = self.pick(&scene.tables).cloned() else { return self.create_table(scene) };
        let column = self.pick(&table.columns).map(|own| quoted(&own.name)).unwrap_or_default();
        let role = self.word(&["PUBLIC", "pg_monitor", "pg_monitor", "pg_signal_backend"]);
        let (verb, to) = if self.chance(65) { ("GRANT", "TO") } else { ("REVOKE", "FROM") };
        let schema = self.pick(&scene.schemas).map(|own| quoted(own)).unwrap_or_default();
        let on = self.called(&table.name);
        let what = match self.below(11) {
            0 => format!("SELECT ({column}) ON {on}"),
            1 => format!("UPDATE ({column}), INSERT ON TABLE {on}"),
            2 => format!("ALL ON {on}"),
            3 => format!("SELECT ON ALL TABLES IN SCHEMA {schema}"),
            4 => format!("USAGE ON SCHEMA {schema}"),
            5 => match self.pick(&scene.functions()).cloned() {
                Some((name, signature, _)) => format!("EXECUTE ON FUNCTION {}({signature})", self.called(&name)),
                None => format!("DELETE ON {on}"),
            },
            6 => match self.pick(&scene.sequences).cloned() {
                Some(own) => format!("USAGE, SELECT ON SEQUENCE {}", self.called(&own.name)),
                None => format!("TRIGGER ON {on}"),
            },
            7 => match self.pick(&scene.types).cloned() {
                Some(own) => format!("USAGE ON TYPE {}", self.called(&own.name)),
                None => format!("REFERENCES ON {on}"),
            },
            8 => return format!("ALTER DEFAULT PRIVILEGES {verb} SELECT ON TABLES {to} {role}"),
            9 => match self.pick(&scene.views).cloned() {
                Some(view) => format!("SELECT ON {}", self.called(&view.name)),
                None => format!("TRUNCATE ON {on}"),
            },
            _ => format!("SELECT, INSERT ON {on}"),
        };
        let option = if verb == "GRANT" && role != "PUBLIC" { self.maybe(10, " WITH GRANT OPTION") } else { String::new() };
        format!("{verb} {what} {to} {role}{option}")
    }
}
