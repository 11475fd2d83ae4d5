//! What a client outside sees of an FTP service: its greeting, its TLS, the address it names for data connections, and
//! whether a firewall lets those through. It must be run from outside: on the server itself everything is open.

mod talk;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::credentials::Credentials;
use talk::{Reply, Talk};

/// A server, or a firewall, that says nothing for so long is silent.
const SILENCE: Duration = Duration::from_secs(10);

/// What is to be looked at.
#[derive(Debug)]
pub struct Plan {
    /// Host name or address.
    pub host: String,
    /// Port of the control connection.
    pub port: u16,
    /// Whether TLS comes before the greeting.
    pub implicit: bool,
    /// How TLS is trusted.
    pub tls: Arc<ClientConfig>,
    /// Data connections can be tried with a login only.
    pub credentials: Option<Credentials>,
    /// Data connections to try.
    pub ports: u16,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// Whether it is as it should be.
    pub good: bool,
    /// What was seen.
    pub seen: String,
}

/// Looks at everything in turn; what depends on something that failed is left out.
pub async fn check(plan: &Plan) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Err(failed) = look(plan, &mut found).await {
        found.push(failed);
    }
    found
}

fn good(what: &'static str, seen: impl Into<String>) -> Finding {
    Finding { what, good: true, seen: seen.into() }
}

fn bad(what: &'static str, seen: impl Into<String>) -> Finding {
    Finding { what, good: false, seen: seen.into() }
}

async fn look(plan: &Plan, found: &mut Vec<Finding>) -> Result<(), Finding> {
    let failed = |what| move |error: std::io::Error| bad(what, error.to_string());
    let mut addresses = lookup_host((plan.host.as_str(), plan.port)).await.map_err(failed("address"))?;
    let server = addresses.next().ok_or_else(|| bad("address", "the name has none"))?;
    let stream = connect(server).await.map_err(failed("control connection"))?;
    found.push(good("control connection", server.to_string()));

    let mut talk = Talk::plain(stream, SILENCE);
    if plan.implicit {
        talk = talk.encrypt(&plan.host, &plan.tls).await.map_err(failed("TLS"))?;
        found.push(good("TLS", talk.tls()));
    }
    let greeting = talk.hear().await.map_err(failed("greeting"))?;
    found.push(judged("greeting", &greeting, 220));
    if greeting.code != 220 {
        return Ok(());
    }
    let features = talk.say("FEAT").await.map_err(failed("features"))?;
    let facts = features.lines.iter().any(|line| line.trim_start().starts_with("MLST "));
    found.push(Finding {
        what: "features",
        good: features.code == 211,
        seen: format!(
            "{}, {}",
            features.lines.len().saturating_sub(2),
            if facts { "MLSD with facts" } else { "no MLSD" }
        ),
    });
    if !plan.implicit {
        let answer = talk.say("AUTH TLS").await.map_err(failed("TLS"))?;
        if answer.code != 234 {
            found.push(bad("TLS", answer.last()));
        } else {
            talk = talk.encrypt(&plan.host, &plan.tls).await.map_err(failed("TLS"))?;
            found.push(good("TLS", talk.tls()));
        }
    }
    let Some(credentials) = &plan.credentials else {
        found.push(good("data connections", "not tried: they need a login"));
        return Ok(());
    };
    talk.say(&format!("USER {}", credentials.user)).await.map_err(failed("login"))?;
    let answer = talk.say(&format!("PASS {}", credentials.password)).await.map_err(failed("login"))?;
    found.push(judged("login", &answer, 230));
    if answer.code == 230 {
        data(plan, &mut talk, server.ip(), found).await.map_err(failed("data connections"))?;
    }
    let _ = talk.say("QUIT").await;
    Ok(())
}

fn judged(what: &'static str, reply: &Reply, wanted: u16) -> Finding {
    Finding { what, good: reply.code == wanted, seen: reply.last().to_owned() }
}

async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let connecting = timeout(SILENCE, TcpStream::connect(address)).await;
    connecting.map_err(|_| std::io::Error::other("nothing answers: a firewall drops it"))?
}

/// Opens data connections in both ways, and fetches a directory over the first.
async fn data(plan: &Plan, talk: &mut Talk, server: IpAddr, found: &mut Vec<Finding>) -> std::io::Result<()> {
    if talk.is_encrypted() {
        talk.say("PBSZ 0").await?;
        let answer = talk.say("PROT P").await?;
        found.push(judged("encrypted data", &answer, 200));
    }
    if server.is_ipv4() {
        let answer = talk.say("PASV").await?;
        found.push(match talk::passive_address(answer.last()) {
            Some(address) if *address.ip() == server => good("PASV address", address.to_string()),
            Some(address) => bad(
                "PASV address",
                format!("{address}, but we are connected to {server}: set `advertised` to the address outside"),
            ),
            None => bad("PASV address", answer.last()),
        });
    }
    let (mut reached, mut blocked) = (Vec::new(), Vec::new());
    for _ in 0..plan.ports {
        let answer = talk.say("EPSV").await?;
        let Some(port) = talk::extended_port(answer.last()) else {
            found.push(bad("EPSV", answer.last()));
            return Ok(());
        };
        match connect(SocketAddr::new(server, port)).await {
            Ok(_) => reached.push(port),
            Err(error) => blocked.push(format!("{port} ({error})")),
        }
    }
    let range = |ports: &[u16]| match (ports.iter().min(), ports.iter().max()) {
        (Some(least), Some(most)) => format!("{} of {} ports reached, {least} to {most}", ports.len(), plan.ports),
        _ => format!("none of {} ports reached", plan.ports),
    };
    found.push(match blocked.is_empty() {
        true => good("passive ports", range(&reached)),
        false => bad("passive ports", format!("{}; blocked: {}", range(&reached), blocked.join(", "))),
    });
    if blocked.is_empty() {
        let listing = talk.fetch("MLSD /", server, &plan.host, &plan.tls).await?;
        found.push(match listing {
            Ok(bytes) => good("listing", format!("{} entries", bytes.iter().filter(|byte| **byte == b'\n').count())),
            Err(reply) => bad("listing", reply.last()),
        });
    }
    Ok(())
}
