//! Where the programs of a PostgreSQL server are, and what installs them.

use super::ServerError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) fn find_binaries() -> Result<PathBuf, ServerError> {
    if let Some(named) = std::env::var_os("MIGSAFE_PG_BIN").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        return if holds_binaries(&named) { Ok(named) } else { Err(ServerError::NotBinaries(named)) };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.extend(pg_config());
    // Debian, Red Hat's packages of the PostgreSQL project, Homebrew on both processors, Postgres.app, from source.
    for (parent, prefix, inside) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql", "bin"),
        ("/usr/local/opt", "postgresql", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
        ("/usr/local", "pgsql", "bin"),
    ] {
        places.extend(newest_first(parent, prefix).into_iter().map(|place| place.join(inside)));
    }
    places.into_iter().find(|place| holds_binaries(place)).ok_or(ServerError::NotFound)
}

/// What installs a server on this system.
pub(super) fn install() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let is = |names: &[&str]| {
        let mut words = release.lines().filter(|line| line.starts_with("ID=") || line.starts_with("ID_LIKE="));
        words.any(|line| names.iter().any(|name| line.contains(name)))
    };
    let line = if cfg!(target_os = "macos") {
        "brew install postgresql@17"
    } else if is(&["debian", "ubuntu"]) {
        "apt-get install postgresql"
    } else if is(&["fedora", "rhel", "centos"]) {
        "dnf install postgresql-server"
    } else if is(&["alpine"]) {
        "apk add postgresql"
    } else if is(&["arch"]) {
        "pacman -S postgresql"
    } else if is(&["suse"]) {
        "zypper install postgresql-server"
    } else {
        return "install PostgreSQL 12 or later".into();
    };
    format!("install it with `{line}`")
}

pub(super) fn holds_binaries(directory: &Path) -> bool {
    directory.is_absolute() && ["initdb", "pg_ctl", "postgres"].iter().all(|name| directory.join(name).is_file())
}

fn pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// The directories in `parent` whose names begin with `prefix`, by the number in the rest of the name.
fn newest_first(parent: &str, prefix: &str) -> Vec<PathBuf> {
    let names = std::fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut numbered: Vec<(u32, OsString)> = names
        .filter_map(|name| {
            let version = name.to_str()?.strip_prefix(prefix)?.trim_start_matches('@').to_owned();
            let major = version.split('.').next().and_then(|number| number.parse().ok());
            Some((major.unwrap_or_default(), name))
        })
        .collect();
    numbered.sort_by(|one, other| other.cmp(one));
    numbered.into_iter().map(|(_, name)| Path::new(parent).join(name)).collect()
}
