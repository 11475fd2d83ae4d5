//! What those who run the service look at: metrics, alarms, status, the package, and what an earlier version left behind.

mod alarms;
mod metrics;
mod older;
mod package;
mod status;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::net::UnixDatagram;
use tokio::process::Child;
use tutanak::cli::init;

/// Runs a command in the directory of a service.
fn tutanak(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
    command.current_dir(dir).args(arguments).env_remove("TUTANAK_CONFIG").env("TUTANAK_LOG", "error");
    command.output().unwrap()
}

/// `tutanak serve`, as a supervisor runs it.
struct Service {
    https: SocketAddr,
    supervisor: UnixDatagram,
    process: Child,
}

impl Service {
    /// Starts it in this directory, on ports of its own, and waits until it is ready.
    async fn start(dir: &Path) -> Self {
        let https = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = dir.join(init::CONFIG);
        let text = std::fs::read_to_string(&config).unwrap();
        let text = text.replace("0.0.0.0:8443", &https.to_string()).replace("0.0.0.0:2121", "127.0.0.1:0");
        std::fs::write(&config, text).unwrap();
        let heard = dir.join("notify");
        let supervisor = UnixDatagram::bind(&heard).unwrap();
        let process = tokio::process::Command::new(env!("CARGO_BIN_EXE_tutanak"))
            .arg("serve")
            .current_dir(dir)
            .env_remove("TUTANAK_CONFIG")
            .env("NOTIFY_SOCKET", &heard)
            .env("WATCHDOG_USEC", "500000")
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let service = Self { https, supervisor, process };
        assert!(service.next().await.starts_with("READY=1\n"));
        service
    }

    /// The next word to the supervisor.
    async fn next(&self) -> String {
        let mut word = [0; 256];
        let length = self.supervisor.recv(&mut word).await.unwrap();
        String::from_utf8_lossy(&word[..length]).into_owned()
    }

    /// Stops it as a supervisor does.
    async fn stop(&mut self) {
        let process = Pid::from_raw(self.process.id().unwrap().cast_signed()).unwrap();
        kill_process(process, Signal::TERM).unwrap();
        while !self.next().await.starts_with("STOPPING=1\n") {}
        assert!(self.process.wait().await.unwrap().success());
    }
}
