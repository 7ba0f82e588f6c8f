//! Whatever else is made, altered, renamed and dropped.

use super::{Generator, Scene, quoted, shown};
use migsafe::catalog::{Name, Relation};

impl Generator {
    pub(super) fn create_other(&mut self, scene: &Scene<'_>) -> String {
        let Some(table) = self.pick(&scene.tables).cloned() else { return self.create_table(scene) };
        let own = &table.columns[0];
        let column = self.part(&own.name);
        let on = self.called(&table.name);
        match self.below(16) {
            0 | 1 if scene.schemas.len() < 4 => format!("CREATE SCHEMA {}{}", self.maybe(15, "IF NOT EXISTS "), self.name("s")),
            0..=4 => {
                let name = self.new_relation(scene, "q");
                let options =
                    self.word(&["", " INCREMENT BY 5", " AS smallint", " START 10 CACHE 5 CYCLE", " MINVALUE 5 MAXVALUE 90"]);
                let owner = if self.chance(20) { format!(" OWNED BY {}.{column}", shown(&table.name)) } else { String::new() };
                format!("CREATE SEQUENCE {name}{options}{owner}")
            }
            5..=8 => {
                let condition = self.condition(scene, &column, &own.data_type);
                let what =
                    self.word(&["", " FOR SELECT", " FOR UPDATE", " AS RESTRICTIVE", " TO pg_monitor", " FOR DELETE TO PUBLIC"]);
                if self.chance(20) {
                    return format!("CREATE POLICY {} ON {on} FOR INSERT WITH CHECK ({condition})", self.name("p"));
                }
                format!("CREATE POLICY {} ON {on}{what} USING ({condition})", self.name("p"))
            }
            9 | 10 => match self.below(3) {
                0 => format!("CREATE RULE {} AS ON DELETE TO {on} DO INSTEAD NOTHING", self.name("u")),
                1 => format!("CREATE OR REPLACE RULE same AS ON UPDATE TO {on} DO ALSO NOTIFY changed"),
                _ => format!("CREATE RULE same AS ON INSERT TO {on} DO ALSO SELECT NEW.{column}"),
            },
            11 | 12 => match self.pick(&table.columns).cloned() {
                Some(other) if other.name != own.name => {
                    format!("CREATE STATISTICS {} ON {column}, {} FROM {on}", self.name("z"), quoted(&other.name))
                }
                _ => format!("CREATE STATISTICS {} ON (lower({column}::text)) FROM {on}", self.name("z")),
            },
            13 => format!("CREATE PUBLICATION {} FOR TABLE {on}", self.name("b")),
            14 => format!("CREATE EXTENSION IF NOT EXISTS {}", self.word(&["citext", "pg_trgm", "btree_gist", "pgcrypto"])),
            _ => format!("CREATE COLLATION {} FROM \"C\"", self.name("o")),
        }
    }

