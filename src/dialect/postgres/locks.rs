//! The lock modes of tables and what each blocks (the manual's page "Explicit Locking").

use crate::change::Access;
use crate::dialect::Blocked;

/// A lock mode of a relation, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl Mode {
    const ALL: [Mode; 8] = [
        Mode::AccessShare,
        Mode::RowShare,
        Mode::RowExclusive,
        Mode::ShareUpdateExclusive,
        Mode::Share,
        Mode::ShareRowExclusive,
        Mode::Exclusive,
        Mode::AccessExclusive,
    ];

    /// The name as `LOCK TABLE` takes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Mode::AccessShare => "ACCESS SHARE",
            Mode::RowShare => "ROW SHARE",
            Mode::RowExclusive => "ROW EXCLUSIVE",
            Mode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Mode::Share => "SHARE",
            Mode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Mode::Exclusive => "EXCLUSIVE",
            Mode::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// The mode of that name.
    pub(super) fn named(name: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.name().eq_ignore_ascii_case(name))
    }

    /// The mode of the tables whose rows a statement treats in this way.
    pub(super) fn of(access: Access) -> Mode {
        match access {
            Access::Read => Mode::AccessShare,
            Access::Lock => Mode::RowShare,
            Access::Write => Mode::RowExclusive,
        }
    }

    /// What it blocks. Every mode keeps others from `ACCESS EXCLUSIVE`, which most schema changes take; the first that stops
    /// writers is `SHARE`, and only the last stops readers.
    pub(super) fn blocks(self) -> &'static [Blocked] {
        match self {
            Mode::AccessShare | Mode::RowShare | Mode::RowExclusive | Mode::ShareUpdateExclusive => &[Blocked::Ddl],
            Mode::Share | Mode::ShareRowExclusive | Mode::Exclusive => &[Blocked::Write, Blocked::Ddl],
            Mode::AccessExclusive => &[Blocked::Read, Blocked::Write, Blocked::Ddl],
        }
    }
}
