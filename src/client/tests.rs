//! Mirrors and verifiers against a server in memory that lies on demand.

mod adversary;
mod honest;
mod server;
mod verifier;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::disk::Disk;
use super::metered::Metered;
use super::mirror::{Report, Wishes, mirror};
use super::pace::Pace;
use super::problem::Problem;
use super::progress::Progress;
use super::retry::Retry;
use super::round::{Context, RoundError};
use super::verify::{CopyCheck, Verdict, verify_copy};
use crate::cpu::CpuLane;
use server::Server;

fn context(server: &Arc<Server>, dir: &Path) -> (Context, Arc<Metered<Arc<Server>>>) {
    let transport = Arc::new(Metered::new(Arc::clone(server), Pace::new(None), Progress::new(false)));
    let retry = Retry { attempts: 3, first: Duration::from_millis(1), longest: Duration::from_millis(2) };
    std::fs::create_dir_all(dir).unwrap();
    let (disk, cpu) = (Disk::at(dir).unwrap(), CpuLane::one_permit_a_core());
    (Context { transport: transport.clone(), disk, retry, cpu, parallel: 4 }, transport)
}

/// One run of `tutanak mirror`, as a process of its own would do it.
async fn run(server: &Arc<Server>, dir: &Path, wishes: &Wishes) -> Result<Report, RoundError> {
    let (context, transport) = context(server, dir);
    let mut last = None;
    let progress = Progress::new(false);
    mirror(&context, &transport, wishes, &progress, |report| last = Some(report.clone())).await?;
    Ok(last.expect("a single round is always told"))
}

async fn copy(server: &Arc<Server>, dir: &Path) -> Report {
    run(server, dir, &Wishes::default()).await.unwrap()
}

fn problems(report: &Report) -> Vec<Problem> {
    report.problems.iter().map(|told| told.problem.clone()).collect()
}

fn verified(dir: &Path) -> Verdict {
    verify_copy(&Disk::at(dir).unwrap(), &CopyCheck::default()).unwrap()
}
