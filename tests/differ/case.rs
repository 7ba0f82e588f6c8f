//! A case: the statements that make a schema, migrations on it, and how they are sent.

use super::generate::Generator;
use super::judge::{Counts, Disagreement};
use super::opinion::{Both, Opinion};
use migsafe::read::{Project, Runner};
use migsafe::replay::Release;
use migsafe::verify::Server;
use std::fmt;

/// How many statements make the schema, and how many at most a migration.
const SETUP: usize = 12;
const MIGRATION: usize = 5;

/// How a runner sends a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// In one transaction.
    Wrapped,
    /// Statement by statement.
    Alone,
}

#[derive(Debug, Clone)]
pub struct Case {
    pub sent: Sent,
    pub release: Release,
    /// The first makes the schema, the others are judged.
    pub migrations: Vec<Vec<String>>,
}

impl Case {
    /// Makes statements up and keeps those that both the server and the judgement accept. Where they differ on one, that is told
    /// with the case that ends with it.
    pub fn make(server: &Server, seed: u64, counts: &mut Counts) -> (Case, Vec<(Case, Disagreement)>) {
        let mut generator = Generator::new(seed);
        let sent = if generator.chance(60) { Sent::Wrapped } else { Sent::Alone };
        let release = if generator.chance(70) { Release::Together } else { Release::OneByOne };
        let mut case = Case { sent, release, migrations: Vec::new() };
        let mut found = Vec::new();
        let database = server.create_database().expect("a database");
        let mut both = Both::new(server, &database, sent);
        let migrations = 1 + generator.below(3);
        for number in 0..=migrations {
            let count = if number == 0 { SETUP } else { 1 + generator.below(MIGRATION) };
            case.migrations.push(Vec::new());
            both.begin();
            for _ in 0..count * 3 {
                if case.migrations[number].len() >= count || both.is_apart() {
                    break;
                }
                let text = generator.statement(both.catalog());
                if super::known::is_left_out(&text) {
                    continue;
                }
                counts.statements += 1;
                match both.ask(&text) {
                    Opinion::Works => case.migrations[number].push(text),
                    Opinion::Fails => counts.refused += 1,
                    Opinion::Differs(disagreement) => {
                        let mut shown = case.clone();
                        shown.migrations[number].push(text);
                        found.push((shown, disagreement));
                    }
                }
            }
            if !both.end() {
                // A condition that is checked at the end; what led there is not known.
                case.migrations[number].clear();
            }
        }
        case.migrations.retain(|statements| !statements.is_empty());
        (case, found)
    }

    /// The project that holds it, read as a user's.
    pub fn project(&self) -> Project {
        let directory = tempfile::tempdir().expect("a directory");
        for (number, statements) in self.migrations.iter().enumerate() {
            let path = directory.path().join(format!("{number:04}_m.sql"));
            std::fs::write(path, statements.join(";\n") + ";\n").expect("a file");
        }
        let runner = match self.sent {
            Sent::Wrapped => Runner::Sqlx,
            Sent::Alone => Runner::Plain,
        };
        migsafe::read::read(directory.path(), Some(runner)).expect("a project")
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, statements) in self.migrations.iter().enumerate() {
            match number {
                0 => writeln!(f, "-- schema")?,
                _ => writeln!(f, "-- migration {number} ({:?}, {:?})", self.sent, self.release)?,
            }
            statements.iter().try_for_each(|statement| writeln!(f, "{statement};"))?;
        }
        Ok(())
    }
}
