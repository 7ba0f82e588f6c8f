//! The rules: each turns what was assessed into findings that a person can act on. A rule judges, it does not look things up:
//! breaks, phases, locks and losses come from [`crate::assess`]. One file for each rule; its doc comment is its documentation,
//! and the examples in it run as tests. Adding a rule: a file, a `mod` line, an entry in [`RULES`].

mod allow_unused;
mod backfill_unbatched;
mod backfill_with_schema_change;
mod check_added;
mod collation_changed;
mod column_added_required;
mod column_default_changed;
mod column_default_dropped;
mod column_dropped;
mod column_dropped_required;
mod column_generated;
mod column_renamed;
mod column_type_changed;
mod column_type_lossy;
mod column_type_narrowed;
mod compat_view_limits;
mod composite_changed;
mod concurrently_in_transaction;
mod constraint_enforced;
mod constraint_renamed;
mod constraint_scan_with_lock;
mod contract_with_expand;
mod data_dropped;
mod database_dropped;
mod directive_invalid;
mod domain_tightened;
mod down;
mod down_empty;
mod down_fails;
mod down_incomplete;
mod down_missing;
mod drop_cascades;
mod enum_label_added;
mod enum_label_removed;
mod enum_label_renamed;
mod evidence;
mod exclusion_added;
mod explicit_lock;
mod extension_dropped;
mod extension_moved;
mod extension_updated;
mod file_refused;
mod fingerprint;
mod foreign_key_action_changed;
mod foreign_key_added;
mod foreign_key_scan_with_lock;
mod foreign_key_without_index;
mod function_dropped;
mod function_replaced;
mod function_signature_changed;
mod grant_missing;
mod identifier_too_long;
mod incompatible_change;
mod index_built_with_lock;
mod index_dropped_with_lock;
mod integer_primary_key;
mod invalid_index_risk;
mod levels;
mod lock_timeout_missing;
mod migration_fails;
mod migration_out_of_order;
mod mixed_transactional;
mod not_analysed;
mod not_null_added;
mod not_null_dropped;
mod not_null_scan_with_lock;
mod not_rerunnable;
mod not_understood;
mod owner_changed;
mod partition_attach_scan;
mod partition_attached;
mod partition_detached;
mod partition_locks_parent;
mod phase_mismatch;
mod phases_mixed;
mod policy_changed;
mod policy_recursive;
mod primary_key_missing;
mod privilege_revoked;
mod publication_changed;
mod recipe;
mod reindex_with_lock;
mod released_migration_edited;
mod replica_identity_changed;
mod replica_identity_missing;
mod right_lacking;
mod routine_dangling;
mod row_security_tightened;
mod rows_deleted;
mod rule_changed;
mod scene;
mod schema_assumed;
mod sequence_behind;
mod sequence_dropped;
mod sequence_renamed;
mod session_setting_leaks;
mod setting_changed;
mod several_tables_locked;
mod slow_work_under_lock;
mod statement_broken;
mod table_dropped;
mod table_moved;
mod table_renamed;
mod table_rewritten;
mod table_truncated;
mod timestamp_without_time_zone;
mod transaction_ends_managed;
mod transaction_nested;
mod transaction_not_open;
mod transaction_unclosed;
mod trigger_added;
mod trigger_disabled;
mod trigger_refuses;
mod twin;
mod type_dropped;
mod type_renamed;
mod unique_added;
mod unique_built_with_lock;
mod upsert_key_dropped;
mod validate_in_same_transaction;
mod view_columns_changed;
mod view_dropped;
mod view_refresh_with_lock;
mod view_star_frozen;
mod work;

pub(crate) use allow_unused::ALLOW_UNUSED;
pub(crate) use data_dropped::DATA_DROPPED;
pub(crate) use directive_invalid::DIRECTIVE_INVALID;
pub(crate) use file_refused::refusals;
pub use fingerprint::{Fingerprint, fingerprints};
pub use levels::{Base, Levels, Override};
pub(crate) use migration_out_of_order::{MIGRATION_OUT_OF_ORDER, findings as late};
pub(crate) use phase_mismatch::PHASE_MISMATCH;
pub(crate) use released_migration_edited::{RELEASED_MIGRATION_EDITED, findings as altered, label};
pub use scene::{At, Finding, FindingBreak, Part, Place, Scene};
pub(crate) use statement_broken::STATEMENT_BROKEN;

