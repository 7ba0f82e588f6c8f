//! `migsafe.toml`: text to a [`Config`]. What is wrong with it is said with its line and column, and an unknown key with the
//! known one that is nearest to it: a setting that silently does nothing is worse than none.

use crate::assess::Strategy;
use crate::read::Runner;
use crate::rules::{self, Level, Levels, Override};
use globset::{Glob, GlobSet, GlobSetBuilder};
use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The name of the file.
pub const FILE_NAME: &str = "migsafe.toml";

/// What `migsafe.toml` says.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// `dialect`
    pub dialect: Option<String>,
    /// `server-version`
    pub server_version: Option<String>,
    /// `runner`
    pub runner: Option<Runner>,
    /// `runner-table`: where the runner keeps what is applied, if not in its usual table.
    pub runner_table: Option<String>,
    /// `migrations`: directories and files, relative to the configuration.
    pub migrations: Vec<String>,
    /// `strategy`
    pub strategy: Option<Strategy>,
    /// `released-up-to`: the last version that is in production.
    pub released_up_to: Option<String>,
    /// `[rules]` and `[[overrides]]`; where paths start is for the reader of the file to say.
    pub levels: Levels,
    /// `[queries] old`
    pub queries_old: Vec<String>,
    /// `[queries] new`
    pub queries_new: Vec<String>,
    /// `baseline`: the file of accepted findings, relative to the configuration.
    pub baseline: Option<String>,
    /// `[lint] fail-on`
    pub fail_on: Option<Level>,
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ConfigError {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Config {
    /// Reads the text of a configuration.
    pub fn parse(text: &str) -> Result<Config, ConfigError> {
        let read = || {
            let table = DeTable::parse(text).map_err(|error| (error.span().unwrap_or(0..0), error.message().to_owned()))?;
            let mut config = Config::default();
            config.read(table.get_ref())?;
            Ok(config)
        };
        read().map_err(|(span, message): Wrong| {
            let before = text.get(..span.start).unwrap_or_default();
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            ConfigError { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1, message }
        })
    }

    fn read(&mut self, table: &DeTable<'_>) -> Result<(), Wrong> {
        const KEYS: [&str; 12] = [
            "dialect",
            "server-version",
            "runner",
            "runner-table",
            "migrations",
            "strategy",
            "released-up-to",
            "baseline",
            "rules",
            "queries",
            "lint",
            "overrides",
        ];
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "dialect" => self.dialect = Some(string(value)?),
                "server-version" => self.server_version = Some(version(value)?),
                "runner" => self.runner = Some(parsed(value)?),
                "runner-table" => self.runner_table = Some(string(value)?),
                "migrations" => self.migrations = strings(value)?,
                "strategy" => self.strategy = Some(parsed(value)?),
                "released-up-to" => self.released_up_to = Some(version(value)?),
                "baseline" => self.baseline = Some(string(value)?),
                "rules" => self.levels.rules = levels(value)?,
                "queries" => self.queries(value)?,
                "lint" => self.lint(value)?,
                "overrides" => self.levels.overrides = overrides(value)?,
                _ => return Err(unknown(key, "key", &KEYS)),
            }
        }
        Ok(())
    }

    fn queries(&mut self, value: &Value<'_>) -> Result<(), Wrong> {
        for (key, value) in table(value)? {
            match key.get_ref().as_ref() {
                "old" => self.queries_old = strings(value)?,
                "new" => self.queries_new = strings(value)?,
                _ => return Err(unknown(key, "key", &["old", "new"])),
            }
        }
        Ok(())
    }

    fn lint(&mut self, value: &Value<'_>) -> Result<(), Wrong> {
        for (key, value) in table(value)? {
            match key.get_ref().as_ref() {
                "fail-on" => self.fail_on = Some(fail_on(value)?),
                _ => return Err(unknown(key, "key", &["fail-on"])),
            }
        }
        Ok(())
    }
}

/// A place in the text and what is wrong there.
type Wrong = (Range<usize>, String);
type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;
type Value<'i> = Spanned<DeValue<'i>>;

fn unknown(key: &Key<'_>, what: &str, known: &[&str]) -> Wrong {
    let given = key.get_ref().as_ref();
    let nearness = |name: &str| strsim::jaro_winkler(name, given);
    let nearest = known.iter().max_by(|a, b| nearness(a).total_cmp(&nearness(b)));
    let hint = nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    (key.span(), format!("unknown {what} `{given}`{hint}"))
}

fn expected<T>(value: &Value<'_>, what: &str) -> Result<T, Wrong> {
    Err((value.span(), format!("expected {what}, found {}", value.get_ref().type_str())))
}

fn string(value: &Value<'_>) -> Result<String, Wrong> {
    value.get_ref().as_str().map_or_else(|| expected(value, "a string"), |text| Ok(text.to_owned()))
}

