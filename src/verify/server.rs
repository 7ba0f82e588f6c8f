//! A throwaway PostgreSQL: made in a temporary directory from the binaries on this machine, reached through a socket in
//! it, gone with its directory when the process ends, however it ends.
//!
//! A small shell script makes, starts, stops and removes the server. It reads from a pipe that this process holds open:
//! the pipe closes when the server is dropped, and also when the process is killed, so nothing has to be cleaned up here.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::{Address, Connection, SqlError};

/// A running server, stopped and removed when dropped.
#[derive(Debug)]
pub struct Server {
    /// Of a throwaway server.
    keeper: Option<Keeper>,
    /// How to reach it.
    address: Address,
    /// Of PostgreSQL: 15, 16, ...
    major: u32,
    /// For creating and dropping databases, one at a time.
    maintenance: Mutex<Connection>,
    databases: AtomicU32,
}

/// An empty database of its own, dropped with this value.
#[derive(Debug)]
pub struct Database<'s> {
    server: &'s Server,
    name: String,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No PostgreSQL was found.
    #[error(
        "no PostgreSQL server binaries (initdb, pg_ctl, postgres) were found; {}, or set MIGSAFE_PG_BIN to their directory",
        install()
    )]
    NotFound,
    /// A directory that was named holds something else.
    #[error("{} does not hold initdb, pg_ctl and postgres", .0.display())]
    NotBinaries(PathBuf),
    /// The URL of a server cannot be read. What is wrong is not told: it may hold a password.
    #[error("the URL of the server cannot be read: write it like postgres://user@host:5432/postgres")]
    Url,
    /// The shell that keeps the server could not be started.
    #[error("the server's keeper could not be started: {0}")]
    Keeper(#[source] std::io::Error),
    /// The server did not come up.
    #[error("the server in {binaries} did not start: {log}")]
    Start {
        /// The directory of its binaries.
        binaries: PathBuf,
        /// The end of its log.
        log: String,
    },
    /// It came up, and did not do as told.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

impl Server {
    /// Starts a server from the binaries of this machine: those in `MIGSAFE_PG_BIN`, else on the `PATH`, else the newest
    /// in the usual places.
    pub fn start() -> Result<Server, ServerError> {
        Server::start_from(&find_binaries()?)
    }

    /// Starts a server from the binaries in a directory.
    pub fn start_from(binaries: &Path) -> Result<Server, ServerError> {
        if !binaries.is_dir() || !holds_binaries(&binaries.canonicalize().unwrap_or_default()) {
            return Err(ServerError::NotBinaries(binaries.to_owned()));
        }
        let keeper = Keeper::start(binaries)?;
        let address = Address::socket(&keeper.directory);
        Server::reach(Some(keeper), address)
    }

    /// A server that is there already. Only databases that are made here are used, and dropped again.
    pub fn at(url: &str) -> Result<Server, ServerError> {
        Server::reach(None, Address::url(url).ok_or(ServerError::Url)?)
    }

    fn reach(keeper: Option<Keeper>, address: Address) -> Result<Server, ServerError> {
        let mut maintenance = Connection::open(&address, None)?;
        let number = maintenance.query_value("SHOW server_version_num")?;
        let major = number.and_then(|number| number.parse::<u32>().ok()).unwrap_or_default() / 10_000;
        Ok(Server { keeper, address, major, maintenance: Mutex::new(maintenance), databases: AtomicU32::new(0) })
    }

    /// The one server of this process, started when first asked for.
    pub fn shared() -> Result<&'static Server, &'static ServerError> {
        static SHARED: OnceLock<Result<Server, ServerError>> = OnceLock::new();
        SHARED.get_or_init(Server::start).as_ref()
    }

    /// PostgreSQL's major version: 15, 16, ...
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Where a throwaway server lives.
    pub fn directory(&self) -> &Path {
        self.keeper.as_ref().map_or(Path::new(""), |keeper| &keeper.directory)
    }

    /// Lets a throwaway server run on when this process ends, with the databases that are forgotten.
    pub fn keep(mut self) {
        if let Some(keeper) = &mut self.keeper {
            keeper.let_go();
        }
    }

    /// A new empty database with a name that no other has.
    pub fn create_database(&self) -> Result<Database<'_>, ServerError> {
        self.create("")
    }

    /// A new database with everything that another holds. No session may be open in that one.
    pub fn copy_database(&self, original: &Database<'_>) -> Result<Database<'_>, ServerError> {
        self.create(&format!(" TEMPLATE {}", original.name))
    }

    fn create(&self, template: &str) -> Result<Database<'_>, ServerError> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        // Others may use the same server.
        let name = match &self.keeper {
            Some(_) => format!("d{number}"),
            None => format!("migsafe_{}_{number}", std::process::id()),
        };
        // The default strategy since 15 writes the copy through the log, which takes twice as long.
        let strategy = if self.major >= 15 { " STRATEGY FILE_COPY" } else { "" };
        self.maintenance().execute(&format!("CREATE DATABASE {name}{template}{strategy}"))?;
        Ok(Database { server: self, name })
    }

    fn maintenance(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves the session usable: every statement is a transaction of its own.
        self.maintenance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Database<'_> {
    /// A new session in this database. Several sessions can be open at once: one holds a transaction open while another
    /// looks at `pg_locks`.
    pub fn connect(&self) -> Result<Connection, ServerError> {
        Ok(Connection::open(&self.server.address, Some(&self.name))?)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Leaves it where it is, and says how to reach it.
    pub fn keep(self) -> String {
        let place = match self.server.keeper {
            Some(_) => format!("psql -h {} -U postgres {}", self.server.directory().display(), self.name),
            None => format!("the database {} of the server that was named", self.name),
        };
        std::mem::forget(self);
        place
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        let force = if self.server.major >= 13 { " WITH (FORCE)" } else { "" };
        // A database that cannot be dropped goes with its server.
        let _ = self.server.maintenance().execute(&format!("DROP DATABASE {}{force}", self.name));
    }
}

/// The shell that owns the server and its directory.
#[derive(Debug)]
struct Keeper {
    child: Child,
    directory: PathBuf,
}

/// `$1` is the directory of the binaries, `$2` what goes into `postgresql.conf`. It prints the server's directory once
/// the server accepts connections, and ends it when standard input does.
const KEEPER: &str = r#"
trap '' HUP INT TERM PIPE
bin=$1 settings=$2
dir=$(mktemp -d "${TMPDIR:-/tmp}/migsafe-XXXXXXXX") || exit 1
make() {
    rm -rf "$dir/data"
    "$bin/initdb" -D "$dir/data" -U postgres -A trust --no-sync -E UTF8 --locale="$1" --wal-segsize=1
}
finish() {
    "$bin/pg_ctl" -s -w -m immediate -D "$dir/data" stop </dev/null >/dev/null 2>&1
    rm -rf "$dir" || { sleep 1 && rm -rf "$dir"; }
}
# A cluster is made once for each version, and copied from then on.
key=$("$bin/initdb" --version | tr -cd '0-9A-Za-z.-')-$(printf '%s' "$bin" | cksum | tr -cd '0-9')
cache=${TMPDIR:-/tmp}/migsafe-cache-$(id -u)
mkdir -m 700 "$cache" 2>/dev/null
[ -d "$cache" ] && [ ! -L "$cache" ] && [ -O "$cache" ] || cache=
cached() {
    [ -n "$cache" ] && [ -d "$cache/$key" ] && cp -Rp "$cache/$key" "$dir/data"
}
fresh() {
    make C.UTF-8 || make C || return 1
    [ -n "$cache" ] || return 0
    rm -rf "$cache/$key.$$"
    if cp -Rp "$dir/data" "$cache/$key.$$" && [ ! -d "$cache/$key" ]; then mv "$cache/$key.$$" "$cache/$key"; fi
    rm -rf "$cache/$key.$$"
}
{ cached || fresh; } </dev/null >"$dir/log" 2>&1 &&
    printf "%s\nunix_socket_directories = '%s'\n" "$settings" "$dir" >>"$dir/data/postgresql.conf" &&
    "$bin/pg_ctl" -s -w -t 60 -D "$dir/data" -l "$dir/log" start </dev/null >>"$dir/log" 2>&1 || {
    tail -n 20 "$dir/log" >&2
    finish
    exit 1
}
printf '%s\n' "$dir"
while read -r word; do [ "$word" = keep ] && exit 0; done
finish
"#;

/// Nothing here must survive a crash, and little is stored.
const SETTINGS: &str = "\
listen_addresses = ''
port = 5432
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
shared_buffers = 16MB
max_connections = 100
jit = off
lc_messages = 'C'";

impl Keeper {
    fn start(binaries: &Path) -> Result<Keeper, ServerError> {
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "migsafe-server"]).arg(binaries).arg(SETTINGS);
        command.current_dir("/").env("LC_ALL", "C");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        apart(&mut command);
        let mut child = command.spawn().map_err(ServerError::Keeper)?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(ServerError::Keeper)?;
        }
        let directory = PathBuf::from(line.trim_end_matches('\n'));
        let keeper = Keeper { child, directory };
        if keeper.directory.as_os_str().is_empty() { Err(keeper.failure(binaries)) } else { Ok(keeper) }
    }

    fn let_go(&mut self) {
        if let Some(stdin) = &mut self.child.stdin {
            // Where the pipe is broken there is no server any more.
            let _ = stdin.write_all(b"keep\n");
        }
    }

    fn failure(mut self, binaries: &Path) -> ServerError {
        let mut log = String::new();
        if let Some(mut stderr) = self.child.stderr.take()
            && let Err(error) = stderr.read_to_string(&mut log)
        {
            return ServerError::Keeper(error);
        }
        ServerError::Start { binaries: binaries.to_owned(), log: log.trim().to_owned() }
    }
}

/// In a group of its own, so that Ctrl-C reaches this process alone, and not as root, which PostgreSQL refuses.
#[cfg(unix)]
fn apart(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
    if id(&["-u"]) == Some(0) {
        let (user, group) = (id(&["-u", "nobody"]), id(&["-g", "nobody"]));
        command.uid(user.unwrap_or(65_534)).gid(group.unwrap_or(65_534));
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Whatever the shell's status: it ends after the server.
        let _ = self.child.wait();
    }
}

/// A number from the `id` program.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn find_binaries() -> Result<PathBuf, ServerError> {
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
fn install() -> String {
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

fn holds_binaries(directory: &Path) -> bool {
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
