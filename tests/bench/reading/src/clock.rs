//! CPU time of the running thread, and the core it runs on. Waiting, and what others do on the machine, never count.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// What `work` returns, and the milliseconds of CPU it took, the kernel's included. No reader starts threads.
pub fn cpu_of<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let began = now();
    let done = work();
    (done, now() - began)
}

fn now() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e3 + now.tv_nsec as f64 / 1e6
}

/// The cores this process may use.
pub fn cores() -> Vec<usize> {
    sched_getaffinity(None).map_or_else(|_| vec![], |set| (0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).collect())
}

/// Binds the running thread to a core. Where that is refused, the kernel goes on choosing.
pub fn stay_on(core: usize) {
    let mut set = CpuSet::new();
    set.set(core);
    if let Err(error) = sched_setaffinity(None, &set) {
        eprintln!("cannot stay on core {core}: {error}");
    }
}

/// Binds the running thread to the last core: the first is where most interrupts go.
pub fn stay_on_one_core() {
    if let Some(&core) = cores().last() {
        stay_on(core);
    }
}