/// A version may be written as a number.
fn version(value: &Value<'_>) -> Result<String, Wrong> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.as_str().to_owned()),
        _ => expected(value, "a version, as a string"),
    }
}

fn parsed<T: FromStr<Err: ToString>>(value: &Value<'_>) -> Result<T, Wrong> {
    string(value)?.parse().map_err(|error: T::Err| (value.span(), error.to_string()))
}

fn fail_on(value: &Value<'_>) -> Result<Level, Wrong> {
    match parsed(value)? {
        Level::Off => Err((value.span(), "`off` is no severity to fail on: it is one of error, warning, info".into())),
        level => Ok(level),
    }
}

/// One string, or several.
fn strings(value: &Value<'_>) -> Result<Vec<String>, Wrong> {
    match value.get_ref() {
        DeValue::String(text) => Ok(vec![text.to_string()]),
        DeValue::Array(items) => items.iter().map(string).collect(),
        _ => expected(value, "a list of strings"),
    }
}

fn table<'v, 'i>(value: &'v Value<'i>) -> Result<&'v DeTable<'i>, Wrong> {
    value.get_ref().as_table().map_or_else(|| expected(value, "a table"), Ok)
}

fn levels(value: &Value<'_>) -> Result<BTreeMap<&'static str, Level>, Wrong> {
    let known: Vec<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
    table(value)?
        .iter()
        .map(|(key, value)| match rules::find(key.get_ref().as_ref()) {
            Some(rule) => Ok((rule.id, parsed(value)?)),
            None => Err(unknown(key, "rule", &known)),
        })
        .collect()
}

fn overrides(value: &Value<'_>) -> Result<Vec<Override>, Wrong> {
    let Some(items) = value.get_ref().as_array() else { return expected(value, "`[[overrides]]` tables") };
    items.iter().map(one_override).collect()
}

fn one_override(value: &Value<'_>) -> Result<Override, Wrong> {
    let mut paths = None;
    let mut rules = BTreeMap::new();
    for (key, value) in table(value)? {
        match key.get_ref().as_ref() {
            "paths" => paths = Some(globs(value)?),
            "rules" => rules = levels(value)?,
            _ => return Err(unknown(key, "key", &["paths", "rules"])),
        }
    }
    let paths = paths.ok_or_else(|| (value.span(), "an override needs `paths = [\"...\"]`".to_owned()))?;
    Ok(Override { paths, rules })
}

fn globs(value: &Value<'_>) -> Result<GlobSet, Wrong> {
    let mut set = GlobSetBuilder::new();
    let wrong = |error: globset::Error| (value.span(), error.to_string());
    for pattern in strings(value)? {
        set.add(Glob::new(&pattern).map_err(wrong)?);
    }
    set.build().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Config::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn everything_is_read() {
        let config = Config::parse(
            "dialect = 'postgres'\nserver-version = 16\nrunner = 'sqlx'\nmigrations = ['db']\nstrategy = 'blue-green'\n\
             released-up-to = '0003'\n[rules]\nallow-unused = 'off'\n[lint]\nfail-on = 'warning'\n[queries]\nold = 'q/*.sql'\n\
             [[overrides]]\npaths = ['old/**']\n[overrides.rules]\nphase-mismatch = 'info'\n",
        )
        .expect("the configuration is good");
        assert_eq!(config.server_version.as_deref(), Some("16"));
        assert_eq!((config.runner, config.strategy), (Some(Runner::Sqlx), Some(Strategy::BlueGreen)));
        assert_eq!((config.migrations, config.queries_old), (vec!["db".to_owned()], vec!["q/*.sql".to_owned()]));
        let level = |id: &str, path: &str| config.levels.of(rules::find(id).expect("a rule"), path.as_ref());
        assert_eq!(level("allow-unused", "new/a.sql"), Level::Off);
        assert_eq!(level("phase-mismatch", "old/a.sql"), Level::Info);
        assert_eq!(level("phase-mismatch", "new/a.sql"), Level::Error);
    }

    #[test]
    fn mistakes_have_a_place_and_an_advice() {
        for (text, message) in [
            ("dialet = 'x'", "line 1, column 1: unknown key `dialet`; did you mean `dialect`?"),
            ("[rules]\n\nallow-unusd = 'off'", "line 3, column 1: unknown rule `allow-unusd`; did you mean `allow-unused`?"),
            ("[lint]\nfail-on = 'never'", "line 2, column 11: `never` is no severity: it is one of error, warning, info, off"),
            ("runner = 'slqx'", "line 1, column 10: unknown runner `slqx`; did you mean `sqlx`?"),
            ("strategy = 3", "line 1, column 12: expected a string, found integer"),
            ("[[overrides]]\nrules = {}", "line 1, column 1: an override needs `paths = [\"...\"]`"),
            ("dialect = ", "line 1, column 11:"),
        ] {
            let found = error(text);
            assert!(found.starts_with(message), "{text}: {found}");
        }
    }
}
