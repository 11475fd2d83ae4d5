//! The lines of a pack, as a server that cannot be trusted sends them: what is taken is laid out without gap or overlap,
//! and no path leaves the directory of scans.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak::formats::pack::PackPlan;

fuzz_target!(|text: &str| {
    let lines: Vec<&str> = text.split('\n').collect();
    let Ok(plan) = PackPlan::from_lines(7, &lines) else { return };
    let mut end = 0;
    for image in plan.images() {
        assert!(image.data.start >= end && image.data.end - image.data.start == image.size, "{image:?}");
        assert!(image.path.starts_with("tutanaklar/") && !image.path.contains(".."), "{image:?}");
        end = image.data.end;
    }
    assert!(end <= plan.len());
    let (from, to) = (plan.len() / 3, plan.len() / 3 + plan.len().min(100_000) / 2);
    assert_eq!(plan.segments(from..to).map(|segment| segment.len()).sum::<u64>(), to - from);
});
