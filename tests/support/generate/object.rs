//! Views, routines, triggers.

use super::{Generator, Scene, quoted, shown, type_of};
use migsafe::catalog::Table;
use std::sync::Arc;

impl Generator {
    pub(super) fn create_view(&mut self, scene: &Scene<'_>) -> String {
        if self.chance(15)
            && let Some(view) = self.pick(&scene.views).cloned()
        {
            return self.replace_view(&view);
        }
        let name = self.new_relation(scene, "v");
        if self.chance(20)
            && let Some(below) = self.pick(&scene.views)
        {
            return format!("CREATE VIEW {name} AS SELECT * FROM {}", shown(&below.name));
        }
        let Some(table) = self.pick(&scene.tables).cloned() else { return self.create_table(scene) };
        let query = self.query(scene, &table);
        match self.below(10) {
            0 | 1 => format!("CREATE MATERIALIZED VIEW {name} AS {query}{}", self.maybe(20, " WITH NO DATA")),
            2 => format!("CREATE VIEW {name} WITH (security_barrier) AS {query}"),
            3 => format!("CREATE OR REPLACE VIEW {name} AS {query}"),
            4 => {
                let column = quoted(&table.columns[0].name);
                format!(
                    "CREATE VIEW {name} AS SELECT {column} FROM {} WHERE {column} IS NOT NULL WITH CHECK OPTION",
                    shown(&table.name)
                )
            }
            _ => format!("CREATE VIEW {name} AS {query}"),
        }
    }

    fn replace_view(&mut self, view: &migsafe::catalog::View) -> String {
        let name = self.called(&view.name);
        let query = view.query.text.sql.trim().trim_end_matches(';').to_owned();
        let columns: Vec<String> = view.columns.iter().map(|own| quoted(&own.name)).collect();
        match self.below(3) {
            0 => format!("CREATE OR REPLACE VIEW {name} AS SELECT q.*, 1 AS more FROM ({query}) q"),
            1 if columns.len() > 1 => {
                format!("CREATE OR REPLACE VIEW {name} AS SELECT {} FROM ({query}) q", columns[1..].join(", "))
            }
            _ => format!("CREATE OR REPLACE VIEW {name} AS SELECT * FROM ({query}) q LIMIT 100"),
        }
    }

    fn query(&mut self, scene: &Scene<'_>, table: &Arc<Table>) -> String {
        let columns: Vec<String> = table.columns.iter().map(|own| quoted(&own.name)).collect();
        let first = columns[0].clone();
        let from = self.called(&table.name);
        let other = self.pick(&scene.tables).cloned().unwrap_or_else(|| table.clone());
        let other_column = quoted(&other.columns[other.columns.len() - 1].name);
        match self.below(8) {
            0 => format!("SELECT * FROM {from}"),
            1 => format!("SELECT {first}, count(*) AS total FROM {from} GROUP BY {first}"),
            2 => format!(
                "SELECT a.{first} AS one, b.{other_column} AS two FROM {from} a LEFT JOIN {} b ON a.{first}::text = b.{other_column}::text",
                shown(&other.name)
            ),
            3 => format!(
                "SELECT a.{first}::text AS one FROM {from} a UNION ALL SELECT b.{other_column}::text FROM {} b",
                shown(&other.name)
            ),
            4 => format!("WITH w AS (SELECT {first} FROM {from}) SELECT {first} FROM w"),
            5 => format!("SELECT {}, now() AS seen FROM {from} WHERE {first} IS NOT NULL", columns[columns.len() - 1]),
            _ => format!("SELECT {} FROM {from} WHERE {first} IS NOT NULL", columns[..columns.len().min(3)].join(", ")),
        }
    }

