//! The pending migrations as files again: those that need no split as they are, the others replaced, all in the order of the plan
//! and numbered anew, so that the order of versions is that of the stages.

use super::super::{Plan, StageName, label};
use super::{Piece, Transactions, lists};
use crate::assess::Phase;
use crate::lint::Lint;
use crate::read::Runner;

/// One migration to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the directory of migrations, with `/`.
    pub path: String,
    /// What it holds.
    pub text: String,
    /// A file that the runner reads beside it.
    pub beside: Option<(String, String)>,
}

/// Why migrations cannot be written for a runner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoFiles(pub String);

/// What is written, before it is spelt.
pub(super) struct Item {
    /// The migration that it is, or is a part of.
    pub number: usize,
    pub name: String,
    /// What part of it.
    pub what: Option<&'static str>,
    pub statements: Vec<String>,
    pub transaction: Transactions,
    pub gates: Vec<String>,
}

/// The files of the whole plan.
pub fn files(lint: &Lint<'_>, plan: &Plan) -> Result<Vec<File>, NoFiles> {
    let runner = lint.project.runner;
    if let Some(split) = plan.splits.iter().find(|split| !split.left.is_empty()) {
        let name = label(lint, split.assessment);
        return Err(NoFiles(format!("{name}: {}: split it by hand first", split.left.join("; "))));
    }
    let items = items(lint, plan);
    match runner {
        Runner::Sqitch => return Ok(lists::sqitch(lint, &items, |item| statements(item).concat())),
        Runner::Liquibase => return lists::liquibase(lint, &items, |item| statements(item).concat()),
        _ => {}
    }
    let directories = runner == Runner::Drizzle && lists::in_directories(lint);
    let reversible = lint
        .project
        .history
        .migrations
        .iter()
        .any(|migration| lint.project.sources.path(migration.file).to_string_lossy().ends_with(".up.sql"));
    let first = lint.assessments.first().map(|found| lint.project.history.migrations[found.migration].version.clone());
    let first = first.unwrap_or_default();
    items.iter().enumerate().map(|(at, item)| spell(runner, &version(&first, at)?, item, reversible, directories)).collect()
}

fn items(lint: &Lint<'_>, plan: &Plan) -> Vec<Item> {
    let mut out = Vec::new();
    for stage in StageName::ALL {
        for number in 0..lint.assessments.len() {
            let migration = &lint.project.history.migrations[lint.assessments[number].migration];
            // Where the version is all the name there is, it stays in it.
            let name = if lint.project.runner == Runner::Sqitch { &migration.version } else { &migration.name };
            match plan.splits.iter().find(|split| split.assessment == number) {
                Some(split) => {
                    let own = split.pieces.iter().filter(|piece| stage_of(piece) == stage);
                    out.extend(own.map(|piece| Item {
                        number,
                        name: format!("{name}_{}", piece.what),
                        what: Some(piece.what),
                        statements: piece.statements.clone(),
                        transaction: piece.transaction,
                        gates: late(piece),
                    }));
                }
                None if plan.stage_of(number) == Some(stage) => out.push(as_it_is(lint, number, name)),
                None => {}
            }
        }
    }
    out
}

fn stage_of(piece: &Piece) -> StageName {
    match piece.phase {
        Phase::Free | Phase::Expand | Phase::Breaking | Phase::Mixed => StageName::BeforeDeploy,
        Phase::Migrate => StageName::AfterDeploy,
        Phase::Contract => StageName::AfterRollbackWindow,
    }
}

/// Rows that may only be moved when no old instance is left.
fn late(piece: &Piece) -> Vec<String> {
    let waits = piece.phase == Phase::Contract && matches!(piece.what, "backfill" | "rows");
    waits.then(|| "the old version is gone for good".to_owned()).into_iter().collect()
}

fn as_it_is(lint: &Lint<'_>, number: usize, name: &str) -> Item {
    let assessment = &lint.assessments[number];
    let parsed = &lint.parsed[assessment.migration];
    let text = |span| lint.project.sources.slice(span).trim().trim_end_matches(';').to_owned();
    let steps = &lint.replayed.steps[assessment.steps.clone()];
    let outside = steps.iter().all(|step| !step.in_transaction) && !steps.is_empty();
    Item {
        number,
        name: name.to_owned(),
        what: None,
        statements: parsed.statements.iter().map(|statement| text(statement.span)).collect(),
        transaction: if outside { Transactions::None } else { Transactions::One },
        gates: super::super::gates(lint, number).iter().map(ToString::to_string).collect(),
    }
}