    pub(super) fn alter_other(&mut self, scene: &Scene<'_>) -> String {
        let Some(table) = self.pick(&scene.tables).cloned() else { return self.create_table(scene) };
        let functions = scene.functions();
        match self.below(8) {
            0 => match self.pick(&functions).cloned() {
                Some((name, signature, _)) => {
                    let what =
                        self.word(&["STABLE", "SECURITY DEFINER", "SET search_path = public", "COST 5", "STRICT", "RESET ALL"]);
                    format!("ALTER FUNCTION {}({signature}) {what}", self.called(&name))
                }
                None => self.create_routine(scene),
            },
            1 | 2 => match self.pick(&scene.sequences).cloned() {
                Some(own) => {
                    let what = self.word(&[
                        "INCREMENT BY 7",
                        "RESTART WITH 30",
                        "MAXVALUE 1000",
                        "OWNED BY NONE",
                        "CACHE 3",
                        "NO CYCLE",
                    ]);
                    format!("ALTER SEQUENCE {}{} {what}", self.if_exists(), self.called(&own.name))
                }
                None => self.create_other(scene),
            },
            3 => match self.pick(&table.policies).cloned() {
                Some(policy) => {
                    let what = self.word(&["USING (true)", "TO PUBLIC", "TO pg_monitor", "WITH CHECK (false)"]);
                    format!("ALTER POLICY {} ON {} {what}", self.part(&policy.name), self.called(&table.name))
                }
                None => self.create_other(scene),
            },
            4 => match self.pick(&scene.indexes()).cloned() {
                Some((of, index)) => {
                    let name = Name::new(of.schema, index.name.clone());
                    format!("ALTER INDEX {} SET (fillfactor = 60)", self.called(&name))
                }
                None => self.create_index(scene),
            },
            5 => match self.pick(&scene.views).cloned() {
                Some(view) if !view.materialized => {
                    let column = view.columns.first().map(|own| quoted(&own.name)).unwrap_or_else(|| "a".to_owned());
                    let action = match self.below(4) {
                        0 => "SET (security_barrier = true)".to_owned(),
                        1 => format!("ALTER COLUMN {column} SET DEFAULT NULL"),
                        2 => format!("RENAME COLUMN {column} TO {}", self.name("c")),
                        _ => "RESET (security_barrier)".to_owned(),
                    };
                    format!("ALTER VIEW {} {action}", self.called(&view.name))
                }
                _ => self.create_view(scene),
            },
            6 => {
                let views: Vec<_> = scene.views.iter().filter(|view| view.materialized).cloned().collect();
                match self.pick(&views).cloned() {
                    Some(view) => {
                        let how = self.word(&["", "", "CONCURRENTLY "]);
                        format!("REFRESH MATERIALIZED VIEW {how}{}{}", self.called(&view.name), self.maybe(15, " WITH NO DATA"))
                    }
                    None => self.create_view(scene),
                }
            }
            _ => self.describe_default(scene),
        }
    }

    fn describe_default(&mut self, scene: &Scene<'_>) -> String {
        let schema = self.pick(&scene.schemas).cloned().unwrap_or_else(|| "public".into());
        let what = self.word(&[
            "GRANT SELECT ON TABLES",
            "GRANT USAGE ON SEQUENCES",
            "GRANT EXECUTE ON FUNCTIONS",
            "GRANT ALL ON TYPES",
        ]);
        format!("ALTER DEFAULT PRIVILEGES IN SCHEMA {} {what} TO pg_monitor", quoted(&schema))
    }

    pub(super) fn drop(&mut self, scene: &Scene<'_>) -> String {
        let if_exists = self.if_exists();
        let cascade = self.cascade(45);
        let functions = scene.functions();
        let table = self.pick(&scene.tables).cloned();
        match (self.below(14), table) {
            (0, _) if !scene.types.is_empty() => {
                let name = self.pick(&scene.types).map(|own| own.name.clone()).unwrap_or_else(|| Name::new("public", "missing"));
                let kind = self.word(&["TYPE", "TYPE", "DOMAIN"]);
                format!("DROP {kind} {if_exists}{}{cascade}", self.called(&name))
            }
            (1, _) if !functions.is_empty() => {
                let (name, signature, _) =
                    self.pick(&functions).cloned().unwrap_or((Name::new("public", "f"), String::new(), false));
                let arguments = if self.chance(70) { format!("({signature})") } else { String::new() };
                format!("DROP FUNCTION {if_exists}{}{arguments}{cascade}", self.called(&name))
            }
            (2, Some(table)) if !table.triggers.is_empty() => {
                format!("DROP TRIGGER {if_exists}{} ON {}", self.part(&table.triggers[0].name), self.called(&table.name))
            }
            (2 | 3, Some(table)) if !table.policies.is_empty() => {
                format!("DROP POLICY {if_exists}{} ON {}", self.part(&table.policies[0].name), self.called(&table.name))
            }
            (4, Some(table)) if !table.rules.is_empty() => {
                format!("DROP RULE {if_exists}{} ON {}", self.part(&table.rules[0].name), self.called(&table.name))
            }
            (5, _) => {
                let schema = self.pick(&scene.schemas).cloned().unwrap_or_else(|| "public".into());
                format!("DROP SCHEMA {if_exists}{}{cascade}", self.part(&schema))
            }
            (6, _) if !scene.catalog.extensions.is_empty() => {
                let all: Vec<_> = scene.catalog.extensions.keys().cloned().collect();
                format!("DROP EXTENSION {if_exists}{}{cascade}", self.pick(&all).map(|own| quoted(own)).unwrap_or_default())
            }
            (7 | 8, _) => match self.pick(&scene.indexes()).cloned() {
                Some((of, index)) => {
                    let how = self.maybe(12, "CONCURRENTLY ");
                    let cascade = if how.is_empty() { cascade } else { "" };
                    format!("DROP INDEX {how}{if_exists}{}{cascade}", self.called(&Name::new(of.schema, index.name.clone())))
                }
                None => format!("DROP INDEX {if_exists}missing"),
            },
            _ => self.drop_relation(scene, if_exists, cascade),
        }
    }

