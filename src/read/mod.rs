//! The way in: the only reader of files. A path becomes a [`Project`]: the texts, the migrations that its runner would
//! find there in the order in which it would apply them, and what the reader has to tell about them.
//!
//! Reading takes three steps. A runner's entry in `layout` first arranges what file names and side files say, without
//! opening a script; then all scripts are read at once, in parallel; then the runner's entry cuts each text into its
//! sections. Nothing is skipped in silence: what is left out, or what the runner would refuse, becomes a [`ReadNote`].

mod applied;
mod assemble;
mod dir;
mod down;
mod error;
mod find;
mod git;
mod journal;
mod layout;
mod name;
mod place;
mod project;
mod runner;
mod statement;
mod stats;
mod text;
mod view;

pub use applied::{Applied, Edited, KnownBy, Late, Reaction};
pub use down::{
    DownState, DownText, Edit, NoPlace, UpText, down_edits, down_path, down_state, down_transaction, has_stamp, purge_path,
    with_insertions,
};
pub use error::ReadError;
pub use find::{discover, read, read_paths, read_stdin};
pub use git::{Base, Content, GitError, Hooks, NoBase, compare_with, hooks};
pub use journal::journal_with;
pub use layout::DownsBy;
pub use project::{Alteration, Altered, Entries, LateBy, LateMigration, NoteKind, Project, ReadNote, Released};
pub use runner::{Runner, UnknownRunner};
pub use stats::{TableFigures, stats};

#[cfg(test)]
mod tests;