    pub(super) fn create_routine(&mut self, scene: &Scene<'_>) -> String {
        let body = self.below(100);
        let functions = scene.functions();
        if self.chance(30)
            && let Some((name, signature, trigger)) = self.pick(&functions).cloned()
        {
            let name = self.called(&name);
            let returns = if trigger { "trigger" } else { self.word(&["integer", "text", "void"]) };
            let back = if trigger { "RETURN NEW;" } else { "RETURN NULL;" };
            let parameters = if signature.is_empty() { String::new() } else { format!("x {signature}") };
            return format!(
                "CREATE OR REPLACE FUNCTION {name}({parameters}) RETURNS {returns} LANGUAGE plpgsql AS $$ BEGIN /* {body} */ {back} END $$"
            );
        }
        let name = self.new_relation(scene, "f");
        let of = self.data_type(scene);
        let table = self.pick(&scene.tables).cloned();
        match (self.below(12), table) {
            (0..=3, _) => format!("CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"),
            (4, _) => format!("CREATE FUNCTION {name}(x {of}) RETURNS {of} LANGUAGE plpgsql AS $$ BEGIN RETURN x; END $$"),
            (5, _) => format!(
                "CREATE FUNCTION {name}(x integer DEFAULT {body}) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x + 1'"
            ),
            (6, Some(table)) => {
                let (column, from) = (quoted(&table.columns[0].name), shown(&table.name));
                let of = type_of(&table.columns[0]);
                format!("CREATE FUNCTION {name}() RETURNS SETOF {of} LANGUAGE sql STABLE AS $$ SELECT {column} FROM {from} $$")
            }
            (7, Some(table)) => {
                let from = shown(&table.name);
                format!(
                    "CREATE FUNCTION {name}() RETURNS SETOF {from} LANGUAGE sql SECURITY DEFINER AS $$ SELECT * FROM {from} $$"
                )
            }
            (8, Some(table)) => {
                let (column, from) = (quoted(&table.columns[0].name), shown(&table.name));
                format!(
                    "CREATE FUNCTION {name}() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count({column}) FROM {from}; END"
                )
            }
            (9, _) => format!("CREATE PROCEDURE {name}(x integer) LANGUAGE plpgsql AS $$ BEGIN PERFORM {body}; END $$"),
            (10, _) => format!("CREATE FUNCTION {name}(a {of}, b text DEFAULT 'x', OUT c text) LANGUAGE sql AS $$ SELECT b $$"),
            _ => format!(
                "CREATE FUNCTION {name}(a integer) RETURNS TABLE (one integer, two text) LANGUAGE sql AS $$ SELECT a, 'x' $$"
            ),
        }
    }

    pub(super) fn create_trigger(&mut self, scene: &Scene<'_>) -> String {
        let functions: Vec<_> = scene.functions().into_iter().filter(|(.., trigger)| *trigger).collect();
        let (Some((function, ..)), Some(table)) = (self.pick(&functions).cloned(), self.pick(&scene.tables).cloned()) else {
            return self.create_routine(scene);
        };
        let function = self.called(&function);
        let name = self.name("g");
        if self.chance(12)
            && let Some(view) = self.pick(&scene.views).cloned()
        {
            return format!(
                "CREATE TRIGGER {name} INSTEAD OF INSERT ON {} FOR EACH ROW EXECUTE FUNCTION {function}()",
                shown(&view.name)
            );
        }
        let column = self.pick(&table.columns).map(|own| quoted(&own.name)).unwrap_or_default();
        let on = self.called(&table.name);
        match self.below(8) {
            0 => format!(
                "CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {on} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {function}()"
            ),
            1 => format!("CREATE TRIGGER {name} AFTER UPDATE OF {column} ON {on} FOR EACH ROW EXECUTE FUNCTION {function}()"),
            2 => format!(
                "CREATE TRIGGER {name} BEFORE UPDATE ON {on} FOR EACH ROW WHEN (OLD.{column} IS NOT NULL) EXECUTE FUNCTION {function}()"
            ),
            3 => format!("CREATE TRIGGER {name} AFTER INSERT ON {on} FOR EACH STATEMENT EXECUTE FUNCTION {function}()"),
            4 => match table.triggers.first() {
                Some(known) => format!(
                    "CREATE OR REPLACE TRIGGER {} BEFORE DELETE ON {on} FOR EACH ROW EXECUTE FUNCTION {function}()",
                    quoted(&known.name)
                ),
                None => format!("CREATE TRIGGER {name} BEFORE TRUNCATE ON {on} EXECUTE FUNCTION {function}()"),
            },
            _ => format!("CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {on} FOR EACH ROW EXECUTE FUNCTION {function}()"),
        }
    }
}
