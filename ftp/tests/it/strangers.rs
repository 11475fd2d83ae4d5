//! Many connections of addresses that have nothing to do here, on the control port and on the ports of data connections.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tutanak_ftp::{Attempt, Leaving, Settings};

use crate::client::Client;
use crate::house::{House, settings};
use crate::made_shelf::{MadeShelf, scan};

const PATIENCE: Duration = Duration::from_secs(20);

async fn from(address: [u8; 4], to: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(IpAddr::from(address), 0)).ok()?;
    timeout(PATIENCE, socket.connect(to)).await.expect("nothing is taken any more").ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_nobody_logs_in_on_keep_nobody_out_however_many_and_again_and_again() {
    let limits = Settings { max_connections: 64, max_per_address: 32, max_before_login: 64, ..settings() };
    for known in [false, true] {
        let shelf =
            MadeShelf { known: if known { vec![[127, 0, 5, 1].into()] } else { Vec::new() }, ..MadeShelf::default() };
        let house = House::over(shelf, limits.clone()).await;
        let logged_in = house.reader().await;
        let mut idle = Vec::new();
        for round in 0..12_u8 {
            for n in 0..40_u8 {
                // Sixteen addresses at least, each with more than it may have.
                idle.extend(from([127, 0, 6, n % 16 + 1], house.address).await);
            }
            let stream = from([127, 0, 5, 1], house.address).await.unwrap();
            let mut reader = Client::over(stream, house.address);
            reader.expect(220).await;
            sleep(Duration::from_millis(40)).await; // its way is longer
            reader.log_in().await;
            reader.say_expect("SIZE /il/34/a.png", 213).await;
            drop(reader);
            if round % 4 == 3 {
                idle.truncate(100);
            }
        }
        let mut logged_in = logged_in;
        logged_in.say_expect("SIZE /il/34/a.png", 213).await;
        house.eventually("some were displaced", |d| d.reasons.contains(&Leaving::Displaced)).await;
        house.eventually("it is told", |d| d.tried.iter().any(|(_, attempt)| *attempt == Attempt::TooMany)).await;
        let told = house.diary.lock().unwrap().tried.len();
        assert!(told <= 16, "one word for each address is enough: {told}");
    }
}

/// Connects to every port again and again, from many addresses.
async fn flood(ports: std::ops::RangeInclusive<u16>, salt: u8) {
    let mut held = std::collections::VecDeque::new();
    for round in 0_u32.. {
        for port in ports.clone() {
            let socket = TcpSocket::new_v4().unwrap();
            let address = [127, 0, 8 + salt, (round % 200) as u8 + 1];
            if socket.bind(SocketAddr::new(IpAddr::from(address), 0)).is_err() {
                continue;
            }
            let at = SocketAddr::new(IpAddr::from([127, 0, 0, 1]), port);
            if let Ok(Ok(stream)) = timeout(Duration::from_millis(200), socket.connect(at)).await {
                held.push_back(stream);
            }
            if held.len() > 200 {
                held.pop_front();
            }
        }
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_at_every_port_hold_up_no_transfer_of_a_client_that_is_far_away() {
    let ports = 29_300..=29_339;
    let house = House::with(Settings { passive_ports: ports.clone(), ..settings() }).await;
    let floods: Vec<_> = (0..4).map(|salt| tokio::spawn(flood(ports.clone(), salt))).collect();
    let mut reader = house.reader().await;
    for n in 0..30 {
        let reply = reader.say("EPSV").await;
        sleep(Duration::from_millis(80)).await; // there and back
        let mut data =
            timeout(Duration::from_secs(5), Client::connect_to(&reply, house.address)).await.expect("no room");
        if n % 2 == 0 {
            sleep(Duration::from_millis(40)).await;
        }
        reader.say_expect("RETR /il/34/a.png", 150).await;
        let mut bytes = Vec::new();
        timeout(PATIENCE, data.read_to_end(&mut bytes)).await.expect("data in time").unwrap();
        reader.expect(226).await;
        assert_eq!(bytes, scan(), "transfer {n}");
    }
    for flood in floods {
        flood.abort();
    }
    let diary = house.diary.lock().unwrap();
    let strangers = diary.tried.iter().filter(|(_, attempt)| matches!(attempt, Attempt::Stranger(_))).count();
    assert!((1..=64).contains(&strangers), "{strangers} are on record");
}
