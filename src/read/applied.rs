//! What runners do where the files no longer agree with what they applied before: the kinds of answers. Each runner's own stand in
//! its `layout` entry.

/// What a runner keeps of the migrations that it applied, and does when the files say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// By what it knows a migration again.
    pub known_by: KnownBy,
    /// What it does about another text.
    pub edited: Edited,
    /// What it does about another name at the same version.
    pub renamed: Reaction,
    /// What it does when the file is gone.
    pub deleted: Reaction,
    /// What it does about a new migration that is ordered before one that it applied.
    pub late: Late,
}

/// By what a runner knows a migration again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownBy {
    /// The version; the rest of the name may change.
    Version,
    /// The version and the name.
    Name,
}

/// What a runner does about an applied migration whose text changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// It never looks at it again.
    Unnoticed,
    /// It compares every byte, warns and goes on.
    Warns,
    /// It compares every byte and stops with an error.
    Stops,
    /// It compares all but white space and stops with an error.
    StopsButForSpace,
}

/// What a runner does about something that it may not look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// It does not notice.
    Unnoticed,
    /// It stops with an error.
    Stops,
}

/// What a runner does about a new migration that is ordered before one that it applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// It applies it after the others.
    Applies,
    /// It passes it over without a word.
    Skips,
    /// It stops with an error.
    Stops,
    /// It stops with an error unless the file's name begins with this letter; then it applies it after the others.
    StopsUnlessNamed(char),
    /// That depends on who runs it.
    Unknown,
}
