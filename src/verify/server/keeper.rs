//! The shell that owns a throwaway server.

use super::ServerError;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The shell that owns the server and its directory.
#[derive(Debug)]
pub(super) struct Keeper {
    child: Child,
    /// The server's.
    pub directory: PathBuf,
}

/// `$1` is the directory of the binaries, `$2` what goes into `postgresql.conf`. It prints the server's directory once
/// the server accepts connections, and ends it when standard input does.
const KEEPER: &str = r#"
trap '' HUP INT TERM PIPE
bin=$1 settings=$2
# In memory making and dropping databases is ten times as fast. TMPDIR says where else, and little memory is left alone.
plenty() {
    [ -d /dev/shm ] && [ -w /dev/shm ] || return 1
    free=$(df -Pk /dev/shm | { read -r _; read -r _ _ _ free _; printf '%s' "$free"; })
    while read -r name size _; do [ "$name" = MemAvailable: ] && available=$size; done </proc/meminfo
    [ "${free:-0}" -gt 2000000 ] && [ "${available:-0}" -gt 3000000 ]
} 2>/dev/null
place=${TMPDIR:-}
[ -n "$place" ] || { plenty && place=/dev/shm; } || place=/tmp
dir=$(mktemp -d "$place/migsafe-XXXXXXXX") || exit 1
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
cache=$place/migsafe-cache-$(id -u)
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
    pub fn start(binaries: &Path, port: u16, settings: &str) -> Result<Keeper, ServerError> {
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "migsafe-server"]).arg(binaries);
        command.arg(format!("{SETTINGS}\nport = {port}\n{settings}"));
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

    /// Lets the server run on.
    pub fn let_go(&mut self) {
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