/// The version of the n-th file, where the first takes the place of the first pending one.
fn version(first: &str, at: usize) -> Result<String, NoFiles> {
    let digits = first.chars().all(|c| c.is_ascii_digit()) && !first.is_empty();
    if digits && first.len() == 14 {
        let (day, clock) = first.split_at(8);
        let number = |range| clock.get(range).and_then(|text: &str| text.parse::<usize>().ok()).unwrap_or_default();
        let seconds = number(0..2) * 3600 + number(2..4) * 60 + number(4..6) + at;
        return Ok(format!("{day}{:02}{:02}{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    }
    if digits {
        let number: u64 = first.parse().map_err(|_| NoFiles(format!("the version {first} cannot be counted on")))?;
        return Ok(format!("{:0width$}", number + at as u64, width = first.len()));
    }
    if first.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit())) {
        return Ok(format!("{first}.{}", at + 1));
    }
    Err(NoFiles(format!("the version {first} cannot be counted on")))
}

/// The statements of a file.
fn statements(item: &Item) -> Vec<String> {
    // A directive counts for the statement below it, whatever the runner does with the rest of the file.
    let gates: String = item.gates.iter().map(|gate| format!("-- migsafe: gate=\"{gate}\"\n")).collect();
    let statements = item.statements.iter().enumerate();
    statements.map(|(at, sql)| format!("{}{sql};\n", if at == 0 { gates.as_str() } else { "" })).collect()
}

fn spell(runner: Runner, version: &str, item: &Item, reversible: bool, directories: bool) -> Result<File, NoFiles> {
    let outside = item.transaction == Transactions::None;
    let name = &item.name;
    let statements = statements(item);
    let body = statements.concat();
    let plain = |path: String, head: &str| File { path, text: format!("{head}{body}"), beside: None };
    let up = if reversible { ".up.sql" } else { ".sql" };
    Ok(match runner {
        Runner::Sqlx => plain(format!("{version}_{name}{up}"), if outside { "-- no-transaction\n" } else { "" }),
        Runner::GolangMigrate => plain(format!("{version}_{name}.up.sql"), ""),
        Runner::Supabase => plain(format!("{version}_{name}.sql"), ""),
        Runner::Prisma => plain(format!("{version}_{name}/migration.sql"), ""),
        Runner::Diesel => {
            let day = version.get(..8).filter(|_| version.len() == 14);
            let dated = day.map(|day| format!("{}-{}-{}-{}", &day[..4], &day[4..6], &day[6..], &version[8..]));
            let directory = format!("{}_{name}", dated.as_deref().unwrap_or(version));
            let beside = outside.then(|| (format!("{directory}/metadata.toml"), "run_in_transaction = false\n".to_owned()));
            File { beside, ..plain(format!("{directory}/up.sql"), "") }
        }
        Runner::Goose => {
            let statement = |sql: &String| format!("-- +goose StatementBegin\n{sql}-- +goose StatementEnd\n");
            let body: String = statements.iter().map(statement).collect();
            let alone = if outside { "-- +goose NO TRANSACTION\n" } else { "" };
            let text = format!("-- +goose Up\n{alone}{body}\n-- +goose Down\n");
            File { path: format!("{version}_{name}.sql"), text, beside: None }
        }
        Runner::Dbmate => {
            let option = if outside { " transaction:false" } else { "" };
            let text = format!("-- migrate:up{option}\n{body}\n-- migrate:down{option}\n");
            File { path: format!("{version}_{name}.sql"), text, beside: None }
        }
        Runner::Refinery | Runner::Drizzle if outside => {
            let message =
                format!("{runner} runs every migration in a transaction, and {name} must not run in one: run it by hand");
            return Err(NoFiles(message));
        }
        Runner::Drizzle => {
            let text = statements.join("--> statement-breakpoint\n");
            let path = if directories { format!("{version}_{name}/migration.sql") } else { format!("{version}_{name}.sql") };
            File { path, text, beside: None }
        }
        Runner::Refinery => plain(format!("V{version}__{name}.sql"), ""),
        Runner::Flyway => {
            let path = format!("V{version}__{name}.sql");
            let beside = outside.then(|| (format!("{path}.conf"), "executeInTransaction=false\n".to_owned()));
            File { beside, ..plain(path, "") }
        }
        Runner::Plain => {
            let (begin, commit) = if outside || item.statements.len() < 2 { ("", "") } else { ("BEGIN;\n", "COMMIT;\n") };
            let text = format!("{begin}{body}{commit}");
            File { path: format!("{version}_{name}.sql"), text, beside: None }
        }
        Runner::Sqitch | Runner::Liquibase => unreachable!("they are spelt with their lists"),
    })
}
