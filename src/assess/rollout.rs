//! How deployments go: which versions of the application are live together, and so what a migration is asked for.

use std::fmt;
use std::str::FromStr;

/// A way to deploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strategy {
    /// Old and new instances serve side by side until the last one is replaced.
    #[default]
    Rolling,
    /// The old version serves while the new one is checked on the same database, and stays ready to take over again.
    BlueGreen,
    /// The new version serves a small share for a long time.
    Canary,
    /// The application is down while migrations run.
    StopTheWorld,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Strategy; 4] = [Strategy::Rolling, Strategy::BlueGreen, Strategy::Canary, Strategy::StopTheWorld];

    /// Its name in configuration and reports.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Rolling => "rolling",
            Strategy::BlueGreen => "blue-green",
            Strategy::Canary => "canary",
            Strategy::StopTheWorld => "stop-the-world",
        }
    }

    /// Whether old and new versions meet one schema, so that compatibility matters.
    pub fn versions_meet(self) -> bool {
        self != Strategy::StopTheWorld
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Strategy::ALL.into_iter().find(|strategy| strategy.name() == text);
        found.ok_or_else(|| format!("`{text}` is no strategy: it is one of {}", Strategy::ALL.map(Strategy::name).join(", ")))
    }
}
