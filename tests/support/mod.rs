//! What the integration tests share: SQL in, judgement out.

use migsafe::assess::{Assessment, Release, assess};

use migsafe::dialect::{Postgres, ServerVersion};
use migsafe::parse::on_big_stack;
use migsafe::replay::{ParsedMigration, Replayed, read_statements, replay};
use migsafe::source::{History, Migration, MigrationKind, Script, Sources, Transaction};

/// A schema, a migration on it, and what was found out about it.
#[allow(dead_code, reason = "each test looks at a part of it")]
pub struct Judged {
    pub sources: Sources,
    pub history: History,
    pub parsed: Vec<ParsedMigration>,
    pub replayed: Replayed,
    pub assessment: Assessment,
}

/// Judges `migration` on the schema that `setup` makes.
pub fn judge(setup: &str, migration: &str, transaction: Transaction) -> Judged {
    let mut sources = Sources::default();
    let script = |sources: &mut Sources, name: &str, text: &str, transaction| {
        let file = sources.add(format!("{name}.sql"), text);
        let up = Script { chunks: vec![sources.whole(file)], transaction };
        Migration { version: name.into(), name: String::new(), file, kind: MigrationKind::Versioned, up, down: None }
    };
    let first = script(&mut sources, "0001", setup, Transaction::PerStatement);
    let second = script(&mut sources, "0002", migration, transaction);
    let history = History { migrations: vec![first, second], one_transaction: false, partial: false, runner_table: "" };
    let version = ServerVersion { major: 15, minor: 0 };
    let (parsed, replayed, assessment) = on_big_stack(|| {
        let parsed = read_statements(&sources, &history);
        let replayed = replay(&history, &parsed, |number| number == 1, Release::Together, &Postgres);
        let assessment = assess(&replayed, Release::Together, version, &Postgres).pop().unwrap_or_default();
        (parsed, replayed, assessment)
    });
    Judged { sources, history, parsed, replayed, assessment }
}