    fn drop_relation(&mut self, scene: &Scene<'_>, if_exists: &str, cascade: &str) -> String {
        let Some(name) = self.pick(&scene.relations).cloned() else { return "DROP TABLE missing".to_owned() };
        let kind = match scene.catalog.relations.get(&name) {
            _ if self.chance(3) => "VIEW",
            Some(Relation::View(view)) if view.materialized => "MATERIALIZED VIEW",
            Some(Relation::View(_)) => "VIEW",
            Some(Relation::Index(_)) => "INDEX",
            Some(Relation::Sequence(_)) => "SEQUENCE",
            Some(Relation::Table(_)) | None => "TABLE",
        };
        let two = match self.pick(&scene.tables).cloned() {
            Some(other) if kind == "TABLE" && self.chance(10) => format!(", {}", shown(&other.name)),
            _ => String::new(),
        };
        format!("DROP {kind} {if_exists}{}{two}{cascade}", self.called(&name))
    }

    pub(super) fn rename(&mut self, scene: &Scene<'_>) -> String {
        let Some(table) = self.pick(&scene.tables).cloned() else { return self.create_table(scene) };
        let schema = self.pick(&scene.schemas).cloned().unwrap_or_else(|| "public".into());
        let what = self.word(&["RENAME", "RENAME", "SCHEMA", "OWNER"]);
        let (kind, name, head) = self.renamed(scene, &table);
        match what {
            "SCHEMA" if kind != "INDEX" && kind != "SCHEMA" => {
                format!("ALTER {kind} {name} SET SCHEMA {}", quoted(&schema))
            }
            "OWNER" if kind != "INDEX" => format!("ALTER {kind} {name} OWNER TO {}", self.word(&["pg_monitor", "postgres"])),
            _ => format!("ALTER {kind} {name} RENAME TO {}", self.name(head)),
        }
    }

    fn renamed(&mut self, scene: &Scene<'_>, table: &migsafe::catalog::Table) -> (&'static str, String, &'static str) {
        let functions = scene.functions();
        match self.below(14) {
            0 | 1 => {
                if let Some(own) = self.pick(&scene.types).cloned() {
                    return ("TYPE", self.called(&own.name), "y");
                }
            }
            2 | 3 => {
                if let Some((of, index)) = self.pick(&scene.indexes()).cloned() {
                    return ("INDEX", self.called(&Name::new(of.schema, index.name.clone())), "i");
                }
            }
            4 => {
                if let Some(own) = self.pick(&scene.sequences).cloned() {
                    return ("SEQUENCE", self.called(&own.name), "q");
                }
            }
            5 | 6 => {
                if let Some(own) = self.pick(&scene.views).cloned() {
                    let kind = if own.materialized { "MATERIALIZED VIEW" } else { "VIEW" };
                    return (kind, self.called(&own.name), "v");
                }
            }
            7 => {
                if let Some((name, signature, _)) = self.pick(&functions).cloned() {
                    return ("FUNCTION", format!("{}({signature})", self.called(&name)), "f");
                }
            }
            8 => {
                if let Some(schema) = self.pick(&scene.schemas).filter(|schema| *schema != "public").cloned() {
                    return ("SCHEMA", self.part(&schema), "s");
                }
            }
            _ => {}
        }
        ("TABLE", self.called(&table.name), "t")
    }
}
