//! Requests for pictures: no panic; what is drawn lies on the page, is no larger than it, and is a picture of that size.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak::domain::naming::scans::ScanPath;
use tutanak::pictures::draw::draw;
use tutanak::pictures::request::{MAX_AREA, Request};
use tutanak::pictures::sheet::Sheet;

const SIDES: [(u32, u32); 4] = [(1, 1), (64, 48), (3, 200), (20_000, 20_000)];

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(path) = ScanPath::parse(text) {
        assert_eq!(path.path(), text);
    }
    let mut parts = text.splitn(4, '/');
    let mut next = || parts.next().unwrap_or_default();
    let Ok(request) = Request::parse(next(), next(), next(), next()) else { return };
    for (width, height) in SIDES {
        let Ok(plan) = request.plan(width, height) else { continue };
        let part = plan.part;
        assert!(u64::from(part.x) + u64::from(part.width) <= u64::from(width));
        assert!(u64::from(part.y) + u64::from(part.height) <= u64::from(height));
        assert!((1..=part.width).contains(&plan.across) && (1..=part.height).contains(&plan.down));
        assert!(plan.area() <= MAX_AREA);
        if u64::from(width) * u64::from(height) < 10_000 {
            let sheet = Sheet::Grey(image::GrayImage::new(width, height));
            let drawn = image::load_from_memory(&draw(&sheet, &plan).expect("it is drawn")).expect("it is a picture");
            let turned = plan.rotation.quarters % 2 == 1;
            let size = if turned { (plan.down, plan.across) } else { (plan.across, plan.down) };
            assert_eq!((drawn.width(), drawn.height()), size);
        }
    }
});
