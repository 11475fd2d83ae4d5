//! `tutanak read --explain`: the picture is a PNG of the right size, and what is marked lies where the code is.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::scanner::{drawn, office};
use tutanak::drawing::ScanStyle;

fn read(arguments: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tutanak")).arg("read").args(arguments).output().unwrap()
}

#[test]
fn the_picture_marks_each_code_where_it_is_and_nothing_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let (scan, out) = (dir.path().join("scan.png"), dir.path().join("found.png"));
    std::fs::write(&scan, drawn(&ScanStyle { quarter_turns: 2, ..office(200) }, 5)).unwrap();
    let done = read(&[Path::new("--json"), Path::new("--explain"), &out, &scan]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(told["check"]["advice"][0]["kind"], "upside-down", "{told}");
    let picture = image::load_from_memory(&std::fs::read(&out).unwrap()).unwrap().to_rgb8();
    assert!(picture.width().max(picture.height()) <= 2000);
    // The page fills the width; the legend stands above it.
    let scale = 1654.0 / picture.width() as f32;
    let legend = picture.height() as f32 - 2339.0 / scale;
    assert!((60.0..400.0).contains(&legend), "{legend}");
    let green = |[x, y]: [f32; 2]| {
        let near = (-3..=3).flat_map(|dx| (-3..=3).map(move |dy| (x as i32 + dx, y as i32 + dy)));
        near.filter(|(x, y)| {
            let [red, green, blue] = picture.get_pixel(*x as u32, *y as u32).0;
            green > 120 && red < 60 && blue < 110
        })
        .count()
    };
    let corners = |reading: &Value| -> Vec<[f32; 2]> {
        let corner = |corner: &Value| [0, 1].map(|n| corner[n].as_f64().unwrap() as f32 / scale);
        reading["corners"].as_array().unwrap().iter().map(corner).map(|[x, y]| [x, y + legend]).collect()
    };
    let readings = told["readings"].as_array().unwrap();
    assert_eq!(readings.len(), 2, "{told}");
    for reading in readings {
        let corners = corners(reading);
        let middle = |a: usize, b: usize| [0, 1].map(|n| f32::midpoint(corners[a][n], corners[b][n]));
        let [top, bottom] = [green(middle(0, 1)), green(middle(2, 3))];
        assert!(top > bottom && bottom > 5, "the code's own top is thicker: {top} and {bottom} pixels");
        assert!(green(corners[0]) > 40, "its own upper left corner is marked");
        assert_eq!(green(middle(0, 2)), 0, "the code itself is left free");
    }
    let [width, height] = [picture.width() as f32, picture.height() as f32];
    assert_eq!(green([width / 2.0, height / 2.0]), 0);
}

#[test]
fn a_picture_is_drawn_of_one_page_only() {
    let dir = tempfile::tempdir().unwrap();
    let (scan, out) = (dir.path().join("scan.png"), dir.path().join("found.png"));
    std::fs::write(&scan, crate::paper::page(&[], 1)).unwrap();
    let done = read(&[Path::new("--explain"), &out, &scan, &scan]);
    assert!(!done.status.success() && !out.exists());
    let error = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(error.contains("exactly one FILE"), "{error}");
    // A page without a code is explained too.
    assert!(read(&[Path::new("--explain"), &out, &scan]).status.success());
    assert!(image::load_from_memory(&std::fs::read(&out).unwrap()).is_ok());
}
