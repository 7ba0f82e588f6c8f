//! migsafe judges SQL migrations for deployments in which the old and the new version of an application share one database:
//! which versions work on which schema states, when each statement may run, what it locks, and what it destroys.
//!
//! The modules are a pipeline; each names only those before it.
//!
//! | module | its job |
//! | --- | --- |
//! | [`source`] | texts, places in them, migrations and their history |
//! | [`change`] | what a statement does, in the words of no database |
//! | [`catalog`] | the schema as a value, to which changes are applied |
//! | [`dialect`] | every fact about a database |
//! | [`read`] | the only reader of files: a path becomes a project |
//! | [`parse`] | text to statements and directives |
//! | [`lower`] | statements to changes |
//! | [`replay`] | a history to schema states, grouped by what commits together |
//! | [`down`](mod@down) | the way back from each migration, and what it cannot bring back |
//! | [`assess`] | states to verdicts: who breaks, which phase, what it costs |
//! | [`paired`] | whether a migration's own way back leads back |
//! | [`rules`] | verdicts to findings that a person can act on |
//! | [`allow`] | directives: what is allowed, and what is asserted |
//! | [`lint`](mod@lint) | all of that in one call |
//! | [`plan`](mod@plan) | the pending migrations as a deployment: stages, gates, who works when, how to go back |
//! | [`baseline`] | findings that a project has accepted |
//! | [`verify`] | all of that held against a real server |
//! | [`report`] | what was judged, for people and for programs |
//! | [`config`] | `migsafe.toml` |
//!
//! The way through:
//!
//! ```no_run
//! use migsafe::{Options, Pending, assess::Strategy, dialect, lint, read, report, rules::Levels};
//!
//! let project = read::read("migrations".as_ref(), None)?;
//! let options = Options {
//!     dialect: &dialect::Postgres,
//!     version: dialect::ServerVersion { major: 16, minor: 0 },
//!     strategy: Strategy::Rolling,
//!     levels: Levels::default(),
//!     pending: Pending::all(&project.history),
//! };
//! let judged = lint(&project, &options);
//! println!("{}", report::json(&[judged]));
//! # Ok::<(), read::ReadError>(())
//! ```

pub mod allow;
pub mod assess;
pub mod baseline;
pub mod catalog;
pub mod change;
pub mod config;
pub mod dialect;
pub mod down;
pub mod lint;
pub mod lower;
pub mod paired;
pub mod parse;
pub mod plan;
pub mod read;
pub mod replay;
pub mod report;
pub mod rules;
pub mod source;
#[cfg(feature = "verify")]
pub mod verify;

pub use lint::{Lint, Options, Pending, UnknownVersion, lint};
pub use plan::{Plan, plan};
