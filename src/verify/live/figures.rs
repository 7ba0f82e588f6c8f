//! How large tables are, how much they are written, and what a lock would queue behind.

use super::{Live, LiveError};
use crate::catalog::Name;
use crate::plan::{TableFacts, Wait};
use std::collections::BTreeMap;

/// The figures of all tables of one's own; of partitioned tables those of their partitions together.
pub(super) fn tables(live: &mut Live) -> Result<BTreeMap<Name, TableFacts>, LiveError> {
    let rows = live.rows(
        "WITH RECURSIVE parts AS (
             SELECT oid AS root, oid AS part FROM pg_class WHERE relkind IN ('r', 'p', 'm')
             UNION ALL
             SELECT parts.root, i.inhrelid FROM parts JOIN pg_inherits i ON i.inhparent = parts.part
                 JOIN pg_class p ON p.oid = parts.part AND p.relkind = 'p'
         )
         SELECT n.nspname, c.relname, sum(pg_table_size(parts.part)), sum(pg_indexes_size(parts.part)),
                sum(greatest(p.reltuples, 0))::bigint,
                sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del)
                    / nullif(extract(epoch FROM now() - (SELECT coalesce(d.stats_reset, pg_postmaster_start_time())
                        FROM pg_stat_database d WHERE d.datname = current_database())), 0) * 3600
         FROM parts JOIN pg_class c ON c.oid = parts.root JOIN pg_class p ON p.oid = parts.part
             JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stat_all_tables s ON s.relid = parts.part
         WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\\_temp%'
         GROUP BY 1, 2",
    )?;
    let table = |row: Vec<Option<String>>| {
        let number = |at: usize| row.get(at)?.as_deref()?.parse::<f64>().ok();
        let name = Name::new(row.first()?.as_deref()?, row.get(1)?.as_deref()?);
        let facts = TableFacts {
            bytes: number(2)? as u64,
            index_bytes: number(3)? as u64,
            rows: number(4)? as u64,
            writes_per_hour: number(5),
        };
        Some((name, facts))
    };
    Ok(rows.into_iter().filter_map(table).collect())
}

/// Transactions that have been open for a while, with the tables that they hold; and running autovacuums.
pub(super) fn waits(live: &mut Live) -> Result<Vec<Wait>, LiveError> {
    let rows = live.rows(
        "SELECT n.nspname, c.relname, a.pid, coalesce(a.usename, ''), a.backend_type,
                extract(epoch FROM now() - a.xact_start)::bigint, a.query LIKE '%to prevent wraparound%'
         FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid AND l.granted AND l.locktype = 'relation'
             JOIN pg_class c ON c.oid = l.relation AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
             JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE a.pid <> pg_backend_pid() AND a.xact_start IS NOT NULL AND c.relkind IN ('r', 'p')
             AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
             AND (a.backend_type = 'autovacuum worker' OR now() - a.xact_start > interval '5 seconds')
         GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 6 DESC",
    )?;
    let wait = |row: Vec<Option<String>>| {
        let text = |at: usize| row.get(at)?.as_deref();
        let (pid, user) = (text(2)?, text(3)?);
        let what = match (text(4)?, text(6)) {
            ("autovacuum worker", Some("t")) => {
                format!("an autovacuum against wraparound, which does not give way (pid {pid})")
            }
            ("autovacuum worker", _) => format!("an autovacuum (pid {pid})"),
            _ => format!("an open transaction of {user} (pid {pid})"),
        };
        Some(Wait { table: Some(Name::new(text(0)?, text(1)?)), what, seconds: text(5)?.parse().ok()? })
    };
    Ok(rows.into_iter().filter_map(wait).collect())
}
