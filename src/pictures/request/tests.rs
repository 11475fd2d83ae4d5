//! Every spelling of a request, sound or not.

use super::*;

fn parse(address: &str) -> Result<Request, BadRequest> {
    let parts: Vec<&str> = address.split('/').collect();
    let [region, size, rotation, file] = parts[..] else { panic!("{address}") };
    Request::parse(region, size, rotation, file)
}

fn plan(address: &str) -> Result<([u32; 4], (u32, u32)), BadRequest> {
    let Plan { part, across, down, .. } = parse(address)?.plan(1000, 600)?;
    Ok(([part.x, part.y, part.width, part.height], (across, down)))
}

#[test]
fn every_spelling_of_level_2_says_which_pixels_and_how_many() {
    let all = [0, 0, 1000, 600];
    for (address, part, size) in [
        ("full/max/0/default.jpg", all, (1000, 600)),
        ("square/max/0/default.jpg", [200, 0, 600, 600], (600, 600)),
        ("10,20,300,400/max/0/color.png", [10, 20, 300, 400], (300, 400)),
        ("900,500,300,400/max/0/gray.jpg", [900, 500, 100, 100], (100, 100)),
        ("pct:10,20,50,25.5/max/0/bitonal.png", [100, 120, 500, 153], (500, 153)),
        ("pct:0,0,200,100/max/0/default.jpg", all, (1000, 600)),
        ("full/500,/0/default.jpg", all, (500, 300)),
        ("full/,300/0/default.jpg", all, (500, 300)),
        ("full/pct:50/0/default.jpg", all, (500, 300)),
        ("full/pct:33.3/0/default.jpg", all, (333, 200)),
        ("full/7,/0/default.jpg", all, (7, 4)),
        ("full/1,/0/default.jpg", all, (1, 1)),
        ("full/100,500/0/default.jpg", all, (100, 500)),
        ("full/!100,500/0/default.jpg", all, (100, 60)),
        ("full/!500,30/0/default.jpg", all, (50, 30)),
        ("full/!5000,5000/0/default.jpg", all, (1000, 600)),
    ] {
        assert_eq!(plan(address), Ok((part, size)), "{address}");
    }
}

#[test]
fn turns_are_quarters_and_may_be_mirrored() {
    for (text, mirrored, quarters) in
        [("0", false, 0), ("90", false, 1), ("180.0", false, 2), ("!270", true, 3), ("360", false, 0), ("!0", true, 0)]
    {
        let request = parse(&format!("full/max/{text}/default.jpg")).unwrap();
        assert_eq!(request.rotation, Rotation { mirrored, quarters }, "{text}");
    }
}

#[test]
fn what_cannot_be_understood_is_told_apart_from_what_is_not_made() {
    for (address, error) in [
        ("/max/0/default.jpg", BadRequest::Bad(REGION)),
        ("1,2,3/max/0/default.jpg", BadRequest::Bad(REGION)),
        ("1,2,3,4,5/max/0/default.jpg", BadRequest::Bad(REGION)),
        ("-1,2,3,4/max/0/default.jpg", BadRequest::Bad(REGION)),
        ("1,2,3,0/max/0/default.jpg", BadRequest::Bad(REGION)),
        ("1000,0,10,10/max/0/default.jpg", BadRequest::Bad(REGION)),
        ("pct:1,2,3/max/0/default.jpg", BadRequest::Bad(REGION)),
        ("pct:1e1,2,3,4/max/0/default.jpg", BadRequest::Bad(REGION)),
        ("pct:100,0,10,10/max/0/default.jpg", BadRequest::Bad(REGION)),
        ("full/full/0/default.jpg", BadRequest::Bad(SIZE)),
        ("full/,/0/default.jpg", BadRequest::Bad(SIZE)),
        ("full/!1,/0/default.jpg", BadRequest::Bad(SIZE)),
        ("full/0,/0/default.jpg", BadRequest::Bad(SIZE)),
        ("full/!0,9/0/default.jpg", BadRequest::Bad(SIZE)),
        ("full/1001,/0/default.jpg", BadRequest::Bad(SIZE)),
        ("full/pct:101/0/default.jpg", BadRequest::Bad(SIZE)),
        ("full/pct:0.01/0/default.jpg", BadRequest::Bad(SIZE)),
        ("full/999999999999,/0/default.jpg", BadRequest::Bad(SIZE)),
        ("full/^max/0/default.jpg", BadRequest::NotMade(SIZE)),
        ("full/^2000,/0/default.jpg", BadRequest::NotMade(SIZE)),
        ("full/^x/0/default.jpg", BadRequest::Bad(SIZE)),
        ("full/max/45/default.jpg", BadRequest::NotMade(ROTATION)),
        ("full/max/22.5/default.jpg", BadRequest::NotMade(ROTATION)),
        ("full/max/361/default.jpg", BadRequest::Bad(ROTATION)),
        ("full/max/-90/default.jpg", BadRequest::Bad(ROTATION)),
        ("full/max/x/default.jpg", BadRequest::Bad(ROTATION)),
        ("full/max/0/native.jpg", BadRequest::Bad(QUALITY)),
        ("full/max/0/default.webp", BadRequest::NotMade(FORMAT)),
        ("full/max/0/default.exe", BadRequest::Bad(FORMAT)),
        ("full/max/0/default", BadRequest::Bad(FORMAT)),
    ] {
        assert_eq!(plan(address), Err(error), "{address}");
    }
}

#[test]
fn a_page_that_is_too_large_is_shown_smaller() {
    let plan = parse("full/max/0/default.jpg").unwrap().plan(5000, 7000).unwrap();
    assert!(plan.area() <= MAX_AREA && plan.area() > MAX_AREA * 9 / 10, "{plan:?}");
    assert_eq!(parse("full/5000,/0/default.jpg").unwrap().plan(5000, 7000), Err(BadRequest::Bad(SIZE)));
}

proptest::proptest! {
    #[test]
    fn whatever_is_asked_lies_on_the_page_and_is_not_larger_than_it(
        region in "full|square|(pct:)?[0-9.,]{1,24}", size in "max|[!^]?(pct:)?[0-9.,]{1,16}",
        rotation in "!?[0-9.]{1,5}", width in 1_u32..20_000, height in 1_u32..20_000,
    ) {
        let Ok(request) = Request::parse(&region, &size, &rotation, "default.jpg") else { return Ok(()) };
        let Ok(Plan { part, across, down, .. }) = request.plan(width, height) else { return Ok(()) };
        proptest::prop_assert!(part.width > 0 && part.height > 0 && across > 0 && down > 0);
        proptest::prop_assert!(u64::from(part.x) + u64::from(part.width) <= u64::from(width));
        proptest::prop_assert!(u64::from(part.y) + u64::from(part.height) <= u64::from(height));
        proptest::prop_assert!(across <= part.width && down <= part.height);
        proptest::prop_assert!(u64::from(across) * u64::from(down) <= MAX_AREA);
    }

    #[test]
    fn no_address_makes_the_parser_panic(region in ".{0,40}", size in ".{0,40}", rotation in ".{0,9}", file in ".{0,20}") {
        if let Ok(request) = Request::parse(&region, &size, &rotation, &file) {
            let _ = request.plan(1, u32::MAX);
        }
    }
}
