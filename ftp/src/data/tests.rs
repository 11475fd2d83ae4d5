//! Ports, and who comes to them.

use std::collections::HashSet;

use tokio::time::timeout;

use super::*;

const LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const PATIENCE: Duration = Duration::from_secs(20);

async fn connect(from: IpAddr, to: SocketAddr) -> io::Result<net::TcpStream> {
    let socket = net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from, 0)).unwrap();
    socket.connect(to).await
}

#[tokio::test]
async fn each_port_is_used_once_and_comes_back() {
    let free = bind(SocketAddr::new(LOCAL, 0)).unwrap().local_addr().unwrap().port();
    let ports = Ports::new(free..=free);
    let first = ports.listen(LOCAL).unwrap();
    assert_eq!(ports.listen(LOCAL).err().map(|error| error.kind()), Some(io::ErrorKind::AddrInUse));
    drop(first);
    assert_eq!(ports.listen(LOCAL).unwrap().number, free);
}

#[tokio::test]
async fn the_next_port_cannot_be_told_from_those_before_and_every_free_one_is_found() {
    let ports = Ports::new(28_000..=28_063);
    let held: Vec<Port> = std::iter::from_fn(|| ports.listen(LOCAL).ok()).collect();
    let numbers: Vec<u16> = held.iter().map(|port| port.number).collect();
    let different: HashSet<u16> = numbers.iter().copied().collect();
    assert_eq!(different.len(), numbers.len());
    assert!(numbers.len() > 48, "some may be others', hardly most: {}", numbers.len());
    let in_turn = numbers.windows(2).take(32).filter(|pair| pair[1] == pair[0] + 1).count();
    assert!(in_turn < 16, "{numbers:?}");
    let again = Ports::new(28_000..=28_063);
    drop(held);
    let second: Vec<u16> = (0..8).map(|_| again.listen(LOCAL).unwrap().number).collect();
    assert_ne!(numbers[..8], second[..], "a new start begins elsewhere");
}

#[tokio::test]
async fn strangers_are_sent_away_however_many_and_the_client_gets_its_connection() {
    let mut port = Ports::new(0..=0).listen(LOCAL).unwrap();
    let at = SocketAddr::new(LOCAL, port.number);
    let peer = IpAddr::from([127, 0, 0, 9]);
    let mut strangers = Strangers::default();
    let flood = async {
        let mut ended = 0;
        for n in 0..600_u16 {
            let from = IpAddr::from([127, 0, 7, (n % 100) as u8 + 1]);
            let Ok(mut stream) = timeout(PATIENCE, connect(from, at)).await.expect("the queue is full") else {
                continue;
            };
            if n % 50 == 0 {
                let mut byte = [0];
                let read = tokio::io::AsyncReadExt::read(&mut stream, &mut byte);
                ended += usize::from(!matches!(timeout(PATIENCE, read).await.expect("it is not sent away"), Ok(1..)));
            }
        }
        (ended, connect(peer, at).await.unwrap())
    };
    // While no command asks for it.
    let (ended, mine) = tokio::select! {
        () = port.look_after(peer, &mut strangers) => unreachable!("it looks after it for ever"),
        done = flood => done,
    };
    assert!(ended >= 1, "nobody was seen to be sent away");
    let got = timeout(PATIENCE, port.accept(peer, &mut strangers)).await.unwrap().unwrap();
    assert_eq!(got.peer_addr().unwrap(), mine.local_addr().unwrap());
    assert_eq!(strangers.new_ones().len(), NAMED, "so many are named and no more");
    assert!(strangers.new_ones().is_empty(), "once is enough");
}

#[tokio::test]
async fn the_client_that_came_early_is_still_there_when_it_is_asked_for() {
    let mut port = Ports::new(0..=0).listen(LOCAL).unwrap();
    let mut strangers = Strangers::default();
    let mine = connect(LOCAL, SocketAddr::new(LOCAL, port.number)).await.unwrap();
    assert!(timeout(UNATTENDED * 20, port.look_after(LOCAL, &mut strangers)).await.is_err());
    let got = port.here(LOCAL, &mut strangers).unwrap().unwrap();
    assert_eq!(got.peer_addr().unwrap(), mine.local_addr().unwrap());
}