use rayon::prelude::*;
use std::fmt;
use std::str::FromStr;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Not shown.
    Off,
    /// Worth knowing.
    Info,
    /// May break.
    Warning,
    /// Must break.
    Error,
}

impl Level {
    /// Its name in configuration and reports.
    pub fn name(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Level::Off, Level::Info, Level::Warning, Level::Error]
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or_else(|| format!("`{text}` is no severity: it is one of error, warning, info, off"))
    }
}

/// What a rule is about; stop-the-world deployments are not asked for compatibility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// Old and new application on one schema.
    Compatibility,
    /// Locks and long work.
    Locks,
    /// Data that is lost.
    Data,
    /// Transactions and what the runner makes of them; migrations that fail.
    Runner,
    /// Ways back.
    Down,
    /// What was not understood, and directives.
    Reading,
    /// Habits, off unless asked for.
    Convention,
}

impl Topic {
    /// Its name in the table of rules.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Compatibility => "compatibility",
            Topic::Locks => "locks",
            Topic::Data => "data",
            Topic::Runner => "runner",
            Topic::Down => "down",
            Topic::Reading => "reading",
            Topic::Convention => "convention",
        }
    }
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its id, which reads after "allow": `column-dropped`.
    pub id: &'static str,
    /// The severity of its findings unless configured.
    pub level: Level,
    /// What it is about.
    pub topic: Topic,
    /// Its documentation in Markdown: the hazard in one sentence, why, examples.
    pub docs: &'static str,
    /// How it judges.
    pub check: Check,
}

