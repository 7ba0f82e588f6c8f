//! The names of the runners that are known.

use super::applied::Applied;
use super::layout;
use std::fmt;
use std::str::FromStr;

/// The tool that applies the migrations. What it does with files and transactions stands in its `layout` entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Runner {
    /// sqlx's migrator and `sqlx migrate`.
    Sqlx,
    /// `diesel migration` and `diesel_migrations`.
    Diesel,
    /// golang-migrate.
    GolangMigrate,
    /// goose.
    Goose,
    /// dbmate.
    Dbmate,
    /// refinery.
    Refinery,
    /// Flyway.
    Flyway,
    /// Prisma Migrate.
    Prisma,
    /// Drizzle's migrator and drizzle-kit.
    Drizzle,
    /// The Supabase CLI.
    Supabase,
    /// Sqitch.
    Sqitch,
    /// Liquibase with formatted SQL.
    Liquibase,
    /// Numbered or timestamped files that something like `psql -f` runs, single files and standard input.
    Plain,
}

const NAMES: [(Runner, &str); 13] = [
    (Runner::Sqlx, "sqlx"),
    (Runner::Diesel, "diesel"),
    (Runner::GolangMigrate, "golang-migrate"),
    (Runner::Goose, "goose"),
    (Runner::Dbmate, "dbmate"),
    (Runner::Refinery, "refinery"),
    (Runner::Flyway, "flyway"),
    (Runner::Prisma, "prisma"),
    (Runner::Drizzle, "drizzle"),
    (Runner::Supabase, "supabase"),
    (Runner::Sqitch, "sqitch"),
    (Runner::Liquibase, "liquibase"),
    (Runner::Plain, "plain"),
];

impl Runner {
    /// Every runner, in the order in which they are documented.
    pub fn all() -> impl ExactSizeIterator<Item = Runner> {
        NAMES.iter().map(|(runner, _)| *runner)
    }

    /// The name on the command line, in `migsafe.toml` and in reports.
    pub fn name(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// What it does about migrations that it applied and that are not what they were.
    pub fn applied(self) -> Applied {
        layout::of(self).applied
    }

    /// What to do so that a statement runs outside a transaction: the rest of a sentence.
    pub fn outside_transaction(self) -> &'static str {
        layout::of(self).outside_transaction
    }
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no runner's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown runner `{given}`; did you mean `{}`? Known: {}", .nearest.name(), known())]
pub struct UnknownRunner {
    /// What was given.
    pub given: String,
    /// The runner whose name is nearest to it.
    pub nearest: Runner,
}

fn known() -> String {
    NAMES.map(|(_, name)| name).join(", ")
}

impl FromStr for Runner {
    type Err = UnknownRunner;

    fn from_str(given: &str) -> Result<Self, UnknownRunner> {
        let folded = given.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        if let Some((runner, _)) = NAMES.iter().find(|(_, name)| *name == folded) {
            return Ok(*runner);
        }
        let nearness = |name: &str| strsim::jaro_winkler(name, &folded);
        let nearest = NAMES.iter().max_by(|a, b| nearness(a.1).total_cmp(&nearness(b.1)));
        let nearest = nearest.expect("the table of runners is not empty").0;
        Err(UnknownRunner { given: given.to_owned(), nearest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_the_nearest_is_suggested() {
        for runner in Runner::all() {
            assert_eq!(runner.name().parse(), Ok(runner));
        }
        assert_eq!("Golang_Migrate".parse(), Ok(Runner::GolangMigrate));
        for (given, nearest) in
            [("fliway", Runner::Flyway), ("liqibase", Runner::Liquibase), ("go-migrate", Runner::GolangMigrate)]
        {
            assert_eq!(given.parse::<Runner>().unwrap_err().nearest, nearest, "{given}");
        }
    }
}
