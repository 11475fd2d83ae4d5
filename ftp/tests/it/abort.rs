//! `ABOR`, as clients send it, and wherever in a transfer it comes: it is heard at once, and every command has its replies,
//! no more and no less.

use tokio::io::AsyncReadExt;
use tokio::task::yield_now;
use tutanak_ftp::Cut;

use crate::client::Client;
use crate::house::House;
use crate::made_shelf::{SCAN, scan};

/// In the clear, with the signs of Telnet in their place, and with one of them urgent: Perl's Net::FTP sends the third,
/// the last as Python's ftplib does.
const FORMS: [fn(&Client) -> &'static [u8]; 4] = [
    |_| b"ABOR\r\n",
    |_| b"\xff\xf4\xff\xf2ABOR\r\n",
    |client| {
        client.send_urgent(b"\xff\xf4\xff");
        b"\xf2ABOR\r\n"
    },
    |client| {
        client.send_urgent(b"ABOR\r\n");
        b""
    },
];

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "ABOR waits for the end of the transfer")]
async fn abor_interrupts_and_says_so() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for form in FORMS {
        let mut data = client.begin("RETR /endless.bin").await;
        data.read_exact(&mut [0; 1000]).await.unwrap();
        let rest = form(&client);
        client.send_raw(rest).await;
        client.expect(426).await;
        client.expect(226).await;
        drop(data);
    }
    let causes: Vec<_> = house.diary.lock().unwrap().delivered.iter().map(|one| one.cause).collect();
    assert_eq!(causes, [Some(Cut::Aborted); 4]);
    assert_eq!(client.fetch("RETR /il/34/a.png").await.0, scan());
}

/// On one thread, so that everything has come before the server looks: it then sees one readiness for what takes several
/// reads, because a read ends at the mark.
#[tokio::test(flavor = "current_thread")]
#[cfg_attr(feature = "libunftp", ignore = "what lies behind the mark is not heard before something else comes")]
async fn a_command_behind_an_urgent_mark_is_heard_at_once() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for (before, urgent, behind, replies) in [
        (&b""[..], &b"\xff\xf4\xff"[..], &b"\xf2NOOP\r\n"[..], 1),
        (b"\xff\xf4", b"\xff", b"\xf2NOOP\r\n", 1),
        (b"NOOP\r\n", b"\xff", b"\xf2NOOP\r\n", 2),
        (b"NOOP\r\n\xff\xf4", b"\xff", b"NOOP\r\n", 2),
        (b"NOOP\r\n", b"NOOP\r\n", b"", 2),
    ] {
        client.send_raw(before).await;
        client.send_urgent(urgent);
        client.send_raw(behind).await;
        for _ in 0..replies {
            client.expect(200).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "ABOR waits for the end of the transfer")]
async fn wherever_abor_meets_a_transfer_every_command_has_its_replies() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let (mut whole, mut cut) = (0, 0);
    for turn in 0..600 {
        let mut data = client.begin("RETR /il/34/a.png").await;
        let mut bytes = vec![0; [0, 1, SCAN / 2, SCAN - 1, SCAN][turn % 5]];
        data.read_exact(&mut bytes).await.unwrap();
        for _ in 0..turn % 7 {
            yield_now().await;
        }
        let rest = FORMS[turn / 5 % 4](&client);
        client.send_raw(rest).await;
        let end = data.read_to_end(&mut bytes).await;
        client.send("NOOP").await;
        let transfer = client.reply().await.unwrap();
        client.expect(226).await;
        client.expect(200).await;
        match transfer.code {
            226 => {
                whole += 1;
                assert!(end.is_ok() && bytes == scan(), "turn {turn}: it is told to be whole and is not");
            }
            426 => cut += 1,
            _ => panic!("turn {turn}: {}", transfer.text),
        }
    }
    assert_eq!(whole + cut, 600);
    let diary = house.diary.lock().unwrap();
    assert_eq!(
        diary.delivered.iter().filter(|one| one.complete).count(),
        whole,
        "the record says what the replies say"
    );
}