/// How a rule judges.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// Each statement by itself, in order.
    Statement(fn(&At<'_>) -> Vec<Finding>),
    /// Each migration as a whole, after its statements.
    Migration(fn(&Scene<'_>, usize) -> Vec<Finding>),
    /// Its findings are made elsewhere: by the reader of directives and suppressions.
    Elsewhere,
}

impl Rule {
    /// The first sentence of its documentation: the hazard.
    pub fn summary(&self) -> &'static str {
        self.docs.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
    }

    /// Its documentation as a page of Markdown, the examples under headings.
    pub fn markdown(&self) -> String {
        self.lines()
            .map(|line| match line {
                "```sql,bad" => "**Reported:**\n\n```sql\n".to_owned(),
                "```sql,good" => "**Not reported:**\n\n```sql\n".to_owned(),
                line => format!("{line}\n"),
            })
            .collect()
    }

    /// Its documentation as plain text, the examples under headings.
    pub fn plain(&self) -> String {
        self.lines()
            .map(|line| match line {
                "```sql,bad" => "Reported:\n".to_owned(),
                "```sql,good" => "Not reported:\n".to_owned(),
                "```" => String::new(),
                line => format!("{}\n", line.replace('`', "")),
            })
            .collect()
    }

    fn lines(&self) -> impl Iterator<Item = &'static str> {
        self.docs.trim().lines().map(|line| line.strip_prefix(' ').unwrap_or(line))
    }
}

/// Declares a rule from a documented static.
macro_rules! rule {
    ($(#[doc = $doc:literal])+ $vis:vis static $name:ident = $id:literal, $level:ident, $topic:ident, $check:expr;) => {
        $(#[doc = $doc])+
        $vis static $name: $crate::rules::Rule = $crate::rules::Rule {
            id: $id,
            level: $crate::rules::Level::$level,
            topic: $crate::rules::Topic::$topic,
            docs: concat!($($doc, "\n"),+),
            check: $check,
        };
    };
}
pub(crate) use rule;

/// Every rule, in the order in which they look at a statement: the specific before the general.
pub static RULES: &[&Rule] = &[
    &statement_broken::STATEMENT_BROKEN,
    &phase_mismatch::PHASE_MISMATCH,
    &directive_invalid::DIRECTIVE_INVALID,
    &allow_unused::ALLOW_UNUSED,
    &table_renamed::TABLE_RENAMED,
    &table_moved::TABLE_MOVED,
    &table_dropped::TABLE_DROPPED,
    &view_dropped::VIEW_DROPPED,
    &column_renamed::COLUMN_RENAMED,
    &column_dropped_required::COLUMN_DROPPED_REQUIRED,
    &column_dropped::COLUMN_DROPPED,
    &column_added_required::COLUMN_ADDED_REQUIRED,
    &column_default_dropped::COLUMN_DEFAULT_DROPPED,
    &column_default_changed::COLUMN_DEFAULT_CHANGED,
    &column_generated::COLUMN_GENERATED,
    &column_type_lossy::COLUMN_TYPE_LOSSY,
    &column_type_narrowed::COLUMN_TYPE_NARROWED,
    &column_type_changed::COLUMN_TYPE_CHANGED,
    &collation_changed::COLLATION_CHANGED,
    &view_columns_changed::VIEW_COLUMNS_CHANGED,
    &view_star_frozen::VIEW_STAR_FROZEN,
    &compat_view_limits::COMPAT_VIEW_LIMITS,
    &constraint_enforced::CONSTRAINT_ENFORCED,
    &unique_added::UNIQUE_ADDED,
    &domain_tightened::DOMAIN_TIGHTENED,
    &check_added::CHECK_ADDED,
    &not_null_added::NOT_NULL_ADDED,
    &not_null_dropped::NOT_NULL_DROPPED,
    &foreign_key_action_changed::FOREIGN_KEY_ACTION_CHANGED,
    &foreign_key_added::FOREIGN_KEY_ADDED,
    &exclusion_added::EXCLUSION_ADDED,
    &constraint_renamed::CONSTRAINT_RENAMED,
    &upsert_key_dropped::UPSERT_KEY_DROPPED,
    &function_signature_changed::FUNCTION_SIGNATURE_CHANGED,
    &function_dropped::FUNCTION_DROPPED,
    &function_replaced::FUNCTION_REPLACED,
    &routine_dangling::ROUTINE_DANGLING,
    &enum_label_renamed::ENUM_LABEL_RENAMED,
    &enum_label_removed::ENUM_LABEL_REMOVED,
    &enum_label_added::ENUM_LABEL_ADDED,
    &type_renamed::TYPE_RENAMED,
    &type_dropped::TYPE_DROPPED,
    &composite_changed::COMPOSITE_CHANGED,
    &sequence_renamed::SEQUENCE_RENAMED,
    &sequence_dropped::SEQUENCE_DROPPED,
    &sequence_behind::SEQUENCE_BEHIND,
    &trigger_refuses::TRIGGER_REFUSES,
    &trigger_added::TRIGGER_ADDED,
    &trigger_disabled::TRIGGER_DISABLED,
    &rule_changed::RULE_CHANGED,
    &partition_detached::PARTITION_DETACHED,
    &partition_attached::PARTITION_ATTACHED,
    &row_security_tightened::ROW_SECURITY_TIGHTENED,
    &policy_recursive::POLICY_RECURSIVE,
    &policy_changed::POLICY_CHANGED,
    &owner_changed::OWNER_CHANGED,
    &right_lacking::RIGHT_LACKING,
    &privilege_revoked::PRIVILEGE_REVOKED,
    &grant_missing::GRANT_MISSING,
    &extension_moved::EXTENSION_MOVED,
    &extension_dropped::EXTENSION_DROPPED,
    &extension_updated::EXTENSION_UPDATED,
    &setting_changed::SETTING_CHANGED,
    &replica_identity_missing::REPLICA_IDENTITY_MISSING,
    &replica_identity_changed::REPLICA_IDENTITY_CHANGED,
    &publication_changed::PUBLICATION_CHANGED,
    &contract_with_expand::CONTRACT_WITH_EXPAND,
    &phases_mixed::PHASES_MIXED,
    &incompatible_change::INCOMPATIBLE_CHANGE,
    &index_built_with_lock::INDEX_BUILT_WITH_LOCK,
    &unique_built_with_lock::UNIQUE_BUILT_WITH_LOCK,
    &reindex_with_lock::REINDEX_WITH_LOCK,
    &constraint_scan_with_lock::CONSTRAINT_SCAN_WITH_LOCK,
    &foreign_key_scan_with_lock::FOREIGN_KEY_SCAN_WITH_LOCK,
    &not_null_scan_with_lock::NOT_NULL_SCAN_WITH_LOCK,
    &table_rewritten::TABLE_REWRITTEN,
    &partition_attach_scan::PARTITION_ATTACH_SCAN,
    &view_refresh_with_lock::VIEW_REFRESH_WITH_LOCK,
    &validate_in_same_transaction::VALIDATE_IN_SAME_TRANSACTION,
    &slow_work_under_lock::SLOW_WORK_UNDER_LOCK,
    &backfill_with_schema_change::BACKFILL_WITH_SCHEMA_CHANGE,
    &backfill_unbatched::BACKFILL_UNBATCHED,
    &explicit_lock::EXPLICIT_LOCK,
    &several_tables_locked::SEVERAL_TABLES_LOCKED,
    &partition_locks_parent::PARTITION_LOCKS_PARENT,
    &index_dropped_with_lock::INDEX_DROPPED_WITH_LOCK,
    &lock_timeout_missing::LOCK_TIMEOUT_MISSING,
    &table_truncated::TABLE_TRUNCATED,
    &rows_deleted::ROWS_DELETED,
    &drop_cascades::DROP_CASCADES,
    &database_dropped::DATABASE_DROPPED,
    &data_dropped::DATA_DROPPED,
    &file_refused::FILE_REFUSED,
    &released_migration_edited::RELEASED_MIGRATION_EDITED,
    &migration_out_of_order::MIGRATION_OUT_OF_ORDER,
    &migration_fails::MIGRATION_FAILS,
    &concurrently_in_transaction::CONCURRENTLY_IN_TRANSACTION,
    &transaction_nested::TRANSACTION_NESTED,
    &transaction_ends_managed::TRANSACTION_ENDS_MANAGED,
    &transaction_unclosed::TRANSACTION_UNCLOSED,
    &transaction_not_open::TRANSACTION_NOT_OPEN,
    &mixed_transactional::MIXED_TRANSACTIONAL,
    &not_rerunnable::NOT_RERUNNABLE,
    &invalid_index_risk::INVALID_INDEX_RISK,
    &session_setting_leaks::SESSION_SETTING_LEAKS,
    &identifier_too_long::IDENTIFIER_TOO_LONG,
    &not_understood::NOT_UNDERSTOOD,
    &not_analysed::NOT_ANALYSED,
    &schema_assumed::SCHEMA_ASSUMED,
    &down_missing::DOWN_MISSING,
    &down_empty::DOWN_EMPTY,
    &down_fails::DOWN_FAILS,
    &down_incomplete::DOWN_INCOMPLETE,
    &foreign_key_without_index::FOREIGN_KEY_WITHOUT_INDEX,
    &primary_key_missing::PRIMARY_KEY_MISSING,
    &integer_primary_key::INTEGER_PRIMARY_KEY,
    &timestamp_without_time_zone::TIMESTAMP_WITHOUT_TIME_ZONE,
];

/// The rule of that id.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}

/// The rule whose id is nearest to what somebody wrote, if any is near.
pub fn nearest(id: &str) -> Option<&'static Rule> {
    let nearness = |rule: &Rule| strsim::jaro_winkler(rule.id, id);
    let best = RULES.iter().copied().max_by(|a, b| nearness(a).total_cmp(&nearness(b)))?;
    (nearness(best) > 0.7).then_some(best)
}

/// Runs every rule that is switched on over every judged migration; `level` gives a rule's severity for a migration. Findings come
/// in the order of the text.
pub fn run(scene: &Scene<'_>, level: impl Fn(&Rule, usize) -> Level + Sync) -> Vec<Finding> {
    (0..scene.assessments.len())
        .into_par_iter()
        .flat_map_iter(|number| of_migration(scene, number, |rule| level(rule, number)))
        .collect()
}

fn of_migration(scene: &Scene<'_>, number: usize, level: impl Fn(&Rule) -> Level) -> Vec<Finding> {
    let rules: Vec<(&'static Rule, Level)> =
        RULES.iter().map(|rule| (*rule, level(rule))).filter(|(_, level)| *level > Level::Off).collect();
    let mut findings = Vec::new();
    for at in scene.statements(number) {
        for (rule, level) in &rules {
            if let Check::Statement(check) = rule.check {
                findings.extend(check(&at).into_iter().map(|finding| finding.by(rule, *level)));
            }
        }
    }
    for (rule, level) in &rules {
        if let Check::Migration(check) = rule.check {
            findings.extend(check(scene, number).into_iter().map(|finding| finding.by(rule, *level)));
        }
    }
    findings.retain(|finding| finding.level > Level::Off);
    findings.sort_by_key(|finding| (finding.place.span.start, std::cmp::Reverse(finding.level)));
    findings
}

/// A way out that several findings on one statement share is left to the first of those that are shown.
pub fn share_alternatives(findings: &mut [&mut Finding]) {
    for at in 1..findings.len() {
        let (before, rest) = findings.split_at_mut(at);
        let this = &mut rest[0];
        let mut near = before.iter().rev().take_while(|other| other.place.span == this.place.span);
        if near.any(|other| other.alternative == this.alternative) {
            this.alternative.clear();
        }
    }
}
