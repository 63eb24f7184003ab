//! Servers that end with the test program.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A number that no other test of this program has.
pub fn number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Runs a server with a folder of its own until this program ends, and gives its port.
///
/// `script` is run by a shell whose `$folder` and `$port` are the server's and whose further arguments are `args`. It
/// prepares the folder and then starts the server in the background. As root, all of it runs as `user`.
#[expect(clippy::zombie_processes, reason = "it outlives this program, to clear up")]
pub fn serve(script: &str, args: &[PathBuf], user: &str) -> u16 {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = std::env::temp_dir().join(format!("durastate-{}-{port}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    // The shell's standard input closes when this program ends, however it ends; then nothing of the server stays. QUIT
    // is the quickest end, but a server without a handler of its own ignores it in the background: TERM ends that one.
    let script = format!(
        "trap '' INT TERM HUP; cd \"$folder\" || exit; {script}\nread _; kill -QUIT $!; kill -TERM $!; wait; rm -rf \"$folder\""
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, "sh"]).args(args).env("folder", &folder).env("port", port.to_string());
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        let (uid, gid) = account(user);
        chown(&folder, Some(uid), Some(gid)).unwrap();
        shell.uid(uid).gid(gid);
    }
    let log = fs::File::create(folder.join("log")).unwrap();
    shell.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
    let mut shell = shell.spawn().expect("a shell starts");
    // Kept open for as long as this program lives.
    std::mem::forget(shell.stdin.take());
    port
}

/// The ids of a user of this machine.
fn account(user: &str) -> (u32, u32) {
    let accounts = fs::read_to_string("/etc/passwd").unwrap();
    let account = accounts.lines().find(|line| line.starts_with(&format!("{user}:")));
    let account = account.unwrap_or_else(|| panic!("the server does not run as root, and there is no user {user}"));
    let ids: Vec<u32> = account.split(':').skip(2).take(2).map(|id| id.parse().unwrap()).collect();
    (ids[0], ids[1])
}

/// Tries until a server that was started just now answers.
pub fn patiently<T, E: std::fmt::Debug>(mut connect: impl FnMut() -> Result<T, E>, hint: &str) -> T {
    for _ in 0..1500 {
        if let Ok(connection) = connect() {
            return connection;
        }
        pause();
    }
    panic!("the server does not answer: {:?}; {hint}", connect().err())
}

#[expect(clippy::disallowed_methods, reason = "only time makes a server start")]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}
