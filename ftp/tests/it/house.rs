//! A running server for one test, on a port of the system's choice.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tutanak_ftp::{Engine, FtpError, Lanes, Listener, Settings, run};

use crate::client::Client;
use crate::made_shelf::{Diary, MadeShelf};

pub struct House {
    pub address: SocketAddr,
    pub diary: Arc<Mutex<Diary>>,
    stop: CancellationToken,
    server: JoinHandle<Result<(), FtpError>>,
}

/// The same tests run on both engines.
fn engine() -> Engine {
    #[cfg(feature = "libunftp")]
    return Engine::Libunftp;
    #[cfg(not(feature = "libunftp"))]
    Engine::Own
}

/// As a service has them, but of this house alone: tests do not wait for one another.
fn lanes() -> Arc<Lanes> {
    Lanes::start(NonZeroUsize::new(2).unwrap()).unwrap()
}

/// Short waits, so that tests are short.
pub fn settings() -> Settings {
    Settings {
        engine: engine(),
        lanes: Some(lanes()),
        passive_ports: 0..=0,
        greeting: "Hosgeldiniz".to_owned(),
        first_penalty: Duration::from_millis(5),
        grace: Duration::from_secs(2),
        ..Settings::default()
    }
}

impl House {
    pub async fn open() -> Self {
        Self::with(settings()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::over(MadeShelf::default(), settings).await
    }

    pub async fn over(shelf: MadeShelf, settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, shelf, settings)
    }

    pub fn on(listener: TcpListener, shelf: MadeShelf, settings: Settings) -> Self {
        let address = listener.local_addr().unwrap();
        Self::listening(address, Listener::explicit(listener), shelf, settings)
    }

    /// A house whose connections begin with TLS.
    pub async fn implicit(shelf: MadeShelf, settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self::listening(address, Listener::implicit(listener), shelf, settings)
    }

    fn listening(address: SocketAddr, listener: Listener, shelf: MadeShelf, settings: Settings) -> Self {
        let diary = Arc::clone(&shelf.diary);
        let stop = CancellationToken::new();
        let server = tokio::spawn(run(vec![listener], Arc::new(shelf), settings, stop.clone()));
        Self { address, diary, stop, server }
    }

    /// Somebody who has been greeted.
    pub async fn visitor(&self) -> Client {
        let mut client = Client::connect(self.address).await;
        client.expect(220).await;
        client
    }

    /// Somebody who is logged in.
    pub async fn reader(&self) -> Client {
        let mut client = self.visitor().await;
        client.log_in().await;
        client
    }

    pub fn signal_stop(&self) {
        self.stop.cancel();
    }

    pub async fn closed(self) {
        self.stop.cancel();
        self.server.await.unwrap().unwrap();
    }

    /// Waits until the diary says so.
    pub async fn eventually(&self, what: &str, so: impl Fn(&Diary) -> bool) {
        let patience = Instant::now() + Duration::from_secs(15);
        while !so(&self.diary.lock().unwrap()) {
            assert!(Instant::now() < patience, "it never came true that {what}");
            sleep(Duration::from_millis(10)).await;
        }
    }
}
