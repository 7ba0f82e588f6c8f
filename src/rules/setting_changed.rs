//! A role's or database's settings change.

use super::{At, Check, Finding, rule};
use crate::change::{Change, ObjectKind};

rule! {
    /// A setting of a role or database changes for every session that begins from now on, old instances' included.
    ///
    /// `search_path`, `timezone`, `statement_timeout` and their kin change what the same statements mean or whether they finish. A
    /// pool picks the setting up connection by connection.
    ///
    /// ```sql,bad
    /// -- migration
    /// ALTER ROLE postgres SET statement_timeout = '10s';
    /// ```
    ///
    /// ```sql,good
    /// -- migration
    /// SET statement_timeout = '10s';
    /// ```
    pub(super) static SETTING_CHANGED = "setting-changed", Warning, Compatibility, Check::Statement(check);
}

fn check(at: &At<'_>) -> Vec<Finding> {
    let changed = |(change, span): (&Change, _)| match change {
        Change::AlterOther { object, sql } if matches!(object.kind, ObjectKind::Role | ObjectKind::Database) => {
            let words: Vec<String> = sql.split_whitespace().map(str::to_uppercase).collect();
            let at_word = words.iter().position(|word| word == "SET" || word == "RESET")?;
            let setting = words.get(at_word + 1).map(|word| word.split('=').next().unwrap_or_default().to_lowercase())?;
            Some(
                at.finding(span, format!("sessions of old instances begin with another {setting} from now on"))
                    .help(format!("Set {setting} in the new application's own connection instead.")),
            )
        }
        _ => None,
    };
    at.changes().filter_map(changed).collect()
}
